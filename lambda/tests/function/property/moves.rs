//! What changes hands: seats, and what one card has for another.

use chrono::{Datelike as _, TimeDelta};
use kami_core::card::CardStatus;
use kami_core::policy::{UnbindBy, UnbindCost, WhenFull};
use serde_json::{Map, Value, json};

use super::answers::{Expected, cooling_down, invalid, refused, tell_points, told};
use super::model::{
    Card, Clock, Done, Moment, World, cooldown_of, is_seen, lease_of, seconds, shown, stored,
};

/// The most points of a card.
const MOST_POINTS: u32 = 1_000_000_000;

/// Within which time unbindings are counted.
const WINDOW: TimeDelta = TimeDelta::days(30);

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

/// As how many an unbinding counts.
const fn weight(was_lost: bool) -> u16 {
    if was_lost { 2 } else { 1 }
}

impl World {
    /// Gives a machine a seat of a card in use of which it has none.
    pub(super) fn take_seat(
        &mut self,
        code: &str,
        machine: &str,
        field: Option<&str>,
        at: Clock,
    ) -> Result<(), Expected> {
        let policy = self.policy(code);
        let (evicts, lease) = (policy.when_full == WhenFull::Oldest, lease_of(policy));
        let wait = self.withheld(code, machine, at.written);
        let card = self.cards.get_mut(code).unwrap();
        let seats = usize::from(card.seats);
        let is_full = card.seats_taken(at.written) >= seats && !evicts;
        if seats == 1 && is_full {
            let is_leased =
                lease.is_some() || card.first.as_ref().is_some_and(|seat| seat.lease_until.is_some());
            return Err(refused(if is_leased { "seats_full" } else { "machine_mismatch" }));
        }
        if !is_seen(machine) {
            return Err(invalid(field));
        }
        if is_full {
            return Err(refused("seats_full"));
        }
        let binds = seats == 1 && card.first.is_none() && lease.is_none();
        // Whoever looks for a seat clears away those whose leases are over.
        card.further.retain(|seat| seat.is_taken(at.written));
        if !binds && card.status_at(at.written) == CardStatus::Expired {
            // It ran out in this very moment: the next request writes that down.
            return Err(refused("card_expired"));
        }
        if let Some(wait) = wait {
            return Err(cooling_down(wait));
        }
        if card.seats_taken(at.written) >= seats {
            let oldest = card.oldest().unwrap().machine.clone();
            match card.first.take_if(|first| first.machine == oldest) {
                Some(_) => {}
                None => card.further.retain(|seat| seat.machine != oldest),
            }
        }
        card.seat_in(machine, at.written, lease);
        Ok(())
    }

    pub(super) fn unbind(&mut self, code: &str, machine: &str, at: Clock) -> Expected {
        let card = self.cards.get_mut(code).unwrap();
        match card.status_at(at.read) {
            CardStatus::Disabled => return refused("card_disabled"),
            CardStatus::Expired => {
                card.status = CardStatus::Expired;
                return refused("card_expired");
            }
            CardStatus::Unused | CardStatus::Active => {}
        }
        if !is_seen(machine) && card.seat(machine).is_none() {
            return invalid(None);
        }
        if card.status_at(at.written) == CardStatus::Expired {
            return refused("card_expired");
        }
        match self.unbinding(code, machine, at.written) {
            Err(expected) => expected,
            Ok(None) => self.unbound(code, false, &Value::Null, at.written),
            Ok(Some((is_lost, cost))) => {
                let cost = self.give_up(code, machine, is_lost, cost, at.written);
                self.unbound(code, true, &cost, at.written)
            }
        }
    }

    /// Whether a card began as a trial, and no top-up of it stands.
    fn is_trial(&self, code: &str) -> bool {
        let is_burnt = |with: &String, at| self.cards[with].used_at == Some(at);
        let stands = |top_up: &Done| top_up.other.as_ref().is_some_and(|with| is_burnt(with, top_up.at));
        let mut did = self.log.iter().filter(|done| done.code == code);
        did.clone().any(|done| done.act == "TRIAL") && !did.any(|done| done.act == "RECHARGE" && stands(done))
    }

    /// Whether a seat is given up, whether that is one that is lost, and what it costs.
    fn unbinding(
        &self,
        code: &str,
        machine: &str,
        now: Moment,
    ) -> Result<Option<(bool, Option<UnbindCost>)>, Expected> {
        let (card, policy) = (&self.cards[code], self.policy(code).unbind);
        if card.status == CardStatus::Unused || card.first.is_none() {
            return Ok(None);
        }
        if policy.by == UnbindBy::Nobody || self.is_trial(code) {
            return Err(refused("unbind_not_allowed"));
        }
        let (given_up, cooldown) = (self.given_up(code), cooldown_of(policy));
        let is_lost = card.seat(machine).is_none();
        if is_lost {
            let lately = now - cooldown.max(TimeDelta::hours(1));
            if given_up.iter().any(|(at, whose, was_lost)| whose == machine && !was_lost && *at > lately) {
                return Ok(None);
            }
            if policy.by == UnbindBy::Machine {
                return Err(refused("machine_mismatch"));
            }
            if card.seats_taken(now) < usize::from(card.seats) {
                return Ok(None);
            }
        }
        let has_room = |then: Moment| self.remaining(code, then).is_none_or(|left| left >= weight(is_lost));
        if policy.limit.is_some_and(|limit| limit.get() < weight(is_lost)) {
            return Err(refused("unbind_not_allowed"));
        }
        let moments = || given_up.iter().map(|(at, ..)| *at);
        let next = moments().map(|at| at + WINDOW).filter(|then| has_room(*then)).min();
        let next = if has_room(now) { None } else { next };
        let until = moments().map(|at| at + cooldown).chain(next).max();
        if let Some(until) = until.filter(|until| *until > now) {
            return Err(cooling_down((until - now).num_seconds()));
        }
        let times = u32::from(weight(is_lost));
        let is_too_little = match policy.cost {
            Some(UnbindCost::Time(cost)) => {
                card.expire_at.is_some_and(|ends| ends <= now + seconds(cost.get() * times))
            }
            Some(UnbindCost::Points(cost)) => card.points.is_some_and(|has| has < cost.get() * times),
            None => false,
        };
        if is_too_little { Err(refused("unbind_too_expensive")) } else { Ok(Some((is_lost, policy.cost))) }
    }

    /// Frees the seat of the machine, or of the one that was seen longest ago, and takes off the card what that costs.
    fn give_up(
        &mut self,
        code: &str,
        machine: &str,
        is_lost: bool,
        cost: Option<UnbindCost>,
        now: Moment,
    ) -> Value {
        let card = self.cards.get_mut(code).unwrap();
        let leaving = if is_lost { card.oldest().unwrap().machine.clone() } else { machine.to_owned() };
        let times = u32::from(weight(is_lost));
        let (mut before, mut after, mut told) = (Map::new(), Map::new(), Value::Null);
        match (cost, card.expire_at, card.points) {
            (Some(UnbindCost::Time(cost)), Some(ends), _) => {
                let cost = cost.get() * times;
                card.expire_at = Some(ends - seconds(cost));
                before.insert("expire_at".into(), stored(Some(ends)));
                after.insert("expire_at".into(), stored(card.expire_at));
                told = json!({"seconds": cost});
            }
            (Some(UnbindCost::Points(cost)), _, Some(has)) => {
                let cost = cost.get() * times;
                card.points = Some(has - cost);
                before.insert("points".into(), has.into());
                after.insert("points".into(), card.points.into());
                told = json!({"points": cost});
            }
            _ => {}
        }
        let is_first = card.first.as_ref().is_some_and(|seat| seat.machine == leaving);
        card.vacate(&leaving);
        if is_first {
            before.insert("machine_code".into(), leaving.as_str().into());
            after.insert("machine_code".into(), card.first.as_ref().map(|seat| seat.machine.as_str()).into());
        } else {
            before.insert("machines".into(), json!([leaving]));
        }
        let act = if is_lost { "UNBIND_LOST" } else { "UNBIND" };
        let (code, machine) = (code.to_owned(), Some(leaving));
        self.log.push(Done { code, act, at: now, machine, other: None, before, after });
        told
    }

    /// How many unbindings are left within 30 days.
    fn remaining(&self, code: &str, now: Moment) -> Option<u16> {
        let given_up = self.given_up(code);
        let counted = given_up.iter().filter(|(at, ..)| now < *at + WINDOW);
        let used = counted.map(|(.., was_lost)| weight(*was_lost)).sum();
        self.policy(code).unbind.limit.map(|limit| limit.get().saturating_sub(used))
    }

    /// How a card stands after a request to unbind it.
    fn unbound(&self, code: &str, was_bound: bool, cost: &Value, now: Moment) -> Expected {
        let card = &self.cards[code];
        let mut body = json!({
            "status": "success", "unbound": was_bound, "remaining_unbinds": self.remaining(code, now),
            "cost": cost, "expire_at": card.expire_at.map(shown),
        });
        tell_points(&mut body, card);
        told(body)
    }

    /// Burns the card `with` to top the other up.
    pub(super) fn recharge(&mut self, code: &str, with: &str, at: Clock) -> Expected {
        if code == with {
            return refused("same_card");
        }
        let (now, card, other) = (at.written, &self.cards[code], &self.cards[with]);
        let is_this_burning = |done: &Done| {
            (done.code.as_str(), done.act, done.other.as_deref(), Some(done.at))
                == (with, "BURN", Some(code), other.used_at)
        };
        if other.status == CardStatus::Expired
            && other.first.is_none()
            && other.used_at == other.expire_at
            && self.log.iter().any(is_this_burning)
        {
            return self.topped_up(code);
        }
        match self.top_up(card, other, now) {
            Err(reason) => refused(reason),
            Ok((expire_at, points)) => {
                self.burn(code, with, expire_at, points, now);
                self.topped_up(code)
            }
        }
    }

    fn topped_up(&self, code: &str) -> Expected {
        let card = &self.cards[code];
        let mut body = json!({"status": "success", "expire_at": card.expire_at.map(shown)});
        tell_points(&mut body, card);
        told(body)
    }

    /// The end and the points of a card that is topped up.
    fn top_up(
        &self,
        card: &Card,
        other: &Card,
        now: Moment,
    ) -> Result<(Option<Moment>, Option<u32>), &'static str> {
        if other.status_at(now) != CardStatus::Unused {
            return Err("recharge_used");
        }
        let is_over = match card.status_at(now) {
            CardStatus::Disabled => return Err("card_disabled"),
            CardStatus::Unused => return Err("card_unused"),
            CardStatus::Expired if card.used_at.is_none() && card.valid_until.is_some() => {
                return Err("card_unused");
            }
            status => status == CardStatus::Expired,
        };
        let begin = if is_over { Some(now) } else { card.expire_at };
        let lasts =
            other.duration.map(seconds).into_iter().chain(other.valid_until.map(|until| until - now)).min();
        let end = begin.zip(lasts).map(|(begin, lasts)| begin + lasts);
        if end.is_some_and(|end| end.year() > 9_999) {
            return Err("recharge_too_much");
        }
        let end = end.map(|end| card.valid_until.map_or(end, |until| end.min(until)));
        let end = end.filter(|end| Some(*end) > begin);
        let gained = other.points.unwrap_or(0);
        if gained > 0 && card.points.unwrap_or(0) > MOST_POINTS - gained {
            return Err("recharge_too_much");
        }
        if end.is_none() && (gained == 0 || is_over) {
            return Err("recharge_pointless");
        }
        let of_preset = self.preset.filter(|_| other.app == "default");
        if !other.batch.is_some_and(|batch| of_preset.unwrap_or(self.batches[&batch])) {
            return Err("recharge_not_allowed");
        }
        let points = if gained > 0 { Some(card.points.unwrap_or(0) + gained) } else { card.points };
        Ok((end.or(card.expire_at), points))
    }

    fn burn(&mut self, code: &str, with: &str, expire_at: Option<Moment>, points: Option<u32>, now: Moment) {
        let card = self.cards.get_mut(code).unwrap();
        let [mut before, mut after] = [Map::new(), Map::new()];
        let mut changed = |name: &str, was: Value, is: Value| {
            if was != is {
                before.insert(name.to_owned(), was);
                after.insert(name.to_owned(), is);
            }
        };
        changed("status", card.status.as_str().into(), "active".into());
        changed("expire_at", stored(card.expire_at), stored(expire_at));
        changed("points", card.points.into(), points.into());
        (card.status, card.expire_at, card.points) = (CardStatus::Active, expire_at, points);
        let topped = Done {
            code: code.to_owned(),
            act: "RECHARGE",
            at: now,
            machine: None,
            other: Some(with.to_owned()),
            before,
            after,
        };
        let burnt = self.cards.get_mut(with).unwrap();
        let [was_used, was_to_end] = [burnt.used_at, burnt.expire_at].map(stored);
        let mut before = object(json!({"status": "unused", "used_at": was_used, "expire_at": was_to_end}));
        let is = stored(Some(now));
        let mut after = object(json!({"status": "expired", "used_at": is, "expire_at": is}));
        (burnt.status, burnt.used_at, burnt.expire_at) = (CardStatus::Expired, Some(now), Some(now));
        if let Some(points) = burnt.points.filter(|points| *points > 0) {
            before.insert("points".into(), points.into());
            after.insert("points".into(), 0.into());
            burnt.points = Some(0);
        }
        let (code, with) = (Some(code.to_owned()), with.to_owned());
        self.log.push(topped);
        self.log.push(Done { code: with, act: "BURN", at: now, machine: None, other: code, before, after });
    }
}

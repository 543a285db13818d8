//! What the model says of what operators and the expiry job do. What becomes of a card's own row, the pure rules of acts and
//! of edits decide here as they do there.

use std::cmp::Reverse;

use chrono::TimeDelta;
use kami_core::acts::{self, ActRefusal, Change};
use kami_core::card::CardStatus;
use kami_core::duration::CardDuration;
use kami_core::edit::edited;
use kami_core::record::CardRecord;
use kami_core::rules::status_at;
use serde_json::{Map, Value};

use super::acts::{Act, MISSING, Saying, UNCHANGED, card_edit};
use super::model::{Card, Done, Moment, Seat, World, read_moment, seconds, stored};
use super::start::TOPS;
use super::which::{Deck, MACHINES, Which};

impl Card {
    /// As an operator sees it.
    fn record(&self, code: &str, now: Moment) -> CardRecord {
        let (prefix, rest) = code.split_once('-').unwrap();
        CardRecord {
            prefix: prefix.to_owned(),
            code: rest.to_owned(),
            full_code: code.to_owned(),
            status: status_at(self.status, self.expire_at, now),
            stored_status: self.status,
            duration: self.duration.map_or(CardDuration::Forever, CardDuration::Seconds),
            machine_code: self.first.as_ref().map(|seat| seat.machine.clone()),
            batch_id: self.batch,
            created_at: self.created_at,
            used_at: self.used_at,
            expire_at: self.expire_at,
            app: self.app.clone(),
            seats: self.seats,
            points: self.points,
            valid_until: self.valid_until,
            policy: Some(self.policy.clone()).filter(|policy| !policy.is_empty()),
            ..CardRecord::blank(1)
        }
    }

    /// Gives it the values of a record, but for its machines.
    fn set(&mut self, record: CardRecord) {
        self.status = record.stored_status;
        self.duration = record.duration.seconds();
        (self.used_at, self.expire_at) = (record.used_at, record.expire_at);
        (self.seats, self.points, self.valid_until) = (record.seats, record.points, record.valid_until);
        self.policy = record.policy.unwrap_or_default();
    }

    /// Leaves it no more machines than it has seats: first those go whose leases are over, then those that were seen longest
    /// ago.
    fn keep_seats(&mut self, now: Moment) {
        let used_at = self.used_at;
        let seen = |seat: &Seat| seat.seen_at.or(used_at);
        let mut all: Vec<Seat> = self.all_seats().cloned().collect();
        all[usize::from(self.first.is_some())..]
            .sort_by_key(|seat| (Reverse(seen(seat)), seat.machine.clone()));
        let mut kept: Vec<&Seat> = all.iter().collect();
        kept.sort_by_key(|seat| (!seat.is_taken(now), Reverse(seen(seat))));
        kept.truncate(self.seats.into());
        let kept: Vec<String> = kept.into_iter().map(|seat| seat.machine.clone()).collect();
        self.further.retain(|seat| kept.contains(&seat.machine));
        if self.first.take_if(|first| !kept.contains(&first.machine)).is_some() {
            let next = all.iter().map(|seat| &seat.machine).find(|machine| kept.contains(machine)).unwrap();
            self.move_up(next);
        }
    }

    /// Moves a machine from its further seat into the first.
    fn move_up(&mut self, machine: &str) {
        let place = self.further.iter().position(|seat| seat.machine == machine).unwrap();
        self.first = Some(Seat { bound_at: None, ..self.further.remove(place) });
    }
}

impl World {
    /// What becomes of the world by an act that was meant at one moment and done at another.
    pub(super) fn act(&mut self, act: &Act, deck: Deck, meant: Moment, now: Moment) -> Result<(), String> {
        match act {
            Act::One(which, act) => self.change(*which, deck, now, |card| acts::allowed(act, card, now)),
            Act::Edit(which, edit) => {
                let edit = card_edit(*edit, meant);
                self.change(*which, deck, now, |card| edited(&edit, card, now))
            }
            Act::Free(which, machine) => self.free(*which, deck, MACHINES[*machine], now),
            Act::Say(app, saying) => self.say(app, *saying),
            Act::Block(app, target, ends) => {
                let until = ends.map(|ends| meant + seconds(ends));
                let before = self.blocks.insert(((*app).to_owned(), (*target).to_owned()), until);
                if before == Some(until) { Err(UNCHANGED.to_owned()) } else { Ok(()) }
            }
            Act::LetIn(app, target) => {
                let gone = self.blocks.remove(&((*app).to_owned(), (*target).to_owned()));
                gone.map(drop).ok_or_else(|| MISSING.to_owned())
            }
            Act::TakeBack(top) => self.take_back(TOPS[*top]),
            Act::Sell(recharges) => match std::mem::replace(&mut self.preset, *recharges) {
                None if recharges.is_none() => Err(MISSING.to_owned()),
                before if before == *recharges => Err(UNCHANGED.to_owned()),
                _ => Ok(()),
            },
            Act::Expire => {
                for card in self.cards.values_mut() {
                    let is_meant = card.status == CardStatus::Active
                        || card.status == CardStatus::Unused && card.valid_until.is_some();
                    if is_meant && card.expire_at.is_some_and(|ends| ends < now) {
                        card.status = CardStatus::Expired;
                    }
                }
                self.uses.retain(|_, taken| taken.at >= now - TimeDelta::days(2));
                Ok(())
            }
        }
    }

    /// Changes a card as the rules of acts or of edits decide.
    fn change(
        &mut self,
        which: Which,
        deck: Deck,
        now: Moment,
        decide: impl Fn(&CardRecord) -> Result<Change, ActRefusal>,
    ) -> Result<(), String> {
        let code = which.code(deck, self);
        let card = self.cards.get_mut(&code).ok_or(MISSING)?;
        let change = decide(&card.record(&code, now)).map_err(|refusal| format!("{refusal:?}"))?;
        let Change::Update(after) = change else { unreachable!("nothing is deleted") };
        if after.machine_code.is_none() {
            // Who frees a card of its machine frees it of all.
            card.first = None;
            card.further.clear();
        }
        let was_fewer = after.seats < card.seats;
        card.set(*after);
        if was_fewer {
            card.keep_seats(now);
        }
        Ok(())
    }

    /// Frees the seat of one machine.
    fn free(&mut self, which: Which, deck: Deck, machine: &str, now: Moment) -> Result<(), String> {
        let code = which.code(deck, self);
        let card = self.cards.get_mut(&code).ok_or(MISSING)?;
        let unbound = acts::allowed(&acts::Act::Unbind, &card.record(&code, now), now);
        let Change::Update(after) = unbound.map_err(|refusal| format!("{refusal:?}"))? else {
            unreachable!()
        };
        if card.seat(machine).is_none() {
            return Err(format!("{:?}", ActRefusal::NoSeat));
        }
        card.vacate(machine);
        card.set(*after);
        Ok(())
    }

    fn say(&mut self, app: &str, saying: Saying) -> Result<(), String> {
        let product = self.apps.get_mut(app).unwrap();
        let before = product.clone();
        match saying {
            Saying::Policy(policy) => policy.clone_into(&mut product.policy),
            Saying::Minimum(minimum) => product.minimum = minimum.map(str::to_owned),
            Saying::Notice(notice) => product.notice = notice.map(str::to_owned),
            Saying::Archived(is_archived) => product.is_archived = is_archived,
        }
        if *product == before { Err(UNCHANGED.to_owned()) } else { Ok(()) }
    }

    /// Takes the last top-up with a card back, as long as both cards are what it made of them but for points that were taken.
    fn take_back(&mut self, with: &str) -> Result<(), String> {
        let burnt =
            self.log.iter().rposition(|done| done.code == with && done.act == "BURN").ok_or(MISSING)?;
        let [topped, burnt] = [&self.log[burnt - 1], &self.log[burnt]];
        let points = |values: &Map<String, Value>| values.get("points").and_then(Value::as_u64);
        let added = points(&topped.after).map(|after| after - points(&topped.before).unwrap_or(0));
        let has = |card: &Card, done: &Done, added: Option<u64>| {
            let is = |name: &str, value: Value| done.after.get(name).is_none_or(|after| *after == value);
            is("status", card.status.as_str().into())
                && is("used_at", stored(card.used_at))
                && is("expire_at", stored(card.expire_at))
                && match added {
                    Some(added) => card.points.is_some_and(|points| u64::from(points) >= added),
                    None => is("points", card.points.into()),
                }
        };
        if !has(&self.cards[&topped.code], topped, added) || !has(&self.cards[with], burnt, None) {
            return Err(format!("{:?}", ActRefusal::ChangedSince));
        }
        let [topped, burnt] = [topped.clone(), burnt.clone()];
        for done in [&topped, &burnt] {
            let card = self.cards.get_mut(&done.code).unwrap();
            let moment = |name: &str| done.before.get(name).map(read_moment);
            card.used_at = moment("used_at").unwrap_or(card.used_at);
            card.expire_at = moment("expire_at").unwrap_or(card.expire_at);
            if let Some(status) = done.before.get("status") {
                card.status = status.as_str().unwrap().parse().unwrap();
            }
        }
        let card = self.cards.get_mut(&topped.code).unwrap();
        if let Some(added) = added {
            let left = card.points.map(|points| points - u32::try_from(added).unwrap());
            let had_none = points(&topped.before).is_none();
            card.points = left.filter(|left| !(had_none && *left == 0));
        }
        if let Some(before) = points(&burnt.before) {
            self.cards.get_mut(with).unwrap().points = Some(u32::try_from(before).unwrap());
        }
        Ok(())
    }
}

//! Trials, which one machine begins once.

use kami_core::card::CardStatus;
use kami_core::points::Points;
use kami_core::policy::PolicyPart;
use serde_json::{Map, json};

use super::answers::{Drawn, Expected, invalid, refused, tell_points, told};
use super::asks::Ask;
use super::model::{Card, Clock, Done, Moment, Seat, World, hours_left, is_seen, seconds, shown};
use super::which::MACHINES;

impl World {
    pub(super) fn trial(&mut self, ask: &Ask, app: &str, drawn: Drawn<'_>, at: Clock) -> Expected {
        let (machine, now) = (MACHINES[ask.machine], at.written);
        if !is_seen(machine) {
            return invalid(Some("machine_code"));
        }
        if self.is_blocked(app, Some(machine), ask.is_far, at.read) {
            return refused("blocked");
        }
        if let Some(expected) = self.too_old(ask.version, app) {
            return expected;
        }
        let key = (app.to_owned(), machine.to_owned());
        if let Some((code, _)) = self.trials.get(&key) {
            return self.trial_on(code, app, machine, now);
        }
        let product = self.apps.get(app).filter(|product| !product.is_archived);
        let Some(offer) = product.and_then(|product| product.policy.parse::<PolicyPart>().unwrap().trial)
        else {
            return refused("trial_not_offered");
        };
        let code = drawn.code.unwrap_or_default().to_owned();
        let drawn = code.strip_prefix("TRIAL-").unwrap_or_default();
        assert!(drawn.len() == 16 && !self.cards.contains_key(&code), "{code} is no new code");
        let seat = Seat { machine: machine.to_owned(), bound_at: None, seen_at: None, lease_until: None };
        let card = Card {
            app: app.to_owned(),
            status: CardStatus::Active,
            duration: offer.seconds(),
            seats: 1,
            points: offer.points().map(Points::get),
            policy: "lease=off when-full=refuse".to_owned(),
            first: Some(seat),
            further: Vec::new(),
            created_at: now,
            used_at: Some(now),
            expire_at: offer.seconds().map(|lasts| now + seconds(lasts)),
            valid_until: None,
            batch: None,
        };
        self.cards.insert(code.clone(), card);
        self.trials.insert(key, (code.clone(), now));
        let (before, after, machine_code) = (Map::new(), Map::new(), Some(machine.to_owned()));
        let begun = Done {
            code: code.clone(),
            act: "TRIAL",
            at: now,
            machine: machine_code,
            other: None,
            before,
            after,
        };
        self.log.push(begun);
        self.trial_on(&code, app, machine, now)
    }

    /// How a trial stands that began.
    fn trial_on(&self, code: &str, app: &str, machine: &str, now: Moment) -> Expected {
        let card = &self.cards[code];
        let is_anothers = card.seats == 1 && card.first.as_ref().is_some_and(|seat| seat.machine != machine);
        let is_used_up = card.points == Some(0) && card.expire_at.is_none();
        let is_over = card.expire_at.is_some_and(|ends| ends < now);
        let has_ended = matches!(card.status, CardStatus::Expired | CardStatus::Disabled);
        if is_anothers || is_used_up || is_over || has_ended || card.app != app {
            return refused("trial_over");
        }
        let mut body = json!({
            "status": "success", "code": code, "expire_at": card.expire_at.map(shown),
            "remaining_hours": card.expire_at.map(|ends| hours_left(ends, now)),
        });
        tell_points(&mut body, card);
        told(body)
    }
}

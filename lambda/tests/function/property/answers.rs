//! What each route answers, and what becomes of the world by it.

use std::collections::BTreeMap;

use hyper::StatusCode;
use kami_core::card::CardStatus;
use serde_json::{Map, Value, json};

use super::asks::{Ask, Fault, Route};
use super::model::{Card, Clock, Moment, PointUse, World, hours_left, is_seen, lease_of, shown};
use super::which::{Deck, MACHINES};

/// What a machine is answered: the status, the body but for its words for people, and how long it has to wait.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expected {
    pub(super) status: StatusCode,
    pub(super) body: Value,
    pub(super) wait: Option<i64>,
}

impl Expected {
    /// What it says, in a word.
    pub(super) fn outcome(&self) -> &str {
        let is = |name: &str| self.body[name] == true;
        match self.body["reason"].as_str() {
            Some(reason) => reason,
            None if is("unbound") || is("released") => "done",
            None => "success",
        }
    }
}

/// What the model cannot know before: the code of a card that is made, and by which mark what is said of an app is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn<'a> {
    pub(super) code: Option<&'a str>,
    pub(super) mark: Option<&'a str>,
    /// The marks of what was said before, by that.
    pub(super) learned: &'a BTreeMap<String, String>,
}

/// A machine that was let in, with the end of its lease and when that is worth another question.
type Admitted = Option<(Moment, Moment)>;

pub(super) fn told(body: Value) -> Expected {
    Expected { status: StatusCode::OK, body, wait: None }
}

fn failed(status: StatusCode, reason: &str) -> Expected {
    Expected { status, body: json!({"status": "error", "reason": reason}), wait: None }
}

pub(super) fn refused(reason: &str) -> Expected {
    failed(StatusCode::FORBIDDEN, reason)
}

pub(super) fn cooling_down(seconds: i64) -> Expected {
    Expected { wait: Some(seconds), ..refused("unbind_cooling_down") }
}

pub(super) fn invalid(field: Option<&str>) -> Expected {
    named(failed(StatusCode::BAD_REQUEST, "invalid_fields"), field)
}

fn not_found(field: Option<&str>) -> Expected {
    named(failed(StatusCode::NOT_FOUND, "card_not_found"), field)
}

fn named(mut expected: Expected, field: Option<&str>) -> Expected {
    if let Some(field) = field {
        expected.body["field"] = field.into();
    }
    expected
}

/// What a request is refused with that says something wrongly; nothing where the route does not read it, or it may be left
/// out.
fn malformed(route: Route, fault: &Fault) -> Option<Expected> {
    use Route::{Recharge, Status, Trial, Validate};
    if route.fields().is_empty() {
        return None;
    }
    let (field, value) = match fault {
        Fault::Body(_) => return Some(failed(StatusCode::BAD_REQUEST, "invalid_json")),
        Fault::Size => return Some(failed(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large")),
        Fault::Field(field, value) => (*field, value),
    };
    let is_missing = match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(_) => false,
    };
    let is_text = matches!(field, "code" | "with" | "machine_code");
    if !route.fields().contains(&field) {
        return None;
    }
    if !is_missing {
        // Clients of old know no names of fields.
        let is_named = !(is_text && matches!(route, Validate | Status));
        return Some(invalid(is_named.then_some(field)));
    }
    if field == "machine_code" && matches!(route, Status | Recharge) {
        return None;
    }
    let is_named = !is_text || matches!(route, Recharge | Trial);
    Some(named(failed(StatusCode::BAD_REQUEST, "missing_fields"), is_named.then_some(field)))
}

impl Ask {
    /// The machine that it says it is, if it does.
    fn machine(&self) -> Option<&'static str> {
        let is_told = !matches!(&self.fault, Some(Fault::Field("machine_code", _)));
        (is_told || self.route == Route::StatusByPath).then_some(MACHINES[self.machine])
    }
}

impl World {
    /// What a request is answered, and what is so after it.
    pub(super) fn answer(
        &mut self,
        ask: &Ask,
        deck: Deck,
        mark: &str,
        drawn: Drawn<'_>,
        at: Clock,
    ) -> Expected {
        if let Some(expected) = ask.fault.as_ref().and_then(|fault| malformed(ask.route, fault)) {
            return expected;
        }
        let code = ask.card.code(deck, self);
        let app = ask.app(&code, self);
        match ask.route {
            Route::App => return self.public(&app, mark, drawn),
            Route::Trial => return self.trial(ask, &app, drawn, at),
            _ => {}
        }
        let is_two = ask.route == Route::Recharge;
        let is_there = |code: &str| self.cards.get(code).is_some_and(|card| card.app == app);
        if !is_there(&code) {
            return not_found(is_two.then_some("code"));
        }
        if self.is_blocked(&app, ask.machine(), ask.is_far, at.read) {
            return refused("blocked");
        }
        let machine = MACHINES[ask.machine];
        match ask.route {
            Route::Recharge => {
                let with = ask.with.code(deck, self);
                if !is_there(&with) {
                    return not_found(Some("with"));
                }
                self.recharge(&code, &with, at)
            }
            Route::Validate => self.validate(ask, &code, mark, drawn, at),
            Route::Consume => self.consume(ask, &code, at),
            Route::Status | Route::StatusByPath => self.status(&code, ask.machine(), at),
            Route::Release => self.release(&code, machine),
            Route::Unbind => self.unbind(&code, machine, at),
            Route::Trial | Route::App => unreachable!("they ask for no card"),
        }
    }

    /// That a version is below the lowest that its app lets in.
    pub(super) fn too_old(&self, version: Option<&str>, app: &str) -> Option<Expected> {
        let product = self.apps.get(app)?;
        let minimum =
            product.minimum.as_deref().filter(|minimum| version.is_some_and(|version| version < *minimum))?;
        let mut expected = refused("version_too_old");
        expected.body["minimum"] = minimum.into();
        Some(expected)
    }

    /// What an app says, without or with what is for everybody.
    fn said(&self, app: &str) -> Map<String, Value> {
        let product = &self.apps[app];
        let texts = [("minimum", &product.minimum), ("notice", &product.notice)];
        let texts =
            texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.clone()?.into())));
        texts.collect()
    }

    fn public(&self, app: &str, mark: &str, drawn: Drawn<'_>) -> Expected {
        if !self.apps.contains_key(app) {
            return failed(StatusCode::NOT_FOUND, "app_not_found");
        }
        let mut said = self.said(app);
        said.insert("name".into(), app.into());
        said.insert("title".into(), "".into());
        let mut body = json!({"status": "success"});
        tell(&mut body, &said.into(), mark, drawn);
        told(body)
    }

    fn validate(&mut self, ask: &Ask, code: &str, mark: &str, drawn: Drawn<'_>, at: Clock) -> Expected {
        let app = self.cards[code].app.clone();
        if let Some(expected) = self.too_old(ask.version, &app) {
            return expected;
        }
        let lease = match self.admit(code, MACHINES[ask.machine], None, at) {
            Ok(lease) => lease,
            Err(expected) => return expected,
        };
        let card = &self.cards[code];
        let mut body = json!({"status": "success", "expire_at": null, "remaining_hours": null});
        if let Some(ends) = card.expire_at {
            body["expire_at"] = shown(ends);
            body["remaining_hours"] = hours_left(ends, at.read).into();
        }
        tell_points(&mut body, card);
        if let Some((until, renew_after)) = lease {
            let sooner = |moment: Moment| shown(card.expire_at.map_or(moment, |ends| ends.min(moment)));
            (body["lease_until"], body["renew_after"]) = (sooner(until), sooner(renew_after));
        }
        let said = self.said(&app);
        if ask.version.is_some() && !said.is_empty() {
            tell(&mut body, &said.into(), mark, drawn);
        }
        told(body)
    }

    /// Lets a machine in, where it may use the card; `field` is what is named of a machine that no card is bound to.
    fn admit(
        &mut self,
        code: &str,
        machine: &str,
        field: Option<&str>,
        at: Clock,
    ) -> Result<Admitted, Expected> {
        let lease = lease_of(self.policy(code));
        // A third of it has to be over before it is made longer.
        let renewed = |until: Moment, lease: chrono::TimeDelta| {
            let left = lease.num_seconds() - lease.num_seconds() / 3;
            (until, until - super::model::seconds(left))
        };
        let new = lease.map(|lease| renewed(at.read + lease, lease));
        let card = self.cards.get_mut(code).unwrap();
        match card.status_at(at.read) {
            CardStatus::Disabled => return Err(refused("card_disabled")),
            CardStatus::Expired => {
                card.status = CardStatus::Expired;
                return Err(refused("card_expired"));
            }
            CardStatus::Unused if !is_seen(machine) => return Err(invalid(field)),
            CardStatus::Unused if card.status_at(at.written) == CardStatus::Expired => {
                return Err(refused("card_expired"));
            }
            CardStatus::Unused => {
                let lasts = card.duration.map(|duration| at.read + super::model::seconds(duration));
                card.status = CardStatus::Active;
                card.used_at = Some(at.read);
                card.expire_at = lasts.into_iter().chain(card.valid_until).min();
                card.seat_in(machine, at.written, lease);
                if lease.is_none() && card.valid_until.is_none() {
                    // It is as long ago as its use.
                    card.first.as_mut().unwrap().seen_at = None;
                }
                return Ok(new);
            }
            CardStatus::Active => {}
        }
        if let Some(seat) = card.seat_mut(machine) {
            let now = seat.lease_until.zip(lease).map(|(until, lease)| renewed(until, lease));
            if now.is_some_and(|(_, renew_after)| at.read < renew_after) {
                return Ok(now);
            }
            if lease.is_some() || seat.lease_until.is_some() {
                seat.seen_at = Some(at.written);
                seat.lease_until = lease.map(|lease| at.written + lease);
            }
            return Ok(new);
        }
        self.take_seat(code, machine, field, at).map(|()| new)
    }

    fn consume(&mut self, ask: &Ask, code: &str, at: Clock) -> Expected {
        let app = self.cards[code].app.clone();
        if let Some(expected) = self.too_old(ask.version, &app) {
            return expected;
        }
        let machine = MACHINES[ask.machine];
        let admitted = self.admit(code, machine, Some("machine_code"), at);
        let card = self.cards.get_mut(code).unwrap();
        let exhausted = |has: u32| {
            let mut expected = refused("points_exhausted");
            expected.body["points"] = has.into();
            expected
        };
        let key = (code.to_owned(), ask.request_id.to_owned());
        let before = self.uses.get(&key).cloned();
        let balance = match (admitted, card.points, &before) {
            (Err(expected), ..) => Err(expected),
            (Ok(_), None, _) => Err(exhausted(0)),
            (Ok(_), Some(_), _) if card.status_at(at.taken) == CardStatus::Expired => {
                card.status = CardStatus::Expired;
                Err(refused("card_expired"))
            }
            (Ok(_), Some(_), Some(before)) if before.amount == ask.amount => Ok(before.balance),
            (Ok(_), Some(_), Some(_)) => return invalid(Some("request_id")),
            (Ok(_), Some(has), None) if has < ask.amount => return exhausted(has),
            (Ok(_), Some(has), None) => {
                let balance = has - ask.amount;
                card.points = Some(balance);
                let (amount, machine) = (ask.amount, machine.to_owned());
                self.uses.insert(key, PointUse { amount, balance, machine, at: at.taken });
                Ok(balance)
            }
        };
        // Whatever became of the card, who took them is told so.
        let repeated = before.filter(|before| {
            let is_late = at.taken - before.at > chrono::TimeDelta::days(2);
            before.amount == ask.amount && before.machine == machine && !is_late
        });
        let balance = match (balance, repeated) {
            (Err(_), Some(before)) => before.balance,
            (Err(expected), None) => return expected,
            (Ok(balance), _) => balance,
        };
        let expire_at = card.expire_at.map(shown);
        told(json!({"status": "success", "points": balance, "expire_at": expire_at}))
    }

    fn status(&mut self, code: &str, machine: Option<&str>, at: Clock) -> Expected {
        let leases = lease_of(self.policy(code)).is_some();
        let card = self.cards.get_mut(code).unwrap();
        let is_leased = leases || card.first.as_ref().is_some_and(|seat| seat.lease_until.is_some());
        card.status = card.status_at(at.read);
        let mut data = json!({
            "full_code": code, "status": card.status.as_str(), "created_at": shown(card.created_at),
            "used_at": card.used_at.map(shown), "expire_at": card.expire_at.map(shown), "machine_code": null,
        });
        if let Some(first) = &card.first {
            let is_own = machine == Some(&first.machine);
            data["machine_code"] = if is_own { first.machine.clone() } else { masked(&first.machine) }.into();
        }
        if card.status == CardStatus::Active {
            data["remaining_hours"] = card.expire_at.map(|ends| hours_left(ends, at.read)).into();
        }
        if card.seats > 1 || is_leased {
            data["seats"] = card.seats.into();
            data["seats_taken"] = card.seats_taken(at.written).into();
        }
        tell_points(&mut data, card);
        told(json!({"status": "success", "data": data}))
    }

    fn release(&mut self, code: &str, machine: &str) -> Expected {
        let card = self.cards.get_mut(code).unwrap();
        let is_leased = card.seat(machine).is_some_and(|seat| seat.lease_until.is_some());
        let is_freed = is_leased && card.status == CardStatus::Active;
        if is_freed {
            card.vacate(machine);
        }
        told(json!({"status": "success", "released": is_freed}))
    }
}

/// Says how many points a card has, if it has any.
pub(super) fn tell_points(body: &mut Value, card: &Card) {
    if let Some(points) = card.points {
        body["points"] = points.into();
    }
}

/// Says what there is to say of an app, unless the client knows it by its mark.
fn tell(body: &mut Value, said: &Value, known: &str, drawn: Drawn<'_>) {
    let mark = drawn.learned.get(&said.to_string()).map_or(drawn.mark.unwrap_or_default(), String::as_str);
    body["app_mark"] = mark.into();
    if known != mark {
        body["app"] = said.clone();
    }
}

fn masked(machine: &str) -> String {
    let shown = (machine.chars().count() / 2).min(4);
    machine.chars().take(shown).chain("****".chars()).collect()
}

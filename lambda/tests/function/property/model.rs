//! What the tables hold, as the model keeps it by itself, and what the rules say of one card.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeDelta, Utc};
use kami_core::card::CardStatus;
use kami_core::policy::{Policy, UnbindBy, UnbindPolicy};
use serde_json::{Map, Value};

/// A network that some machines come from, and that may be kept out.
pub(super) const FAR: &str = "203.0.113.0/24";

/// The preset of the app `default` by which every batch was made.
pub(super) const PRESET: &str = "top-up";

pub(super) type Moment = DateTime<Utc>;

/// The database's clock in the course of a request: when it read, when it wrote, and when it took points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) read: Moment,
    pub(super) written: Moment,
    pub(super) taken: Moment,
}

/// All that customers' requests may read or write.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct World {
    /// By their codes.
    pub(super) cards: BTreeMap<String, Card>,
    /// By the card's code and the name of the request.
    pub(super) uses: BTreeMap<(String, String), PointUse>,
    /// What customers did, the oldest first.
    pub(super) log: Vec<Done>,
    /// By the app and the machine.
    pub(super) trials: BTreeMap<(String, String), (String, Moment)>,
    pub(super) apps: BTreeMap<String, Product>,
    /// Whether the cards of a batch top others up.
    pub(super) batches: BTreeMap<u64, bool>,
    /// Whether those of [`PRESET`] do, whatever their batches say; `None` where there is none of that name.
    pub(super) preset: Option<bool>,
    /// By the app, empty for all, and the target.
    pub(super) blocks: BTreeMap<(String, String), Option<Moment>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Card {
    pub(super) app: String,
    pub(super) status: CardStatus,
    pub(super) duration: Option<u32>,
    pub(super) seats: u16,
    pub(super) points: Option<u32>,
    /// In the words of a policy.
    pub(super) policy: String,
    /// The seat in the card's row.
    pub(super) first: Option<Seat>,
    /// The others in the order of their machines.
    pub(super) further: Vec<Seat>,
    pub(super) created_at: Moment,
    pub(super) used_at: Option<Moment>,
    pub(super) expire_at: Option<Moment>,
    pub(super) valid_until: Option<Moment>,
    pub(super) batch: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seat {
    pub(super) machine: String,
    /// Not of the first.
    pub(super) bound_at: Option<Moment>,
    pub(super) seen_at: Option<Moment>,
    pub(super) lease_until: Option<Moment>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct PointUse {
    pub(super) amount: u32,
    pub(super) balance: u32,
    pub(super) machine: String,
    pub(super) at: Moment,
}

/// What an app says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Product {
    /// In the words of a policy.
    pub(super) policy: String,
    pub(super) minimum: Option<String>,
    pub(super) notice: Option<String>,
    pub(super) is_archived: bool,
}

/// What a customer did to a card.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Done {
    pub(super) code: String,
    pub(super) act: &'static str,
    pub(super) at: Moment,
    pub(super) machine: Option<String>,
    pub(super) other: Option<String>,
    pub(super) before: Map<String, Value>,
    pub(super) after: Map<String, Value>,
}

pub(super) fn seconds(count: impl Into<i64>) -> TimeDelta {
    TimeDelta::seconds(count.into())
}

/// As answers show a moment.
pub(super) fn shown(moment: Moment) -> Value {
    let zone = FixedOffset::east_opt(8 * 3_600).unwrap();
    moment.with_timezone(&zone).format("%Y-%m-%dT%H:%M:%S%:z").to_string().into()
}

const STORED: &str = "%Y-%m-%d %H:%M:%S";

/// As the log keeps one.
pub(super) fn stored(moment: Option<Moment>) -> Value {
    moment.map(|moment| moment.format(STORED).to_string()).into()
}

/// What the log has kept like that.
pub(super) fn read_moment(kept: &Value) -> Option<Moment> {
    kept.as_str().map(|text| NaiveDateTime::parse_from_str(text, STORED).unwrap().and_utc())
}

/// In hours, as answers show it.
pub(super) fn hours_left(until: Moment, now: Moment) -> f64 {
    ((until - now).as_seconds_f64().max(0.0) / 36.0).round() / 100.0
}

/// Whether a card may be bound to it.
pub(super) fn is_seen(machine: &str) -> bool {
    !machine.contains('\u{200b}')
}

impl Seat {
    /// Whether nobody else gets it.
    pub(super) fn is_taken(&self, now: Moment) -> bool {
        self.lease_until.is_none_or(|until| now <= until)
    }
}

impl Card {
    pub(super) fn status_at(&self, now: Moment) -> CardStatus {
        let last = match self.status {
            CardStatus::Active => self.expire_at,
            CardStatus::Unused => self.valid_until,
            CardStatus::Expired | CardStatus::Disabled => None,
        };
        if last.is_some_and(|last| last < now) { CardStatus::Expired } else { self.status }
    }

    /// Every seat, the first before the others.
    pub(super) fn all_seats(&self) -> impl Iterator<Item = &Seat> {
        self.first.iter().chain(&self.further)
    }

    pub(super) fn seat(&self, machine: &str) -> Option<&Seat> {
        self.all_seats().find(|seat| seat.machine == machine)
    }

    pub(super) fn seat_mut(&mut self, machine: &str) -> Option<&mut Seat> {
        self.first.iter_mut().chain(&mut self.further).find(|seat| seat.machine == machine)
    }

    pub(super) fn seats_taken(&self, now: Moment) -> usize {
        self.all_seats().filter(|seat| seat.is_taken(now)).count()
    }

    /// Whose machine was seen longest ago.
    pub(super) fn oldest(&self) -> Option<&Seat> {
        let seen = |seat: &Seat| seat.seen_at.or(self.used_at).unwrap_or(self.created_at);
        self.all_seats().min_by_key(|seat| (seen(seat), seat.bound_at, seat.machine.clone()))
    }

    /// Takes a machine's seat away. The first is free only when all are: who was seen last moves into it.
    pub(super) fn vacate(&mut self, machine: &str) {
        self.further.retain(|seat| seat.machine != machine);
        if self.first.as_ref().is_some_and(|seat| seat.machine == machine) {
            let next = self.further.iter().enumerate().max_by(|(_, one), (_, other)| {
                let when = |seat: &Seat| (seat.seen_at, seat.bound_at);
                when(one).cmp(&when(other)).then(other.machine.cmp(&one.machine))
            });
            self.first = match next.map(|(place, _)| place) {
                Some(place) => Some(Seat { bound_at: None, ..self.further.remove(place) }),
                None => None,
            };
        }
    }

    /// Gives a machine a seat beside those that others have.
    pub(super) fn seat_in(&mut self, machine: &str, now: Moment, lease: Option<TimeDelta>) {
        let lease_until = lease.map(|lease| now + lease);
        let seat = Seat { machine: machine.to_owned(), bound_at: None, seen_at: Some(now), lease_until };
        if self.first.as_ref().is_none_or(|first| !first.is_taken(now)) {
            self.first = Some(seat);
        } else {
            self.further.push(Seat { bound_at: Some(now), ..seat });
            self.further.sort_by(|one, other| one.machine.cmp(&other.machine));
        }
    }
}

/// For how long a seat is leased.
pub(super) fn lease_of(policy: Policy) -> Option<TimeDelta> {
    policy.lease.map(|lease| seconds(lease.seconds()))
}

/// How long after an unbinding the next one is.
pub(super) fn cooldown_of(policy: UnbindPolicy) -> TimeDelta {
    match policy.cooldown {
        Some(cooldown) => seconds(cooldown.seconds()),
        None if policy.by == UnbindBy::Anyone && policy.limit.is_none() => seconds(86_400),
        None => seconds(60),
    }
}

impl World {
    /// What a card is judged by: its own words come before those of its app.
    pub(super) fn policy(&self, code: &str) -> Policy {
        let card = &self.cards[code];
        let [of_app, of_card] =
            [&self.apps[&card.app].policy, &card.policy].map(|words| words.parse().unwrap());
        Policy::of(&of_app, &of_card)
    }

    /// The seats of a card that customers gave up: when, whose, and whether another did it.
    pub(super) fn given_up(&self, code: &str) -> Vec<(Moment, String, bool)> {
        let of_card = self.log.iter().filter(|done| done.code == code && done.act.starts_with("UNBIND"));
        of_card.map(|done| (done.at, done.machine.clone().unwrap(), done.act == "UNBIND_LOST")).collect()
    }

    /// For how many seconds a machine gets no seat of a card that it gave one up of.
    pub(super) fn withheld(&self, code: &str, machine: &str, now: Moment) -> Option<i64> {
        let cooldown = cooldown_of(self.policy(code).unbind);
        let own = self.given_up(code).into_iter().filter(|(_, whose, _)| whose == machine);
        let until = own.map(|(at, _, was_lost)| {
            at + if was_lost { cooldown.min(TimeDelta::hours(1)) } else { cooldown }
        });
        until.max().map(|until| (until - now).num_seconds()).filter(|wait| *wait > 0)
    }

    pub(super) fn is_blocked(&self, app: &str, machine: Option<&str>, is_far: bool, now: Moment) -> bool {
        self.blocks.iter().any(|((of, target), until)| {
            let is_meant = Some(target.as_str()) == machine || is_far && target == FAR;
            is_meant && (of.is_empty() || of == app) && until.is_none_or(|until| now <= until)
        })
    }

    /// Lets so many seconds pass: all that happened, and all that is to come, is by so much nearer to the past.
    pub(super) fn let_pass(&mut self, count: i64) {
        let by = seconds(count);
        let earlier = |moment: &mut Option<Moment>| *moment = moment.map(|moment| moment - by);
        for card in self.cards.values_mut() {
            card.created_at -= by;
            [&mut card.used_at, &mut card.expire_at, &mut card.valid_until].into_iter().for_each(earlier);
            for seat in card.first.iter_mut().chain(&mut card.further) {
                [&mut seat.bound_at, &mut seat.seen_at, &mut seat.lease_until].into_iter().for_each(earlier);
            }
        }
        self.uses.values_mut().for_each(|taken| taken.at -= by);
        self.trials.values_mut().for_each(|(_, started)| *started -= by);
        self.blocks.values_mut().for_each(earlier);
        for done in &mut self.log {
            done.at -= by;
            for values in [&mut done.before, &mut done.after] {
                for name in ["used_at", "expire_at"] {
                    let Some(value) = values.get_mut(name) else { continue };
                    *value = stored(read_moment(value).map(|moment| moment - by));
                }
            }
        }
    }
}

/// In which two things differ; nothing where they do not.
pub(super) fn difference<T: PartialEq + fmt::Debug + ?Sized>(what: &str, expected: &T, found: &T) -> String {
    if expected == found {
        return String::new();
    }
    format!("{what} should be\n  {expected:?}\nand is\n  {found:?}\n")
}

impl World {
    /// In what the tables differ from it.
    pub(super) fn difference(&self, found: &Self) -> String {
        let codes: BTreeSet<_> = self.cards.keys().chain(found.cards.keys()).collect();
        let cards =
            codes.into_iter().map(|code| difference(code, &self.cards.get(code), &found.cards.get(code)));
        let log = (0..self.log.len().max(found.log.len()))
            .map(|at| difference("what a customer did", &self.log.get(at), &found.log.get(at)));
        let others = [
            difference("what was taken", &self.uses, &found.uses),
            difference("the trials", &self.trials, &found.trials),
            difference("the apps", &self.apps, &found.apps),
            difference("the batches", &self.batches, &found.batches),
            difference("the preset", &self.preset, &found.preset),
            difference("who is kept out", &self.blocks, &found.blocks),
        ];
        cards.chain(log).chain(others).collect()
    }
}

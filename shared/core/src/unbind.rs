//! Unbinding by customers: pure decisions about giving up a seat of a card, by the machine itself or for one that is lost.

use chrono::{DateTime, TimeDelta, Utc};

use crate::card::{Card, CardStatus, MachineCode};
use crate::policy::{UnbindBy, UnbindCost, UnbindPolicy};
use crate::rules::{self, Refusal};

/// Within which time unbindings are counted.
pub const WINDOW: TimeDelta = TimeDelta::days(30);

/// For how long at the least a repeated request is known as one.
const REPEATED: TimeDelta = TimeDelta::hours(1);

/// For how long at the most a machine gets no seat that was given up as lost: it may not have been.
const LOST: TimeDelta = TimeDelta::hours(1);

/// A seat of the card that was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenUp {
    /// When.
    pub at: DateTime<Utc>,
    /// Whether it was the seat of the machine that asks now.
    pub was_its_own: bool,
    /// Whether it was given up for a machine that was lost, by another.
    pub was_lost: bool,
}

/// How a card stands, beside its row, when a machine wants one of its seats given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Whether any machine has a seat.
    pub is_bound: bool,
    /// Whether it is a trial that nobody has topped up, unless that was taken back: it is its machine's, so that one machine tries
    /// an app once.
    pub is_trial: bool,
    /// Whether the machine that asks would get no seat but for one that is given up.
    pub is_full: bool,
    /// The seats that were given up before.
    pub given_up: &'a [GivenUp],
}

/// What an unbinding took off a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paid {
    /// So many seconds of its time.
    Seconds(u32),
    /// So many points.
    Points(u32),
}

/// What a request to unbind comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A seat is given up.
    Unbind {
        /// Whether it is that of the machine seen longest ago, which is lost; otherwise that of the machine that asks.
        is_lost: bool,
        /// What is taken off the card: nothing of its time where it has no end, and no points where it has none.
        paid: Option<Paid>,
    },
    /// There is no seat to give up; nothing is changed.
    Nothing,
    /// It is refused; nothing is changed.
    Refuse(Refusal),
}

/// Decides what becomes of it that `machine` wants a seat of `card` given up at `now`.
pub fn decide(
    card: &Card,
    machine: &MachineCode,
    standing: Standing<'_>,
    policy: UnbindPolicy,
    now: DateTime<Utc>,
) -> Verdict {
    let refuse = Verdict::Refuse;
    match rules::status_of(card, now) {
        CardStatus::Disabled => return refuse(Refusal::Disabled),
        CardStatus::Expired => return refuse(Refusal::Expired),
        CardStatus::Unused => return Verdict::Nothing,
        CardStatus::Active if !standing.is_bound => return Verdict::Nothing,
        CardStatus::Active => {}
    }
    let is_lost = rules::seat_of(card, machine).is_none();
    match policy.by {
        UnbindBy::Nobody => return refuse(Refusal::UnbindNotAllowed),
        _ if standing.is_trial => return refuse(Refusal::UnbindNotAllowed),
        _ if is_lost && is_repeated(standing.given_up, policy, now) => return Verdict::Nothing,
        UnbindBy::Machine if is_lost => return refuse(Refusal::MachineMismatch),
        // Who can have a free seat needs none that is somebody's.
        UnbindBy::Anyone if is_lost && !standing.is_full => return Verdict::Nothing,
        UnbindBy::Machine | UnbindBy::Anyone => {}
    }
    let weight = weight(is_lost);
    if policy.limit.is_some_and(|limit| limit.get() < weight) {
        return refuse(Refusal::UnbindNotAllowed);
    }
    if let Some(seconds) = wait(standing.given_up, weight, policy, now) {
        return refuse(Refusal::CoolingDown { seconds });
    }
    match paid(card, weight, policy, now) {
        Ok(paid) => Verdict::Unbind { is_lost, paid },
        Err(refusal) => refuse(refusal),
    }
}

/// For how many seconds a machine that gave up a seat of a card gets none of it.
pub fn withheld(given_up: &[GivenUp], policy: UnbindPolicy, now: DateTime<Utc>) -> Option<u32> {
    let cooldown = cooldown(policy);
    let until_of = |seat: &GivenUp| seat.at + if seat.was_lost { cooldown.min(LOST) } else { cooldown };
    until(given_up.iter().filter(|seat| seat.was_its_own).map(until_of).max(), now)
}

/// How many more there are within 30 days; `None` where there is no limit.
pub fn remaining(given_up: &[GivenUp], policy: UnbindPolicy, now: DateTime<Utc>) -> Option<u16> {
    let counted = given_up.iter().filter(|seat| now < seat.at + WINDOW);
    let used = counted.fold(0_u16, |used, seat| used.saturating_add(weight(seat.was_lost)));
    policy.limit.map(|limit| limit.get().saturating_sub(used))
}

/// As how many an unbinding counts, and how many times it is paid.
const fn weight(is_lost: bool) -> u16 {
    if is_lost { 2 } else { 1 }
}

fn cooldown(policy: UnbindPolicy) -> TimeDelta {
    TimeDelta::seconds(policy.wait().seconds().into())
}

/// Whether the machine gave its own seat up so lately that it asks for the same once more.
fn is_repeated(given_up: &[GivenUp], policy: UnbindPolicy, now: DateTime<Utc>) -> bool {
    let lately = cooldown(policy).max(REPEATED);
    given_up.iter().any(|seat| seat.was_its_own && !seat.was_lost && now < seat.at + lately)
}

/// How many seconds it is until an unbinding of that weight is neither in the cooldown nor above the limit.
fn wait(given_up: &[GivenUp], weight: u16, policy: UnbindPolicy, now: DateTime<Utc>) -> Option<u32> {
    let cooled_down = given_up.iter().map(|seat| seat.at + cooldown(policy)).max();
    let has_room = |then: DateTime<Utc>| remaining(given_up, policy, then).is_none_or(|left| weight <= left);
    let counts_no_more = given_up.iter().map(|seat| seat.at + WINDOW);
    let of_limit = if has_room(now) { None } else { counts_no_more.filter(|then| has_room(*then)).min() };
    until(cooled_down.max(of_limit), now)
}

/// The seconds until a moment that is to come.
fn until(moment: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<u32> {
    let seconds = (moment? - now).num_seconds();
    u32::try_from(seconds).ok().filter(|seconds| *seconds > 0)
}

/// What is taken off a card for an unbinding of that weight, where it has as much.
fn paid(card: &Card, weight: u16, policy: UnbindPolicy, now: DateTime<Utc>) -> Result<Option<Paid>, Refusal> {
    let times = u32::from(weight);
    let (paid, is_enough) = match (policy.cost, card.expire_at, card.points) {
        (Some(UnbindCost::Time(seconds)), Some(expire_at), _) => {
            let seconds = seconds.get() * times;
            (Paid::Seconds(seconds), now + TimeDelta::seconds(seconds.into()) < expire_at)
        }
        (Some(UnbindCost::Points(points)), _, Some(has)) => {
            let points = points.get() * times;
            (Paid::Points(points), points <= has)
        }
        _ => return Ok(None),
    };
    if is_enough { Ok(Some(paid)) } else { Err(Refusal::UnbindTooExpensive) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, PolicyPart};
    use crate::testing::at;

    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;

    fn policy(words: &str) -> UnbindPolicy {
        Policy::of(&words.parse().unwrap(), &PolicyPart::default()).unbind
    }

    /// A card of one seat that PC-1 has, for ten hours.
    fn card() -> Card {
        Card {
            id: 1,
            full_code: "VIP-DEMO123456".into(),
            app: "default".into(),
            status: CardStatus::Active,
            duration_seconds: None,
            seats: 1,
            machine_code: Some("PC-1".into()),
            lease_until: None,
            further_seat: None,
            policy: PolicyPart::default(),
            created_at: at(0),
            used_at: Some(at(0)),
            expire_at: Some(at(10 * HOUR)),
            valid_until: None,
            points: None,
        }
    }

    /// What becomes of it that this machine asks at once, after seats were given up so many seconds ago.
    fn asked(card: &Card, machine: &str, words: &str, given_up: &[(i64, bool, bool)]) -> Verdict {
        let given_up: Vec<_> = given_up
            .iter()
            .map(|&(ago, was_its_own, was_lost)| GivenUp { at: at(-ago), was_its_own, was_lost })
            .collect();
        let is_bound = card.machine_code.is_some();
        let is_full = is_bound && card.seats == 1;
        let standing = Standing { is_bound, is_trial: false, is_full, given_up: &given_up };
        decide(card, &MachineCode::parse(machine).unwrap(), standing, policy(words), at(0))
    }

    fn freed(is_lost: bool, paid: Option<Paid>) -> Verdict {
        Verdict::Unbind { is_lost, paid }
    }

    fn refuse(refusal: Refusal) -> Verdict {
        Verdict::Refuse(refusal)
    }

    #[test]
    fn who_may_unbind_a_card_in_which_state() {
        use Verdict::Nothing;
        let free = Card { machine_code: None, ..card() };
        let of_status = |status| Card { status, ..card() };
        let over = Card { expire_at: Some(at(-1)), ..card() };
        let late = Card { valid_until: Some(at(-1)), ..of_status(CardStatus::Unused) };
        let several = Card { seats: 2, ..card() };
        for (name, card, machine, words, verdict) in [
            ("not allowed", &card(), "PC-1", "", refuse(Refusal::UnbindNotAllowed)),
            ("not allowed to others either", &card(), "PC-2", "", refuse(Refusal::UnbindNotAllowed)),
            ("its own", &card(), "PC-1", "unbind=machine", freed(false, None)),
            ("its own, where anyone may", &card(), "PC-1", "unbind=anyone", freed(false, None)),
            ("another's", &card(), "PC-2", "unbind=machine", refuse(Refusal::MachineMismatch)),
            ("one that is lost", &card(), "PC-2", "unbind=anyone", freed(true, None)),
            ("one that is lost beside a free one", &several, "PC-2", "unbind=anyone", Nothing),
            ("nobody's", &free, "PC-1", "unbind=machine", Nothing),
            ("nobody's, and not allowed", &free, "PC-1", "", Nothing),
            ("unused", &of_status(CardStatus::Unused), "PC-1", "unbind=anyone", Nothing),
            ("unused for too long", &late, "PC-1", "unbind=anyone", refuse(Refusal::Expired)),
            ("over", &over, "PC-1", "unbind=anyone", refuse(Refusal::Expired)),
            (
                "marked as over",
                &of_status(CardStatus::Expired),
                "PC-1",
                "unbind=anyone",
                refuse(Refusal::Expired),
            ),
            (
                "withdrawn",
                &of_status(CardStatus::Disabled),
                "PC-1",
                "unbind=anyone",
                refuse(Refusal::Disabled),
            ),
        ] {
            assert_eq!(asked(card, machine, words, &[]), verdict, "{name}");
        }
        let further = Card { further_seat: Some(crate::card::Seat { lease_until: Some(at(-1)) }), ..several };
        assert_eq!(
            asked(&further, "PC-2", "unbind=machine", &[]),
            freed(false, None),
            "a lease that is over"
        );
    }

    #[test]
    fn a_trial_stays_with_its_machine() {
        let standing = Standing { is_bound: true, is_trial: true, is_full: true, given_up: &[] };
        for machine in ["PC-1", "PC-2"] {
            let asker = MachineCode::parse(machine).unwrap();
            for words in ["", "unbind=machine", "unbind=anyone unbind-cost=1h"] {
                let verdict = decide(&card(), &asker, standing, policy(words), at(0));
                assert_eq!(verdict, refuse(Refusal::UnbindNotAllowed), "{machine} {words}");
            }
        }
        let free = Standing { is_bound: false, ..standing };
        let asker = MachineCode::parse("PC-1").unwrap();
        assert_eq!(decide(&card(), &asker, free, policy("unbind=machine"), at(0)), Verdict::Nothing);
    }

    #[test]
    fn an_unbinding_waits_for_the_cooldown_and_for_room_in_30_days() {
        let (own, others, lost) =
            (|ago| (ago, true, false), |ago| (ago, false, false), |ago| (ago, false, true));
        let wait = |seconds: i64| refuse(Refusal::CoolingDown { seconds: seconds.try_into().unwrap() });
        let day = "unbind=machine unbind-cooldown=24h";
        let three = "unbind=anyone unbind-limit=3";
        for (name, machine, words, given_up, verdict) in [
            ("at once", "PC-1", "unbind=machine", &[others(0)][..], wait(60)),
            ("after a minute", "PC-1", "unbind=machine", &[others(60)], freed(false, None)),
            ("within a day where anyone may", "PC-1", "unbind=anyone", &[others(DAY - 9)], wait(9)),
            ("a second too early", "PC-1", day, &[others(DAY - 1)], wait(1)),
            ("when it is over", "PC-1", day, &[others(DAY)], freed(false, None)),
            ("after the last of several", "PC-1", day, &[others(2 * DAY), own(HOUR)], wait(23 * HOUR)),
            ("the third of three", "PC-1", three, &[others(61), others(62)], freed(false, None)),
            ("the fourth of three", "PC-1", three, &[others(9), others(5), others(7)], wait(30 * DAY - 9)),
            (
                "the oldest counts no more",
                "PC-1",
                three,
                &[others(30 * DAY), others(65), others(67)],
                freed(false, None),
            ),
            ("one that was lost counts twice", "PC-1", three, &[lost(9), others(5)], wait(30 * DAY - 9)),
            ("and so does one to be", "PC-2", three, &[others(9), others(5)], wait(30 * DAY - 9)),
            (
                "for which two have to go",
                "PC-2",
                three,
                &[others(9), others(5), others(7)],
                wait(30 * DAY - 7),
            ),
            (
                "the later of both",
                "PC-1",
                "unbind=machine unbind-cooldown=30d unbind-limit=1",
                &[others(DAY)],
                wait(29 * DAY),
            ),
            (
                "the limit is lower than it was",
                "PC-1",
                "unbind=machine unbind-limit=1",
                &[others(9), others(5)],
                wait(30 * DAY - 5),
            ),
            (
                "two of one never are",
                "PC-2",
                "unbind=anyone unbind-limit=1",
                &[],
                refuse(Refusal::UnbindNotAllowed),
            ),
            ("one of one is", "PC-1", "unbind=anyone unbind-limit=1", &[], freed(false, None)),
        ] {
            assert_eq!(asked(&card(), machine, words, given_up), verdict, "{name}");
        }
    }

    #[test]
    fn who_gave_his_own_seat_up_lately_asks_for_the_same_once_more() {
        use Verdict::Nothing;
        for (name, words, given_up, verdict) in [
            ("at once", "unbind=machine", (0, true, false), Nothing),
            ("within an hour", "unbind=anyone", (HOUR - 1, true, false), Nothing),
            ("after it", "unbind=machine", (HOUR, true, false), refuse(Refusal::MachineMismatch)),
            ("within the cooldown", "unbind=machine unbind-cooldown=24h", (DAY - 1, true, false), Nothing),
            ("another's", "unbind=machine", (0, false, false), refuse(Refusal::MachineMismatch)),
            ("lost", "unbind=machine", (0, true, true), refuse(Refusal::MachineMismatch)),
            ("where it is not allowed any more", "", (0, true, false), refuse(Refusal::UnbindNotAllowed)),
        ] {
            assert_eq!(asked(&card(), "PC-2", words, &[given_up]), verdict, "{name}");
        }
    }

    #[test]
    fn what_an_unbinding_costs() {
        let for_ever = Card { expire_at: None, ..card() };
        let of_points = |points| Card { points: Some(points), ..card() };
        let too_expensive = refuse(Refusal::UnbindTooExpensive);
        for (name, card, machine, cost, verdict) in [
            ("time", &card(), "PC-1", "1h", freed(false, Some(Paid::Seconds(3_600)))),
            ("all but a second", &card(), "PC-1", "35999s", freed(false, Some(Paid::Seconds(35_999)))),
            ("all of its time", &card(), "PC-1", "10h", too_expensive),
            ("twice for one that is lost", &card(), "PC-2", "4h", freed(true, Some(Paid::Seconds(28_800)))),
            ("twice all of it", &card(), "PC-2", "5h", too_expensive),
            ("time without an end", &for_ever, "PC-2", "365d", freed(true, None)),
            ("points", &of_points(5), "PC-1", "5p", freed(false, Some(Paid::Points(5)))),
            ("more points", &of_points(4), "PC-1", "5p", too_expensive),
            ("twice the points", &of_points(10), "PC-2", "5p", freed(true, Some(Paid::Points(10)))),
            ("twice more points", &of_points(9), "PC-2", "5p", too_expensive),
            (
                "the most points",
                &of_points(u32::MAX),
                "PC-2",
                "1000000000p",
                freed(true, Some(Paid::Points(2_000_000_000))),
            ),
            ("points of a card without", &card(), "PC-1", "5p", freed(false, None)),
            ("nothing", &of_points(0), "PC-1", "off", freed(false, None)),
        ] {
            let words = format!("unbind=anyone unbind-cost={cost}");
            assert_eq!(asked(card, machine, &words, &[]), verdict, "{name}");
        }
    }

    #[test]
    fn who_gave_a_seat_up_gets_none_for_as_long_as_the_cooldown() {
        let seat = |ago: i64, was_its_own, was_lost| GivenUp { at: at(-ago), was_its_own, was_lost };
        for (words, given_up, seconds) in [
            ("", &[seat(0, true, false)][..], Some(60)),
            ("", &[seat(60, true, false)], None),
            ("unbind=anyone", &[seat(9, true, false)], Some(86_391)),
            ("unbind=anyone unbind-limit=3", &[seat(9, true, false)], Some(51)),
            ("unbind-cooldown=30d", &[seat(9, true, true)], Some(3_591)),
            ("unbind-cooldown=60", &[seat(0, true, false)], Some(60)),
            ("unbind-cooldown=60", &[seat(59, true, false)], Some(1)),
            ("unbind-cooldown=60", &[seat(60, true, false)], None),
            ("unbind-cooldown=60", &[seat(0, true, true)], Some(60)),
            ("unbind-cooldown=60", &[seat(0, false, false)], None),
            (
                "unbind-cooldown=60",
                &[seat(70, true, false), seat(9, true, false), seat(30, true, true)],
                Some(51),
            ),
        ] {
            assert_eq!(withheld(given_up, policy(words), at(0)), seconds, "{words} {given_up:?}");
        }
    }

    #[test]
    fn how_many_remain() {
        let seat = |ago: i64, was_lost| GivenUp { at: at(-ago), was_its_own: true, was_lost };
        for (words, given_up, left) in [
            ("", &[seat(0, false)][..], None),
            ("unbind-limit=3", &[], Some(3)),
            ("unbind-limit=3", &[seat(0, false)], Some(2)),
            ("unbind-limit=3", &[seat(0, true), seat(30 * DAY, false)], Some(1)),
            ("unbind-limit=3", &[seat(0, true), seat(1, true)], Some(0)),
        ] {
            assert_eq!(remaining(given_up, policy(words), at(0)), left, "{words} {given_up:?}");
        }
    }
}

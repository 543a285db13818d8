//! What a card allows: pure decisions about one card at one moment.

use chrono::{DateTime, TimeDelta, Utc};

use crate::card::{Card, CardStatus, MachineCode, Seat};
use crate::policy::{Lease, Policy, WhenFull};

/// What validating a card comes to, and what has to be written for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The card is active on this machine: let it in.
    Admit {
        /// The lease of its seat; `None` has it as long as the card.
        lease: Option<Lease>,
    },
    /// First use: bind the card to this machine from `used_at` until `expire_at`, then let it in.
    Activate {
        /// The moment of activation.
        used_at: DateTime<Utc>,
        /// The last second in which the card will be valid; `None` lasts for ever.
        expire_at: Option<DateTime<Utc>>,
        /// The lease of its seat; `None` has it as long as the card.
        lease: Option<Lease>,
    },
    /// The card is active for one machine alone and an operator unbound it: bind it to this one, then let it in.
    Bind,
    /// The machine has a seat whose lease is to be this one from now on: write it, then let it in.
    Renew {
        /// `None` has it as long as the card.
        lease: Option<Lease>,
    },
    /// The machine has no seat: give it one if there is a free one, or one that gives way, then let it in.
    TakeSeat {
        /// `None` has it as long as the card.
        lease: Option<Lease>,
    },
    /// The card's time is over and its row does not say so yet: refuse it as expired and write that down.
    Expire,
    /// Refuse it; nothing is written.
    Refuse(Refusal),
}

/// Why a card that exists is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// An operator withdrew it.
    Disabled,
    /// Its time is over.
    Expired,
    /// It is bound to another machine.
    MachineMismatch,
    /// Other machines have all of its seats.
    SeatsFull,
    /// The machine gave a seat of it up, or wants one given up too soon after another was.
    CoolingDown {
        /// How many seconds that lasts.
        seconds: u32,
    },
    /// No customer gives a seat of it up.
    UnbindNotAllowed,
    /// It does not have what giving up a seat of it costs.
    UnbindTooExpensive,
    /// It is bound to none, and may not be bound to a machine code that holds what nobody sees.
    Unbindable,
    /// The machine's seat is that of another device, or of one whose key was copied.
    DeviceMismatch,
    /// Whoever uses it has to sign what he asks.
    DeviceRequired,
    /// What was asked was signed at another time.
    SignatureExpired,
}

impl Refusal {
    /// Whether the request does not show the device that its machine is.
    pub const fn is_of_device(self) -> bool {
        matches!(self, Self::DeviceMismatch | Self::DeviceRequired | Self::SignatureExpired)
    }
}

/// Decides what `machine` may do with `card` at `now` by its policy: disabled beats expired, expired beats a machine
/// mismatch.
pub fn evaluate(card: &Card, machine: &MachineCode, policy: Policy, now: DateTime<Utc>) -> Verdict {
    match status_of(card, now) {
        CardStatus::Disabled => Verdict::Refuse(Refusal::Disabled),
        CardStatus::Expired if card.status != CardStatus::Expired => Verdict::Expire,
        CardStatus::Expired => Verdict::Refuse(Refusal::Expired),
        CardStatus::Unused if !machine.is_bindable() => Verdict::Refuse(Refusal::Unbindable),
        CardStatus::Unused => Verdict::Activate {
            used_at: now,
            expire_at: first_of(expiry(card.duration_seconds, now), card.valid_until),
            lease: policy.lease.map(|lease| lease.from(now)),
        },
        CardStatus::Active => match seat_of(card, machine) {
            Some(seat) => keep(seat, policy, now),
            None => find_seat(card, machine, policy, now),
        },
    }
}

/// The seat that a machine has.
pub fn seat_of(card: &Card, machine: &MachineCode) -> Option<Seat> {
    let is_first = card.machine_code.as_deref() == Some(machine.as_str());
    if is_first { Some(Seat { lease_until: card.lease_until }) } else { card.further_seat }
}

/// What becomes of a machine that has a seat. One whose lease is over has it still, until somebody else gets it.
fn keep(seat: Seat, policy: Policy, now: DateTime<Utc>) -> Verdict {
    match (policy.lease, seat.lease_until) {
        (None, None) => Verdict::Admit { lease: None },
        (None, Some(_)) => Verdict::Renew { lease: None },
        (Some(length), until) => match until.map(|until| length.ending(until)) {
            Some(lease) if now < lease.renew_after => Verdict::Admit { lease: Some(lease) },
            _ => Verdict::Renew { lease: Some(length.from(now)) },
        },
    }
}

/// What becomes of a machine that has no seat. Of a card with several only the database can say whether one is free.
fn find_seat(card: &Card, machine: &MachineCode, policy: Policy, now: DateTime<Utc>) -> Verdict {
    let is_over = card.lease_until.is_some_and(|until| until < now);
    let is_free = card.machine_code.is_none() || is_over;
    let evicts = policy.when_full == WhenFull::Oldest;
    let lease = policy.lease.map(|lease| lease.from(now));
    if card.seats <= 1 && !is_free && !evicts {
        let is_leased = policy.lease.is_some() || card.lease_until.is_some();
        return Verdict::Refuse(if is_leased { Refusal::SeatsFull } else { Refusal::MachineMismatch });
    }
    if !machine.is_bindable() {
        return Verdict::Refuse(Refusal::Unbindable);
    }
    if card.seats <= 1 && card.machine_code.is_none() && lease.is_none() {
        return Verdict::Bind;
    }
    Verdict::TakeSeat { lease }
}

/// The status of a card at `now`: one that nobody used up to the last moment that it was given has expired as well.
pub fn status_of(card: &Card, now: DateTime<Utc>) -> CardStatus {
    match card.status {
        CardStatus::Unused if card.valid_until.is_some_and(|until| until < now) => CardStatus::Expired,
        status => status_at(status, card.expire_at, now),
    }
}

/// The status at `now` of a card that was `status` and lasts until `expire_at`: an active card whose time is over has
/// expired, whatever its row still says.
pub fn status_at(status: CardStatus, expire_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> CardStatus {
    match (status, expire_at) {
        (CardStatus::Active, Some(expire_at)) if now > expire_at => CardStatus::Expired,
        (status, _) => status,
    }
}

/// The last valid second of a card that is activated at `now`; `None` lasts for ever.
pub fn expiry(duration_seconds: Option<u32>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    duration_seconds.map(|seconds| now + TimeDelta::seconds(i64::from(seconds)))
}

/// The earlier of two moments; what is `None` never comes.
pub fn first_of(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    one.into_iter().chain(other).min()
}

/// The time left until `expire_at` in hours, rounded to two decimals and never negative.
pub fn remaining_hours(expire_at: DateTime<Utc>, now: DateTime<Utc>) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "the seconds of the 9,999 years a DATETIME spans fit an f64"
    )]
    let seconds = (expire_at - now).num_seconds().max(0) as f64;
    (seconds / 36.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::{LeaseLength, PolicyPart};

    const ADMIT: Verdict = Verdict::Admit { lease: None };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_767_225_600 + seconds, 0).unwrap()
    }

    fn card(status: CardStatus, machine_code: Option<&str>, expire_at: Option<i64>) -> Card {
        Card {
            id: 1,
            full_code: "VIP-DEMO123456".into(),
            app: "default".into(),
            seats: 1,
            lease_until: None,
            further_seat: None,
            policy: PolicyPart::default(),
            status,
            duration_seconds: Some(10_800),
            machine_code: machine_code.map(str::to_owned),
            created_at: at(-1000),
            used_at: None,
            expire_at: expire_at.map(at),
            valid_until: None,
            points: None,
        }
    }

    #[test]
    fn verdicts() {
        use CardStatus::{Active, Disabled, Expired, Unused};
        use Refusal::MachineMismatch;
        let refuse = Verdict::Refuse;
        let activate = Verdict::Activate { used_at: at(0), expire_at: Some(at(10_800)), lease: None };
        for (name, status, bound, expire_at, verdict) in [
            ("first use", Unused, None, None, activate),
            ("unused, whatever its times say", Unused, None, Some(-10), activate),
            ("active on its machine", Active, Some("PC-1"), Some(60), ADMIT),
            ("up to and including its last second", Active, Some("PC-1"), Some(0), ADMIT),
            ("a second late", Active, Some("PC-1"), Some(-1), Verdict::Expire),
            ("never expires", Active, Some("PC-1"), None, ADMIT),
            ("another machine", Active, Some("PC-2"), Some(60), refuse(MachineMismatch)),
            ("another machine for ever", Active, Some("PC-2"), None, refuse(MachineMismatch)),
            ("case matters in a machine code", Active, Some("pc-1"), Some(60), refuse(MachineMismatch)),
            ("expired beats a machine mismatch", Active, Some("PC-2"), Some(-1), Verdict::Expire),
            ("unbound from its machine", Active, None, Some(60), Verdict::Bind),
            ("unbound and never expires", Active, None, None, Verdict::Bind),
            ("unbound and out of time", Active, None, Some(-1), Verdict::Expire),
            ("the row says expired", Expired, Some("PC-1"), Some(-60), refuse(Refusal::Expired)),
            ("ended early by an operator", Expired, Some("PC-1"), Some(60), refuse(Refusal::Expired)),
            ("expired without times", Expired, None, None, refuse(Refusal::Expired)),
            ("disabled", Disabled, Some("PC-1"), Some(60), refuse(Refusal::Disabled)),
            ("disabled beats expired", Disabled, Some("PC-1"), Some(-60), refuse(Refusal::Disabled)),
            ("disabled before its first use", Disabled, None, None, refuse(Refusal::Disabled)),
        ] {
            let machine = MachineCode::parse("PC-1").unwrap();
            assert_eq!(
                evaluate(&card(status, bound, expire_at), &machine, Policy::default(), at(0)),
                verdict,
                "{name}"
            );
        }
    }

    #[test]
    fn no_card_outlasts_the_last_moment_that_it_is_given() {
        let machine = MachineCode::parse("PC-1").unwrap();
        for (duration, until, verdict) in [
            (Some(100), Some(50), Some(Some(50))),
            (Some(100), Some(100), Some(Some(100))),
            (Some(100), Some(500), Some(Some(100))),
            (None, Some(0), Some(Some(0))),
            (None, None, Some(None)),
            (Some(100), Some(-1), None),
            (None, Some(-1), None),
        ] {
            let unused = card(CardStatus::Unused, None, until);
            let card = Card { duration_seconds: duration, valid_until: until.map(at), ..unused };
            let expected = verdict.map_or(Verdict::Expire, |expire_at: Option<i64>| Verdict::Activate {
                used_at: at(0),
                expire_at: expire_at.map(at),
                lease: None,
            });
            assert_eq!(
                evaluate(&card, &machine, Policy::default(), at(0)),
                expected,
                "{duration:?} {until:?}"
            );
        }
    }

    #[test]
    fn a_machine_code_that_nobody_can_read_is_admitted_where_it_is_bound_and_bound_nowhere() {
        use CardStatus::{Active, Disabled, Expired, Unused};
        let odd = MachineCode::parse("PC\u{202e}1").unwrap();
        let refuse = Verdict::Refuse;
        for (status, bound, expire_at, verdict) in [
            (Unused, None, None, refuse(Refusal::Unbindable)),
            (Active, None, Some(60), refuse(Refusal::Unbindable)),
            (Active, None, Some(-1), Verdict::Expire),
            (Active, Some("PC\u{202e}1"), Some(60), ADMIT),
            (Active, Some("PC1"), Some(60), refuse(Refusal::MachineMismatch)),
            (Expired, None, None, refuse(Refusal::Expired)),
            (Disabled, None, None, refuse(Refusal::Disabled)),
        ] {
            assert_eq!(
                evaluate(&card(status, bound, expire_at), &odd, Policy::default(), at(0)),
                verdict,
                "{status} {bound:?}"
            );
        }
    }

    #[test]
    fn a_card_without_a_duration_is_activated_for_ever() {
        let card = Card { duration_seconds: None, ..card(CardStatus::Unused, None, None) };
        let machine = MachineCode::parse("PC-1").unwrap();
        assert_eq!(
            evaluate(&card, &machine, Policy::default(), at(5)),
            Verdict::Activate { used_at: at(5), expire_at: None, lease: None }
        );
    }

    fn floating() -> Policy {
        Policy { when_full: WhenFull::Oldest, ..Policy::default() }
    }

    fn length() -> LeaseLength {
        LeaseLength::new(60).unwrap()
    }

    fn leased() -> Policy {
        Policy { lease: Some(length()), ..Policy::default() }
    }

    fn seat(until: Option<i64>) -> Seat {
        Seat { lease_until: until.map(at) }
    }

    fn take(lease: Option<Lease>) -> Verdict {
        Verdict::TakeSeat { lease }
    }

    /// What becomes of PC-1, which may have a further seat, where the first has this machine and this lease.
    fn of_seats(
        seats: u16,
        (first, until): (Option<&str>, Option<i64>),
        further_seat: Option<Seat>,
        policy: Policy,
    ) -> Verdict {
        let active = card(CardStatus::Active, first, Some(60));
        let card = Card { seats, lease_until: until.map(at), further_seat, ..active };
        evaluate(&card, &MachineCode::parse("PC-1").unwrap(), policy, at(0))
    }

    #[test]
    fn the_one_seat_of_a_card() {
        use Refusal::{MachineMismatch, SeatsFull};
        let (new, fresh) = (Some(length().from(at(0))), Some(length().ending(at(41))));
        let usual = Policy::default();
        let (mine, others) = (Some("PC-1"), Some("PC-2"));
        for (name, first, policy, verdict) in [
            ("taken", (others, None), usual, Verdict::Refuse(MachineMismatch)),
            ("taken, and gives way", (others, None), floating(), take(None)),
            ("leased to another", (others, Some(0)), leased(), Verdict::Refuse(SeatsFull)),
            ("not leased yet", (others, None), leased(), Verdict::Refuse(SeatsFull)),
            ("its lease over", (others, Some(-1)), leased(), take(new)),
            ("its lease over, and leases given up", (others, Some(-1)), usual, take(None)),
            ("free", (None, None), usual, Verdict::Bind),
            ("free, to be leased", (None, None), leased(), take(new)),
            ("its own", (mine, None), usual, ADMIT),
            ("its own, to be leased", (mine, None), leased(), Verdict::Renew { lease: new }),
            ("its own, leased no more", (mine, Some(5)), usual, Verdict::Renew { lease: None }),
            ("its own, fresh", (mine, Some(41)), leased(), Verdict::Admit { lease: fresh }),
            ("its own, a third over", (mine, Some(40)), leased(), Verdict::Renew { lease: new }),
            ("its own, over", (mine, Some(-1)), leased(), Verdict::Renew { lease: new }),
        ] {
            assert_eq!(of_seats(1, first, None, policy), verdict, "{name}");
        }
    }

    #[test]
    fn the_seats_of_a_card_that_has_several() {
        let (new, fresh) = (Some(length().from(at(0))), Some(length().ending(at(41))));
        let usual = Policy::default();
        let others = Some("PC-2");
        for (name, first, further, policy, verdict) in [
            ("a further one", (others, None), Some(seat(None)), usual, ADMIT),
            (
                "a further one, fresh",
                (others, Some(9)),
                Some(seat(Some(41))),
                leased(),
                Verdict::Admit { lease: fresh },
            ),
            (
                "a further one, over",
                (others, Some(9)),
                Some(seat(Some(-9))),
                leased(),
                Verdict::Renew { lease: new },
            ),
            ("the first", (Some("PC-1"), Some(41)), None, leased(), Verdict::Admit { lease: fresh }),
            ("none yet", (others, None), None, usual, take(None)),
            ("none yet, and one gives way", (others, Some(9)), None, floating(), take(None)),
            ("none yet, to be leased", (others, Some(9)), None, leased(), take(new)),
            ("none yet, the first free", (None, None), None, usual, take(None)),
        ] {
            assert_eq!(of_seats(2, first, further, policy), verdict, "{name}");
        }
        let odd = MachineCode::parse("PC\u{202e}1").unwrap();
        let several = Card { seats: 2, ..card(CardStatus::Active, others, Some(60)) };
        for policy in [usual, leased(), floating()] {
            assert_eq!(evaluate(&several, &odd, policy, at(0)), Verdict::Refuse(Refusal::Unbindable));
        }
    }

    #[test]
    fn an_activation_begins_a_lease() {
        let length = LeaseLength::new(60).unwrap();
        let policy = Policy { lease: Some(length), ..Policy::default() };
        let machine = MachineCode::parse("PC-1").unwrap();
        let verdict = evaluate(&card(CardStatus::Unused, None, None), &machine, policy, at(0));
        assert!(
            matches!(verdict, Verdict::Activate { lease: Some(lease), .. } if lease == length.from(at(0)))
        );
    }

    #[test]
    fn hours_are_rounded_to_two_decimals() {
        for (seconds, hours) in [
            (10_800, 3.0),
            (9_900, 2.75),
            (1, 0.0),
            (18, 0.01),
            (17, 0.0),
            (0, 0.0),
            (-5, 0.0),
            (86_400, 24.0),
        ] {
            assert_eq!(remaining_hours(at(seconds), at(0)).to_string(), hours.to_string(), "{seconds} s");
        }
    }

    fn any_card() -> impl Strategy<Value = Card> {
        (
            prop::sample::select(&CardStatus::ALL[..]),
            prop::option::of(0_u32..=u32::MAX),
            prop::option::of("[A-C]"),
            prop::option::of(-100_i64..100),
        )
            .prop_map(|(status, duration_seconds, machine, expire_at)| Card {
                duration_seconds,
                ..card(status, machine.as_deref(), expire_at)
            })
    }

    proptest! {
        #[test]
        fn only_the_bound_machine_is_admitted_and_only_in_time(card in any_card(), machine in "[A-C]", now in -150_i64..150) {
            let machine = MachineCode::parse(&machine).unwrap();
            if evaluate(&card, &machine, Policy::default(), at(now)) == ADMIT {
                prop_assert_eq!(card.status, CardStatus::Active);
                prop_assert_eq!(card.machine_code.as_deref(), Some(machine.as_str()));
                prop_assert!(card.expire_at.is_none_or(|expire_at| at(now) <= expire_at));
            }
        }

        #[test]
        fn an_activated_card_is_admitted_on_its_machine_alone_for_exactly_its_time(
            duration in prop::option::of(0_u32..=u32::MAX),
            after in 0_u32..=u32::MAX,
        ) {
            let machine = MachineCode::parse("PC-1").unwrap();
            let other = MachineCode::parse("PC-2").unwrap();
            let unused = Card { duration_seconds: duration, ..card(CardStatus::Unused, None, None) };
            let Verdict::Activate { used_at, expire_at, .. } = evaluate(&unused, &machine, Policy::default(), at(0)) else {
                return Err(TestCaseError::fail("an unused card is activated"));
            };
            let active = Card {
                status: CardStatus::Active,
                machine_code: Some("PC-1".into()),
                used_at: Some(used_at),
                expire_at,
                ..unused
            };
            let now = at(i64::from(after));
            if duration.is_none_or(|duration| after <= duration) {
                prop_assert_eq!(evaluate(&active, &machine, Policy::default(), now), ADMIT);
                prop_assert_eq!(evaluate(&active, &other, Policy::default(), now), Verdict::Refuse(Refusal::MachineMismatch));
            } else {
                prop_assert_eq!(evaluate(&active, &machine, Policy::default(), now), Verdict::Expire);
                prop_assert_eq!(evaluate(&active, &other, Policy::default(), now), Verdict::Expire);
            }
        }

        #[test]
        fn a_withdrawn_or_expired_card_never_comes_back(card in any_card(), now in -150_i64..150) {
            let verdict = evaluate(&card, &MachineCode::parse("A").unwrap(), Policy::default(), at(now));
            match card.status {
                CardStatus::Disabled => prop_assert_eq!(verdict, Verdict::Refuse(Refusal::Disabled)),
                CardStatus::Expired => prop_assert_eq!(verdict, Verdict::Refuse(Refusal::Expired)),
                CardStatus::Unused | CardStatus::Active => prop_assert_ne!(verdict, Verdict::Refuse(Refusal::Disabled)),
            }
        }
    }
}

//! What becomes of it that a machine wants to try an app.

use chrono::{DateTime, Utc};

use crate::app::AppName;
use crate::card::{Card, CardStatus, MachineCode};
use crate::trial::Trial;

/// What a machine has of the trial of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun<'a> {
    /// Nothing: it never began one.
    Never,
    /// A card that is gone.
    Gone,
    /// A card.
    Card(&'a Card),
}

/// What it comes to that a machine wants to try an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrialVerdict {
    /// It begins this trial now.
    Begin(Trial),
    /// The one that it began before goes on.
    GoesOn,
    /// It has had it.
    Over,
    /// There is none for it.
    NotOffered,
}

/// Decides what becomes of it that `machine` wants to try `app` at `now`, which offers that, unless it is archived. Whoever has
/// begun a trial gets no other, whatever is offered since. `start_trial_2` in `sql/routines.sql` decides the same.
pub fn start(
    offer: Option<Trial>,
    begun: Begun<'_>,
    app: &AppName,
    machine: &MachineCode,
    now: DateTime<Utc>,
) -> TrialVerdict {
    match (begun, offer) {
        (Begun::Never, Some(trial)) => TrialVerdict::Begin(trial),
        (Begun::Never, None) => TrialVerdict::NotOffered,
        (Begun::Card(card), _) if goes_on(card, app, machine, now) => TrialVerdict::GoesOn,
        (Begun::Gone | Begun::Card(_), _) => TrialVerdict::Over,
    }
}

/// Whether a trial still is one of that app for that machine: one that was unbound is bound by whoever validates it first.
fn goes_on(card: &Card, app: &AppName, machine: &MachineCode, now: DateTime<Utc>) -> bool {
    let is_over = card.expire_at.is_some_and(|end| end < now)
        || matches!(card.status, CardStatus::Expired | CardStatus::Disabled);
    let is_used_up = card.points == Some(0) && card.expire_at.is_none();
    let is_another_s =
        card.machine_code.as_deref().is_some_and(|on| on != machine.as_str()) && card.seats == 1;
    !is_over && !is_used_up && !is_another_s && card.app == app.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyPart;
    use crate::testing::at;

    /// The trial of `demo` that `PC-1` has, up to this very moment.
    fn card() -> Card {
        Card {
            id: 1,
            full_code: "TRIAL-A".into(),
            app: "demo".into(),
            status: CardStatus::Active,
            duration_seconds: Some(60),
            seats: 1,
            machine_code: Some("PC-1".into()),
            lease_until: None,
            further_seat: None,
            policy: PolicyPart::default(),
            created_at: at(-60),
            used_at: Some(at(-60)),
            expire_at: Some(at(0)),
            valid_until: None,
            points: None,
        }
    }

    #[test]
    fn what_becomes_of_it_that_a_machine_wants_to_try_an_app() {
        use TrialVerdict::{Begin, GoesOn, NotOffered, Over};
        let (app, machine) = ("demo".parse().unwrap(), MachineCode::parse("PC-1").unwrap());
        let trial = Trial::lasting(60).unwrap();
        let status = |status| Card { status, ..card() };
        let on =
            |machine: Option<&str>, seats| Card { machine_code: machine.map(str::to_owned), seats, ..card() };
        let of_points = |points, expire_at: Option<i64>| Card {
            points: Some(points),
            expire_at: expire_at.map(at),
            ..card()
        };
        let cards = [
            ("up to and including its last second", card(), GoesOn),
            ("a second late", Card { expire_at: Some(at(-1)), ..card() }, Over),
            ("for ever", Card { expire_at: None, ..card() }, GoesOn),
            ("expired", status(CardStatus::Expired), Over),
            ("disabled", status(CardStatus::Disabled), Over),
            ("unused once more", Card { machine_code: None, ..status(CardStatus::Unused) }, GoesOn),
            ("points are left", of_points(1, None), GoesOn),
            ("all points are used", of_points(0, None), Over),
            ("all points are used, and there is time", of_points(0, Some(0)), GoesOn),
            ("unbound", on(None, 1), GoesOn),
            ("another machine's", on(Some("PC-2"), 1), Over),
            ("case matters in a machine code", on(Some("pc-1"), 1), Over),
            ("another machine's and its own, maybe", on(Some("PC-2"), 2), GoesOn),
            ("of another app by now", Card { app: "other".into(), ..card() }, Over),
        ];
        for (name, card, verdict) in &cards {
            for offer in [None, Some(trial)] {
                assert_eq!(start(offer, Begun::Card(card), &app, &machine, at(0)), *verdict, "{name}");
            }
        }
        for (begun, offer, verdict) in [
            (Begun::Never, Some(trial), Begin(trial)),
            (Begun::Never, None, NotOffered),
            (Begun::Gone, Some(trial), Over),
            (Begun::Gone, None, Over),
        ] {
            assert_eq!(start(offer, begun, &app, &machine, at(0)), verdict, "{begun:?} {offer:?}");
        }
    }
}

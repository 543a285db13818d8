//! `kami edit`: changes one card and keeps it whole.

use clap::{ArgGroup, Args};
use kami_common::cells::harmless;
use kami_common::moment::TypedMoment;
use kami_common::words::{Language, counted, number, say};
use kami_common::{reason, shown};
use kami_core::app::AppError;
use kami_core::card::{CardCode, CardStatus, MachineCode};
use kami_core::duration::CardDuration;
use kami_core::edit::{CardEdit, StatusEdit};
use kami_core::gate::{Answer, Kind, Weight};
use kami_core::operator::Note;
use kami_core::policy::{PolicyPart, WhenFull};
use kami_core::prefix::Prefix;
use kami_core::record::CardRecord;
use kami_core::seats::Seats;
use kami_store::{Acted, CardValues, LogFilter, LogRecord, OneEdit, Permission, SeatTaken};
use serde_json::{Value, json};

use super::choice::{find, not_found};
use super::confirm::{self, Question};
use super::failure::Failure;
use super::gate;
use super::limits::{self, Limit};
use super::output::{Output, message};
use super::policy::{Lease, Said, Unbinding, lease, or_app, when_full};
use super::record::card_json;
use super::session::Session;

/// How many machines a question names before it only counts the rest.
const NAMED: usize = 10;

/// Change a card's prefix, status, duration, last moment, points, seats, policy or note
///
/// The card stays whole: unused clears its machine and times, active needs --machine and starts its time, expired ends
/// it now, disabled keeps everything. A new prefix changes a code that begins with the old one; any other code stays as
/// it is, and so does one whose prefix is taken away. Fewer seats than are taken cost machines theirs, which is asked
/// before: first those whose lease is over, then those seen longest ago, or without a lease seated longest ago.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("change").required(true).multiple(true)
        .args(["prefix", "no_prefix", "status", "duration", "until", "points", "seats", "lease", "when_full", "note"])
        .args(Unbinding::IDS),
    after_help = "Examples:\n  kami edit VIP-7KQ2M9XW --note 'refunded in May'\n  \
                  kami edit VIP-7KQ2M9XW --status active --machine PC-3F2A\n  \
                  kami edit VIP-7KQ2M9XW --prefix GOLD --duration 30d"
)]
pub(super) struct Edit {
    /// The code of the card, in any case
    #[arg(value_name = "CODE", value_parser = CardCode::parse)]
    code: CardCode,
    /// Another prefix
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<Prefix>,
    /// No prefix any more; the code stays as it is
    #[arg(long, conflicts_with = "prefix")]
    no_prefix: bool,
    /// Another status: unused, active, expired or disabled
    #[arg(long, value_name = "STATUS")]
    status: Option<CardStatus>,
    /// The machine of an active card
    #[arg(long, value_name = "MACHINE", value_parser = MachineCode::parse_new, requires = "status")]
    machine: Option<MachineCode>,
    /// Another duration, such as 12h, 45d or forever
    #[arg(long, value_name = "DURATION")]
    duration: Option<CardDuration>,
    /// Another last moment, such as 2026-12-31 or 2026-12-31T18:00, which ends the card sooner than its duration may; off for
    /// none
    #[arg(long, value_name = "MOMENT", value_parser = limits::until)]
    until: Option<Limit<TypedMoment>>,
    /// Another number of points left, up to 1,000,000,000; off for a card that counts no uses
    #[arg(long, value_name = "NUMBER", value_parser = limits::points)]
    points: Option<Limit<u32>>,
    /// For another number of machines, 1 to 1,000
    #[arg(long, value_name = "NUMBER")]
    seats: Option<Seats>,
    /// Another lease than the app says, such as 10m, or off; app for what the app says
    #[arg(long, value_name = "SPAN", value_parser = or_app(lease))]
    lease: Option<Said<Lease>>,
    /// Another rule than the app says for when all seats are taken: refuse, or oldest: the one seen longest ago gives way,
    /// or without a lease the one seated longest ago; app for what the app says
    #[arg(long, value_name = "RULE", value_parser = or_app(when_full))]
    when_full: Option<Said<WhenFull>>,
    #[command(flatten)]
    unbinding: Unbinding,
    /// Another note; an empty one removes it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Do not ask, as is done before machines lose their seats
    #[arg(short, long)]
    yes: bool,
    /// Print the card as JSON
    #[arg(long)]
    json: bool,
}

impl Edit {
    /// Changes the card, unless someone else does so meanwhile.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let language = session.language;
        let mut edit = self.edit(session)?;
        session.must_be_allowed(Permission::Change).await?;
        let Some((seen, now)) = find(session, &self.code).await? else {
            return Err(not_found(language, &[self.code.as_str().to_owned()]));
        };
        edit.policy = self.policy(session, &seen)?;
        edit.valid_until = match self.until {
            Some(Limit::At(until)) => Some(Some(limits::last_moment(session, until).await?)),
            said => said.map(|_| None),
        };
        let fewer = self.seats.filter(|seats| seats.get() < seen.seats);
        let taken = if fewer.is_some() { session.store.seats(seen.id).await? } else { Vec::new() };
        if let Some(seats) = fewer.filter(|_| !self.yes) {
            ask_of_seats(language, seats, &shown::seats_lost(&taken, seats.get(), now))?;
        }
        let weight = Weight { cards: 1, kind: Kind::Change };
        // One card, named by its code, and the seats that go are agreed to: the change is what was asked for.
        let one = gate::of(session).pass(OneEdit { edit, seen }, weight, Answer::Agreed);
        let one = one.map_err(|_| Failure::Refused(say!(language, "command.not_done")))?;
        let acted = session.store.edit(&session.operator, &one).await;
        let acted = acted.map_err(|error| Failure::of_act(language, &error))?;
        let machines = if self.seats.is_some() { machines_lost(session, &acted, &taken).await } else { None };
        if self.json {
            let mut out = Output::open();
            let card = acted.card.as_ref().map(card_json);
            let mut value = json!({ "act": "edit", "act_id": acted.act_id, "card": card });
            if let Some(machines) = machines {
                value["machines"] = machines.into();
            }
            out.json(&value)?;
            out.flush()?;
        } else {
            let lost = machines.filter(|machines| *machines > 0);
            let lost = lost.map(|lost| format!(" {}", counted(language, "done.seats_lost", lost)));
            let undo = say!(language, "command.undo_with", id = acted.act_id);
            message(&(counted(language, "done.edit", 1) + &lost.unwrap_or_default() + &undo));
        }
        Ok(())
    }

    fn edit(&self, session: &Session) -> Result<CardEdit, Failure> {
        let status = match (self.status, self.machine.clone()) {
            (Some(CardStatus::Active), Some(machine)) => Some(StatusEdit::Active { machine }),
            (Some(CardStatus::Active), None) => {
                return Err(Failure::Usage(say!(session.language, "command.needs_machine")));
            }
            (_, Some(_)) => return Err(Failure::Usage(say!(session.language, "command.no_machine"))),
            (Some(CardStatus::Unused), None) => Some(StatusEdit::Unused),
            (Some(CardStatus::Expired), None) => Some(StatusEdit::Expired),
            (Some(CardStatus::Disabled), None) => Some(StatusEdit::Disabled),
            (None, None) => None,
        };
        let note = self.note.as_deref().map(Note::parse).transpose();
        let note = note.map_err(|error| Failure::Usage(error.to_string()))?;
        let prefix = self.no_prefix.then_some(None).or_else(|| self.prefix.clone().map(Some));
        let (duration, seats) = (self.duration, self.seats);
        let points = self.points.map(Limit::at);
        Ok(CardEdit { prefix, status, duration, points, note, seats, ..CardEdit::default() })
    }

    /// The other policy of the card, where one is asked for: one that this version cannot read is not written over.
    fn policy(&self, session: &Session, seen: &CardRecord) -> Result<Option<PolicyPart>, Failure> {
        if self.lease.is_none() && self.when_full.is_none() && self.unbinding.is_empty() {
            return Ok(None);
        }
        let unreadable = || Failure::Refused(say!(session.language, "command.policy_unreadable"));
        let mut policy = seen.policy_part().ok_or_else(unreadable)?;
        if let Some(said) = self.lease {
            policy.lease = said.own().map(|Lease(length)| length);
        }
        if let Some(said) = self.when_full {
            policy.when_full = said.own();
        }
        self.unbinding.apply(&mut policy.unbind);
        let too_long = || Failure::Refused(reason::app_error(session.language, &AppError::Policy));
        if policy.fits() { Ok(Some(policy)) } else { Err(too_long()) }
    }
}

/// Asks whether these machines shall lose their seats, where there are any.
fn ask_of_seats(language: Language, seats: Seats, lost: &[&SeatTaken]) -> Result<(), Failure> {
    if lost.is_empty() {
        return Ok(());
    }
    let named = lost.iter().take(NAMED).map(|seat| harmless(&seat.machine).into_owned());
    let more = lost.len().saturating_sub(NAMED) as u64;
    let more = (more > 0).then(|| say!(language, "detail.more_machines", n = number(more)));
    let head = counted(language, "form.seats_lost", lost.len() as u64);
    let question = Question {
        words: say!(language, "confirm.fewer_seats", seats = number(seats.get().into())),
        touched: [head].into_iter().chain(named).chain(more).collect(),
        agree: say!(language, "command.agree_yes"),
    };
    confirm::yes(language, &question)
}

/// How many machines lost their seats by an edit; those whose lease was over had none to lose. It is done, whether they
/// can be counted or not.
async fn machines_lost(session: &Session, acted: &Acted, taken: &[SeatTaken]) -> Option<u64> {
    let card = acted.card.as_ref()?;
    let of_card = LogFilter { card_id: Some(card.id), ..LogFilter::default() };
    let log = session.store.log(&of_card, None, 1).await.ok()?;
    let LogRecord { before, after, .. } = log.into_iter().find(|record| record.act_id == acted.act_id)?;
    let (had, have) = (machines(before.as_ref()), machines(after.as_ref()));
    let had_none = |machine: &str| taken.iter().any(|seat| seat.is_over && seat.machine == machine);
    let lost = had.iter().filter(|machine| !have.contains(machine) && !had_none(machine));
    Some(lost.count() as u64)
}

/// The machines that the log names among the values of a card.
fn machines(values: Option<&CardValues>) -> Vec<&str> {
    let named = |column| values.and_then(|values| values.get(column));
    let further = named("machines").and_then(Value::as_array).into_iter().flatten();
    named("machine_code").into_iter().chain(further).filter_map(Value::as_str).collect()
}

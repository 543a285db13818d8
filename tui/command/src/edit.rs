//! `kami edit`: changes one card and keeps it whole.

use clap::{ArgGroup, Args};
use kami_common::words::{counted, say};
use kami_core::card::{CardCode, CardStatus, MachineCode};
use kami_core::duration::CardDuration;
use kami_core::edit::{CardEdit, StatusEdit};
use kami_core::gate::{Answer, Kind, Weight};
use kami_core::operator::Note;
use kami_core::policy::{PolicyPart, WhenFull};
use kami_core::prefix::Prefix;
use kami_core::record::CardRecord;
use kami_core::seats::Seats;
use kami_store::{OneEdit, Permission};
use serde_json::json;

use super::choice::{find, not_found};
use super::failure::Failure;
use super::gate;
use super::output::{Output, message};
use super::policy::{Lease, Said, lease, or_app, when_full};
use super::record::card_json;
use super::session::Session;

/// Change a card's prefix, status, duration, seats, policy or note
///
/// The card stays whole: unused clears its machine and times, active needs --machine and starts its time, expired ends
/// it now, disabled keeps everything. A new prefix changes a code that begins with the old one; any other code stays as
/// it is, and so does one whose prefix is taken away. Of fewer seats those machines keep theirs that were seen last.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("change").required(true).multiple(true)
        .args(["prefix", "no_prefix", "status", "duration", "seats", "lease", "when_full", "note"]),
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
    /// For another number of machines, 1 to 1,000
    #[arg(long, value_name = "NUMBER")]
    seats: Option<Seats>,
    /// Another lease than the app says, such as 10m, or off; app for what the app says
    #[arg(long, value_name = "SPAN", value_parser = or_app(lease))]
    lease: Option<Said<Lease>>,
    /// Another rule than the app says for when all seats are taken, refuse or oldest; app for what the app says
    #[arg(long, value_name = "RULE", value_parser = or_app(when_full))]
    when_full: Option<Said<WhenFull>>,
    /// Another note; an empty one removes it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
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
        let Some((seen, _)) = find(session, &self.code).await? else {
            return Err(not_found(language, &[self.code.as_str().to_owned()]));
        };
        edit.policy = self.policy(session, &seen)?;
        let weight = Weight { cards: 1, kind: Kind::Change };
        // One card, named by its code: the change is what was asked for.
        let one = gate::of(session).pass(OneEdit { edit, seen }, weight, Answer::Agreed);
        let one = one.map_err(|_| Failure::Refused(say!(language, "command.not_done")))?;
        let acted = session.store.edit(&session.operator, &one).await;
        let acted = acted.map_err(|error| Failure::of_act(language, &error))?;
        if self.json {
            let mut out = Output::open();
            let card = acted.card.as_ref().map(card_json);
            out.json(&json!({ "act": "edit", "act_id": acted.act_id, "card": card }))?;
            out.flush()?;
        } else {
            let undo = say!(language, "command.undo_with", id = acted.act_id);
            message(&(counted(language, "done.edit", 1) + &undo));
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
        Ok(CardEdit { prefix, status, duration, note, seats, ..CardEdit::default() })
    }

    /// The other policy of the card, where one is asked for: one that this version cannot read is not written over.
    fn policy(&self, session: &Session, seen: &CardRecord) -> Result<Option<PolicyPart>, Failure> {
        if self.lease.is_none() && self.when_full.is_none() {
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
        Ok(Some(policy))
    }
}

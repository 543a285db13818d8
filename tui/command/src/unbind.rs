//! `kami unbind`: unbinds cards from their machines.

use clap::Args;
use kami_common::words::say;
use kami_core::acts::Act;
use kami_core::card::CardCode;
use kami_core::gate::{Answer, Kind, Weight};
use kami_store::{ActError, ActOutcome, OneSeat, Permission};

use super::act::{Done, act, report};
use super::choice::{Choice, find, not_found};
use super::failure::Failure;
use super::gate;
use super::session::Session;

/// Unbind cards from their machines
///
/// The next machine that uses a card gets it; its time runs on. A card for several machines is unbound from all of them,
/// also where --machine with --all finds it by one of them, and it is said from how many; with --machine and its code
/// alone, from that one.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami unbind VIP-7KQ2M9XW\n  kami unbind VIP-7KQ2M9XW --machine PC-3F2A\n  \
                        kami unbind --machine PC-3F2A --all"
)]
pub(super) struct Unbind {
    /// Print what it came to as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    choice: Choice,
}

impl Unbind {
    /// Unbinds the chosen cards, or one machine of a card.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self.choice.machine_of_card(session)? {
            Some((code, machine)) => self.one(session, code, machine).await,
            None => act(session, Act::Unbind, &self.choice, self.json).await,
        }
    }

    async fn one(&self, session: &Session, code: &CardCode, machine: &str) -> Result<(), Failure> {
        let language = session.language;
        session.must_be_allowed(Permission::Change).await?;
        let Some((seen, _)) = find(session, code).await? else {
            return Err(not_found(language, &[code.as_str().to_owned()]));
        };
        let order = OneSeat { seen, machine: machine.to_owned() };
        let weight = Weight { cards: 1, kind: Kind::Change };
        // One machine of one card, both named: it is what was asked for.
        let order = gate::of(session).pass(order, weight, Answer::Agreed);
        let order = order.map_err(|_| Failure::Refused(say!(language, "command.not_done")))?;
        let outcome = match session.store.free_seat(&session.operator, &order).await {
            Ok(acted) => ActOutcome { act_id: Some(acted.act_id), done: 1, ..ActOutcome::default() },
            Err(ActError::Refused(why)) => ActOutcome { refused: [(why, 1)].into(), ..ActOutcome::default() },
            Err(error) => return Err(Failure::of_act(language, &error)),
        };
        let machines = Some(outcome.done);
        report(session, Done { act: "unbind", outcome, machines }, &[], true, self.json)
    }
}

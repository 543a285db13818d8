//! `kami undo`: takes an act back.

use std::ops::ControlFlow;

use clap::Args;
use kami_common::words::{counted, number, say};
use kami_common::{reason, touch};
use kami_core::gate::{Answer, Confirmed};
use kami_store::{ActOutcome, ActProgress, Permission, Subject, Undo as Undoing, UndoRefusal, Undoable};

use super::act::{Done, json_of, report};
use super::confirm::Question;
use super::failure::Failure;
use super::gate;
use super::output::{Output, message};
use super::progress::Work;
use super::session::Session;

/// Take an act back, deletions included
///
/// Without a number it takes your last act back and says which that is; where cards would be deleted with it, or
/// clients turned away, it wants the number, or --yes. Cards that were changed since are refused and stay as they are.
/// A generated or imported batch is deleted, unless one of its cards was used or changed; its undo can be undone by its
/// number, as every other. An app or a preset becomes what it was, unless it was changed since, and so does who is kept
/// out.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami undo        your last act\n  kami undo 1042   the act of this number, as kami log shows it"
)]
pub(super) struct Undo {
    /// The number of the act; without it, your last one
    #[arg(value_name = "ACT")]
    act: Option<u64>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Print what it came to as JSON
    #[arg(long)]
    json: bool,
}

impl Undo {
    /// Takes the act back.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let language = session.language;
        session.must_be_allowed(Permission::Undo).await?;
        let undoable = match self.act {
            Some(act) => session.store.undoable(act).await?,
            None => session.store.last_act_of(&session.operator).await?,
        };
        let undoable = undoable.ok_or_else(|| match self.act {
            Some(_) => Failure::of_act(language, &UndoRefusal::NoSuchAct.into()),
            None => Failure::NotFound(say!(language, "undo.nothing")),
        })?;
        match undoable.act.subject() {
            Some(Subject::App(_)) => session.must_be_allowed(Permission::Configure).await?,
            Some(Subject::Preset { .. }) => session.must_be_allowed(Permission::Price).await?,
            Some(Subject::Blocks(_)) => session.must_be_allowed(Permission::Block).await?,
            None => {}
        }
        let undo = match self.act {
            Some(_) => by_name(session, &undoable)?,
            None => self.last(session, &undoable)?,
        };
        let work = Work::begin(language, "undo")?;
        let on_progress = |progress: ActProgress| -> ControlFlow<()> { work.act_step(progress) };
        let outcome = session.store.undo(&session.operator, &undo, &on_progress).await;
        drop(work);
        let outcome = outcome.map_err(|error| Failure::of_act(language, &error))?;
        match undoable.act.subject() {
            Some(subject) => report_subject(session, subject, &outcome, self.json),
            None => report(session, Done { act: "undo", outcome, machines: None }, &[], true, self.json),
        }
    }

    /// Takes the last act back after saying which it is. A command line has no session whose own it could be, but where
    /// no card goes its undo can be undone.
    fn last(&self, session: &Session, undoable: &Undoable) -> Result<Confirmed<Undoing>, Failure> {
        let language = session.language;
        let act = touch::logged(language, session.zone, &undoable.act);
        if self.yes || undoable.loss.is_none() {
            message(&say!(language, "command.undoing", act = act));
            return by_name(session, undoable);
        }
        let question = Question {
            words: say!(language, "confirm.undo", act = act),
            touched: touch::lost(language, undoable),
            agree: say!(language, "command.agree_undo", id = undoable.act.id),
        };
        gate::ask(session, of(undoable), undoable.weight(false), &question)
    }
}

/// Tells what taking back an act on those who are kept out came to.
fn report_blocks(session: &Session, outcome: &ActOutcome, json: bool) -> Result<(), Failure> {
    let language = session.language;
    if json {
        let mut out = Output::open();
        out.json(&json_of("undo", outcome, &[]))?;
        out.flush()?;
    } else if let Some(act_id) = outcome.act_id {
        let done = counted(language, "done.undo_blocks", outcome.done);
        message(&(done + &say!(language, "command.undo_with", id = act_id)));
    }
    if let Some(error) = &outcome.failed {
        return Err(Failure::of_act(language, error));
    }
    if outcome.cancelled {
        return Err(Failure::Failed(anyhow::Error::msg(say!(language, "command.broken_off"))));
    }
    let refused: u64 = outcome.refused.values().sum();
    match outcome.refused.keys().next() {
        Some(why) => {
            let why = reason::refusal(language, *why);
            Err(Failure::Refused(say!(language, "done.undo_blocks_not", n = number(refused), why = why)))
        }
        None => Ok(()),
    }
}

/// Tells what taking back an act on an app or a preset came to.
fn report_subject(
    session: &Session,
    subject: Subject<'_>,
    outcome: &ActOutcome,
    json: bool,
) -> Result<(), Failure> {
    let language = session.language;
    let (key, name) = match subject {
        Subject::App(app) => ("done.undo_app", app),
        Subject::Preset { name, .. } => ("done.undo_preset", name),
        Subject::Blocks(_) => return report_blocks(session, outcome, json),
    };
    if json {
        let mut out = Output::open();
        let mut value = json_of("undo", outcome, &[]);
        value["app"] = subject.app().into();
        if let Some(preset) = subject.preset() {
            value["preset"] = preset.into();
        }
        out.json(&value)?;
        out.flush()?;
    } else if outcome.act_id.is_some() {
        message(&say!(language, key, name = name));
    }
    match outcome.refused.keys().next() {
        Some(why) => {
            let why = reason::refusal(language, *why);
            Err(Failure::Refused(say!(language, format!("{key}_not"), name = name, why = why)))
        }
        None => Ok(()),
    }
}

const fn of(undoable: &Undoable) -> Undoing {
    Undoing { act_id: undoable.act.id }
}

/// Lets an undo pass whose operator has named the act, or has been told its name.
fn by_name(session: &Session, undoable: &Undoable) -> Result<Confirmed<Undoing>, Failure> {
    let passed = gate::of(session).pass(of(undoable), undoable.weight(false), Answer::Agreed);
    passed.map_err(|_| Failure::Refused(say!(session.language, "command.not_done")))
}

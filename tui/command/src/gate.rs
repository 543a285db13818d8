//! The way of every act through the gate: what it will touch is counted and shown before anything is agreed to.

use std::ops::ControlFlow;

use kami_common::touch;
use kami_common::words::say;
use kami_core::acts::Act;
use kami_core::gate::{Answer, Asks, Confirmed, Gate, Kind, Weight};
use kami_store::{ActProgress, ManyAct, Selection, Survey};

use super::choice::Chosen;
use super::confirm::{self, Question};
use super::failure::Failure;
use super::progress::Work;
use super::session::Session;

/// The gate of the session's database.
pub(super) const fn of(session: &Session) -> Gate {
    Gate::new(session.settings.connection.production)
}

/// Lets an act with chosen cards pass, once that is agreed to where the gate wants it; `agreed` is `--yes`.
pub(super) async fn pass(
    session: &Session,
    act: Act,
    chosen: &Chosen,
    agreed: bool,
) -> Result<Confirmed<ManyAct>, Failure> {
    let language = session.language;
    let kind = if act == Act::Delete { Kind::Delete } else { Kind::Change };
    let selection = chosen.selection.clone();
    let cards = match &selection {
        Selection::Ids(ids) => Some(ids.len() as u64),
        Selection::Filter(_) | Selection::UpTo { .. } => None,
    };
    let many = ManyAct { act, selection };
    // Counting may take seconds on ten million cards: only where somebody has to be asked.
    let answer = if agreed { Answer::Agreed } else { Answer::Silence };
    let many = match (cards, agreed) {
        (None, false) => many,
        _ => match of(session).pass(many, Weight { cards: cards.unwrap_or(0), kind }, answer) {
            Ok(many) => return Ok(many),
            Err(many) => many,
        },
    };
    if cards == Some(1) {
        // The one that was named needs no telling.
        let words = touch::act(language, &many.act, 1);
        let agree = say!(language, "command.agree_yes");
        let question = Question { words, touched: Vec::new(), agree };
        return ask(session, many, Weight { cards: 1, kind }, &question);
    }
    let survey = survey(session, &many.selection).await?;
    if survey.cards == 0 {
        return Err(Failure::NotFound(say!(language, "command.no_cards")));
    }
    let weight = Weight { cards: survey.cards, kind };
    let question = Question {
        words: touch::act(language, &many.act, survey.cards),
        touched: touch::cards(language, &survey),
        agree: say!(language, "command.agree_yes"),
    };
    ask(session, many, weight, &question)
}

/// Lets something pass, once its question is answered at the terminal where the gate wants it.
pub(super) fn ask<T>(
    session: &Session,
    what: T,
    weight: Weight,
    question: &Question,
) -> Result<Confirmed<T>, Failure> {
    let (language, gate) = (session.language, of(session));
    let typed;
    let answer = match gate.asks(weight) {
        Asks::Nothing => Answer::Silence,
        Asks::Yes => confirm::yes(language, question).map(|()| Answer::Yes)?,
        Asks::Number => {
            typed = confirm::number(language, question, weight.cards)?;
            Answer::Typed(&typed)
        }
    };
    gate.pass(what, weight, answer).map_err(|_| Failure::Refused(say!(language, "command.not_done")))
}

/// Which cards an act will touch, with a bar while they are counted.
async fn survey(session: &Session, selection: &Selection) -> Result<Survey, Failure> {
    let work = Work::begin(session.language, "survey")?;
    let on_progress = |progress: ActProgress| -> ControlFlow<()> { work.act_step(progress) };
    let survey = session.store.survey(selection, &on_progress).await;
    drop(work);
    let broken_off = || Failure::Failed(anyhow::Error::msg(say!(session.language, "reason.cancelled")));
    survey?.ok_or_else(broken_off)
}

//! The operator log: a list of acts, and what each changed.

use kami_shared::store::{ActRecord, LogRecord};

use crate::cells::{harmless, pad_left, pad_right};
use crate::console::log;
use crate::console::message::{Effect, Question, Topic};
use crate::console::model::Model;
use crate::console::overlay::{Chosen, Overlay, PickerKind, Report};
use crate::console::picker::{Item, Picker};
use crate::words::{counted, moment, say};

/// Opens the list of acts.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    model.notice = None;
    model.overlays.push(Overlay::Picker { kind: PickerKind::Log, picker: Picker::waiting() });
    vec![model.ask(Topic::Choices, Question::Acts)]
}

/// The acts have come: each is a line that is searched as a whole.
pub(super) fn items(model: &Model, acts: &[ActRecord]) -> Vec<Item<Chosen>> {
    let (language, zone, now) = (model.language, model.zone, model.server_now());
    acts.iter()
        .map(|act| {
            let when = moment(language, zone, now, act.done_at);
            let what = log::act_word(language, &act.act);
            let cards = counted(language, "log.cards", act.card_count);
            let undone = if act.undone_by.is_some() { say!(language, "log.undone") } else { String::new() };
            let label = format!(
                "{}  {}  {}  {undone}",
                pad_right(&when, 16),
                pad_right(&what, 9),
                pad_left(&cards, 15)
            );
            Item::new(Chosen::LoggedAct(act.id), label.trim_end(), harmless(&act.operator))
        })
        .collect()
}

/// Opens what one act changed.
pub(super) fn open_act(model: &mut Model, id: u64) -> Vec<Effect> {
    vec![model.ask(Topic::Choices, Question::LogOfAct(id))]
}

/// What one act changed has come.
pub(super) fn show(model: &mut Model, records: &[LogRecord]) {
    let language = model.language;
    let mut lines = Vec::new();
    for record in records {
        let code = record.full_code.as_deref().map_or_else(
            || record.batch_id.map_or_else(String::new, |id| say!(language, "chip.batch", id = id)),
            |code| harmless(code).into_owned(),
        );
        lines.push(code);
        lines.extend(log::changes(language, record).into_iter().map(|change| format!("  {change}")));
    }
    let title = records.first().map_or_else(String::new, |record| {
        let when = crate::words::whole_moment(model.zone, record.done_at);
        format!("{} · {} · {when}", log::act_word(language, &record.act), harmless(&record.operator))
    });
    model.overlays.push(Overlay::Report(Report { title, lines, scroll: 0 }));
}

//! The operator log: a list of acts that goes on as far as the log does, and what each act changed.

use kami_common::cells::harmless;
use kami_common::shown;
use kami_common::words::say;
use kami_store::{ActStep, LogRecord};

use super::layout;
use super::state::LogList;
use crate::input::act::Act;
use crate::overlay::behaviour;
use crate::overlay::form::{Clock, Form};
use crate::overlay::report::Report;
use crate::state::log_query::LogQuery;
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::Model;
use crate::update::quit;

/// How many acts a question asks for.
const ENOUGH: usize = 100;

/// Opens the list of acts.
pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    model.notice = None;
    model.overlays.push(LogList::default());
    reload(model)
}

/// Asks for the newest acts.
pub(super) fn reload(model: &mut Model) -> Vec<Effect> {
    let (zone, now) = (model.zone, model.server_now());
    let Some(list) = model.overlays.find_mut::<LogList>() else { return Vec::new() };
    list.filter = list.query.filter(zone, now);
    list.is_fresh = false;
    let filter = list.filter.clone();
    vec![model.ask(Topic::Acts, Question::Acts { filter, before: None, enough: ENOUGH })]
}

/// Asks for older acts where the window has come near to the last one.
fn reach(model: &mut Model) -> Vec<Effect> {
    if model.awaits(Topic::Acts) {
        return Vec::new();
    }
    let height = layout::height(model.size.1);
    let Some(list) = model.overlays.find_mut::<LogList>() else { return Vec::new() };
    let Some(before) = list.next.filter(|_| list.is_near_end(height)) else { return Vec::new() };
    let question = Question::Acts { filter: list.filter.clone(), before: Some(before), enough: ENOUGH };
    vec![model.ask(Topic::Acts, question)]
}

/// Acts have come.
pub(crate) fn take(model: &mut Model, step: ActStep, is_first: bool) -> Vec<Effect> {
    let height = layout::height(model.size.1);
    let Some(list) = model.overlays.find_mut::<LogList>() else { return Vec::new() };
    if is_first {
        list.acts.clear();
        (list.cursor, list.top) = (0, 0);
    }
    list.is_fresh = true;
    list.acts.extend(step.acts);
    list.next = step.next;
    list.go(0, height);
    reach(model)
}

/// The window has become higher or lower.
pub(crate) fn resize(model: &mut Model) -> Vec<Effect> {
    let height = layout::height(model.size.1);
    let Some(list) = model.overlays.find_mut::<LogList>() else { return Vec::new() };
    list.go(0, height);
    reach(model)
}

/// Sees other acts.
pub(crate) fn filter(model: &mut Model, query: LogQuery) -> Vec<Effect> {
    model.overlays.pop();
    if let Some(list) = model.overlays.find_mut::<LogList>() {
        list.query = query;
    }
    reload(model)
}

/// Does an act in the list.
pub(crate) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let (zone, now) = (model.zone, model.server_now());
    let height = layout::height(model.size.1);
    let Some(list) = model.overlays.find_mut::<LogList>() else { return Vec::new() };
    if let Some(lines) = behaviour::lines(act, height) {
        list.go(lines, height);
        return reach(model);
    }
    match act {
        Act::Open => {
            let Some(id) = list.current().map(|act| act.id) else { return Vec::new() };
            vec![model.ask(Topic::LogOfAct, Question::LogOfAct(id, None))]
        }
        Act::FilterLog => {
            let form = Form::log_filter(&list.query, Clock { zone, at: now }, filter);
            model.overlays.push(form);
            // A report that comes now would lie over what is typed.
            model.forget(Topic::LogOfAct).into_iter().collect()
        }
        Act::Unfilter if !list.query.is_empty() => {
            list.query = LogQuery::default();
            reload(model)
        }
        Act::Refresh => reload(model),
        Act::Back => model.close(),
        Act::Quit => quit::quit(model),
        Act::Suspend => vec![Effect::Suspend],
        _ => Vec::new(),
    }
}

/// What one act changed has come, or more of it.
pub(crate) fn show(model: &mut Model, records: &[LogRecord], is_first: bool, next: Option<u64>) {
    let language = model.language;
    let mut lines = Vec::new();
    for record in records {
        lines.push(match (&record.full_code, record.batch_id, record.subject()) {
            (Some(code), ..) => harmless(code).into_owned(),
            (None, Some(id), _) => say!(language, "chip.batch", id = id),
            (None, None, Some(subject)) => shown::subject(language, subject),
            (None, None, None) => String::new(),
        });
        lines.extend(
            shown::changes(language, model.zone, record).into_iter().map(|change| format!("  {change}")),
        );
    }
    let more = records.first().and_then(|record| Some((record.act_id, next?)));
    if !is_first {
        if let Some(report) = model.overlays.top_mut::<Report>() {
            report.lines.extend(lines);
            report.more = more;
        }
        return;
    }
    let title = records.first().map_or_else(String::new, |record| {
        let when = shown::whole_moment(model.zone, record.done_at);
        format!(
            "{} · {} · {when}",
            shown::act_word(language, &record.act),
            shown::doer(&record.operator, record.account.as_deref())
        )
    });
    model.overlays.push(Report { title, lines, scroll: 0, more });
}

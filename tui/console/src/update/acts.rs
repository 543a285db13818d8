//! What each act does where it is asked for.

use kami_common::search_in::SearchIn;
use kami_common::words::{counted, say};
use kami_core::filter::Filter;
use tui_input::Input;

use super::{begin, filters, forms, gate, import, lists, log, quit, schema, settings, table, work};
use crate::input::act::Act;
use crate::input::keymap;
use crate::input::place::Place;
use crate::state::cards::Marks;
use crate::state::clipboard::Clipboard;
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::{Link, Model, Tone};
use crate::state::overlay::Overlay;
use crate::state::{refusal, statistics};
use crate::view::{detail_overhang, report_lines};

/// Does an act, or says why it cannot be done now.
pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    if let Some(reason) = refusal::refusal(model, act) {
        model.say(Tone::Bad, reason);
        return Vec::new();
    }
    if act == Act::Redraw {
        return vec![Effect::Redraw];
    }
    let place = model.place();
    if place.is_over_cards()
        && let Some(effects) = act_over_cards(model, place, act)
    {
        return effects;
    }
    match place {
        Place::Picker | Place::Views => lists::act(model, act),
        Place::Form => forms::act(model, act),
        Place::Confirm | Place::ConfirmTyped => confirm_act(model, act),
        Place::Work => work_act(model, act),
        Place::Log => log::act(model, act),
        Place::Report => report_act(model, act),
        Place::Import => import::act(model, act),
        Place::Statistics => statistics_act(model, act),
        Place::Search => search_act(model, act),
        Place::Detail => detail_act(model, act),
        Place::Cards => cards_act(model, act),
    }
}

/// What an act of the table does on a screen over it; nothing where the screen has the act itself.
fn act_over_cards(model: &mut Model, place: Place, act: Act) -> Option<Vec<Effect>> {
    match act {
        Act::Theme | Act::Language => Some(cards_act(model, act)),
        Act::Help | Act::Palette => {
            // What the list lies over must not change under it.
            let forgotten = model.forget(Topic::LogOfAct);
            Some(forgotten.into_iter().chain(cards_act(model, act)).collect())
        }
        Act::Statistics | Act::Log => Some(act_on_cards(model, act)),
        _ if keymap::is_bound(act, Place::Cards) && !keymap::is_bound(act, place) => {
            Some(act_on_cards(model, act))
        }
        _ => None,
    }
}

/// Leaves the screens over the table and does an act there.
fn act_on_cards(model: &mut Model, act: Act) -> Vec<Effect> {
    model.overlays.clear();
    let forgotten = [Topic::Acts, Topic::LogOfAct, Topic::Statistics].map(|topic| model.forget(topic));
    forgotten.into_iter().flatten().chain(cards_act(model, act)).collect()
}

fn search_act(model: &mut Model, act: Act) -> Vec<Effect> {
    match act {
        Act::Open => {
            model.cards.searching = false;
            Vec::new()
        }
        Act::Back => {
            model.cards.searching = false;
            if model.cards.query.text.value().is_empty() {
                return Vec::new();
            }
            model.cards.query.drop_text();
            filters::changed(model)
        }
        Act::NextSearch => filters::turn_search(model, true),
        Act::PreviousSearch => filters::turn_search(model, false),
        _ => cards_act(model, act),
    }
}

fn confirm_act(model: &mut Model, act: Act) -> Vec<Effect> {
    match act {
        Act::Yes => gate::confirmed(model),
        Act::No => gate::declined(model),
        Act::Quit => quit::quit(model),
        Act::Suspend => vec![Effect::Suspend],
        _ => Vec::new(),
    }
}

fn work_act(model: &mut Model, act: Act) -> Vec<Effect> {
    match act {
        // A second Ctrl-C ends the console with the work.
        Act::Quit if model.work.as_ref().is_none_or(|work| work.is_breaking_off) => vec![Effect::Quit],
        Act::Quit | Act::Cancel => work::break_off(model),
        Act::Suspend => vec![Effect::Suspend],
        _ => Vec::new(),
    }
}

fn statistics_act(model: &mut Model, act: Act) -> Vec<Effect> {
    match act {
        Act::Refresh => ask_statistics(model),
        Act::Back => {
            model.overlays.pop();
            model.forget(Topic::Statistics).into_iter().collect()
        }
        Act::Quit => quit::quit(model),
        Act::Suspend => vec![Effect::Suspend],
        _ => Vec::new(),
    }
}

fn ask_statistics(model: &mut Model) -> Vec<Effect> {
    let series = statistics::series(model.server_now(), model.zone);
    vec![model.ask(Topic::Statistics, Question::Statistics(series.to_vec()))]
}

fn report_act(model: &mut Model, act: Act) -> Vec<Effect> {
    let size = model.size;
    let Some(Overlay::Report(report)) = model.overlays.last_mut() else { return Vec::new() };
    let (lines, height) = report_lines(report, size);
    let page = isize::try_from(height).unwrap_or(1);
    let by = match act {
        Act::Down => 1,
        Act::Up => -1,
        Act::PageDown => page,
        Act::PageUp => -page,
        Act::First => isize::MIN,
        Act::Last => isize::MAX,
        Act::Back => {
            model.overlays.pop();
            return model.forget(Topic::LogOfAct).into_iter().collect();
        }
        Act::Quit => return quit::quit(model),
        Act::Suspend => return vec![Effect::Suspend],
        _ => return Vec::new(),
    };
    let last = lines.saturating_sub(height);
    // A resize may have left fewer lines than were scrolled away.
    report.scroll = report.scroll.min(last).saturating_add_signed(by).min(last);
    log::reach_in_act(model).into_iter().collect()
}

fn detail_act(model: &mut Model, act: Act) -> Vec<Effect> {
    match act {
        Act::Back | Act::Open => {
            model.overlays.pop();
            Vec::new()
        }
        Act::HalfDown | Act::PageDown => scroll_detail(model, 5),
        Act::HalfUp | Act::PageUp => scroll_detail(model, -5),
        _ => cards_act(model, act),
    }
}

fn scroll_detail(model: &mut Model, lines: isize) -> Vec<Effect> {
    let most = detail_overhang(model);
    if let Some(Overlay::Detail { scroll }) = model.overlays.last_mut() {
        *scroll = scroll.saturating_add_signed(lines).min(most);
    }
    Vec::new()
}

fn cards_act(model: &mut Model, act: Act) -> Vec<Effect> {
    let half = isize::try_from(model.table_height() / 2).unwrap_or(1).max(1);
    match act {
        Act::Down => table::go(model, 1),
        Act::Up => table::go(model, -1),
        Act::HalfDown => table::go(model, half),
        Act::HalfUp => table::go(model, -half),
        Act::PageDown => table::turn(model, true),
        Act::PageUp => table::turn(model, false),
        Act::First => table::first(model),
        Act::Last => table::last(model),
        Act::Open if matches!(model.link, Link::Unready { .. }) => schema::offer(model),
        Act::Open => open_detail(model),
        Act::Migrate => schema::offer(model),
        Act::Back => back(model),
        Act::Search => {
            model.notice = None;
            model.cards.searching = true;
            Vec::new()
        }
        Act::Unfilter => filters::drop_last(model),
        Act::SameMachine => same_machine(model),
        Act::Reverse => {
            let sort = &mut model.cards.query.sort;
            sort.direction = sort.direction.reversed();
            table::reload(model)
        }
        Act::Mark => {
            model.cards.toggle_mark();
            table::go(model, 1)
        }
        Act::MarkRange => {
            model.cards.mark_range();
            say_marked(model)
        }
        Act::MarkAll => mark_all(model),
        Act::Generate
        | Act::Edit
        | Act::Disable
        | Act::Enable
        | Act::Unbind
        | Act::Extend
        | Act::SetNote
        | Act::Delete
        | Act::Undo
        | Act::Redo
        | Act::Export
        | Act::Import => begin::begin(model, act),
        Act::Log => log::open(model),
        Act::Statistics => {
            model.notice = None;
            model.overlays.clear();
            model.overlays.push(Overlay::Statistics);
            ask_statistics(model)
        }
        Act::Copy => copy(model),
        Act::Refresh => {
            model.notice = None;
            let mut effects = table::refresh(model);
            effects.push(model.ask(Topic::Counts, Question::Counts));
            effects
        }
        Act::Theme => settings::turn_theme(model),
        Act::Language => settings::turn_language(model),
        Act::Suspend => vec![Effect::Suspend],
        Act::Quit => quit::quit(model),
        _ => lists::open(model, act),
    }
}

/// Shows the cards of the machine of the card under the cursor, whatever was shown before.
fn same_machine(model: &mut Model) -> Vec<Effect> {
    let Some(machine) = model.cards.current().and_then(|card| card.machine_code.clone()) else {
        return Vec::new();
    };
    model.overlays.clear();
    let query = &mut model.cards.query;
    query.clear();
    query.search_in = SearchIn::Machine;
    query.text = Input::new(machine);
    filters::changed(model)
}

fn open_detail(model: &mut Model) -> Vec<Effect> {
    if model.is_wide() || model.cards.current().is_none() || model.place() != Place::Cards {
        return Vec::new();
    }
    model.overlays.push(Overlay::Detail { scroll: 0 });
    table::history(model).into_iter().collect()
}

/// One level back: what is being counted to be marked, marks, then filters.
fn back(model: &mut Model) -> Vec<Effect> {
    model.notice = None;
    if let Some(cancelled) = model.forget(Topic::Marking) {
        return vec![cancelled];
    }
    if model.cards.unmark() || !model.cards.query.is_filtered() {
        return Vec::new();
    }
    filters::clear(model)
}

fn mark_all(model: &mut Model) -> Vec<Effect> {
    let filter = model.cards.query.whole_filter();
    if let (Some(count), Some(newest)) = (model.cards.exact_total(), model.cards.newest) {
        return mark_found(model, filter, count, newest);
    }
    // Too many to be counted at once: they are counted now that somebody wants to know.
    model.say(Tone::Plain, say!(model.language, "marking"));
    vec![model.ask(Topic::Marking, Question::Marking(filter))]
}

/// Marks the cards that a filter was found to let through.
pub(super) fn mark_found(model: &mut Model, filter: Filter, count: u64, newest: u64) -> Vec<Effect> {
    if count == 0 {
        model.say(Tone::Plain, say!(model.language, "refusal.no_card"));
        return Vec::new();
    }
    model.cards.marks = Marks::All { filter, count, newest };
    say_marked(model)
}

fn say_marked(model: &mut Model) -> Vec<Effect> {
    let words = counted(model.language, "marked", model.cards.marks.count());
    model.say(Tone::Plain, words);
    Vec::new()
}

fn copy(model: &mut Model) -> Vec<Effect> {
    let codes = model.cards.codes_at_hand();
    copy_codes(model, &codes)
}

/// Puts codes on the clipboard, a line each, and says what is certain of it.
pub(super) fn copy_codes(model: &mut Model, codes: &[String]) -> Vec<Effect> {
    let (language, text) = (model.language, codes.join("\n"));
    let (tone, words) = match (model.clipboard, codes) {
        (Clipboard::Screen, _) => (Tone::Bad, say!(language, "copied.screen")),
        (Clipboard::Missing, _) => (Tone::Bad, say!(language, "copied.nowhere")),
        (Clipboard::Tmux, _) => (Tone::Plain, say!(language, "copied.handing")),
        (Clipboard::Terminal, [code]) => {
            (Tone::Good, say!(language, "copied.code", code = kami_common::cells::harmless(code)))
        }
        (Clipboard::Terminal, _) => (Tone::Good, counted(language, "copied.codes", codes.len() as u64)),
    };
    model.say(tone, words);
    let mut effects = Vec::new();
    if model.clipboard == Clipboard::Tmux {
        effects.push(model.ask(Topic::Clipboard, Question::Tmux(text.clone())));
        model.silence(Topic::Clipboard);
    }
    if model.clipboard.is_sent_to() {
        effects.push(Effect::Copy(text));
    }
    effects
}

/// Says whether tmux has what was copied.
pub(super) fn say_of_tmux(model: &mut Model, took: bool) {
    let (tone, key) = if took { (Tone::Good, "copied.tmux") } else { (Tone::Bad, "copied.not_tmux") };
    model.say(tone, say!(model.language, key));
}

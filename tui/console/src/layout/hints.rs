//! What can I do: the keys that matter most where the console is now.

use kami_common::cells::cells;
use kami_common::words::say;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::input::act::Act;
use crate::input::keymap::{self, Binding};
use crate::layout::text::{space, span};
use crate::state::model::{Link, Model};
use crate::state::refusal::refusal;
use crate::state::suits::suits;

/// The cells between two hints.
pub(crate) const GAP: u16 = 2;

/// The act whose hint lies in a column.
pub(crate) fn at(model: &Model, area: Rect, column: u16) -> Option<Act> {
    let hints = layout(model, area);
    hints.into_iter().find(|(x, _, line)| (*x..*x + width(line)).contains(&column)).map(|(_, act, _)| act)
}

fn width(line: &Line<'_>) -> u16 {
    u16::try_from(line.width()).unwrap_or(u16::MAX)
}

/// The hints that find room, each with its column.
pub(crate) fn layout(model: &Model, area: Rect) -> Vec<(u16, Act, Line<'static>)> {
    let hints: Vec<(Act, Line<'static>)> = keymap::hints(model.place())
        .into_iter()
        .filter(|binding| suits(model, binding.act) && !is_idle(model, binding.act))
        .filter_map(|binding| Some((binding.act, Line::from(hint(model, binding)?))))
        .collect();
    // The way to everything else stays whatever else has to go.
    let is_kept = |act: Act| matches!(act, Act::Palette | Act::Help);
    let kept: u16 = hints.iter().filter(|(act, _)| is_kept(*act)).map(|(_, line)| width(line) + GAP).sum();
    let mut left = (area.width.saturating_sub(1) + GAP).saturating_sub(kept);
    let mut x = area.x + 1;
    let mut placed = Vec::new();
    for (act, line) in hints {
        let cells = width(&line) + GAP;
        if !is_kept(act) {
            match left.checked_sub(cells) {
                Some(rest) => left = rest,
                None => continue,
            }
        }
        placed.push((x, act, line));
        x += cells;
    }
    placed
}

/// Whether an act is of no use now and seldom is, so that its hint would only take room.
const fn is_idle(model: &Model, act: Act) -> bool {
    matches!(act, Act::Migrate) && !matches!(model.link, Link::Unready { .. })
}

fn hint(model: &Model, binding: &Binding) -> Option<Vec<Span<'static>>> {
    let theme = model.theme;
    let mut word = say!(model.language, binding.act.key().replacen("act.", "hint.", 1));
    if matches!(binding.act, Act::Disable | Act::Enable) {
        // As wide as the other, so that no hint behind it moves when the cursor passes over a disabled card.
        let widest =
            ["hint.disable", "hint.enable"].map(|key| cells(&say!(model.language, key))).into_iter().max();
        word.push_str(&" ".repeat(widest.unwrap_or(0).saturating_sub(cells(&word))));
    }
    let key = binding.keys.first()?.name();
    if !model.takes(binding.act) {
        // Its place stays, so that no hint moves when it comes.
        return Some(vec![space(cells(&key) + 1 + cells(&word))]);
    }
    let (key_style, style) = match refusal(model, binding.act) {
        Some(_) => (theme.behind(), theme.behind()),
        None => (theme.accent(), theme.dim()),
    };
    Some(vec![span(key, key_style), space(1), span(word, style)])
}

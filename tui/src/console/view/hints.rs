//! What can I do: the keys that matter most where the console is now.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint::{space, span};
use crate::console::act::Act;
use crate::console::keymap::{self, Binding};
use crate::console::model::Model;
use crate::console::refusal::refusal;
use crate::words::say;

/// The last line of the screen.
pub(super) fn render(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let hints: Vec<(Act, Vec<Span<'static>>)> = keymap::hints(model.place())
        .into_iter()
        .filter_map(|binding| Some((binding.act, hint(model, binding)?)))
        .collect();
    let width = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>() + 2;
    let room = usize::from(area.width).saturating_sub(1);
    // The way to everything else stays whatever else has to go.
    let is_kept = |act: Act| matches!(act, Act::Palette | Act::Help);
    let kept: usize = hints.iter().filter(|(act, _)| is_kept(*act)).map(|(_, spans)| width(spans)).sum();
    let mut left = (room + 2).saturating_sub(kept);
    let mut line = vec![space(1)];
    for (act, spans) in hints {
        if !is_kept(act) {
            match left.checked_sub(width(&spans)) {
                Some(rest) => left = rest,
                None => continue,
            }
        }
        if line.len() > 1 {
            line.push(space(2));
        }
        line.extend(spans);
    }
    frame.buffer_mut().set_line(area.x, area.y, &Line::from(line), area.width);
}

fn hint(model: &Model, binding: &Binding) -> Option<Vec<Span<'static>>> {
    let theme = model.theme;
    let word = say!(model.language, binding.act.key().replacen("act.", "hint.", 1));
    let (key_style, style) = match refusal(model, binding.act) {
        Some(_) => (theme.faint(), theme.faint()),
        None => (theme.accent(), theme.dim()),
    };
    Some(vec![span(binding.keys.first()?.name(), key_style), space(1), span(word, style)])
}

//! Where am I: the environment, the server, the account, and whether anything may be changed.

use kami_common::cells::{cut_middle, harmless};
use kami_common::shown::local;
use kami_common::words::say;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::layout::text::{space, span};
use crate::state::model::{Link, Model};
use crate::view::paint::two_sides;

/// The first line of the screen.
pub(crate) fn render(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let (language, theme, location) = (model.language, model.theme, &model.location);
    let mut left = vec![space(1), span("kami", theme.accent()), space(2), span("▏", theme.faint())];
    if location.production {
        let words = match &location.environment {
            Some(name) => say!(language, "header.production_named", name = harmless(name)),
            None => say!(language, "header.production"),
        };
        left.extend([span(format!(" {words} "), theme.danger_ground()), space(1)]);
    } else if let Some(name) = &location.environment {
        left.push(span(harmless(name), theme.strong()));
    }
    let room = usize::from(area.width).saturating_sub(44).max(12);
    let mut server = Vec::new();
    if location.environment.is_some() && !location.production {
        server.push(span(" · ", theme.faint()));
    }
    server.extend([
        span(cut_middle(&harmless(&location.server), room), theme.text()),
        span(" · ", theme.faint()),
        span(cut_middle(&harmless(&location.user), 16), theme.dim()),
    ]);

    let mut right: Vec<Span<'static>> = Vec::new();
    match model.link {
        Link::Up => {}
        Link::Connecting => right.extend([span(say!(language, "header.connecting"), theme.dim()), space(3)]),
        Link::Unready { .. } => {
            right.extend([span(say!(language, "header.unready"), theme.warning()), space(3)]);
        }
        Link::Migrating { .. } => {
            right.extend([span(say!(language, "header.migrating"), theme.warning()), space(3)]);
        }
        Link::Away { .. } => right.extend([span(say!(language, "header.away"), theme.danger()), space(3)]),
    }
    if model.read_only.is_some() {
        right.extend([span(say!(language, "header.read_only"), theme.warning()), space(3)]);
    }
    let clock = local(model.zone, model.server_now()).format("%H:%M").to_string();
    let clock = [span(clock, theme.dim()), space(1)];
    // Where there is no room, a name of the place says enough, and the clock is the first to give way: what is wrong or
    // forbidden now stays.
    let width = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
    let is_named = location.production || location.environment.is_some();
    let room = usize::from(area.width).saturating_sub(width(&left) + width(&right) + 2);
    if !is_named || width(&server) + width(&clock) <= room {
        left.extend(server);
        right.extend(clock);
    } else if width(&clock) <= room {
        right.extend(clock);
    }
    two_sides(frame, area, &Line::from(left), &Line::from(right));
}

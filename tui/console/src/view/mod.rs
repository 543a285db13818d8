//! What is shown: one function a panel, all made from the model alone.
//!
//! ```text
//! header        kami  environment · server · user                    read-only  clock
//! counts        12,480 cards   ● unused   ◐ active   ○ expired   ⊘ disabled
//! share bar     ████████████████████████████▓▓▓▓▓▓▓▓▒▒▒▒▒░
//! filter line   / search   chips                                    place · order
//!
//! table heads   CODE   STATUS   MACHINE …                         │ detail, from 120
//! table         ▌✓ …                                              │ columns on
//! message line
//! hint bar
//! ```

mod bar;
mod chart;
mod confirm;
mod counts;
mod detail;
mod empty;
mod filter_line;
mod form;
mod header;
mod hints;
mod import;
mod large;
mod lists;
mod log;
mod notice;
mod paint;
mod report;
mod spots;
mod statistics;
mod table;
mod work;

use kami_common::words::say;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

pub use self::detail::detail_overhang;
pub use self::log::log_height;
pub use self::report::report_lines;
pub use self::spots::{Spot, spot};
use crate::state::model::{Model, SMALLEST};
use crate::state::overlay::Overlay;

/// Shows the model, on the ground of its theme.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    panels(model, frame);
    paint::ground(frame, model.theme);
}

fn panels(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(model, frame);
        return;
    }
    let [header, counts, bar, filter, _, body, notice, hints] = areas(area);
    header::render(model, frame, header);
    counts::render(model, frame, counts);
    counts::render_bar(model, frame, bar);
    filter_line::render(model, frame, filter);
    cards(model, frame, body);
    notice::render(model, frame, notice);
    hints::render(model, frame, hints);
    for (index, overlay) in model.overlays.iter().enumerate() {
        let is_top = index + 1 == model.overlays.len();
        match overlay {
            Overlay::Detail { scroll } => detail::render_over(model, *scroll, frame, area),
            Overlay::Form(form) => form::render(model, form, is_top, frame, area),
            Overlay::Confirm(confirm) => confirm::render(model, confirm, frame, area),
            Overlay::Statistics => statistics::render(
                model,
                frame,
                Rect { y: filter.y, height: body.bottom() - filter.y, ..body },
            ),
            Overlay::Log(list) => log::render(model, list, frame, area),
            Overlay::Report(report) => report::render(model, report, frame, area),
            Overlay::Import(import) => import::render(model, import, frame, area),
            Overlay::Work => work::render(model, frame, area),
            Overlay::Picker { kind, picker } => lists::render(model, *kind, picker, is_top, frame, area),
        }
    }
}

/// Header, counts, share bar, filter line, an empty line, table, message line, hint bar.
fn areas(screen: Rect) -> [Rect; 8] {
    let lines = [1, 1, 1, 1, 1, 0, 1, 1];
    Layout::vertical(lines.map(|height| match height {
        0 => Constraint::Fill(1),
        height => Constraint::Length(height),
    }))
    .areas(screen)
}

/// The part of the body that the table has beside the detail.
fn table_area(model: &Model, body: Rect) -> Rect {
    if model.is_wide() { beside(body)[0] } else { body }
}

fn beside(body: Rect) -> [Rect; 2] {
    let detail = if body.width >= 200 { 56 } else { 40 };
    Layout::horizontal([Constraint::Fill(1), Constraint::Length(detail)]).areas(body)
}

/// The table and, where there is room, the detail of the card under the cursor.
fn cards(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    if model.cards.rows.is_empty() {
        empty::render(model, frame, area);
        return;
    }
    if !model.is_wide() {
        table::render(model, frame, area);
        return;
    }
    let [table, detail] = beside(area);
    table::render(model, frame, table);
    detail::render_beside(model, frame, detail);
}

fn too_small(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let words = say!(model.language, "too_small", columns = SMALLEST.0, rows = SMALLEST.1);
    let lines = kami_common::cells::wrap(&words, usize::from(area.width.max(2)));
    for (y, line) in (0..area.height).zip(lines) {
        frame.buffer_mut().set_string(0, y, line, model.theme.text());
    }
}

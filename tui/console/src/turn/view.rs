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

use kami_common::words::say;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::layout::areas::{areas, beside};
use crate::overlay::{self, detail};
use crate::state::model::{Model, SMALLEST};
use crate::view::{counts, empty, filter_line, header, hints, notice, paint, table};

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
    for (index, each) in model.overlays.iter().enumerate() {
        let is_top = index + 1 == model.overlays.len();
        overlay::render(model, each, is_top, frame, area);
    }
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

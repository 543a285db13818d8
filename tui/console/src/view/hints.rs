//! What can I do: the keys that matter most where the console is now.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::layout::hints::layout;
use crate::state::model::Model;

/// The last line of the screen.
pub(crate) fn render(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    for (x, _, line) in layout(model, area) {
        frame.buffer_mut().set_line(x, area.y, &line, area.right().saturating_sub(x));
    }
}

//! Counts over time, in place of the table.

use crate::input::place::Place;
use crate::state::message::Topic;
use crate::state::overlay::Overlay;

/// The model's statistics, which stay there for the next time.
#[derive(Clone, Copy, Debug)]
pub struct Charts;

impl Overlay for Charts {
    fn place(&self) -> Place {
        Place::Statistics
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::Statistics]
    }
}

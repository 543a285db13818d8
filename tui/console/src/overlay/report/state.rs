//! Lines to read.

use crate::input::place::Place;
use crate::state::message::Topic;
use crate::state::overlay::Overlay;

/// Lines to read.
#[derive(Clone, Debug)]
pub struct Report {
    /// What they are about.
    pub title: String,
    /// The lines; those that begin with a space belong to the one before.
    pub lines: Vec<String>,
    /// How many are scrolled away.
    pub scroll: usize,
    /// The act that they are about and the row of its log before which there are more, where there are.
    pub more: Option<(u64, u64)>,
}

impl Overlay for Report {
    fn place(&self) -> Place {
        Place::Report
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::LogOfAct]
    }
}

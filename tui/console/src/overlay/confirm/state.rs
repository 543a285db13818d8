//! A question before something is done.

use tui_input::Input;

use crate::input::place::Place;
use crate::state::message::Topic;
use crate::state::order::Order;
use crate::state::overlay::Overlay;

/// A question before something is done that is hard to take back.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// What is asked, in one sentence.
    pub question: String,
    /// Which cards it will touch.
    pub touched: Touched,
    /// What follows from a yes.
    pub consequence: String,
    /// What is done then.
    pub then: Consequence,
    /// Whether it is dangerous rather than only large.
    pub is_danger: bool,
    /// What was typed where a number has to be; a plain yes will do where there is nothing.
    pub typed: Option<Input>,
}

impl Confirm {
    /// A question that is answered by a plain yes.
    pub const fn new(question: String, consequence: String, then: Consequence) -> Self {
        let touched = Touched::Known(Vec::new());
        Self { question, touched, consequence, then, is_danger: false, typed: None }
    }

    /// Whether the cards that it will touch are being counted.
    pub const fn is_counting(&self) -> bool {
        matches!(self.touched, Touched::Counting { .. })
    }
}

/// Which cards something will touch.
#[derive(Clone, Debug)]
pub enum Touched {
    /// They are being counted.
    Counting {
        /// The part that is done, from 0 to 1.
        share: f64,
    },
    /// These, in lines to read.
    Known(Vec<String>),
}

/// What a yes does.
#[derive(Clone, Debug)]
pub enum Consequence {
    /// Something to cards or an app.
    Order(Box<Order>),
    /// Deletes the saved view of this name.
    DropView(String),
    /// Brings the database to this version's schema.
    Migrate,
}

impl Overlay for Confirm {
    fn place(&self) -> Place {
        if self.typed.is_some() { Place::ConfirmTyped } else { Place::Confirm }
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::Survey]
    }

    fn is_asking(&self) -> bool {
        !self.is_counting()
    }
}

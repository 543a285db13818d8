//! What the model knows of what lies over the screen: where its keys go, and what would be lost with it.

use std::any::Any;
use std::fmt::Debug;

use crate::input::place::Place;
use crate::state::message::Topic;

/// That a state is one of the overlays: `overlay/mod.rs` alone says so, and with it which folder draws and changes it.
pub trait Registered {
    /// The same state once more.
    fn copied(&self) -> Box<dyn Overlay>;
}

/// The state of something that lies over the screen and takes the keys.
pub trait Overlay: Registered + Any + Debug {
    /// Where keys go while it is on top.
    fn place(&self) -> Place;

    /// What it asks the database about: nobody wants to know that once it is gone.
    fn topics(&self) -> &'static [Topic] {
        &[]
    }

    /// Whether it asks for an answer, and says all that there is to know before it.
    fn is_asking(&self) -> bool {
        false
    }

    /// Whether something was typed that would be lost with it.
    fn is_changed(&self) -> bool {
        false
    }

    /// The database has answered: what only said that it did not is true no more.
    fn is_answered(&mut self) {}
}

/// What lies over the screen, the topmost last.
#[derive(Debug, Default)]
pub struct Stack(Vec<Box<dyn Overlay>>);

impl Clone for Stack {
    fn clone(&self) -> Self {
        Self(self.0.iter().map(|overlay| overlay.copied()).collect())
    }
}

impl Stack {
    /// Lays one over the others.
    pub fn push(&mut self, overlay: impl Overlay) {
        self.0.push(Box::new(overlay));
    }

    /// Takes the topmost away.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// Takes all away.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes those away that are not to stay.
    pub fn retain(&mut self, stays: impl Fn(&(dyn Overlay + 'static)) -> bool) {
        self.0.retain(|overlay| stays(&**overlay));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing lies over the screen.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, the topmost last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &(dyn Overlay + 'static)> {
        self.0.iter().map(|overlay| &**overlay)
    }

    /// All of them, to change them.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut (dyn Overlay + 'static)> {
        self.0.iter_mut().map(|overlay| &mut **overlay)
    }

    /// The topmost.
    pub fn last(&self) -> Option<&(dyn Overlay + 'static)> {
        self.iter().next_back()
    }

    /// The topmost, if it is of this kind.
    pub fn top<T: Overlay>(&self) -> Option<&T> {
        self.last().and_then(as_kind)
    }

    /// The topmost, if it is of this kind, to change it.
    pub fn top_mut<T: Overlay>(&mut self) -> Option<&mut T> {
        self.iter_mut().next_back().and_then(as_kind_mut)
    }

    /// The topmost of those of this kind, to change it.
    pub fn find_mut<T: Overlay>(&mut self) -> Option<&mut T> {
        self.iter_mut().rev().find_map(as_kind_mut)
    }
}

/// An overlay as one of this kind, if it is.
pub fn as_kind<'a, T: Overlay>(overlay: &'a (dyn Overlay + 'static)) -> Option<&'a T> {
    let any: &dyn Any = overlay;
    any.downcast_ref()
}

/// An overlay as one of this kind, if it is, to change it.
pub fn as_kind_mut<'a, T: Overlay>(overlay: &'a mut (dyn Overlay + 'static)) -> Option<&'a mut T> {
    let any: &mut dyn Any = overlay;
    any.downcast_mut()
}

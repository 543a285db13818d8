//! What the operator presses, types and clicks, and what that means in each place.

pub mod act;
pub mod burst;
pub mod key;
pub mod keymap;
pub mod place;
pub mod pointer;

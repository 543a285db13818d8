//! What the mouse does, where the operator wants one.

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

/// The longest time between the two clicks of a double click.
const DOUBLE: TimeDelta = TimeDelta::milliseconds(400);

/// Something that the mouse did at a cell of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// Its first button was pressed.
    Press {
        /// The cell's column, from 0.
        column: u16,
        /// The cell's row, from 0.
        row: u16,
    },
    /// Its wheel was turned.
    Wheel {
        /// Whether towards the operator, so that later lines are wanted.
        down: bool,
    },
}

impl Pointer {
    /// What a terminal's event means; nothing for moves, releases and other buttons.
    pub const fn of(event: MouseEvent) -> Option<Self> {
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                Some(Self::Press { column: event.column, row: event.row })
            }
            MouseEventKind::ScrollDown => Some(Self::Wheel { down: true }),
            MouseEventKind::ScrollUp => Some(Self::Wheel { down: false }),
            _ => None,
        }
    }
}

/// The last click, by which the next one becomes a double click.
#[derive(Clone, Copy, Debug)]
pub struct Click {
    /// The cell.
    pub at: (u16, u16),
    /// When.
    pub since: DateTime<Utc>,
}

impl Click {
    /// Whether a click at a cell makes a double click of this one: in the same row, and soon.
    pub fn is_doubled(self, (_, row): (u16, u16), now: DateTime<Utc>) -> bool {
        self.at.1 == row && now - self.since <= DOUBLE
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyModifiers;

    use super::*;

    #[test]
    fn only_the_first_button_and_the_wheel_mean_anything() {
        let event = |kind| MouseEvent { kind, column: 3, row: 7, modifiers: KeyModifiers::NONE };
        for (kind, pointer) in [
            (MouseEventKind::Down(MouseButton::Left), Some(Pointer::Press { column: 3, row: 7 })),
            (MouseEventKind::Down(MouseButton::Right), None),
            (MouseEventKind::Up(MouseButton::Left), None),
            (MouseEventKind::Moved, None),
            (MouseEventKind::ScrollUp, Some(Pointer::Wheel { down: false })),
        ] {
            assert_eq!(Pointer::of(event(kind)), pointer);
        }
    }
}

//! The columns of the table: which there are, and which find room.

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// The full code.
    Code,
    /// The status, as a sign and a word.
    Status,
    /// The machine that the card is bound to.
    Machine,
    /// How long the card lasts from its activation.
    Duration,
    /// How long an active card still lasts.
    Left,
    /// When the card was activated.
    Used,
    /// When the card expires.
    Expires,
    /// When the card was generated.
    Created,
    /// What an operator wrote down.
    Note,
}

/// A column that found room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Which.
    pub column: Column,
    /// How many cells wide it is, without the gap behind it.
    pub width: usize,
}

/// From how many cells on the table is not cramped.
const ROOMY: usize = 100;

/// The fewest cells between two columns.
const GAP: usize = 2;

impl Column {
    /// Every column, in the order in which they stand.
    pub const ALL: [Self; 9] = [
        Self::Code,
        Self::Status,
        Self::Machine,
        Self::Duration,
        Self::Left,
        Self::Used,
        Self::Expires,
        Self::Created,
        Self::Note,
    ];

    /// Every column, the one to be given up last first.
    const BY_WORTH: [Self; 9] = [
        Self::Code,
        Self::Status,
        Self::Left,
        Self::Machine,
        Self::Expires,
        Self::Duration,
        Self::Note,
        Self::Used,
        Self::Created,
    ];

    /// The column's key in the locale files.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Code => "column.code",
            Self::Status => "column.status",
            Self::Machine => "column.machine",
            Self::Duration => "column.duration",
            Self::Left => "column.left",
            Self::Used => "column.used",
            Self::Expires => "column.expires",
            Self::Created => "column.created",
            Self::Note => "column.note",
        }
    }

    /// The column's name in the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Status => "status",
            Self::Machine => "machine",
            Self::Duration => "duration",
            Self::Left => "left",
            Self::Used => "used",
            Self::Expires => "expires",
            Self::Created => "created",
            Self::Note => "note",
        }
    }

    /// Whether its values are numbers, which end at the right.
    pub const fn is_numeric(self) -> bool {
        matches!(self, Self::Left | Self::Duration)
    }

    /// The fewest cells it can do with, and the most that do it any good.
    const fn widths(self) -> (usize, usize) {
        match self {
            Self::Code => (20, 38),
            Self::Status => (10, 10),
            Self::Machine => (12, 26),
            Self::Duration => (8, 8),
            Self::Left => (8, 9),
            Self::Used | Self::Expires | Self::Created => (15, 15),
            Self::Note => (12, 48),
        }
    }
}

/// Lays the chosen columns out in `width` cells: the least worthy are given up, and the room that is left goes to
/// those that can use it.
pub fn place(chosen: &[Column], width: usize) -> Vec<Placed> {
    let mut placed: Vec<Placed> = Vec::new();
    let mut used = 0;
    for column in Column::BY_WORTH.into_iter().filter(|column| chosen.contains(column)) {
        // Where there is room, codes are whole before columns of less worth are shown at all.
        let is_roomy = column == Column::Code && width >= ROOMY;
        let least = if is_roomy { 26 } else { column.widths().0 };
        let gap = if placed.is_empty() { 0 } else { GAP };
        if used + gap + least > width {
            // Nothing less worthy stays where something worthier has gone.
            break;
        }
        used += gap + least;
        placed.push(Placed { column, width: least });
    }
    let mut spare = width - used;
    // The code first: it is what cards are told apart by.
    for (column, most) in [(Column::Code, 24), (Column::Note, 20), (Column::Code, 38), (Column::Machine, 26)]
    {
        grow(&mut placed, column, most, &mut spare);
    }
    for column in Column::ALL {
        grow(&mut placed, column, column.widths().1, &mut spare);
    }
    placed.sort_by_key(|placed| Column::ALL.iter().position(|column| *column == placed.column));
    placed
}

fn grow(placed: &mut [Placed], column: Column, most: usize, spare: &mut usize) {
    if let Some(placed) = placed.iter_mut().find(|placed| placed.column == column) {
        let more = most.saturating_sub(placed.width).min(*spare);
        placed.width += more;
        *spare -= more;
    }
}

/// The cells between two columns when `placed` stand in `width` cells: a little wider where there is room.
pub fn gap(placed: &[Placed], width: usize) -> usize {
    let gaps = placed.len().saturating_sub(1).max(1);
    let cells: usize = placed.iter().map(|placed| placed.width).sum();
    (width.saturating_sub(cells) / gaps).clamp(GAP, 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(width: usize) -> String {
        place(&Column::ALL, width).iter().map(|placed| placed.column.name()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_least_worthy_columns_go_first() {
        for (width, shown) in [
            (194, "code status machine duration left used expires created note"),
            (117, "code status machine duration left expires note"),
            (77, "code status machine left expires"),
            (57, "code status machine left"),
            (40, "code status"),
        ] {
            assert_eq!(names(width), shown, "{width}");
        }
    }

    #[test]
    fn no_width_is_exceeded() {
        for width in 20..250 {
            let placed = place(&Column::ALL, width);
            let gaps = gap(&placed, width) * (placed.len() - 1);
            let cells: usize = placed.iter().map(|placed| placed.width).sum();
            assert!(cells + gaps <= width, "{width}");
        }
    }

    #[test]
    fn a_column_that_is_not_chosen_leaves_its_room_to_others() {
        let chosen = [Column::Code, Column::Note];
        let placed = place(&chosen, 77);
        assert_eq!(placed.iter().map(|placed| placed.width).collect::<Vec<_>>(), [38, 37]);
    }
}

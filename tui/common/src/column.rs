//! The columns of the table: which there are, and which find room.

use kami_core::app::AppName;
use kami_core::property::Property;
use kami_core::record::CardRecord;
use kami_core::value::Kind;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// The full code.
    Code,
    /// The status, as a sign and a word.
    Status,
    /// The app that the card belongs to.
    App,
    /// The machine that the card is bound to.
    Machine,
    /// How many machines ask for a card that seems to be shared.
    Shared,
    /// How long the card lasts from its activation.
    Duration,
    /// The last moment that no activation outlasts.
    ValidUntil,
    /// How many points are left of the card.
    Points,
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

/// The cells of a status whose word has given way to a code: its sign.
pub const SIGN: usize = 1;

/// The fewest cells between two columns.
const GAP: usize = 2;

impl Column {
    /// Every column, in the order in which they stand.
    pub const ALL: [Self; 13] = [
        Self::Code,
        Self::Status,
        Self::App,
        Self::Machine,
        Self::Shared,
        Self::Duration,
        Self::ValidUntil,
        Self::Points,
        Self::Left,
        Self::Used,
        Self::Expires,
        Self::Created,
        Self::Note,
    ];

    /// Every column, the one to be given up last first.
    const BY_WORTH: [Self; 13] = [
        Self::Code,
        Self::Status,
        Self::Left,
        Self::App,
        Self::Shared,
        Self::Machine,
        Self::Expires,
        Self::Points,
        Self::Duration,
        Self::ValidUntil,
        Self::Note,
        Self::Used,
        Self::Created,
    ];

    /// The property that it shows; what is left of a card, and who asks for it, is none of its properties.
    pub const fn property(self) -> Option<Property> {
        Some(match self {
            Self::Code => Property::FullCode,
            Self::Status => Property::Status,
            Self::App => Property::App,
            Self::Machine => Property::Machine,
            Self::Duration => Property::Duration,
            Self::ValidUntil => Property::ValidUntil,
            Self::Points => Property::Points,
            Self::Used => Property::UsedAt,
            Self::Expires => Property::ExpireAt,
            Self::Created => Property::CreatedAt,
            Self::Note => Property::Note,
            Self::Left | Self::Shared => return None,
        })
    }

    /// The column's name in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Shared => "shared",
            _ => self.property().and_then(|property| property.traits().word).unwrap_or_default(),
        }
    }

    /// Whether its values are numbers, which end at the right.
    pub const fn is_numeric(self) -> bool {
        match self.property() {
            Some(property) => matches!(property.traits().kind, Kind::Number | Kind::Duration),
            None => matches!(self, Self::Left),
        }
    }

    /// Whether it says anything of this card: that it is of the app which there always is says nothing, nor that it has no
    /// points or no last moment, or does not seem to be shared.
    pub fn tells_of(self, card: &CardRecord) -> bool {
        match self {
            Self::App => card.app != AppName::DEFAULT,
            Self::Points => card.points.is_some(),
            Self::ValidUntil => card.valid_until.is_some(),
            Self::Shared => card.mismatches.is_shared(),
            _ => true,
        }
    }

    /// Whether it gets no room where it says nothing of any card.
    const fn may_tell_nothing(self) -> bool {
        matches!(self, Self::App | Self::Shared | Self::Points | Self::ValidUntil)
    }

    /// The fewest cells it can do with, and the most that do it any good.
    pub const fn widths(self) -> (usize, usize) {
        match self {
            Self::Code => (20, usize::MAX),
            Self::Status => (10, 10),
            Self::App => (8, 16),
            Self::Machine => (12, 26),
            Self::Duration => (8, 8),
            Self::Points => (8, 13),
            Self::Shared => (10, 12),
            Self::Left => (8, 9),
            Self::ValidUntil | Self::Used | Self::Expires | Self::Created => (15, 15),
            Self::Note => (12, 48),
        }
    }
}

/// Lays the chosen columns out in `width` cells: codes are whole before another column is shown at all, the least
/// worthy are given up, and the room that is left goes to those that can use it. Points are whole wherever they are shown.
/// `longest` says of a column how many cells its longest value takes, and 0 of apps, points, last moments and machines that
/// say nothing, which get no room.
pub fn place(chosen: &[Column], width: usize, longest: impl Fn(Column) -> usize) -> Vec<Placed> {
    let mut placed: Vec<Placed> = Vec::new();
    let mut used = 0;
    let is_empty = |column: &Column| *column == Column::Note && longest(*column) == 0;
    // Notes that nobody wrote are worth less than anything.
    let by_worth = Column::BY_WORTH.into_iter().filter(|column| !is_empty(column));
    let by_worth = by_worth.chain(Column::BY_WORTH.into_iter().filter(is_empty));
    let is_shown =
        |column: &Column| chosen.contains(column) && (!column.may_tell_nothing() || longest(*column) > 0);
    for column in by_worth.filter(is_shown) {
        let sign = if chosen.contains(&Column::Status) { GAP + SIGN } else { 0 };
        let least = match column {
            Column::Code => longest(column).max(column.widths().0).min(width.saturating_sub(sign)),
            Column::Points | Column::Left | Column::Shared => longest(column).max(column.widths().0),
            Column::Status if used + GAP + column.widths().0 > width => SIGN,
            _ => column.widths().0,
        };
        let gap = if placed.is_empty() { 0 } else { GAP };
        if used + gap + least > width {
            // Nothing less worthy stays where something worthier has gone.
            break;
        }
        used += gap + least;
        placed.push(Placed { column, width: least });
    }
    let mut spare = width.saturating_sub(used);
    for column in [Column::Machine, Column::Note] {
        grow(&mut placed, column, longest(column).min(column.widths().1), &mut spare);
    }
    grow(&mut placed, Column::Code, 24, &mut spare);
    for column in Column::ALL.into_iter().filter(|column| *column != Column::Code) {
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

    /// As it is laid out for codes of so many cells, the machines of 16 and no notes.
    fn laid_out(width: usize, code: usize) -> Vec<Placed> {
        place(&Column::ALL, width, |column| match column {
            Column::Code => code,
            Column::Machine => 16,
            _ => 0,
        })
    }

    fn names(width: usize, code: usize) -> String {
        laid_out(width, code).iter().map(|placed| placed.column.name()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_least_worthy_columns_go_first() {
        for (width, code, shown) in [
            (194, 20, "code status machine duration left used expires created note"),
            (117, 20, "code status machine duration left used expires created"),
            (77, 20, "code status machine left expires"),
            (77, 41, "code status machine left"),
            (77, 65, "code status"),
            (57, 20, "code status machine left"),
            (40, 20, "code status"),
        ] {
            assert_eq!(names(width, code), shown, "{width} for codes of {code}");
        }
    }

    #[test]
    fn a_note_that_somebody_wrote_is_worth_more_than_when_a_card_was_used() {
        for (note, last) in [(0, Column::Expires), (4, Column::Note)] {
            let placed = place(&Column::ALL, 104, |column| match column {
                Column::Note => note,
                Column::Code | Column::Machine => 24,
                _ => 0,
            });
            assert_eq!(placed.last().map(|placed| placed.column), Some(last), "{note}");
        }
    }

    #[test]
    fn apps_get_room_where_they_say_something() {
        for (app, width, shown) in [
            (0, 77, "code status machine left expires"),
            (7, 77, "code status app machine left"),
            (32, 194, "code status app machine duration left used expires created note"),
        ] {
            let placed = place(&Column::ALL, width, |column| if column == Column::App { app } else { 0 });
            let names: Vec<_> = placed.iter().map(|placed| placed.column.name()).collect();
            assert_eq!(names.join(" "), shown, "{app} in {width}");
        }
    }

    #[test]
    fn points_and_last_moments_get_room_where_a_card_has_them_and_points_are_whole() {
        for (points, until, width, shown) in [
            (0, 0, 77, "code status machine left expires"),
            (5, 0, 77, "code status machine left expires"),
            (5, 0, 87, "code status machine points left expires"),
            (5, 11, 194, "code status machine duration valid_until points left used expires created note"),
            (13, 0, 87, "code status machine left expires"),
            (13, 0, 88, "code status machine points left expires"),
            (0, 11, 117, "code status machine duration valid_until left used expires"),
        ] {
            let placed = place(&Column::ALL, width, |column| match column {
                Column::Points => points,
                Column::ValidUntil => until,
                _ => 0,
            });
            let names: Vec<_> = placed.iter().map(|placed| placed.column.name()).collect();
            assert_eq!(names.join(" "), shown, "{points} {until} in {width}");
            assert!(placed.iter().all(|placed| placed.column != Column::Points || placed.width >= points));
        }
    }

    #[test]
    fn a_card_that_seems_to_be_shared_gets_room_for_that_before_its_machine() {
        for (width, shown) in [
            (66, "code status shared left"),
            (77, "code status machine shared left"),
            (117, "code status machine shared duration left used expires"),
        ] {
            let placed = place(&Column::ALL, width, |column| if column == Column::Shared { 10 } else { 0 });
            let names: Vec<_> = placed.iter().map(|placed| placed.column.name()).collect();
            assert_eq!(names.join(" "), shown, "{width}");
        }
    }

    #[test]
    fn no_code_is_cut_while_another_column_could_give_way() {
        for width in 30..250 {
            for code in 1..=width {
                let placed = laid_out(width, code);
                let others = placed.iter().any(|placed| placed.column != Column::Code && placed.width > SIGN);
                assert!(placed[0].width >= code || !others, "{code} of {width}: {placed:?}");
                assert!(
                    code + GAP + SIGN > width || placed[0].width >= code,
                    "{code} of {width}: {placed:?}"
                );
            }
        }
    }

    #[test]
    fn no_width_is_exceeded() {
        for width in 20..250 {
            for code in [1, 20, 41, 128] {
                let placed = laid_out(width, code);
                let gaps = gap(&placed, width) * (placed.len() - 1);
                let cells: usize = placed.iter().map(|placed| placed.width).sum();
                assert!(cells + gaps <= width, "{code} of {width}");
            }
        }
    }

    #[test]
    fn a_column_that_is_not_chosen_leaves_its_room_to_others() {
        let placed = place(&[Column::Code, Column::Note], 77, |_| 20);
        assert_eq!(placed.iter().map(|placed| placed.width).collect::<Vec<_>>(), [24, 48]);
    }
}

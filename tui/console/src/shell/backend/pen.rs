//! The look of characters, and the codes by which a terminal takes it.

use std::fmt::Write as _;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// The look of the next character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pen {
    pub(super) foreground: Color,
    pub(super) background: Color,
    pub(super) modifier: Modifier,
}

impl Pen {
    pub(super) const PLAIN: Self =
        Self { foreground: Color::Reset, background: Color::Reset, modifier: Modifier::empty() };

    /// What a blank shows of a modifier.
    pub(super) const ON_BLANKS: Modifier =
        Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);

    pub(super) const fn of(cell: &Cell) -> Self {
        Self { foreground: cell.fg, background: cell.bg, modifier: cell.modifier }
    }

    /// What makes a terminal with the pen `from` take this one: nothing if it has it.
    pub(super) fn sequence_from(self, from: Self) -> String {
        if self == from {
            return String::new();
        }
        let onward = self.codes_from(from);
        let mut anew = self.codes_from(Self::PLAIN);
        if !anew.is_empty() {
            anew.insert_str(0, "0;");
        }
        format!("\x1b[{}m", if anew.len() < onward.len() { anew } else { onward })
    }

    /// This pen for a blank, which shows no foreground: that stays as the terminal has it.
    pub(super) fn blank(self, now: Self) -> Self {
        if self.modifier.intersects(Self::ON_BLANKS) {
            return self;
        }
        Self { background: self.background, modifier: now.modifier - Self::ON_BLANKS, ..now }
    }

    /// The codes that make a terminal with the pen `from` take this one.
    fn codes_from(self, from: Self) -> String {
        let mut codes = String::new();
        let mut kept = from.modifier;
        for (modifier, code) in [
            (Modifier::BOLD.union(Modifier::DIM), 22),
            (Modifier::ITALIC, 23),
            (Modifier::UNDERLINED, 24),
            (Modifier::REVERSED, 27),
            (Modifier::CROSSED_OUT, 29),
        ] {
            if (kept - self.modifier).intersects(modifier) {
                push_code(&mut codes, &code.to_string());
                kept -= modifier;
            }
        }
        for (modifier, code) in [
            (Modifier::BOLD, 1),
            (Modifier::DIM, 2),
            (Modifier::ITALIC, 3),
            (Modifier::UNDERLINED, 4),
            (Modifier::REVERSED, 7),
            (Modifier::CROSSED_OUT, 9),
        ] {
            if (self.modifier - kept).contains(modifier) {
                push_code(&mut codes, &code.to_string());
            }
        }
        if self.foreground != from.foreground {
            push_code(&mut codes, &color_code(self.foreground, 30));
        }
        if self.background != from.background {
            push_code(&mut codes, &color_code(self.background, 40));
        }
        codes
    }
}

fn push_code(codes: &mut String, code: &str) {
    if !codes.is_empty() {
        codes.push(';');
    }
    codes.push_str(code);
}

/// The SGR code of a colour, as a foreground from 30 or a background from 40.
fn color_code(color: Color, base: u8) -> String {
    let mut code = String::new();
    let named = |number: u8| {
        if number < 8 { (base + number).to_string() } else { (base + 60 + number - 8).to_string() }
    };
    match color {
        Color::Reset => return (base + 9).to_string(),
        Color::Black => return named(0),
        Color::Red => return named(1),
        Color::Green => return named(2),
        Color::Yellow => return named(3),
        Color::Blue => return named(4),
        Color::Magenta => return named(5),
        Color::Cyan => return named(6),
        Color::Gray => return named(7),
        Color::DarkGray => return named(8),
        Color::LightRed => return named(9),
        Color::LightGreen => return named(10),
        Color::LightYellow => return named(11),
        Color::LightBlue => return named(12),
        Color::LightMagenta => return named(13),
        Color::LightCyan => return named(14),
        Color::White => return named(15),
        Color::Indexed(index) => {
            let _ = write!(code, "{};5;{index}", base + 8);
        }
        Color::Rgb(red, green, blue) => {
            let _ = match palette_index(red, green, blue) {
                Some(index) => write!(code, "{};5;{index}", base + 8),
                None => write!(code, "{};2;{red};{green};{blue}", base + 8),
            };
        }
    }
    code
}

/// The place of a colour among the 240 of xterm that nobody changes.
fn palette_index(red: u8, green: u8, blue: u8) -> Option<u8> {
    if red == green && green == blue && (8..=238).contains(&red) && (red - 8).is_multiple_of(10) {
        return Some(232 + (red - 8) / 10);
    }
    let level = |value: u8| (0_u8..).zip([0, 95, 135, 175, 215, 255]).find(|(_, level)| *level == value);
    let [(red, _), (green, _), (blue, _)] = [level(red)?, level(green)?, level(blue)?];
    Some(16 + 36 * red + 6 * green + blue)
}

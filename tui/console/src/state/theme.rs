//! The colours of the console: one accent, four for the statuses, red for danger, and dim for what is secondary.

use kami_common::shade::Shade;
use kami_core::card::CardStatus;
use ratatui::style::{Color, Modifier, Style};

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Sixteen million.
    True,
    /// The 256 of xterm.
    Indexed,
    /// The sixteen whose shades the terminal's owner chose.
    Sixteen,
    /// None: bold, dim and reverse must do.
    None,
}

impl Depth {
    /// What the environment says of the terminal; `NO_COLOR` beats everything.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            return Self::None;
        }
        let term = variable("TERM").unwrap_or_default();
        let colorterm = variable("COLORTERM").unwrap_or_default();
        if term == "dumb" || term.is_empty() {
            Self::None
        } else if colorterm.contains("truecolor") || colorterm.contains("24bit") || term.contains("direct") {
            Self::True
        } else if term.contains("256") || term.contains("kitty") || term.contains("alacritty") {
            Self::Indexed
        } else {
            Self::Sixteen
        }
    }
}

/// One colour at each depth; those of the palette take a third of the bytes on the wire.
struct Shades {
    rgb: (u8, u8, u8),
    indexed: u8,
    sixteen: Color,
}

const fn shades(rgb: (u8, u8, u8), indexed: u8, sixteen: Color) -> Shades {
    Shades { rgb, indexed, sixteen }
}

/// The styles of everything that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// How many colours there are.
    pub depth: Depth,
    /// Which background they are for.
    pub shade: Shade,
}

impl Theme {
    fn color(self, dark: &Shades, light: &Shades) -> Option<Color> {
        let shades = match self.shade {
            Shade::Dark => dark,
            Shade::Light => light,
        };
        match self.depth {
            Depth::True => Some(Color::Rgb(shades.rgb.0, shades.rgb.1, shades.rgb.2)),
            Depth::Indexed => Some(Color::Indexed(shades.indexed)),
            Depth::Sixteen => Some(shades.sixteen),
            Depth::None => None,
        }
    }

    fn ink(self, dark: &Shades, light: &Shades) -> Style {
        self.color(dark, light).map_or(Style::new(), |color| Style::new().fg(color))
    }

    /// What everything stands on that has no ground of its own, and the colour of ordinary text: the terminal's may be
    /// those of the other shade, on which nothing of this one is read. With sixteen colours, whose shades are not known,
    /// and with none, both are the terminal's.
    pub fn ground(self) -> Style {
        if !matches!(self.depth, Depth::True | Depth::Indexed) {
            return Style::new();
        }
        let ink = |dark, light| self.color(dark, light).unwrap_or(Color::Reset);
        let pale = shades((0xd0, 0xd0, 0xd0), 252, Color::Reset);
        let black = shades((0x1c, 0x1c, 0x1c), 234, Color::Reset);
        let white = shades((0xff, 0xff, 0xff), 231, Color::Reset);
        Style::new().fg(ink(&pale, &black)).bg(ink(&black, &white))
    }

    /// Ordinary text, in the colour of the ground's.
    pub const fn text(self) -> Style {
        Style::new()
    }

    /// Text that the eye should come to.
    pub const fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Secondary text.
    pub fn dim(self) -> Style {
        let style = self.ink(
            &shades((0x9e, 0x9e, 0x9e), 247, Color::Gray),
            &shades((0x62, 0x62, 0x62), 241, Color::DarkGray),
        );
        if self.depth == Depth::None { style.add_modifier(Modifier::DIM) } else { style }
    }

    /// Lines and the empty part of bars: quieter than any text.
    pub fn faint(self) -> Style {
        let style = self.ink(
            &shades((0x58, 0x58, 0x58), 240, Color::DarkGray),
            &shades((0xc6, 0xc6, 0xc6), 251, Color::Gray),
        );
        if self.depth == Depth::None { style.add_modifier(Modifier::DIM) } else { style }
    }

    /// The one accent: the cursor, the focused field, the key letters of hints.
    pub fn accent(self) -> Style {
        let style = self.ink(
            &shades((0xaf, 0x87, 0xff), 141, Color::Magenta),
            &shades((0x87, 0x00, 0xd7), 92, Color::Magenta),
        );
        if self.depth == Depth::None { style.add_modifier(Modifier::BOLD) } else { style }
    }

    /// Danger, failure and production.
    pub fn danger(self) -> Style {
        let style = self
            .ink(&shades((0xff, 0x87, 0x87), 210, Color::Red), &shades((0xaf, 0x00, 0x00), 124, Color::Red));
        style.add_modifier(Modifier::BOLD)
    }

    /// A label in words on a ground of danger.
    pub fn danger_ground(self) -> Style {
        match self.depth {
            Depth::None => Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
            Depth::Sixteen => Style::new().fg(Color::White).bg(Color::Red).add_modifier(Modifier::BOLD),
            Depth::True | Depth::Indexed => {
                let ground = match (self.depth, self.shade) {
                    (Depth::True, Shade::Dark) => Color::Rgb(0xb6, 0x23, 0x2c),
                    (Depth::True, Shade::Light) => Color::Rgb(0xc4, 0x1f, 0x2c),
                    (_, Shade::Dark) => Color::Indexed(124),
                    (_, Shade::Light) => Color::Indexed(160),
                };
                let white =
                    if self.depth == Depth::True { Color::Rgb(255, 255, 255) } else { Color::Indexed(231) };
                Style::new().fg(white).bg(ground).add_modifier(Modifier::BOLD)
            }
        }
    }

    /// A status: green unused, blue active, grey expired, amber disabled.
    pub fn status(self, status: CardStatus) -> Style {
        match status {
            CardStatus::Unused => self.ink(
                &shades((0x87, 0xd7, 0x87), 114, Color::Green),
                &shades((0x00, 0x5f, 0x00), 22, Color::Green),
            ),
            CardStatus::Active => self.ink(
                &shades((0x5f, 0xaf, 0xff), 75, Color::Blue),
                &shades((0x00, 0x5f, 0xd7), 26, Color::Blue),
            ),
            CardStatus::Expired => self.dim(),
            CardStatus::Disabled => self.ink(
                &shades((0xd7, 0xaf, 0x5f), 179, Color::Yellow),
                &shades((0x5f, 0x5f, 0x00), 58, Color::Yellow),
            ),
        }
    }

    /// A warning, in the amber of disabled cards.
    pub fn warning(self) -> Style {
        self.status(CardStatus::Disabled)
    }

    /// Success, in the green of unused cards.
    pub fn good(self) -> Style {
        self.status(CardStatus::Unused)
    }

    /// The quiet ground of the row under the cursor; it patches what stands there.
    pub fn cursor_row(self) -> Style {
        let ground = self.color(
            &shades((0x30, 0x30, 0x30), 236, Color::Reset),
            &shades((0xe4, 0xe4, 0xe4), 254, Color::Reset),
        );
        match (self.depth, ground) {
            (Depth::True | Depth::Indexed, Some(ground)) => Style::new().bg(ground),
            _ => Style::new().add_modifier(Modifier::BOLD),
        }
    }

    /// Everything behind an overlay, and what is not possible now.
    pub fn behind(self) -> Style {
        match self.depth {
            Depth::None => Style::new().add_modifier(Modifier::DIM),
            _ => self.ink(
                &shades((0x6c, 0x6c, 0x6c), 242, Color::DarkGray),
                &shades((0x94, 0x94, 0x94), 246, Color::Gray),
            ),
        }
    }

    /// The sign of a status, for those who see no colours.
    pub const fn sign(status: CardStatus) -> &'static str {
        match status {
            CardStatus::Unused => "●",
            CardStatus::Active => "◐",
            CardStatus::Expired => "○",
            CardStatus::Disabled => "⊘",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment<'a>(variables: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn the_environment_tells_the_depth() {
        for (variables, depth) in [
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")][..], Depth::True),
            (&[("TERM", "screen-256color")], Depth::Indexed),
            (&[("TERM", "linux")], Depth::Sixteen),
            (&[("TERM", "dumb")], Depth::None),
            (&[], Depth::None),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Depth::None),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Depth::Indexed),
        ] {
            assert_eq!(Depth::detect(environment(variables)), depth, "{variables:?}");
        }
    }

    #[test]
    fn the_environment_tells_the_shade() {
        assert_eq!(Shade::detect(environment(&[("COLORFGBG", "0;15")])), Shade::Light);
        assert_eq!(Shade::detect(environment(&[("COLORFGBG", "15;default;0")])), Shade::Dark);
        assert_eq!(Shade::detect(environment(&[])), Shade::Dark);
    }

    /// The contrast of two colours as WCAG has it, from 1 to 21.
    fn contrast(one: Color, other: Color) -> f64 {
        let luminance = |color: Color| {
            let Color::Rgb(red, green, blue) = color else { panic!("{color:?} is no true colour") };
            let linear = [red, green, blue].map(|part| {
                let part = f64::from(part) / 255.0;
                if part <= 0.03928 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
            });
            0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        };
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        if one > other { one / other } else { other / one }
    }

    #[test]
    fn each_colour_of_text_is_read_on_each_ground_that_a_theme_puts_it_on() {
        for shade in [Shade::Dark, Shade::Light] {
            let theme = Theme { depth: Depth::True, shade };
            let statuses = CardStatus::ALL.map(|status| theme.status(status));
            let ground = theme.ground().bg.unwrap();
            let texts =
                [theme.ground(), theme.dim(), theme.accent(), theme.danger()].into_iter().chain(statuses);
            for ink in texts.filter_map(|style| style.fg) {
                for ground in [ground, theme.cursor_row().bg.unwrap()] {
                    assert!(contrast(ink, ground) >= 4.5, "{shade:?} {ink:?} on {ground:?}");
                }
            }
            let label = theme.danger_ground();
            assert!(contrast(label.fg.unwrap(), label.bg.unwrap()) >= 4.5, "{shade:?}");
            // What is dimmed is still seen to be there.
            assert!(contrast(theme.behind().fg.unwrap(), ground) >= 2.5, "{shade:?}");
        }
    }

    #[test]
    fn without_colours_no_style_has_one() {
        for shade in [Shade::Dark, Shade::Light] {
            let theme = Theme { depth: Depth::None, shade };
            let styles = [theme.dim(), theme.faint(), theme.accent(), theme.danger(), theme.danger_ground()];
            let statuses = CardStatus::ALL.map(|status| theme.status(status));
            for style in
                styles.into_iter().chain(statuses).chain([theme.cursor_row(), theme.behind(), theme.ground()])
            {
                assert_eq!((style.fg, style.bg), (None, None));
            }
        }
    }
}

//! Whatever the terminal's own colours are, each text of each screen is read on the ground that it stands on.

use std::collections::BTreeMap;

use kami_common::shade::Shade;
use kami_common::words::Language;
use kami_console::state::theme::Depth;
use ratatui::style::Color;

use crate::fixtures::theme;
use crate::screens::SCREENS;

/// The contrast of two colours as WCAG has it, from 1 to 21.
fn contrast(one: Color, other: Color) -> f64 {
    let luminance = |color: Color| {
        let linear = parts(color).map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.03928 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    };
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    if one > other { one / other } else { other / one }
}

/// Red, green and blue of a true colour, or of one of the 240 that no terminal's owner changes.
fn parts(color: Color) -> [u8; 3] {
    match color {
        Color::Rgb(red, green, blue) => [red, green, blue],
        Color::Indexed(index @ 232..) => [8 + 10 * (index - 232); 3],
        Color::Indexed(index @ 16..) => {
            let level = |step: u8| [0, 95, 135, 175, 215, 255][usize::from(step % 6)];
            let index = index - 16;
            [level(index / 36), level(index / 6), level(index)]
        }
        other => panic!("{other:?} is the terminal's own"),
    }
}

/// Whether a symbol is a part of a frame, of a bar or between two texts, and itself none.
fn is_drawing(symbol: &str) -> bool {
    symbol.chars().all(|character| matches!(character, '·' | '\u{2500}'..='\u{259f}'))
}

#[test]
fn every_text_of_every_screen_is_read_on_its_ground() {
    for depth in [Depth::True, Depth::Indexed] {
        for shade in [Shade::Dark, Shade::Light] {
            let theme = theme(depth, shade);
            let mut pairs = BTreeMap::new();
            for (name, start, lead) in SCREENS {
                for size in [(40, 20), (120, 40)] {
                    let mut console = start(size, Language::of_locale("zh"));
                    lead(&mut console);
                    console.model.theme = theme;
                    for cell in console.buffer().content.iter().filter(|cell| cell.symbol() != " ") {
                        // What lies behind a frame or cannot be done is meant to stand back.
                        if !is_drawing(cell.symbol()) && Some(cell.fg) != theme.behind().fg {
                            pairs
                                .entry((format!("{:?}", cell.fg), format!("{:?}", cell.bg)))
                                .or_insert((name, contrast(cell.fg, cell.bg)));
                        }
                    }
                }
            }
            assert!(pairs.len() > 8, "{pairs:?}");
            for (pair, (name, contrast)) in pairs {
                assert!(contrast >= 4.5, "{depth:?} {shade:?} {pair:?} on {name}: {contrast:.2}");
            }
        }
    }
}

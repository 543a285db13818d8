//! The cells of a terminal as a picture: an SVG window in which every column stands where its cell is.

use std::fmt::Write as _;

use kami_common::cells::cells;
use kami_common::shade::Shade;
use kami_console::state::theme::{Depth, Theme};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// The size of a cell, in pixels.
const CELL: (f64, f64) = (9.0, 20.0);

/// The size of the letters, in pixels: six tenths of it are the width of a cell in nearly every monospace font.
const LETTERS: f64 = 15.0;

/// How far the letters stand above the lower edge of their cell, in pixels.
const DESCENT: f64 = 5.5;

/// The room between the window's edge and its text, in pixels.
const PADDING: f64 = 14.0;

/// The height of the window's title bar, in pixels.
const TITLE: f64 = 36.0;

/// What the picture takes for the colours that a terminal's owner chooses.
struct Ground {
    text: &'static str,
    window: &'static str,
    edge: &'static str,
    title: &'static str,
}

const fn ground(shade: Shade) -> Ground {
    match shade {
        Shade::Dark => Ground { text: "#d7d7d7", window: "#1a1a1c", edge: "#38383c", title: "#949494" },
        Shade::Light => Ground { text: "#1c1c1c", window: "#fdfdfc", edge: "#d4d4d2", title: "#626262" },
    }
}

/// A window with the cells of `buffer` in it and `title` above them.
pub(crate) fn svg(buffer: &Buffer, shade: Shade, title: &str) -> String {
    let ground = ground(shade);
    let width = PADDING.mul_add(2.0, f64::from(buffer.area.width) * CELL.0);
    let height = TITLE + PADDING + f64::from(buffer.area.height) * CELL.1;
    let Ground { text, window, edge, title: title_color } = ground;
    let title = escaped(title);
    let fonts = "ui-monospace,'SF Mono',SFMono-Regular,Menlo,'Cascadia Mono',Consolas,'DejaVu Sans Mono',\
                 'Sarasa Mono SC','Noto Sans Mono CJK SC','PingFang SC','Microsoft YaHei','WenQuanYi Zen Hei',monospace";
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"{fonts}\" font-size=\"{LETTERS}\" fill=\"{text}\" xml:space=\"preserve\">\n\
         <title>{title}</title>\n\
         <rect x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"11\" fill=\"{window}\" stroke=\"{edge}\"/>\n",
        width - 1.0,
        height - 1.0,
    );
    for (place, color) in (0_u8..).zip(["#ff5f57", "#febc2e", "#28c840"]) {
        let x = f64::from(place).mul_add(20.0, 21.0);
        let _ = writeln!(svg, "<circle cx=\"{x}\" cy=\"19\" r=\"6\" fill=\"{color}\"/>");
    }
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"23.5\" font-size=\"13\" text-anchor=\"middle\" fill=\"{title_color}\">{title}</text>",
        width / 2.0
    );
    for y in 0..buffer.area.height {
        row(&mut svg, buffer, y, shade);
    }
    svg.push_str("</svg>\n");
    svg
}

/// The look of a cell, in the words of SVG.
#[derive(Clone, PartialEq, Eq)]
struct Look {
    text: String,
    ground: Option<String>,
    bold: bool,
    dim: bool,
    underlined: bool,
}

impl Look {
    fn of(cell: &Cell, shade: Shade) -> Self {
        // The window is the ground.
        let own = Theme { depth: Depth::True, shade }.ground();
        let chosen = |color: Color, own: Option<Color>| if Some(color) == own { Color::Reset } else { color };
        let mut text = color(chosen(cell.fg, own.fg)).unwrap_or_else(|| ground(shade).text.to_owned());
        let mut back = color(chosen(cell.bg, own.bg));
        if cell.modifier.contains(Modifier::REVERSED) {
            let letters = back.unwrap_or_else(|| ground(shade).window.to_owned());
            back = Some(std::mem::replace(&mut text, letters));
        }
        Self {
            text,
            ground: back,
            bold: cell.modifier.contains(Modifier::BOLD),
            dim: cell.modifier.contains(Modifier::DIM),
            underlined: cell.modifier.contains(Modifier::UNDERLINED),
        }
    }
}

/// A row: first the grounds, then what stands on them.
fn row(svg: &mut String, buffer: &Buffer, y: u16, shade: Shade) {
    let mut looks: Vec<Look> = (0..buffer.area.width).map(|x| Look::of(&buffer[(x, y)], shade)).collect();
    // a terminal fills all cells of a wide letter with the ground of its first
    for x in 1..looks.len() {
        if cells(buffer[(to_column(x - 1), y)].symbol()) > 1 {
            let (before, after) = looks.split_at_mut(x);
            after[0].ground.clone_from(&before[x - 1].ground);
        }
    }
    let mut x = 0;
    while x < looks.len() {
        let end = x + looks[x..].iter().take_while(|look| look.ground == looks[x].ground).count();
        if let Some(color) = &looks[x].ground {
            block(svg, (x, y), (0.0, 0.0), (to_float(end - x), 1.0), color, 1.0);
        }
        x = end;
    }
    let mut x = 0;
    while x < looks.len() {
        let symbol = buffer[(to_column(x), y)].symbol();
        let look = &looks[x];
        let width = cells(symbol).max(1);
        if symbol == " " && !look.underlined {
            x += 1;
        } else if drawn(svg, (x, y), symbol, look) {
            x += width;
        } else if is_even(symbol) {
            let run = run(buffer, &looks, x, y);
            letters(svg, (x, y), &run, run.len(), look);
            x += run.len();
        } else {
            letters(svg, (x, y), symbol, width, look);
            x += width;
        }
    }
}

/// The letters from a place on that fonts agree on and that look alike; single spaces may be between them.
fn run(buffer: &Buffer, looks: &[Look], start: usize, y: u16) -> String {
    let mut run = String::new();
    for x in start..looks.len() {
        let symbol = buffer[(to_column(x), y)].symbol();
        let is_gap = symbol == " " && run.ends_with(' ') && !looks[x].underlined;
        if looks[x] != looks[start] || !is_even(symbol) || is_gap {
            break;
        }
        run.push_str(symbol);
    }
    if !looks[start].underlined {
        run.truncate(run.trim_end().len());
    }
    run
}

/// Whether every monospace font has the character, as wide as the others.
fn is_even(symbol: &str) -> bool {
    symbol.len() == 1 && symbol.as_bytes()[0].is_ascii()
}

fn letters(svg: &mut String, (x, y): (usize, u16), text: &str, width: usize, look: &Look) {
    let (left, _) = corner((x, y));
    let baseline = corner((x, y)).1 + CELL.1 - DESCENT;
    let _ = write!(svg, "<text x=\"{left}\" y=\"{baseline}\" fill=\"{}\"", look.text);
    if text.len() > 1 && text.is_ascii() {
        let _ = write!(svg, " textLength=\"{}\"", to_float(width) * CELL.0);
    }
    for (is_so, attribute) in [
        (look.bold, " font-weight=\"bold\""),
        (look.dim, " opacity=\"0.6\""),
        (look.underlined, " text-decoration=\"underline\""),
    ] {
        if is_so {
            svg.push_str(attribute);
        }
    }
    let _ = writeln!(svg, ">{}</text>", escaped(text));
}

/// Draws a block or a line of a frame, which letters of a font would not join; false for anything else.
fn drawn(svg: &mut String, at: (usize, u16), symbol: &str, look: &Look) -> bool {
    let Some(character) = symbol.chars().next() else { return false };
    let opacity = if look.dim { 0.6 } else { 1.0 };
    let mut block = |from, size, opacity_of_it: f64| {
        block(svg, at, from, size, &look.text, opacity * opacity_of_it);
        true
    };
    match character {
        '█' => block((0.0, 0.0), (1.0, 1.0), 1.0),
        '▓' => block((0.0, 0.0), (1.0, 1.0), 0.75),
        '▒' => block((0.0, 0.0), (1.0, 1.0), 0.5),
        '░' => block((0.0, 0.0), (1.0, 1.0), 0.25),
        '▀' => block((0.0, 0.0), (1.0, 0.5), 1.0),
        '▁'..='▇' => {
            let share = to_float(character as usize - '▁' as usize + 1) / 8.0;
            block((0.0, 1.0 - share), (1.0, share), 1.0)
        }
        '▉'..='▏' => {
            let share = to_float('▏' as usize - character as usize + 1) / 8.0;
            block((0.0, 0.0), (share, 1.0), 1.0)
        }
        _ => line(svg, at, character, look),
    }
}

/// A part of a cell, from a place in it on, both in cells.
fn block(svg: &mut String, at: (usize, u16), from: (f64, f64), size: (f64, f64), color: &str, opacity: f64) {
    let (x, y) = corner(at);
    let (x, y) = (from.0.mul_add(CELL.0, x), from.1.mul_add(CELL.1, y));
    let (width, height) = (size.0 * CELL.0, size.1 * CELL.1);
    let _ = write!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{color}\"");
    if opacity < 1.0 {
        let _ = write!(svg, " opacity=\"{opacity}\"");
    }
    svg.push_str(" shape-rendering=\"crispEdges\"/>\n");
}

/// A line of a frame, through the middle of its cell.
fn line(svg: &mut String, at: (usize, u16), character: char, look: &Look) -> bool {
    let (left, top) = corner(at);
    let (right, bottom) = (left + CELL.0, top + CELL.1);
    let (x, y) = (left + CELL.0 / 2.0, top + CELL.1 / 2.0);
    let path = match character {
        '─' | '━' => format!("M{left} {y}H{right}"),
        '╸' => format!("M{left} {y}H{x}"),
        '│' => format!("M{x} {top}V{bottom}"),
        '╭' => format!("M{x} {bottom}Q{x} {y} {right} {y}"),
        '╮' => format!("M{x} {bottom}Q{x} {y} {left} {y}"),
        '╰' => format!("M{x} {top}Q{x} {y} {right} {y}"),
        '╯' => format!("M{x} {top}Q{x} {y} {left} {y}"),
        _ => return false,
    };
    let _ = writeln!(
        svg,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"/>",
        look.text,
        if matches!(character, '━' | '╸') { 3 } else { 1 }
    );
    true
}

/// The upper left corner of a cell.
fn corner((x, y): (usize, u16)) -> (f64, f64) {
    (to_float(x).mul_add(CELL.0, PADDING), f64::from(y).mul_add(CELL.1, TITLE))
}

fn to_float(cells: usize) -> f64 {
    f64::from(to_column(cells))
}

fn to_column(cells: usize) -> u16 {
    u16::try_from(cells).unwrap_or(u16::MAX)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The colour in the words of SVG; the sixteen as xterm has them, and nothing for the terminal's own.
fn color(color: Color) -> Option<String> {
    let hex = match color {
        Color::Rgb(red, green, blue) => return Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        Color::Indexed(index) => return Some(indexed(index)),
        Color::Reset => return None,
        Color::Black => "#000000",
        Color::Red => "#cd3131",
        Color::Green => "#0dbc79",
        Color::Yellow => "#e5e510",
        Color::Blue => "#2472c8",
        Color::Magenta => "#bc3fbc",
        Color::Cyan => "#11a8cd",
        Color::Gray => "#bfbfbf",
        Color::DarkGray => "#666666",
        Color::LightRed => "#f14c4c",
        Color::LightGreen => "#23d18b",
        Color::LightYellow => "#f5f543",
        Color::LightBlue => "#3b8eea",
        Color::LightMagenta => "#d670d6",
        Color::LightCyan => "#29b8db",
        Color::White => "#e5e5e5",
    };
    Some(hex.to_owned())
}

/// One of the 240 colours of xterm behind the sixteen.
fn indexed(index: u8) -> String {
    if index >= 232 {
        let gray = 8 + 10 * (index - 232);
        return format!("#{gray:02x}{gray:02x}{gray:02x}");
    }
    let level = |step: u8| [0, 95, 135, 175, 215, 255][usize::from(step % 6)];
    let place = index.saturating_sub(16);
    let (red, green, blue) = (level(place / 36), level(place / 6), level(place));
    format!("#{red:02x}{green:02x}{blue:02x}")
}

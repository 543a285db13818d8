//! Numbers in large type: three rows high, of half blocks.

/// How many rows a large number takes.
pub(super) const ROWS: u16 = 3;

/// A digit as five rows of three dots, and a row below them; a bit is a dot, the highest the leftmost.
const DIGITS: [[u8; 6]; 10] = [
    [7, 5, 5, 5, 7, 0],
    [2, 6, 2, 2, 7, 0],
    [7, 1, 7, 4, 7, 0],
    [7, 1, 7, 1, 7, 0],
    [5, 5, 7, 1, 1, 0],
    [7, 4, 7, 1, 7, 0],
    [7, 4, 7, 5, 7, 0],
    [7, 1, 1, 1, 1, 0],
    [7, 5, 7, 5, 7, 0],
    [7, 5, 7, 1, 7, 0],
];

/// The rows of a number that [`kami_common::words::number`] wrote.
pub(super) fn rows(number: &str) -> [String; ROWS as usize] {
    let mut rows: [String; ROWS as usize] = Default::default();
    for (index, character) in number.chars().enumerate() {
        let (dots, width) = match character.to_digit(10) {
            Some(digit) => (DIGITS[digit as usize], 3),
            // The comma hangs below the digits, so that it is not taken for a point.
            None => ([0, 0, 0, 0, 1, 1], 1),
        };
        for (row, text) in rows.iter_mut().enumerate() {
            if index > 0 {
                text.push(' ');
            }
            let (upper, lower) = (dots[row * 2], dots[row * 2 + 1]);
            text.extend((0..width).rev().map(|dot| match (upper >> dot & 1, lower >> dot & 1) {
                (0, 0) => ' ',
                (1, 0) => '▀',
                (0, _) => '▄',
                _ => '█',
            }));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_from_its_blocks() {
        assert_eq!(
            rows("1,274"),
            [
                "▄█    ▀▀█ ▀▀█ █ █", //
                " █    █▀▀   █ ▀▀█",
                "▀▀▀ █ ▀▀▀   ▀   ▀",
            ]
        );
    }
}

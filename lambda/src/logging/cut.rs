//! Cutting off what is too long.

/// Stands where something was cut off.
pub(super) const CUT: &str = "…";

/// The text itself, or as much of its beginning as fits, with a mark.
pub(super) fn shortened(text: &str, room: usize) -> String {
    if text.len() <= room {
        return text.to_owned();
    }
    format!("{}{CUT}", &text[..text.floor_char_boundary(room)])
}

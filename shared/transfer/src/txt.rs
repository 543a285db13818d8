//! The text form that sellers' tools read: behind a head of comments one code a line.

use chrono::{DateTime, Utc};

use kami_core::hidden::is_hidden;
use kami_core::prefix::Prefix;
use kami_core::record::CardRecord;
use kami_core::zone::Zone;

/// What the name of a file of unused cards begins with.
pub const FILE: &str = "unused_cards_";

/// What stands for the prefix in the name of a file of cards without one.
const NO_PREFIX: &str = "no-prefix";

/// The name of a file of unused cards, of one prefix or without one if that is given.
pub fn file_name(prefix: Option<&str>, at: DateTime<Utc>, zone: Zone) -> String {
    let at = zone.format(at, "%Y%m%d_%H%M%S");
    let Some(prefix) = prefix else { return format!("{FILE}{at}.txt") };
    let prefix = if prefix.is_empty() { NO_PREFIX } else { prefix };
    // A prefix that was taken over may hold what no file name should.
    let safe = |character| if Prefix::allows(character) { character } else { '_' };
    let prefix: String = prefix.chars().map(safe).collect();
    format!("{FILE}{prefix}_{at}.txt")
}

/// The line of one card.
pub fn line(card: &CardRecord) -> String {
    format!("{}\n", one_line(&card.full_code))
}

/// The text without what would break a line or is not seen: no code of kami's has that, one that was taken over might.
pub fn one_line(text: &str) -> String {
    text.chars().filter(|character| !is_hidden(*character)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kami_core::card::CardStatus;
    use kami_core::testing::card;

    #[test]
    fn the_form_that_sellers_tools_read() {
        let at = "2026-01-01T04:00:00Z".parse().unwrap();
        let zone = Zone::default();
        assert_eq!(file_name(None, at, zone), "unused_cards_20260101_120000.txt");
        assert_eq!(file_name(Some("VIP"), at, zone), "unused_cards_VIP_20260101_120000.txt");
        assert_eq!(file_name(Some("../季卡"), at, zone), "unused_cards____季卡_20260101_120000.txt");
        assert_eq!(line(&card(CardStatus::Unused, None, None, None)), "VIP-DEMO123456\n");
        assert_eq!(file_name(Some(""), at, zone), "unused_cards_no-prefix_20260101_120000.txt");
    }

    #[test]
    fn a_line_holds_nothing_that_is_not_seen() {
        for character in '\0'..=char::MAX {
            let line = one_line(&format!("VIP-{character}A"));
            assert!(line.starts_with("VIP-") && !line.chars().any(is_hidden), "{character:?}");
        }
    }
}

//! Moments that no calendar has: zeros, a month 0, the 31st of February. A lax server stores them; no program reads them.
//!
//! The rules keep what a card has answered. The server compares such a moment by its digits, so that the last real
//! second before it stands before and after the same moments. One without a year stands before all of them, and says
//! nothing: an unused card has no moment of use and no end anyway; a used one ends as long after its use as it lasts,
//! and where that is unknown too, it stays what it is to the server, over.

use std::fmt::Write;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use serde_json::{Map, Value, json};

use crate::StoreError;
use crate::record::take;

/// How many cards are fixed at once.
const CHUNK: usize = 1000;

/// The first year of which servers say that they keep it rightly.
const FIRST_YEAR: i32 = 1000;

/// The condition that a column holds no moment, though something. Of most rows it need not ask how long the month is, which
/// costs the most.
pub(super) fn is_damaged(column: &str) -> String {
    format!(
        "({column} IS NOT NULL AND (YEAR({column}) < {FIRST_YEAR} OR MONTH({column}) = 0 OR DAY({column}) = 0 \
         OR DAY({column}) > 28 AND DAY({column}) > DAY(LAST_DAY(DATE_FORMAT({column}, '%Y-%m-01')))))"
    )
}

/// What stands in a column of moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    Nothing,
    Moment(NaiveDateTime),
    /// A day that no calendar has, with the last real second before it.
    After(NaiveDateTime),
    /// `0000-00-00 00:00:00`.
    Zero,
}

impl Stored {
    fn read(text: Option<&str>) -> Self {
        let Some(text) = text else { return Self::Nothing };
        let numbers: Vec<u32> =
            text.split(['-', ' ', ':', '.']).map_while(|part| part.parse().ok()).collect();
        let at = |place: usize| numbers.get(place).copied().unwrap_or(0);
        let (year, month, day) = (i32::try_from(at(0)).unwrap_or(0), at(1), at(2));
        let time = NaiveTime::from_hms_opt(at(3), at(4), at(5)).unwrap_or(NaiveTime::MIN);
        if year < FIRST_YEAR {
            return Self::Zero;
        }
        if let Some(date) = NaiveDate::from_ymd_opt(year, month, day) {
            return Self::Moment(date.and_time(time));
        }
        // The first day that follows: the month's own, the next month's, or the year's.
        let next = match (month, day) {
            (0, _) => NaiveDate::from_ymd_opt(year, 1, 1),
            (_, 0) => NaiveDate::from_ymd_opt(year, month, 1),
            (12, _) => NaiveDate::from_ymd_opt(year + 1, 1, 1),
            _ => NaiveDate::from_ymd_opt(year, month + 1, 1),
        };
        let before = next.map(|next| next.and_time(NaiveTime::MIN) - TimeDelta::seconds(1));
        before.filter(|before| before.year() >= FIRST_YEAR).map_or(Self::Zero, Self::After)
    }

    /// The moment, or what comes next to it.
    fn moment(self) -> Option<NaiveDateTime> {
        match self {
            Self::Moment(moment) | Self::After(moment) => Some(moment),
            Self::Nothing | Self::Zero => None,
        }
    }

    fn is_damaged(self) -> bool {
        matches!(self, Self::After(_) | Self::Zero)
    }
}

/// A card's moments as they are stored, with what they depend on.
#[derive(Clone, Copy, Debug)]
struct Damaged {
    is_unused: bool,
    /// Whether some machine has it.
    is_bound: bool,
    duration_seconds: Option<u32>,
    used_at: Stored,
    expire_at: Stored,
    created_at: Stored,
    updated_at: Stored,
}

/// A card's moments as they are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "they are the columns' names")]
struct Fixed {
    used_at: Option<NaiveDateTime>,
    expire_at: Option<NaiveDateTime>,
    created_at: NaiveDateTime,
    updated_at: Option<NaiveDateTime>,
}

/// The end of a card of which nothing is known but that it is over.
fn long_ago() -> NaiveDateTime {
    chrono::DateTime::UNIX_EPOCH.naive_utc()
}

impl Damaged {
    fn fixed(&self, now: NaiveDateTime) -> Fixed {
        let used_at = if self.is_unused && self.used_at.is_damaged() { None } else { self.used_at.moment() };
        let updated_at = self.updated_at.moment();
        let created_at = self.created_at.moment().or(used_at).or(updated_at).unwrap_or(now);
        let expire_at = match (self.expire_at, self.is_unused) {
            (Stored::Moment(end), _) | (Stored::After(end), false) => Some(end),
            (Stored::Nothing, _) | (Stored::After(_) | Stored::Zero, true) => None,
            (Stored::Zero, false) => match used_at {
                Some(used_at) => {
                    let lasts = self.duration_seconds.map(|seconds| TimeDelta::seconds(seconds.into()));
                    lasts.and_then(|lasts| used_at.checked_add_signed(lasts))
                }
                // A card that was withdrawn before anybody used it.
                None if !self.is_bound => None,
                None => Some(self.created_at.moment().unwrap_or(long_ago())),
            },
        };
        Fixed { used_at, expire_at, created_at, updated_at }
    }
}

/// Fixes the moments of every card, a thousand cards at a time, in a table that is in its form.
pub(super) async fn fix(connection: &mut Conn) -> Result<(), StoreError> {
    let mut is_damaged_any = String::from("FALSE");
    for column in ["used_at", "expire_at", "created_at", "updated_at"] {
        write!(is_damaged_any, " OR {}", is_damaged(column)).map_err(|_| StoreError::Abandoned)?;
    }
    let query = format!(
        "SELECT id, status = 'UNUSED', machine_code IS NOT NULL, duration_seconds, CAST(used_at AS CHAR), \
             CAST(expire_at AS CHAR), CAST(created_at AS CHAR), CAST(updated_at AS CHAR), UTC_TIMESTAMP(), \
             status = 'DISABLED' \
         FROM cards FORCE INDEX (PRIMARY) WHERE id > ? AND ({is_damaged_any}) ORDER BY id LIMIT {CHUNK}"
    );
    let mut behind = 0_u64;
    loop {
        let rows: Vec<Row> = connection.exec(&query, (behind,)).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        behind = last.get(0).ok_or(StoreError::Undecodable)?;
        let changes = rows.into_iter().map(change).collect::<Result<Vec<_>, _>>()?;
        connection.exec_drop(WRITE, (json!(changes).to_string(),)).await?;
    }
}

/// Gives cards other moments; what is left out is NULL.
const WRITE: &str = "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
        id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
        used_at DATETIME PATH '$.used_at' NULL ON EMPTY ERROR ON ERROR,
        expire_at DATETIME PATH '$.expire_at' NULL ON EMPTY ERROR ON ERROR,
        created_at DATETIME PATH '$.created_at' ERROR ON ERROR,
        updated_at DATETIME PATH '$.updated_at' NULL ON EMPTY ERROR ON ERROR)) AS fixed
    STRAIGHT_JOIN cards ON cards.id = fixed.id
    SET cards.used_at = fixed.used_at, cards.expire_at = fixed.expire_at,
        cards.created_at = fixed.created_at, cards.updated_at = fixed.updated_at";

fn change(mut row: Row) -> Result<Map<String, Value>, StoreError> {
    let id: u64 = take(&mut row, 0)?;
    let now: NaiveDateTime = take(&mut row, 8)?;
    let is_withdrawn: bool = take(&mut row, 9)?;
    let mut stored = |column| -> Result<Stored, StoreError> {
        Ok(Stored::read(take::<Option<String>>(&mut row, column)?.as_deref()))
    };
    let (used_at, expire_at, created_at, updated_at) = (stored(4)?, stored(5)?, stored(6)?, stored(7)?);
    let is_bound: bool = take(&mut row, 2)?;
    let damaged = Damaged {
        is_unused: take(&mut row, 1)?,
        is_bound: is_bound || !is_withdrawn,
        duration_seconds: take(&mut row, 3)?,
        used_at,
        expire_at,
        created_at,
        updated_at,
    };
    let Fixed { used_at, expire_at, created_at, updated_at } = damaged.fixed(now);
    let mut change = Map::new();
    change.insert("id".to_owned(), id.into());
    for (name, moment) in [
        ("used_at", used_at),
        ("expire_at", expire_at),
        ("created_at", Some(created_at)),
        ("updated_at", updated_at),
    ] {
        if let Some(moment) = moment {
            change.insert(name.to_owned(), moment.format("%Y-%m-%d %H:%M:%S").to_string().into());
        }
    }
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str) -> Stored {
        Stored::read(Some(text).filter(|text| !text.is_empty()))
    }

    fn moment(text: &str) -> Option<NaiveDateTime> {
        Some(text)
            .filter(|text| !text.is_empty())
            .map(|text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap())
    }

    #[test]
    fn an_impossible_moment_becomes_the_last_real_one_before_it() {
        for (text, last) in [
            ("2024-02-31 10:00:00", "2024-02-29 23:59:59"),
            ("2023-02-29 10:00:00", "2023-02-28 23:59:59"),
            ("2024-04-31 00:00:00", "2024-04-30 23:59:59"),
            ("2024-00-10 00:00:00", "2023-12-31 23:59:59"),
            ("2024-00-00 12:00:00", "2023-12-31 23:59:59"),
            ("2024-03-00 00:00:00", "2024-02-29 23:59:59"),
            ("2024-01-00", "2023-12-31 23:59:59"),
        ] {
            assert_eq!(stored(text), Stored::After(moment(last).unwrap()), "{text}");
        }
        for text in ["0000-00-00 00:00:00", "0000-00-00", "0000-05-05 00:00:00", "0024-01-01 00:00:00"] {
            assert_eq!(stored(text), Stored::Zero, "{text}");
        }
        assert_eq!(stored("1000-00-00 00:00:00"), Stored::Zero, "nothing real comes before it");
        assert_eq!(stored("2024-01-02 03:04:05.678"), Stored::Moment(moment("2024-01-02 03:04:05").unwrap()));
    }

    #[test]
    fn what_a_card_answers_stays() {
        const ZERO: &str = "0000-00-00 00:00:00";
        const USED: &str = "2024-01-01 00:00:00";
        const NOW: &str = "2026-01-01 00:00:00";
        for (is_unused, is_bound, used, end, made, changed, wanted) in [
            // An unused card loses what it never had.
            (true, false, ZERO, ZERO, USED, ZERO, ("", "", USED, "")),
            (true, false, "2024-00-10 00:00:00", "2024-02-31 00:00:00", USED, "", ("", "", USED, "")),
            // A used one ends three hours after its use, or where the server saw its end.
            (false, true, USED, ZERO, USED, USED, (USED, "2024-01-01 03:00:00", USED, USED)),
            (false, true, USED, "2024-02-31 00:00:00", USED, USED, (USED, "2024-02-29 23:59:59", USED, USED)),
            (false, true, ZERO, USED, ZERO, "", ("", USED, NOW, "")),
            // One of which nothing is known is over.
            (false, true, ZERO, ZERO, ZERO, ZERO, ("", "1970-01-01 00:00:00", NOW, "")),
            (false, true, ZERO, ZERO, USED, ZERO, ("", USED, USED, "")),
            // One that was withdrawn unused is no more over than before.
            (false, false, ZERO, ZERO, USED, ZERO, ("", "", USED, "")),
            // One without an end has none.
            (false, true, USED, "", ZERO, USED, (USED, "", USED, USED)),
        ] {
            let damaged = Damaged {
                is_unused,
                is_bound,
                duration_seconds: Some(10_800),
                used_at: stored(used),
                expire_at: stored(end),
                created_at: stored(made),
                updated_at: stored(changed),
            };
            let fixed = damaged.fixed(moment(NOW).unwrap());
            let (used_at, expire_at, created_at, updated_at) = wanted;
            let wanted = Fixed {
                used_at: moment(used_at),
                expire_at: moment(expire_at),
                created_at: moment(created_at).unwrap(),
                updated_at: moment(updated_at),
            };
            assert_eq!(fixed, wanted, "{damaged:?}");
        }
    }
}

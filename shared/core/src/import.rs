//! Cards to import, a million of them in little memory: their texts stand in one, and a row says where.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};

use crate::app::AppName;
use crate::card::mask;
use crate::duration::CardDuration;
use crate::operator::Note;
use crate::policy::PolicyPart;
use crate::prefix::{self, Prefix};
use crate::seats::Seats;

/// A card of a file, before it is one of the database.
#[derive(Clone, PartialEq, Eq)]
pub struct ImportCard {
    /// The prefix that it is filed under, if it has one.
    pub prefix: Option<Prefix>,
    /// The code that the customer types.
    pub full_code: String,
    /// How long it lasts from its activation.
    pub duration: CardDuration,
    /// What is written down about it.
    pub note: Option<Note>,
    /// The app that it says it belongs to.
    pub app: Option<AppName>,
    /// How many machines may use it at once.
    pub seats: Seats,
    /// Where it departs from the policy of its app.
    pub policy: PolicyPart,
    /// How many points it has; `None` for a card that has none.
    pub points: Option<u32>,
    /// The last moment that no activation outlasts.
    pub valid_until: Option<DateTime<Utc>>,
}

impl ImportCard {
    /// A card of which no more is said than its code, its prefix and how long it lasts.
    pub fn new(prefix: Option<Prefix>, full_code: String, duration: CardDuration) -> Self {
        let (seats, policy) = (Seats::default(), PolicyPart::default());
        let (points, valid_until) = (None, None);
        Self { prefix, full_code, duration, note: None, app: None, seats, policy, points, valid_until }
    }

    /// The prefix, empty where it has none.
    pub fn prefix(&self) -> &str {
        self.prefix.as_ref().map_or("", Prefix::as_str)
    }

    /// The code behind the prefix: all of it where it does not begin with that.
    pub fn code(&self) -> &str {
        prefix::behind(self.prefix(), &self.full_code).unwrap_or(&self.full_code)
    }
}

/// Shows no more of the code than a log line may hold.
impl fmt::Debug for ImportCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportCard")
            .field("full_code", &mask(&self.full_code))
            .field("duration", &self.duration)
            .finish_non_exhaustive()
    }
}

/// Cards that are to be imported, in the order of their lines.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ImportCards {
    /// The full code of each card, and behind it its note, its app, its policy and its prefix.
    text: String,
    cards: Vec<Place>,
}

/// Where a card stands; the lengths are in bytes, and fit because all of them are bounded.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    start: usize,
    /// The last moment in seconds of Unix; where it has none, a number that is no moment.
    valid_until: i64,
    line: u32,
    /// The seconds that it lasts, at least one; 0 for ever.
    seconds: u32,
    /// One more than its points; 0 where it has none.
    points: u32,
    full_code: u16,
    note: u16,
    seats: u16,
    app: u8,
    policy: u8,
    prefix: u8,
}

/// One of the cards.
#[derive(Clone, Copy)]
pub struct ImportRow<'a> {
    /// The number of its line, from 1.
    pub line: u64,
    /// The code that the customer types.
    pub full_code: &'a str,
    /// The prefix that it is filed under, empty where it has none.
    pub prefix: &'a str,
    /// The code behind the prefix: all of it where it does not begin with that.
    pub code: &'a str,
    /// How long it lasts from its activation.
    pub duration: CardDuration,
    /// What is written down about it.
    pub note: Option<&'a str>,
    /// The name of the app that it says it belongs to.
    pub app: Option<&'a str>,
    /// How many machines may use it at once.
    pub seats: u16,
    /// Where it departs from the policy of its app, in the words of [`PolicyPart`].
    pub policy: Option<&'a str>,
    /// How many points it has; `None` for a card that has none.
    pub points: Option<u32>,
    /// The last moment that no activation outlasts.
    pub valid_until: Option<DateTime<Utc>>,
}

impl ImportCards {
    /// How many there are.
    pub const fn len(&self) -> usize {
        self.cards.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// The card at a place, from 0.
    pub fn get(&self, place: usize) -> Option<ImportRow<'_>> {
        self.cards.get(place).map(|card| self.row(card))
    }

    /// Every card.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ImportRow<'_>> + Clone {
        self.cards.iter().map(|card| self.row(card))
    }

    /// The cards in steps of so many, the last of them shorter.
    pub fn chunks(&self, size: usize) -> impl Iterator<Item = Vec<ImportRow<'_>>> {
        self.cards.chunks(size).map(|cards| cards.iter().map(|card| self.row(card)).collect())
    }

    /// How many each app would get, by its name; those that name none are of `app`.
    pub fn by_app<'a>(&'a self, app: &'a AppName) -> BTreeMap<&'a str, u64> {
        let mut apps = BTreeMap::new();
        for card in self.iter() {
            *apps.entry(card.app.unwrap_or(app.as_str())).or_insert(0) += 1;
        }
        apps
    }

    /// Adds the card of a line.
    pub fn push(&mut self, line: u64, card: &ImportCard) {
        let start = self.text.len();
        let (full_code, prefix) = (card.full_code.as_str(), card.prefix());
        let app = card.app.as_ref().map(AppName::as_str).unwrap_or_default();
        let note = card.note.as_ref().map(Note::as_str).unwrap_or_default();
        let policy = card.policy.to_string();
        self.text.push_str(full_code);
        self.text.push_str(note);
        self.text.push_str(app);
        self.text.push_str(&policy);
        self.text.push_str(prefix);
        self.cards.push(Place {
            start,
            valid_until: card.valid_until.map_or(i64::MIN, |until| until.timestamp()),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            seconds: card.duration.seconds().unwrap_or(0),
            points: card.points.map_or(0, |points| points.saturating_add(1)),
            full_code: u16::try_from(full_code.len()).unwrap_or(u16::MAX),
            note: u16::try_from(note.len()).unwrap_or(u16::MAX),
            seats: card.seats.get(),
            app: u8::try_from(app.len()).unwrap_or(u8::MAX),
            policy: u8::try_from(policy.len()).unwrap_or(u8::MAX),
            prefix: u8::try_from(prefix.len()).unwrap_or(u8::MAX),
        });
    }

    /// Takes the prefix of the card at a place from it: its code is whole then.
    pub fn unfile(&mut self, place: usize) {
        if let Some(card) = self.cards.get_mut(place) {
            card.prefix = 0;
        }
    }

    /// Removes the cards at these places, which ascend.
    pub fn remove(&mut self, places: &[u32]) {
        let mut removed = places.iter().peekable();
        let mut place = 0;
        self.cards.retain(|_| {
            let is_removed = removed.next_if(|removed| **removed == place).is_some();
            place += 1;
            !is_removed
        });
    }

    fn row(&self, card: &Place) -> ImportRow<'_> {
        let (full_code, rest) = self.text[card.start..].split_at(usize::from(card.full_code));
        let (note, rest) = rest.split_at(usize::from(card.note));
        let (app, rest) = rest.split_at(usize::from(card.app));
        let (policy, rest) = rest.split_at(usize::from(card.policy));
        let prefix = &rest[..usize::from(card.prefix)];
        ImportRow {
            line: u64::from(card.line),
            full_code,
            prefix,
            code: prefix::behind(prefix, full_code).unwrap_or(full_code),
            duration: CardDuration::from_seconds((card.seconds > 0).then_some(card.seconds)),
            note: (!note.is_empty()).then_some(note),
            app: (!app.is_empty()).then_some(app),
            seats: card.seats,
            policy: (!policy.is_empty()).then_some(policy),
            points: card.points.checked_sub(1),
            valid_until: DateTime::from_timestamp(card.valid_until, 0),
        }
    }
}

impl FromIterator<ImportCard> for ImportCards {
    /// The cards as lines from 1.
    fn from_iter<T: IntoIterator<Item = ImportCard>>(cards: T) -> Self {
        let mut all = Self::default();
        for (line, card) in (1..).zip(cards) {
            all.push(line, &card);
        }
        all
    }
}

/// Shows no code.
impl fmt::Debug for ImportCards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportCards").field("cards", &self.cards.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    fn card(prefix: &str, full_code: &str) -> ImportCard {
        let prefix = (!prefix.is_empty()).then(|| prefix.parse().unwrap());
        ImportCard::new(prefix, full_code.into(), CardDuration::Forever)
    }

    #[test]
    fn a_card_comes_out_as_it_went_in() {
        let wide = "\u{20000}";
        let widest = ImportCard {
            duration: CardDuration::Seconds(u32::MAX),
            note: Note::parse(&wide.repeat(255)).unwrap(),
            ..card(&wide.repeat(16), &format!("{}-{}", wide.repeat(16), wide.repeat(64)))
        };
        let given = [
            widest,
            card("-a-", "-a--B"),
            card("", "A1B2C3-D4E5F6"),
            card("", "季"),
            card("VIP", "ABCD1234"),
            ImportCard { points: Some(0), valid_until: Some(at(-1)), ..card("VIP", "VIP-") },
        ];
        let cards: ImportCards = given.iter().cloned().collect();
        assert_eq!(cards.len(), given.len());
        for ((line, card), row) in (1..).zip(&given).zip(cards.iter()) {
            assert_eq!((row.line, row.full_code), (line, card.full_code.as_str()));
            assert_eq!((row.prefix, row.code), (card.prefix(), card.code()));
            assert_eq!((row.points, row.valid_until), (card.points, card.valid_until));
            assert_eq!((row.duration, row.note), (card.duration, card.note.as_ref().map(Note::as_str)));
        }
        assert!(cards.get(given.len()).is_none());
        assert!(!format!("{cards:?}").contains("-a-"));
    }

    #[test]
    fn the_code_of_a_card_is_what_stands_behind_its_prefix_or_all_of_it() {
        for (prefix, full_code, code) in [
            ("VIP", "VIP-A1", "A1"),
            ("-a-", "-a--B", "B"),
            ("KEYAUTH", "KEYAUTH-A1-B2", "A1-B2"),
            ("VIP", "ABCD1234", "ABCD1234"),
            ("", "A1B2C3-D4E5F6", "A1B2C3-D4E5F6"),
            ("", "季", "季"),
        ] {
            assert_eq!(card(prefix, full_code).code(), code);
        }
    }

    #[test]
    fn cards_lose_their_prefix_or_go_and_the_others_stay() {
        let mut cards: ImportCards =
            ["A-1", "A-2", "A-3", "A-4"].map(|code| card("A", code)).into_iter().collect();
        cards.unfile(1);
        cards.remove(&[0, 2]);
        let left: Vec<_> = cards.iter().map(|row| (row.line, row.full_code, row.prefix, row.code)).collect();
        assert_eq!(left, [(2, "A-2", "", "A-2"), (4, "A-4", "A", "4")]);
    }

    #[test]
    fn cards_are_of_the_app_that_they_name_or_of_the_usual_one() {
        let of = |app: Option<&str>, code| {
            let app = app.map(|app| app.parse().unwrap());
            ImportCard { app, ..card("A", code) }
        };
        let cards: ImportCards =
            [of(None, "A-1"), of(Some("demo"), "A-2"), of(None, "A-3"), of(Some("zoo"), "A-4")]
                .into_iter()
                .collect();
        for (app, apps) in [
            ("default", vec![("default", 2), ("demo", 1), ("zoo", 1)]),
            ("demo", vec![("demo", 3), ("zoo", 1)]),
        ] {
            assert!(cards.by_app(&app.parse().unwrap()).into_iter().eq(apps), "{app}");
        }
        assert!(ImportCards::default().by_app(&AppName::default()).is_empty());
    }
}

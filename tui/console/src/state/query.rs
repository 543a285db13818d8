//! What the operator asked to see: a search, filters that combine, and an order.

use chrono::{DateTime, Utc};
use kami_common::period::{Period, Side};
use kami_common::saved_view::SavedView;
use kami_common::search_in::SearchIn;
use kami_core::app::AppName;
use kami_core::card::CardStatus;
use kami_core::filter::{Filter, Sort, TextFilter};
use kami_core::zone::Zone;
use tui_input::Input;

/// One filter, shown as a chip that can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chip {
    /// Only cards of one are shown.
    App,
    /// Only cards of it are shown.
    Status(CardStatus),
    /// Only cards that are filed under one are shown.
    Prefix,
    /// Only cards that were made with it are shown.
    Batch(u64),
    /// When cards were generated.
    Created(Period),
    /// When cards were activated.
    Used(Period),
    /// When cards expire.
    Expiring(Period),
    /// Only cards that seem to be shared are shown.
    Shared,
    /// Only cards with a key that was copied are shown.
    Copied,
}

/// What the operator asked to see.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The search as it is typed.
    pub text: Input,
    /// Where it looks.
    pub search_in: SearchIn,
    /// Everything but the search; its ranges are what the periods meant when they were last settled.
    pub filter: Filter,
    /// When cards were generated, as it was typed.
    pub created: Option<Period>,
    /// When cards were activated, as it was typed.
    pub used: Option<Period>,
    /// When cards expire, as it was typed.
    pub expiring: Option<Period>,
    /// The order.
    pub sort: Sort,
}

impl From<&SavedView> for Query {
    fn from(view: &SavedView) -> Self {
        Self {
            text: Input::new(view.text.clone()),
            search_in: view.search_in,
            filter: Filter {
                app: view.app.as_ref().map(|app| app.as_str().to_owned()),
                status: view.status,
                prefix: view.prefix.clone(),
                batch_id: view.batch,
                is_shared: view.is_shared,
                is_copied: view.is_copied,
                ..Filter::default()
            },
            sort: view.sort,
            created: view.created,
            used: view.used,
            expiring: view.expiring,
        }
    }
}

impl Query {
    /// The whole condition, the search included.
    pub fn whole_filter(&self) -> Filter {
        let text = self.text.value().trim();
        let text = (!text.is_empty()).then(|| {
            let text = text.to_owned();
            match self.search_in {
                SearchIn::CodeStart => TextFilter::CodePrefix(text),
                SearchIn::CodePart => TextFilter::CodeContains(text),
                SearchIn::Codes => TextFilter::Codes(text),
                SearchIn::Machine => TextFilter::MachinePrefix(text),
                SearchIn::Note => TextFilter::NoteContains(text),
            }
        });
        Filter { text, ..self.filter.clone() }
    }

    /// The app whose cards alone are shown.
    pub fn app(&self) -> Option<AppName> {
        self.filter.app.as_deref()?.parse().ok()
    }

    /// Works out what the periods mean now.
    pub fn settle(&mut self, zone: Zone, now: DateTime<Utc>) {
        self.filter.created = self.created.map(|period| period.range(Side::Past, zone, now));
        self.filter.used = self.used.map(|period| period.range(Side::Past, zone, now));
        self.filter.expiring = self.expiring.map(|period| period.range(Side::Future, zone, now));
    }

    /// Whether it hides any card.
    pub fn is_filtered(&self) -> bool {
        !self.text.value().trim().is_empty() || !self.chips().is_empty()
    }

    /// Whether it hides no card of the app that is looked at, or of all.
    pub fn is_whole_app(&self) -> bool {
        self.text.value().trim().is_empty() && self.chips().iter().all(|chip| *chip == Chip::App)
    }

    /// The filters, in the order of their chips.
    pub fn chips(&self) -> Vec<Chip> {
        let filter = &self.filter;
        [
            filter.app.as_ref().map(|_| Chip::App),
            filter.status.map(Chip::Status),
            filter.prefix.as_ref().map(|_| Chip::Prefix),
            filter.batch_id.map(Chip::Batch),
            self.created.map(Chip::Created),
            self.used.map(Chip::Used),
            self.expiring.map(Chip::Expiring),
            filter.is_shared.then_some(Chip::Shared),
            filter.is_copied.then_some(Chip::Copied),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Takes the last filter away, the search first; says whether there was one.
    pub fn drop_last(&mut self) -> bool {
        if !self.text.value().is_empty() {
            self.drop_text();
            return true;
        }
        match self.chips().last() {
            None => false,
            Some(chip) => {
                self.drop(*chip);
                true
            }
        }
    }

    /// Takes the search away; the next one looks where searches begin.
    pub fn drop_text(&mut self) {
        self.text.reset();
        self.search_in = SearchIn::default();
    }

    /// Takes one filter away.
    pub fn drop(&mut self, chip: Chip) {
        match chip {
            Chip::App => self.filter.app = None,
            Chip::Status(_) => self.filter.status = None,
            Chip::Prefix => self.filter.prefix = None,
            Chip::Batch(_) => self.filter.batch_id = None,
            Chip::Created(_) => self.created = None,
            Chip::Used(_) => self.used = None,
            Chip::Expiring(_) => self.expiring = None,
            Chip::Shared => self.filter.is_shared = false,
            Chip::Copied => self.filter.is_copied = false,
        }
    }

    /// Takes every filter and the search away.
    pub fn clear(&mut self) {
        self.drop_text();
        self.filter = Filter::default();
        (self.created, self.used, self.expiring) = (None, None, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_becomes_the_condition_of_its_kind() {
        let mut query = Query { text: Input::new(" vip ".to_owned()), ..Query::default() };
        for kind in [
            TextFilter::CodePrefix("vip".to_owned()),
            TextFilter::CodeContains("vip".to_owned()),
            TextFilter::Codes("vip".to_owned()),
            TextFilter::MachinePrefix("vip".to_owned()),
            TextFilter::NoteContains("vip".to_owned()),
        ] {
            assert_eq!(query.whole_filter().text, Some(kind));
            query.search_in = query.search_in.turned(true);
        }
        assert_eq!(query.search_in, SearchIn::CodeStart);
        assert_eq!(query.search_in.turned(false), SearchIn::Note);
    }

    #[test]
    fn filters_go_one_by_one_the_search_first() {
        let mut query = Query { text: Input::new("x".to_owned()), ..Query::default() };
        query.filter.status = Some(CardStatus::Active);
        query.filter.batch_id = Some(7);
        query.filter.is_shared = true;
        query.filter.is_copied = true;
        assert_eq!(
            query.chips(),
            [Chip::Status(CardStatus::Active), Chip::Batch(7), Chip::Shared, Chip::Copied]
        );
        let mut left = Vec::new();
        while query.drop_last() {
            left.push((query.text.value().len(), query.chips().len()));
        }
        assert_eq!(left, [(0, 4), (0, 3), (0, 2), (0, 1), (0, 0)]);
        assert!(!query.is_filtered());
    }
}

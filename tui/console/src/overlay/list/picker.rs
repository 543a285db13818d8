//! A list to choose from by typing a few letters of what is wanted.

use tui_input::{Input, InputRequest};

use super::fuzzy;

/// A list to choose a `T` from.
#[derive(Clone, Debug)]
pub struct Picker<T> {
    /// What was typed.
    pub query: Input,
    /// The row under the cursor, among those that are found.
    pub cursor: usize,
    /// Whether the items are still on their way.
    pub waiting: bool,
    /// What may be typed, where that is not plain.
    pub hint: Option<String>,
    items: Vec<Item<T>>,
}

/// Something that can be chosen.
#[derive(Clone, Debug)]
pub struct Item<T> {
    /// What is chosen.
    pub value: T,
    /// What it is called; this is what is searched.
    pub label: String,
    /// What stands at its right: a number, a key.
    pub detail: String,
    /// Why it cannot be chosen now.
    pub refusal: Option<String>,
    /// Whether it is switched on, in a list of switches.
    pub ticked: Option<bool>,
    /// Whether it is made of what was typed, so that it is always found, and first.
    pub is_typed: bool,
}

impl<T> Item<T> {
    /// An item that can be chosen.
    pub fn new(value: T, label: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            value,
            label: label.into(),
            detail: detail.into(),
            refusal: None,
            ticked: None,
            is_typed: false,
        }
    }
}

impl<T> Picker<T> {
    /// A list of these.
    pub fn new(items: Vec<Item<T>>) -> Self {
        Self { query: Input::default(), cursor: 0, waiting: false, hint: None, items }
    }

    /// A list whose items are still on their way.
    pub fn waiting() -> Self {
        Self { waiting: true, ..Self::new(Vec::new()) }
    }

    /// The same list, with words about what may be typed.
    #[must_use]
    pub fn with_hint(self, hint: String) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// Puts other items in, and keeps what was typed.
    pub fn fill(&mut self, items: Vec<Item<T>>) {
        self.items = items;
        self.waiting = false;
        self.cursor = self.cursor.min(self.found().len().saturating_sub(1));
    }

    /// The items that what was typed finds, the best first; all in their own order while nothing is typed.
    pub fn found(&self) -> Vec<&Item<T>> {
        let query = self.query.value();
        let score =
            |item: &Item<T>| if item.is_typed { Some(i32::MAX) } else { fuzzy::score(query, &item.label) };
        let mut found: Vec<_> = self.items.iter().filter_map(|item| Some((score(item)?, item))).collect();
        if !query.trim().is_empty() {
            found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        }
        found.into_iter().map(|(_, item)| item).collect()
    }

    /// How many items there are in all.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is nothing to choose from.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The item under the cursor.
    pub fn chosen(&self) -> Option<&Item<T>> {
        self.found().get(self.cursor).copied()
    }

    /// Every item, to put them elsewhere.
    pub fn into_items(self) -> Vec<Item<T>> {
        self.items
    }

    /// Every item, to switch it.
    pub fn items_mut(&mut self) -> &mut [Item<T>] {
        &mut self.items
    }

    /// Moves the cursor by rows, and stops at the ends.
    pub fn go(&mut self, rows: isize) {
        let last = self.found().len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(rows).min(last);
    }

    /// Types into the query; the best match comes under the cursor.
    pub fn edit(&mut self, request: InputRequest) {
        if self.query.handle(request).is_some_and(|changed| changed.value) {
            self.cursor = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixes() -> Picker<u8> {
        Picker::new(vec![
            Item::new(1, "BASIC", "10"),
            Item::new(2, "VIP", "20"),
            Item::new(3, "VIP-OLD", "30"),
        ])
    }

    #[test]
    fn typing_brings_the_best_match_under_the_cursor() {
        let mut picker = prefixes();
        picker.go(2);
        assert_eq!(picker.chosen().map(|item| item.value), Some(3));
        picker.edit(InputRequest::InsertChar('v'));
        assert_eq!(picker.chosen().map(|item| item.value), Some(2));
        assert_eq!(picker.found().len(), 2);
        picker.edit(InputRequest::InsertChar('x'));
        assert!(picker.chosen().is_none());
    }

    #[test]
    fn the_cursor_stops_at_the_ends() {
        let mut picker = prefixes();
        picker.go(-5);
        assert_eq!(picker.cursor, 0);
        picker.go(50);
        assert_eq!(picker.cursor, 2);
        picker.fill(vec![Item::new(9, "ONLY", "")]);
        assert_eq!(picker.chosen().map(|item| item.value), Some(9));
    }
}

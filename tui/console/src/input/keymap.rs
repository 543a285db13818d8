//! The one table of keys: it feeds what keys do, the hint bar, the help and the palette.

use crossterm::event::{KeyCode, KeyEvent};
use tui_input::InputRequest;

use crate::input::act::Act;
use crate::input::key::Key;
use crate::input::place::Place;

/// The part of the help that a binding stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Going about.
    Move,
    /// Choosing what is seen.
    Find,
    /// Doing something with cards.
    Cards,
    /// The screens and the program.
    Program,
}

impl Group {
    /// Every part, in the order of the help.
    pub const ALL: [Self; 4] = [Self::Cards, Self::Find, Self::Move, Self::Program];

    /// The part's key in the locale files.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Move => "group.move",
            Self::Find => "group.find",
            Self::Cards => "group.cards",
            Self::Program => "group.program",
        }
    }
}

/// Some keys and what they do.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// What they do.
    pub act: Act,
    /// The keys, the one to show first; none for what only the palette has.
    pub keys: &'static [Key],
    /// Where they do it.
    pub places: &'static [Place],
    /// The part of the help.
    pub group: Group,
    /// How early the hint bar shows it, in the places where it does: 1 first, 0 never.
    pub hint: u8,
}

const fn bind(act: Act, keys: &'static [Key], places: &'static [Place], group: Group, hint: u8) -> Binding {
    Binding { act, keys, places, group, hint }
}

const fn key(character: char) -> Key {
    Key::char(character)
}

const READ: &[Place] =
    &[Place::Report, Place::Import, Place::Log, Place::Apps, Place::Presets, Place::Blocks];
const LOG: &[Place] = &[Place::Log];
const APPS: &[Place] = &[Place::Apps];
const PRESETS: &[Place] = &[Place::Presets];
const BLOCKS: &[Place] = &[Place::Blocks];
const ACTED: &[Place] = &[Place::Cards, Place::Detail, Place::Apps, Place::Presets, Place::Blocks];
const TABLE: &[Place] = &[Place::Cards];
const CARDS: &[Place] = &[Place::Cards, Place::Detail];
const SCREENS: &[Place] = &[Place::Cards, Place::Detail];
const OVER: &[Place] =
    &[Place::Detail, Place::Search, Place::Picker, Place::Views, Place::Form, Place::BlockSearch];
const LISTS: &[Place] = &[Place::Picker, Place::Views];
const TYPING: &[Place] = &[Place::Search, Place::Picker, Place::Views, Place::BlockSearch];
const PAGES: &[Place] =
    &[Place::Cards, Place::Detail, Place::Search, Place::Picker, Place::Views, Place::BlockSearch];

/// Every binding of the console.
pub const BINDINGS: &[Binding] = &[
    bind(Act::Down, &[key('j'), Key::code(KeyCode::Down)], CARDS, Group::Move, 0),
    bind(Act::Up, &[key('k'), Key::code(KeyCode::Up)], CARDS, Group::Move, 0),
    bind(Act::Down, &[Key::code(KeyCode::Down)], TYPING, Group::Move, 0),
    bind(Act::Up, &[Key::code(KeyCode::Up)], TYPING, Group::Move, 0),
    bind(Act::Down, &[Key::code(KeyCode::Down), Key::code(KeyCode::Tab)], &[Place::Form], Group::Move, 2),
    bind(Act::Up, &[Key::code(KeyCode::Up), Key::code(KeyCode::BackTab)], &[Place::Form], Group::Move, 0),
    bind(Act::Submit, &[Key::code(KeyCode::Enter)], &[Place::Form], Group::Move, 1),
    bind(Act::Down, &[Key::code(KeyCode::Tab)], LISTS, Group::Move, 0),
    bind(Act::Up, &[Key::code(KeyCode::BackTab)], LISTS, Group::Move, 0),
    bind(Act::NextSearch, &[Key::code(KeyCode::Tab)], &[Place::Search], Group::Find, 1),
    bind(Act::PreviousSearch, &[Key::code(KeyCode::BackTab)], &[Place::Search], Group::Find, 0),
    bind(Act::HalfDown, &[Key::ctrl('d')], CARDS, Group::Move, 0),
    bind(Act::HalfUp, &[Key::ctrl('u')], CARDS, Group::Move, 0),
    bind(Act::PageDown, &[Key::code(KeyCode::PageDown), Key::ctrl('f')], PAGES, Group::Move, 0),
    bind(Act::PageUp, &[Key::code(KeyCode::PageUp), Key::ctrl('b')], PAGES, Group::Move, 0),
    bind(Act::First, &[key('g'), Key::code(KeyCode::Home)], CARDS, Group::Move, 0),
    bind(Act::Last, &[key('G'), Key::code(KeyCode::End)], CARDS, Group::Move, 0),
    bind(Act::Open, &[Key::code(KeyCode::Enter)], CARDS, Group::Move, 0),
    bind(Act::Open, &[Key::code(KeyCode::Enter)], TYPING, Group::Move, 2),
    bind(Act::Back, &[Key::code(KeyCode::Esc)], TABLE, Group::Move, 0),
    bind(Act::Back, &[Key::code(KeyCode::Esc)], OVER, Group::Move, 3),
    bind(Act::Cancel, &[Key::code(KeyCode::Esc)], &[Place::Work], Group::Move, 1),
    bind(Act::Down, &[key('j'), Key::code(KeyCode::Down)], READ, Group::Move, 0),
    bind(Act::Up, &[key('k'), Key::code(KeyCode::Up)], READ, Group::Move, 0),
    bind(Act::PageDown, &[Key::code(KeyCode::PageDown), Key::ctrl('d')], READ, Group::Move, 0),
    bind(Act::PageUp, &[Key::code(KeyCode::PageUp), Key::ctrl('u')], READ, Group::Move, 0),
    bind(
        Act::Back,
        &[Key::code(KeyCode::Esc), Key::code(KeyCode::Enter), key('q')],
        &[Place::Report],
        Group::Move,
        1,
    ),
    bind(Act::ImportLines, &[Key::code(KeyCode::Enter)], &[Place::Import], Group::Move, 1),
    bind(Act::Back, &[Key::code(KeyCode::Esc), key('q')], &[Place::Import], Group::Move, 2),
    bind(Act::First, &[key('g'), Key::code(KeyCode::Home)], READ, Group::Move, 0),
    bind(Act::Last, &[key('G'), Key::code(KeyCode::End)], READ, Group::Move, 0),
    bind(Act::Open, &[Key::code(KeyCode::Enter)], LOG, Group::Move, 1),
    bind(Act::Back, &[Key::code(KeyCode::Esc), key('l'), key('q')], LOG, Group::Move, 2),
    bind(Act::FilterLog, &[key('f'), key('/')], LOG, Group::Find, 3),
    bind(Act::Unfilter, &[Key::code(KeyCode::Backspace)], LOG, Group::Find, 0),
    bind(Act::Refresh, &[key('r')], LOG, Group::Program, 4),
    bind(Act::Back, &[Key::code(KeyCode::Esc), key('s'), key('q')], &[Place::Statistics], Group::Move, 1),
    bind(Act::Refresh, &[key('r')], &[Place::Statistics], Group::Program, 2),
    bind(Act::Open, &[Key::code(KeyCode::Enter)], APPS, Group::Move, 1),
    bind(Act::AddApp, &[key('n')], APPS, Group::Program, 10),
    bind(Act::EditApp, &[key('e')], APPS, Group::Program, 11),
    bind(Act::AppValues, &[key('v')], APPS, Group::Program, 12),
    bind(Act::ArchiveApp, &[key('b')], APPS, Group::Program, 13),
    bind(Act::UnarchiveApp, &[key('B')], APPS, Group::Program, 0),
    bind(Act::RemoveApp, &[key('d')], APPS, Group::Program, 14),
    bind(Act::Refresh, &[key('r')], APPS, Group::Program, 0),
    bind(Act::Back, &[Key::code(KeyCode::Esc), key('a'), key('q')], APPS, Group::Move, 2),
    bind(Act::Open, &[Key::code(KeyCode::Enter)], PRESETS, Group::Move, 0),
    bind(Act::AddPreset, &[key('n')], PRESETS, Group::Program, 10),
    bind(Act::EditPreset, &[key('e')], PRESETS, Group::Program, 11),
    bind(Act::RemovePreset, &[key('d')], PRESETS, Group::Program, 12),
    bind(Act::Refresh, &[key('r')], PRESETS, Group::Program, 0),
    bind(Act::Back, &[Key::code(KeyCode::Esc), key('P'), key('q')], PRESETS, Group::Move, 2),
    bind(Act::Open, &[Key::code(KeyCode::Enter)], BLOCKS, Group::Move, 0),
    bind(Act::AddBlock, &[key('n')], BLOCKS, Group::Program, 3),
    bind(Act::EditBlock, &[key('e')], BLOCKS, Group::Program, 5),
    bind(Act::RemoveBlock, &[key('d')], BLOCKS, Group::Program, 6),
    bind(Act::ExportBlocks, &[key('x')], BLOCKS, Group::Program, 7),
    bind(Act::ImportBlocks, &[key('i')], BLOCKS, Group::Program, 0),
    bind(Act::SearchBlocks, &[key('/')], BLOCKS, Group::Find, 4),
    bind(Act::Unfilter, &[Key::code(KeyCode::Backspace)], BLOCKS, Group::Find, 0),
    bind(Act::Refresh, &[key('r')], BLOCKS, Group::Program, 0),
    bind(Act::Back, &[Key::code(KeyCode::Esc), key('K'), key('q')], BLOCKS, Group::Move, 2),
    bind(Act::Search, &[key('/')], TABLE, Group::Find, 20),
    bind(Act::Filter, &[key('f')], TABLE, Group::Find, 21),
    bind(Act::FilterApp, &[], TABLE, Group::Find, 0),
    bind(Act::FilterStatus, &[], TABLE, Group::Find, 0),
    bind(Act::FilterPrefix, &[key('p')], TABLE, Group::Find, 0),
    bind(Act::FilterBatch, &[], TABLE, Group::Find, 0),
    bind(Act::FilterCreated, &[], TABLE, Group::Find, 0),
    bind(Act::FilterUsed, &[], TABLE, Group::Find, 0),
    bind(Act::FilterExpiring, &[], TABLE, Group::Find, 0),
    bind(Act::FilterShared, &[], TABLE, Group::Find, 0),
    bind(Act::FilterCopied, &[], TABLE, Group::Find, 0),
    bind(Act::SameMachine, &[key('M')], CARDS, Group::Find, 0),
    bind(Act::Unfilter, &[Key::code(KeyCode::Backspace)], TABLE, Group::Find, 0),
    bind(Act::Sort, &[key('o')], TABLE, Group::Find, 0),
    bind(Act::Reverse, &[key('O')], TABLE, Group::Find, 0),
    bind(Act::Columns, &[key('C')], TABLE, Group::Find, 0),
    bind(Act::Views, &[key('V')], TABLE, Group::Find, 0),
    bind(Act::DropView, &[Key::code(KeyCode::Delete)], &[Place::Views], Group::Find, 4),
    bind(Act::Mark, &[key(' ')], CARDS, Group::Cards, 12),
    bind(Act::MarkRange, &[key('v')], TABLE, Group::Cards, 0),
    bind(Act::MarkAll, &[key('*')], TABLE, Group::Cards, 0),
    bind(Act::Generate, &[key('n')], CARDS, Group::Cards, 10),
    bind(Act::Edit, &[key('e')], CARDS, Group::Cards, 11),
    bind(Act::Disable, &[key('b')], CARDS, Group::Cards, 13),
    bind(Act::Enable, &[key('B')], CARDS, Group::Cards, 13),
    bind(Act::Unbind, &[key('m')], CARDS, Group::Cards, 0),
    bind(Act::Extend, &[key('+')], CARDS, Group::Cards, 0),
    bind(Act::SetNote, &[key('N')], CARDS, Group::Cards, 0),
    bind(Act::BlockMachine, &[key('X')], CARDS, Group::Cards, 0),
    bind(Act::Delete, &[key('d')], CARDS, Group::Cards, 14),
    bind(Act::Undo, &[key('u')], ACTED, Group::Cards, 0),
    bind(Act::Redo, &[key('U')], ACTED, Group::Cards, 0),
    bind(Act::Unrecharge, &[], CARDS, Group::Cards, 0),
    bind(Act::Export, &[key('x')], CARDS, Group::Cards, 15),
    bind(Act::Import, &[key('i')], CARDS, Group::Cards, 0),
    bind(Act::Yes, &[key('y')], &[Place::Confirm], Group::Cards, 1),
    bind(
        Act::No,
        &[key('n'), Key::code(KeyCode::Enter), Key::code(KeyCode::Esc)],
        &[Place::Confirm],
        Group::Cards,
        2,
    ),
    bind(Act::Yes, &[Key::code(KeyCode::Enter)], &[Place::ConfirmTyped], Group::Cards, 1),
    bind(Act::No, &[Key::code(KeyCode::Esc)], &[Place::ConfirmTyped], Group::Cards, 2),
    bind(Act::Copy, &[key('c')], CARDS, Group::Cards, 19),
    bind(
        Act::Statistics,
        &[key('s')],
        &[Place::Cards, Place::Detail, Place::Log, Place::Apps, Place::Presets, Place::Blocks],
        Group::Program,
        24,
    ),
    bind(
        Act::Log,
        &[key('l')],
        &[Place::Cards, Place::Detail, Place::Statistics, Place::Apps, Place::Presets, Place::Blocks],
        Group::Program,
        25,
    ),
    bind(
        Act::Apps,
        &[key('a')],
        &[Place::Cards, Place::Detail, Place::Log, Place::Statistics, Place::Presets, Place::Blocks],
        Group::Program,
        26,
    ),
    bind(
        Act::Presets,
        &[key('P')],
        &[Place::Cards, Place::Detail, Place::Log, Place::Statistics, Place::Apps, Place::Blocks],
        Group::Program,
        27,
    ),
    bind(
        Act::Blocks,
        &[key('K')],
        &[Place::Cards, Place::Detail, Place::Log, Place::Statistics, Place::Apps, Place::Presets],
        Group::Program,
        28,
    ),
    bind(Act::Refresh, &[key('r')], SCREENS, Group::Program, 0),
    bind(Act::Migrate, &[key('I')], TABLE, Group::Program, 1),
    bind(Act::Theme, &[key('t')], Place::SCREENS, Group::Program, 0),
    bind(Act::Language, &[key('L')], Place::SCREENS, Group::Program, 0),
    bind(Act::Settings, &[key('S')], SCREENS, Group::Program, 0),
    bind(Act::Palette, &[key(':')], Place::SCREENS, Group::Program, 30),
    bind(Act::Help, &[key('?')], Place::SCREENS, Group::Program, 31),
    bind(Act::Redraw, &[Key::ctrl('l')], Place::ALL, Group::Program, 0),
    bind(Act::Suspend, &[Key::ctrl('z')], Place::ALL, Group::Program, 0),
    bind(Act::Quit, &[key('q')], SCREENS, Group::Program, 0),
    bind(Act::Quit, &[Key::ctrl('c')], Place::ALL, Group::Program, 0),
];

/// What a key means in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// To do this.
    Act(Act),
    /// To change the line that is typed.
    Edit(InputRequest),
}

/// What a key means in a place; nothing where it does nothing.
pub fn meaning(place: Place, event: KeyEvent) -> Option<Meaning> {
    let typed = Key::of(event)?;
    // What an input method that was left on makes of a key is text only where text is typed.
    let key = if place.takes_text() { typed } else { typed.plain() };
    if let Some(binding) = binding_of(key, place) {
        return Some(Meaning::Act(binding.act));
    }
    if place.takes_text() { edit(key).map(Meaning::Edit) } else { None }
}

fn binding_of(key: Key, place: Place) -> Option<&'static Binding> {
    BINDINGS.iter().find(|binding| binding.places.contains(&place) && binding.keys.contains(&key))
}

/// Whether some binding has an act in a place.
pub fn is_bound(act: Act, place: Place) -> bool {
    BINDINGS.iter().any(|binding| binding.act == act && binding.places.contains(&place))
}

/// The bindings of a place that its hint bar may show, the most important first.
pub fn hints(place: Place) -> Vec<&'static Binding> {
    let mut hints: Vec<_> =
        BINDINGS.iter().filter(|binding| binding.hint > 0 && binding.places.contains(&place)).collect();
    hints.sort_by_key(|binding| binding.hint);
    hints
}

/// What a key does to a line of text.
fn edit(key: Key) -> Option<InputRequest> {
    if let Some(character) = key.typed() {
        return Some(InputRequest::InsertChar(character));
    }
    let edits = [
        (Key::code(KeyCode::Backspace), InputRequest::DeletePrevChar),
        (Key::code(KeyCode::Delete), InputRequest::DeleteNextChar),
        (Key::code(KeyCode::Left), InputRequest::GoToPrevChar),
        (Key::code(KeyCode::Right), InputRequest::GoToNextChar),
        (Key::code(KeyCode::Home), InputRequest::GoToStart),
        (Key::code(KeyCode::End), InputRequest::GoToEnd),
        (Key::ctrl('a'), InputRequest::GoToStart),
        (Key::ctrl('e'), InputRequest::GoToEnd),
        (Key::ctrl('w'), InputRequest::DeletePrevWord),
        (Key::ctrl('u'), InputRequest::DeleteFromStart),
        (Key::ctrl('k'), InputRequest::DeleteTillEnd),
    ];
    edits.into_iter().find(|(known, _)| *known == key).map(|(_, request)| request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_one_thing_in_a_place() {
        for (index, binding) in BINDINGS.iter().enumerate() {
            for other in &BINDINGS[index + 1..] {
                for place in binding.places.iter().filter(|place| other.places.contains(place)) {
                    let shared = binding.keys.iter().find(|key| other.keys.contains(key));
                    assert_eq!(shared, None, "{:?} and {:?} in {place:?}", binding.act, other.act);
                }
            }
        }
    }

    #[test]
    fn no_key_that_types_is_bound_where_text_is_typed() {
        for binding in BINDINGS {
            for place in binding.places.iter().filter(|place| place.takes_text()) {
                let typing = binding.keys.iter().find(|key| key.typed().is_some());
                assert_eq!(typing, None, "{:?} in {place:?}", binding.act);
            }
        }
    }
}

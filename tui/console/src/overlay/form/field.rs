//! The fields of a form: a line of text, or a choice that may also be typed.

use kami_common::shown;
use kami_common::words::{Language, say};
use kami_core::property::Property;
use tui_input::{Input, InputRequest};

/// Which value of which form a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldName {
    /// A property of cards.
    Card(Property),
    /// How many cards.
    Count,
    /// How many characters a code has after its prefix.
    Length,
    /// Which cards.
    Which,
    /// The form of a file.
    Format,
    /// Where a file is.
    Path,
    /// What a view is called.
    Name,
    /// Who does it.
    Operator,
    /// What was done.
    Act,
    /// The code of a card.
    Code,
    /// The number of a batch.
    Batch,
    /// A range of time.
    Time,
    /// Something that an app says.
    App(AppField),
    /// Something that a preset says, or which one is chosen.
    Preset(PresetInput),
    /// Something about one who is kept out.
    Block(BlockInput),
}

/// What is typed of a preset beside what its cards are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PresetInput {
    /// Which preset cards are made by.
    Chosen,
    /// By which it is called.
    Name,
    /// What a card costs.
    Price,
    /// In which currency.
    Currency,
    /// Whether its cards top others up.
    Recharges,
}

impl PresetInput {
    /// The key of what it is called in the locale files.
    const fn key(self) -> &'static str {
        match self {
            Self::Chosen | Self::Name => "preset.name",
            Self::Price => "preset.price",
            Self::Currency => "field.currency",
            Self::Recharges => "preset.recharge",
        }
    }
}

/// What is typed of one who is kept out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockInput {
    /// Who.
    Target,
    /// Whether that is a machine or a network.
    Kind,
    /// Out of which app, or of all.
    App,
    /// Until when.
    Until,
    /// Why.
    Reason,
}

impl BlockInput {
    /// The key of what it is called in the locale files.
    const fn key(self) -> &'static str {
        match self {
            Self::Target => "block.target",
            Self::Kind => "block.kind",
            Self::App => "block.app",
            Self::Until => "block.until",
            Self::Reason => "block.reason",
        }
    }
}

/// What an app says, as far as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AppField {
    /// By which it is called.
    Name,
    /// What people call it.
    Title,
    /// For how long its cards give a machine a seat.
    Lease,
    /// For how long it may start without a network.
    Offline,
    /// Whether machines sign what they ask.
    Device,
    /// What becomes of a machine whose key was copied.
    WhenCopied,
    /// What becomes of a machine that asks when all seats are taken.
    WhenFull,
    /// What a machine gets to try it.
    Trial,
    /// From which machines its cards are unbound.
    Unbind,
    /// How long after an unbinding the next one is.
    UnbindCooldown,
    /// How many unbindings there are.
    UnbindLimit,
    /// What an unbinding costs.
    UnbindCost,
    /// Its newest version.
    Latest,
    /// The lowest version that is let in.
    Minimum,
    /// Where to get the newest.
    Url,
    /// What its users are told.
    Notice,
    /// The name of a value that it hands to its clients.
    ValueName,
    /// That value.
    Value,
    /// Whether whoever asks is told the value.
    IsPublic,
}

impl AppField {
    /// The key of what it is called in the locale files.
    const fn key(self) -> &'static str {
        match self {
            Self::Name => "app.name",
            Self::Title => "app.title",
            Self::Lease => "app.lease",
            Self::Offline => "app.offline",
            Self::Device => "app.device",
            Self::WhenCopied => "app.when_copied",
            Self::WhenFull => "app.when_full",
            Self::Trial => "app.trial",
            Self::Unbind => "app.unbind",
            Self::UnbindCooldown => "app.unbind_cooldown",
            Self::UnbindLimit => "app.unbind_limit",
            Self::UnbindCost => "app.unbind_cost",
            Self::Latest => "app.latest",
            Self::Minimum => "app.minimum",
            Self::Url => "app.url",
            Self::Notice => "app.notice",
            Self::ValueName => "field.value_name",
            Self::Value => "field.value",
            Self::IsPublic => "field.is_public",
        }
    }
}

impl FieldName {
    /// What it is called.
    pub fn label(self, language: Language) -> String {
        let key = match self {
            Self::Card(property) => return shown::label(language, property),
            Self::Count => "field.count",
            Self::Length => "field.length",
            Self::Which => "field.which",
            Self::Format => "field.format",
            Self::Path => "field.path",
            Self::Name => "field.name",
            Self::Operator => "field.operator",
            Self::Act => "field.act",
            Self::Code => "field.code",
            Self::Batch => "field.batch",
            Self::Time => "field.time",
            Self::App(field) => field.key(),
            Self::Preset(input) => input.key(),
            Self::Block(input) => input.key(),
        };
        say!(language, key)
    }

    /// What may be typed, where its name does not tell.
    pub fn hint(self, language: Language) -> Option<String> {
        let key = match self {
            Self::Card(Property::Seats) => "field.about_seats",
            Self::Card(Property::ValidUntil) => "field.about_until",
            Self::Card(Property::Points) => "field.about_points",
            Self::Card(Property::Policy) => "field.about_policy",
            Self::App(AppField::Lease) => "field.about_lease",
            Self::App(AppField::Offline) => "field.about_offline",
            Self::App(AppField::Trial) => "field.about_trial",
            Self::App(AppField::UnbindCooldown) => "field.about_unbind_cooldown",
            Self::App(AppField::UnbindLimit) => "field.about_unbind_limit",
            Self::App(AppField::UnbindCost) => "field.about_unbind_cost",
            Self::Preset(PresetInput::Name) => "field.about_preset",
            Self::Preset(PresetInput::Currency) => "field.about_currency",
            Self::Block(BlockInput::Target) => "field.about_target",
            Self::Block(BlockInput::Until) => "field.about_end",
            _ => return None,
        };
        Some(say!(language, key))
    }
}

/// One field of a form.
#[derive(Clone, Debug)]
pub struct Field {
    /// Which value it holds.
    pub name: FieldName,
    /// How the value is entered.
    pub editor: Editor,
    /// Whether its text is still the one that it opened with, selected: the first character typed takes its place.
    pub is_selected: bool,
    /// Whether somebody typed or chose something in it.
    pub is_touched: bool,
}

/// How a value is entered.
#[derive(Clone, Debug)]
pub enum Editor {
    /// A line of text.
    Line(Input),
    /// One of several words.
    Choice(Choice),
}

/// One of several words, or a text typed instead of them where that is allowed.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The words that values are known by.
    pub options: Vec<String>,
    /// The chosen one, while nothing is typed.
    pub chosen: usize,
    /// What is typed instead; `None` where only the options will do.
    pub typed: Option<Input>,
}

impl Field {
    /// A line with a text in it, selected, the cursor behind.
    pub fn line(name: FieldName, text: impl Into<String>) -> Self {
        Self::new(name, Editor::Line(Input::new(text.into())))
    }

    fn new(name: FieldName, editor: Editor) -> Self {
        let mut field = Self { name, editor, is_selected: false, is_touched: false };
        field.is_selected = field.input().is_some_and(|input| !input.value().is_empty());
        field
    }

    /// A choice among options, of which `chosen` is marked at first.
    pub fn choice(name: FieldName, options: &[&str], chosen: &str) -> Self {
        Self::choice_of(name, options, chosen, None)
    }

    /// A choice that takes a typed text as well; a first value that is no option counts as typed.
    pub fn open_choice(name: FieldName, options: &[&str], chosen: &str) -> Self {
        let typed = if options.contains(&chosen) { "" } else { chosen };
        Self::choice_of(name, options, chosen, Some(Input::new(typed.to_owned())))
    }

    fn choice_of(name: FieldName, options: &[&str], chosen: &str, typed: Option<Input>) -> Self {
        let place = options.iter().position(|option| *option == chosen).unwrap_or(0);
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        Self::new(name, Editor::Choice(Choice { options, chosen: place, typed }))
    }

    /// The value as it stands.
    pub fn value(&self) -> &str {
        match &self.editor {
            Editor::Line(input) => input.value(),
            Editor::Choice(choice) => choice.value(),
        }
    }

    /// The line that keys type into now, if there is one.
    pub fn input(&self) -> Option<&Input> {
        match &self.editor {
            Editor::Line(input) => Some(input),
            Editor::Choice(choice) => choice.typed.as_ref().filter(|typed| !typed.value().is_empty()),
        }
    }

    /// Types into the field; a choice that takes no text ignores it, but for Space, which goes on to the next option.
    pub fn edit(&mut self, request: InputRequest) {
        self.is_touched = true;
        if std::mem::take(&mut self.is_selected) && self.replace(request) {
            return;
        }
        match &mut self.editor {
            Editor::Line(input) => drop(input.handle(request)),
            Editor::Choice(choice) => choice.edit(request),
        }
    }

    /// Puts what is typed in the place of a selected text; `false` where the key keeps the text, to be edited.
    fn replace(&mut self, request: InputRequest) -> bool {
        let input = match &mut self.editor {
            Editor::Line(input) => input,
            // Space goes on to the next option.
            Editor::Choice(_) if request == InputRequest::InsertChar(' ') => return false,
            Editor::Choice(choice) => match &mut choice.typed {
                Some(typed) => typed,
                None => return false,
            },
        };
        match request {
            InputRequest::InsertChar(_) => {
                input.reset();
                input.handle(request);
            }
            InputRequest::DeletePrevChar | InputRequest::DeleteNextChar => input.reset(),
            _ => return false,
        }
        true
    }
}

impl Choice {
    /// The typed text, or else the chosen option.
    pub fn value(&self) -> &str {
        match &self.typed {
            Some(typed) if !typed.value().is_empty() => typed.value(),
            _ => self.options.get(self.chosen).map_or("", String::as_str),
        }
    }

    /// Whether the value was typed.
    pub fn is_typed(&self) -> bool {
        self.typed.as_ref().is_some_and(|typed| !typed.value().is_empty())
    }

    fn edit(&mut self, request: InputRequest) {
        let forward = matches!(request, InputRequest::GoToNextChar | InputRequest::InsertChar(' '));
        let back = request == InputRequest::GoToPrevChar;
        if forward || back {
            let count = self.options.len().max(1);
            if !self.is_typed() {
                self.chosen = (self.chosen + if forward { 1 } else { count - 1 }) % count;
            }
            if let Some(typed) = &mut self.typed {
                typed.reset();
            }
        } else if let Some(typed) = &mut self.typed {
            typed.handle(request);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(field: &mut Field, text: &str) {
        for character in text.chars() {
            field.edit(InputRequest::InsertChar(character));
        }
    }

    #[test]
    fn a_choice_goes_round_and_gives_way_to_what_is_typed() {
        let mut field =
            Field::open_choice(FieldName::Card(Property::Duration), &["3h", "1d", "forever"], "3h");
        field.edit(InputRequest::GoToPrevChar);
        assert_eq!(field.value(), "forever");
        typed(&mut field, "45d");
        assert_eq!(field.value(), "45d");
        field.edit(InputRequest::DeletePrevChar);
        assert_eq!(field.value(), "45");
        field.edit(InputRequest::GoToNextChar);
        assert_eq!(field.value(), "forever");
    }

    #[test]
    fn a_prefilled_text_gives_way_to_the_first_character_typed() {
        use InputRequest::{DeleteNextChar, DeletePrevChar, GoToEnd, GoToPrevChar, GoToStart, InsertChar};
        let durations = ["3h", "1d"];
        let line: fn() -> Field = || Field::line(FieldName::Count, "100");
        let typed = || Field::open_choice(FieldName::Card(Property::Duration), &durations, "100");
        for (requests, value) in [
            (&[InsertChar('5')][..], "5"),
            (&[InsertChar('5'), InsertChar('0')], "50"),
            (&[GoToEnd, InsertChar('5')], "1005"),
            (&[GoToStart, InsertChar('5')], "5100"),
            (&[GoToEnd, DeletePrevChar, InsertChar('5')], "105"),
        ] {
            for mut field in [line(), typed()] {
                for request in requests {
                    field.edit(*request);
                }
                assert_eq!(field.value(), value, "{requests:?}");
            }
        }
        for request in [DeletePrevChar, DeleteNextChar] {
            let mut field = line();
            field.edit(request);
            assert_eq!(field.value(), "", "{request:?}");
        }
        let mut field = line();
        field.edit(GoToPrevChar);
        field.edit(InsertChar('5'));
        assert_eq!(field.value(), "1050");
    }

    #[test]
    fn a_closed_choice_takes_no_text() {
        let mut field = Field::choice(FieldName::Card(Property::Status), &["unused", "expired"], "expired");
        typed(&mut field, "x");
        assert_eq!(field.value(), "expired");
        typed(&mut field, " ");
        assert_eq!(field.value(), "unused");
    }
}

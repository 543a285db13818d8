//! What stands in each form when it opens.

use kami_common::export;
use kami_common::shown::whole_moment;
use kami_core::app::AppName;
use kami_core::card::CardStatus;
use kami_core::duration::CardDuration;
use kami_core::preset::Preset;
use kami_core::property::Property;
use kami_core::record::CardRecord;
use kami_core::seats::Seats;
use kami_core::value::Value;
use kami_core::zone::Zone;
use kami_transfer::Format;

use super::{ANY, AS_WRITTEN, Clock, Form, FormKind, NO_PRESET, Sources, WHOLE};
use crate::overlay::form::field::{Field, FieldName, PresetInput};
use crate::state::log_query::{self, LogQuery};
use crate::state::message::Effect;
use crate::state::model::Model;
use crate::state::order::Target;

impl Form {
    /// The form that makes a batch.
    pub fn generate(prefix: &str, app: Option<Field>, presets: Vec<Preset>, clock: Clock) -> Self {
        let mut fields: Vec<Field> = preset_field(&presets).into_iter().collect();
        fields.extend([
            Field::line(FieldName::Card(Property::Prefix), prefix),
            Field::line(FieldName::Count, "100"),
            Field::line(FieldName::Length, "16"),
            duration_field(CardDuration::default()),
            Field::line(FieldName::Card(Property::ValidUntil), ""),
            Field::line(FieldName::Card(Property::Points), ""),
            seats_field(),
            Field::line(FieldName::Card(Property::Policy), ""),
            Field::line(FieldName::Card(Property::Note), ""),
        ]);
        fields.extend(app);
        let mut form = Self::new(FormKind::Generate { clock, presets }, fields);
        form.offer_presets(None);
        form.fill_by_preset(None);
        form.begin();
        form
    }

    /// The form that changes a card.
    pub fn edit(card: &CardRecord, clock: Clock) -> Self {
        let kind = FormKind::Edit { seen: Box::new(card.clone()), meanwhile: None, clock };
        let mut form = Self::new(kind, edit_fields(card, clock.zone));
        // The status is what is changed most.
        form.focus = 1;
        form
    }

    /// The form that lets cards last longer.
    pub fn extend(target: Target) -> Self {
        let durations = ["1h", "1d", "7d", "30d", "365d"];
        Self::new(
            FormKind::Extend(target),
            vec![Field::open_choice(FieldName::Card(Property::Duration), &durations, "1d")],
        )
    }

    /// The form that writes a note on cards.
    pub fn note(target: Target) -> Self {
        let note = match &target {
            Target::One(card) => card.note.clone().unwrap_or_default(),
            Target::Many { .. } => String::new(),
        };
        Self::new(FormKind::Note(target), vec![Field::line(FieldName::Card(Property::Note), note)])
    }

    /// The form that writes cards to a file.
    pub fn export(sources: Sources) -> Self {
        let which: &[&str] = match (&sources.batch, &sources.marked) {
            (Some(_), _) => &["batch", "unused", "found"],
            (None, Some(_)) => &["marked", "unused", "found"],
            (None, None) => &["unused", "found"],
        };
        let formats = Format::ALL.map(Format::word);
        let prefix = sources.batch.as_ref().unwrap_or(&sources.found).prefix.as_deref();
        let path = export::default_path(Format::Txt, prefix, sources.at, sources.zone);
        let fields = vec![
            Field::choice(FieldName::Which, which, which[0]),
            Field::choice(FieldName::Format, &formats, Format::Txt.word()),
            Field::line(FieldName::Path, path.display().to_string()),
        ];
        Self::new(FormKind::Export(Box::new(sources)), fields)
    }

    /// The form that imports a file.
    pub fn import(app: Option<Field>, clock: Clock) -> Self {
        let mut fields = vec![
            Field::line(FieldName::Path, ""),
            duration_field(CardDuration::default()),
            Field::line(FieldName::Card(Property::ValidUntil), ""),
            Field::line(FieldName::Card(Property::Points), ""),
            Field::line(FieldName::Card(Property::Note), ""),
            Field::open_choice(FieldName::Card(Property::Prefix), &[AS_WRITTEN, WHOLE], AS_WRITTEN),
            seats_field(),
        ];
        fields.extend(app);
        Self::new(FormKind::Import(clock), fields)
    }

    /// The form that saves what is shown as a view.
    pub fn view(name: &str, names: Vec<String>, keeps: String) -> Self {
        Self::new(FormKind::View { names, keeps }, vec![Field::line(FieldName::Name, name)])
    }

    /// The form that gives the operator another name.
    pub fn operator(name: &str, usual: &str) -> Self {
        let kind = FormKind::Operator { usual: usual.to_owned() };
        Self::new(kind, vec![Field::line(FieldName::Operator, name)])
    }

    /// The form that chooses which acts of the log to see.
    pub fn log_filter(query: &LogQuery, clock: Clock, then: fn(&mut Model, LogQuery) -> Vec<Effect>) -> Self {
        let acts: Vec<&str> = [ANY].into_iter().chain(log_query::ACTS).collect();
        let fields = vec![
            Field::line(FieldName::Operator, query.operator.clone().unwrap_or_default()),
            Field::choice(FieldName::Act, &acts, query.act.as_deref().unwrap_or(ANY)),
            Field::line(FieldName::Code, query.code.clone().unwrap_or_default()),
            Field::line(FieldName::Batch, query.batch.map(|batch| batch.to_string()).unwrap_or_default()),
            Field::line(FieldName::Time, query.done.map(|done| done.to_string()).unwrap_or_default()),
        ];
        Self::new(FormKind::LogFilter { clock, then }, fields)
    }
}

/// The app that cards are made for, the one that is looked at first, and no other where that is not known to be open: the
/// database decides then. None where only the usual one is there to be chosen.
pub fn app_field(open: &[AppName], looked_at: Option<&AppName>) -> Option<Field> {
    let names: Vec<&str> = match looked_at {
        Some(app) if !open.contains(app) => vec![app.as_str()],
        _ => open.iter().map(AppName::as_str).collect(),
    };
    if names.is_empty() || names == [AppName::DEFAULT] {
        return None;
    }
    let chosen = looked_at.map_or(AppName::DEFAULT, AppName::as_str);
    Some(Field::choice(FieldName::Card(Property::App), &names, chosen))
}

/// The choice of a preset where cards are made; none where no app has any.
pub(super) fn preset_field(presets: &[Preset]) -> Option<Field> {
    let chosen = FieldName::Preset(PresetInput::Chosen);
    (!presets.is_empty()).then(|| Field::choice(chosen, &[NO_PRESET], NO_PRESET))
}

/// The fields of the form that changes a card.
pub(crate) fn edit_fields(card: &CardRecord, zone: Zone) -> Vec<Field> {
    Property::FORM.into_iter().map(|property| field_of(property, property.value(card), zone)).collect()
}

/// The field of a property, with its value.
fn field_of(property: Property, value: Value<'_>, zone: Zone) -> Field {
    let name = FieldName::Card(property);
    match value {
        Value::Missing => Field::line(name, ""),
        Value::Text(text) => Field::line(name, text),
        Value::Number(number) => Field::line(name, number.to_string()),
        Value::Moment(at) => Field::line(name, whole_moment(zone, at)),
        Value::Status(status) => {
            Field::choice(name, &CardStatus::ALL.map(CardStatus::as_str), status.as_str())
        }
        Value::Duration(duration) => duration_field(duration),
    }
}

/// For how many machines cards are: for one, unless another number is typed.
fn seats_field() -> Field {
    Field::line(FieldName::Card(Property::Seats), Seats::default().to_string())
}

/// How long cards last: one of the durations that most cards have, or another that is typed.
pub(super) fn duration_field(duration: CardDuration) -> Field {
    let choices = CardDuration::CHOICES.map(|choice| choice.to_string());
    Field::open_choice(
        FieldName::Card(Property::Duration),
        &choices.each_ref().map(String::as_str),
        &duration.to_string(),
    )
}

//! The list of the settings: shown with what said so, changed at once.

use kami_common::cells::harmless;
use kami_common::settings::Source;
use kami_common::shade::Shade;
use kami_common::words::{Language, say};
use kami_core::zone::Zone;

use super::columns;
use super::fill::fill;
use super::picker::{Item, Picker};
use super::state::{Chosen, List, PickerKind};
use crate::overlay::form::Form;
use crate::state::message::Effect;
use crate::state::model::{Model, ReadOnly};
use crate::state::settings::{Setting, Sources};
use crate::update::settings;

/// The list of all settings.
pub(super) fn all(model: &Model) -> Picker<Chosen> {
    Picker::new(items(model))
}

fn items(model: &Model) -> Vec<Item<Chosen>> {
    Setting::ALL
        .into_iter()
        .map(|setting| {
            let (value, source) = value(model, setting);
            let source = source.map_or_else(String::new, |source| words(model.language, source));
            let detail = format!("{value}{}{source}", if source.is_empty() { "" } else { " · " });
            let item = Item::new(Chosen::Setting(setting), say!(model.language, setting.key()), detail);
            Item { refusal: refusal(model, setting), ..item }
        })
        .collect()
}

/// What a setting is, and what said so.
fn value(model: &Model, setting: Setting) -> (String, Option<Source>) {
    let (language, sources) = (model.language, &model.sources);
    let yes_no = |yes| say!(language, if yes { "setting.on" } else { "setting.off" });
    match setting {
        Setting::Language => (language.name(), Some(sources.language)),
        Setting::Theme => {
            let key = match model.theme.shade {
                Shade::Dark => "setting.dark",
                Shade::Light => "setting.light",
            };
            (say!(language, key), Some(sources.theme))
        }
        Setting::Zone => (model.zone.name().to_owned(), Some(sources.zone)),
        Setting::Columns => {
            let all = columns::offered(model).count();
            let shown = columns::offered(model).filter(|column| model.cards.columns.contains(column)).count();
            (say!(language, "setting.of", n = shown, all = all), Some(sources.columns))
        }
        Setting::Mouse => (yes_no(model.mouse), Some(sources.mouse)),
        Setting::Operator => (harmless(model.operator.as_str()).into_owned(), Some(sources.operator)),
        Setting::Environment => {
            let name = model.location.environment.as_deref().unwrap_or("–");
            let server = &model.location.server;
            (format!("{} · {}", harmless(name), harmless(server)), None)
        }
        Setting::ReadOnly => match model.read_only {
            None => (yes_no(false), Some(sources.read_only)),
            Some(ReadOnly::Asked) => (yes_no(true), Some(sources.read_only)),
            Some(ReadOnly::NoGrant) => (say!(language, "setting.no_grant"), None),
        },
        Setting::Config => (model.files.config.display().to_string(), None),
        Setting::Preferences if model.confined => (say!(language, "setting.nothing_kept"), None),
        Setting::Preferences => (model.files.preferences.display().to_string(), None),
    }
}

/// Where a value comes from, in words.
fn words(language: Language, source: Source) -> String {
    match source {
        Source::Default => say!(language, "source.default"),
        Source::System => say!(language, "source.system"),
        Source::Config => "config.toml".to_owned(),
        Source::Preferences => "preferences.toml".to_owned(),
        Source::Session => say!(language, "source.session"),
        Source::Variable(name) | Source::Argument(name) => name.to_owned(),
    }
}

/// Why a setting is not changed here, and where it is.
fn refusal(model: &Model, setting: Setting) -> Option<String> {
    let (language, sources) = (model.language, &model.sources);
    let environment = model.location.environment.as_deref();
    match (setting, sources) {
        (Setting::Zone, Sources { zone: Source::Variable(name), .. })
        | (Setting::Operator, Sources { operator: Source::Variable(name), .. }) => {
            Some(say!(language, "setting.by_variable", name = name))
        }
        (Setting::Environment, _) => Some(say!(language, "setting.how_environment")),
        (Setting::ReadOnly, _) if model.read_only == Some(ReadOnly::NoGrant) => {
            Some(say!(language, ReadOnly::NoGrant.key()))
        }
        (Setting::ReadOnly, Sources { read_only: Source::Argument(name), .. }) => {
            Some(say!(language, "setting.by_argument", name = name))
        }
        (Setting::ReadOnly, _) => {
            let section =
                environment.map_or_else(String::new, |name| format!("[environments.{}] ", harmless(name)));
            Some(say!(language, "setting.how_read_only", section = section))
        }
        (Setting::Config, _) => Some(say!(language, "setting.how_config")),
        (Setting::Preferences, _) if model.confined => Some(say!(language, "setting.how_nothing_kept")),
        (Setting::Preferences, _) => Some(say!(language, "setting.how_preferences")),
        _ => None,
    }
}

/// Changes a setting, or opens what it is changed with.
pub(super) fn choose(model: &mut Model, setting: Setting) -> Vec<Effect> {
    match setting {
        Setting::Language => settings::turn_language(model),
        Setting::Theme => settings::turn_theme(model),
        Setting::Mouse => settings::turn_mouse(model),
        Setting::Columns => columns::open(model),
        Setting::Zone => {
            let picker = Picker::new(zones(model));
            model.overlays.push(List::new(PickerKind::Zone, picker));
            Vec::new()
        }
        Setting::Operator => {
            let is_chosen = model.sources.operator == Source::Preferences;
            let chosen = if is_chosen { model.operator.as_str() } else { "" };
            let form = Form::operator(chosen, model.usual_operator.value.as_str());
            model.overlays.push(form);
            Vec::new()
        }
        Setting::Environment | Setting::ReadOnly | Setting::Config | Setting::Preferences => Vec::new(),
    }
}

fn zones(model: &Model) -> Vec<Item<Chosen>> {
    Zone::all()
        .map(|zone| {
            let ticked = Some(zone == model.zone);
            let clock = zone.format(model.server_now(), "%m-%d %H:%M");
            Item { ticked, ..Item::new(Chosen::Zone(zone), zone.name(), clock) }
        })
        .collect()
}

/// Brings the settings up to date where they are shown.
pub(super) fn refresh(model: &mut Model) {
    let items = items(model);
    fill(model, PickerKind::Settings, items);
}

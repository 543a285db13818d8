//! Which presets there are, for what goes by one.

use kami_common::reason;
use kami_common::words::say;
use kami_core::app::AppName;
use kami_core::preset::{Preset, PresetName};
use kami_store::PresetRefusal;

use super::super::apps;
use super::super::failure::Failure;
use super::super::session::Session;

/// The preset of that name of an app; that there is none is not found, and says which there are.
pub(in super::super) async fn find(
    session: &Session,
    app: &AppName,
    name: &PresetName,
) -> Result<Preset, Failure> {
    let language = session.language;
    apps::find(session, app).await?;
    if let Some(preset) = session.store.preset(app, name).await? {
        return Ok(preset);
    }
    let why = reason::act_error(language, &PresetRefusal::NoSuchPreset(name.clone()).into());
    let there = session.store.presets(Some(app)).await?.presets;
    let names: Vec<_> = there.iter().map(|preset| preset.name.as_str()).collect();
    let names = names.join(&say!(language, "language.comma"));
    Err(Failure::NotFound(if there.is_empty() {
        say!(language, "command.no_presets", why = why, app = app)
    } else {
        say!(language, "command.presets_there", why = why, names = names)
    }))
}

/// The preset of an app that is meant where none is named, if there is one; none for an account of before there were any.
pub(in super::super) async fn meant(session: &Session, app: &AppName) -> Result<Option<Preset>, Failure> {
    match session.store.presets(Some(app)).await {
        Err(error) if error.is_denied() => Ok(None),
        found => Ok(Preset::meant(&found?.presets).cloned()),
    }
}

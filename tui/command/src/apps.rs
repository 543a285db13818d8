//! Which apps there are, for what goes by app.

use kami_core::app::{App, AppName};
use kami_store::AppRefusal;

use super::failure::Failure;
use super::session::Session;

/// The app of that name; that there is none is not found.
pub(super) async fn find(session: &Session, name: &AppName) -> Result<App, Failure> {
    let found = session.store.app(name).await?;
    found.ok_or_else(|| Failure::of_act(session.language, &AppRefusal::NoSuchApp(name.clone()).into()))
}

/// The app of that name, for which cards are made: one that is archived is refused.
pub(super) async fn find_open(session: &Session, name: &AppName) -> Result<App, Failure> {
    let found = find(session, name).await?;
    if found.is_archived {
        return Err(Failure::of_act(session.language, &AppRefusal::Archived(found.name).into()));
    }
    Ok(found)
}

/// The apps for which cards are made.
pub(super) async fn open(session: &Session) -> Result<Vec<App>, Failure> {
    let mut apps = session.store.apps().await?.apps;
    apps.retain(|app| !app.is_archived);
    Ok(apps)
}

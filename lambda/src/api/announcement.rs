//! What apps tell their clients, made into JSON and marked once for each copy of an app that the store makes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use kami_core::app::{App, AppName, NamedValue};
use kami_core::version::Version;
use ring::digest::{SHA256, digest};
use serde::Serialize;
use serde_json::{Map, Value};

use super::request::AppMark;

/// What each app tells, by its name.
#[derive(Debug, Default)]
pub struct Announcements(Mutex<HashMap<AppName, Arc<Announcement>>>);

impl Announcements {
    /// What this copy of an app tells.
    pub(super) fn of(&self, app: &Arc<App>) -> Arc<Announcement> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(&app.name) {
            Some(announcement) if Arc::ptr_eq(&announcement.app, app) => Arc::clone(announcement),
            _ => {
                let announcement = Arc::new(Announcement::of(Arc::clone(app)));
                known.insert(app.name.clone(), Arc::clone(&announcement));
                announcement
            }
        }
    }
}

/// What an app tells.
#[derive(Debug)]
pub(super) struct Announcement {
    /// Held, so that no other copy takes its place in memory.
    app: Arc<App>,
    to_admitted: Option<Marked>,
    to_all: Marked,
}

impl Announcement {
    fn of(app: Arc<App>) -> Self {
        let said_to = |is_told: fn(&NamedValue) -> bool| said(&app, is_told);
        let (all, mut public) = (said_to(|_| true), said_to(|value| value.is_public));
        public.insert("name".to_owned(), app.name.as_str().into());
        public.insert("title".to_owned(), app.title.as_str().into());
        let to_admitted = (!all.is_empty()).then(|| Marked::new(all));
        Self { to_admitted, to_all: Marked::new(public), app }
    }

    /// What a machine that was let in is told; nothing by an app that says nothing.
    pub(super) fn to_admitted(&self, known: Option<&AppMark>) -> Option<Told> {
        self.to_admitted.as_ref().map(|marked| marked.told(known))
    }

    /// What whoever asks is told.
    pub(super) fn to_all(&self, known: Option<&AppMark>) -> Told {
        self.to_all.told(known)
    }
}

/// What an app has of what it may say.
fn said(app: &App, is_told: fn(&NamedValue) -> bool) -> Map<String, Value> {
    let texts = [
        ("latest", app.latest.as_ref().map(Version::as_str)),
        ("minimum", app.minimum.as_ref().map(Version::as_str)),
        ("url", app.url.as_deref()),
        ("notice", app.notice.as_deref()),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into())));
    let mut said: Map<_, _> = texts.collect();
    let values = app.values.iter().filter(|value| is_told(value));
    let values: Map<_, _> = values.map(|value| (value.name.clone(), value.value.as_str().into())).collect();
    if !values.is_empty() {
        said.insert("values".to_owned(), values.into());
    }
    said
}

/// Something said, and the mark by which it is known again.
#[derive(Debug)]
struct Marked {
    said: Value,
    mark: String,
}

impl Marked {
    fn new(said: Map<String, Value>) -> Self {
        let said = Value::Object(said);
        let digest = digest(&SHA256, said.to_string().as_bytes());
        let first = digest.as_ref().first_chunk().copied().map(u64::from_be_bytes);
        Self { said, mark: format!("{:016x}", first.unwrap_or_default()) }
    }

    fn told(&self, known: Option<&AppMark>) -> Told {
        let is_known = known.is_some_and(|known| known.as_str() == self.mark);
        Told { app: (!is_known).then(|| self.said.clone()), app_mark: self.mark.clone() }
    }
}

/// What an answer says of an app: all of it, or its mark alone to a client that knows it by that.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<Value>,
    app_mark: String,
}

#[cfg(test)]
mod tests {
    use kami_core::app::AppEdit;
    use serde_json::json;

    use super::*;

    fn app(edit: &AppEdit) -> Arc<App> {
        let blank = App::blank("demo".parse().unwrap(), chrono::DateTime::UNIX_EPOCH);
        Arc::new(App { is_archived: true, ..edit.applied(&blank).unwrap() })
    }

    fn full() -> AppEdit {
        let text = |text: &str| Some(text.to_owned());
        let value = |name: &str, is_public| NamedValue { name: name.into(), value: "值".into(), is_public };
        AppEdit {
            title: text("演示"),
            latest: text("v2.1"),
            minimum: text("2.0"),
            url: text("https://example.com/下载"),
            notice: text("第一行\n第二行"),
            values: vec![value("public", true), value("secret", false)],
            ..AppEdit::default()
        }
    }

    #[test]
    fn admitted_machines_are_told_all_and_others_what_is_public() {
        let announcement = Announcement::of(app(&full()));
        let told = json!(announcement.to_admitted(None));
        assert_eq!(
            told["app"],
            json!({
                "latest": "v2.1", "minimum": "2.0", "url": "https://example.com/下载", "notice": "第一行\n第二行",
                "values": {"public": "值", "secret": "值"},
            })
        );
        let mark = told["app_mark"].as_str().unwrap();
        assert!(mark.len() == 16 && mark.bytes().all(|byte| byte.is_ascii_hexdigit()), "{mark}");
        let public = json!(announcement.to_all(None));
        assert_eq!(
            public["app"],
            json!({
                "name": "demo", "title": "演示", "latest": "v2.1", "minimum": "2.0",
                "url": "https://example.com/下载", "notice": "第一行\n第二行", "values": {"public": "值"},
            })
        );
        assert_ne!(public["app_mark"], mark);
    }

    #[test]
    fn an_app_that_says_nothing_has_a_name_and_a_title_and_for_admitted_machines_nothing() {
        let announcement = Announcement::of(app(&AppEdit::default()));
        assert_eq!(announcement.to_admitted(None), None);
        assert_eq!(json!(announcement.to_all(None))["app"], json!({"name": "demo", "title": ""}));
    }

    #[test]
    fn what_is_known_by_its_mark_is_not_said_again_until_it_changes() {
        let announcements = Announcements::default();
        let (first, copied) = (app(&full()), app(&full()));
        let told = announcements.of(&first).to_all(None);
        let mark: AppMark = told.app_mark.parse().unwrap();
        let known = Told { app: None, app_mark: told.app_mark };
        assert_eq!(announcements.of(&first).to_all(Some(&mark)), known);
        assert_eq!(announcements.of(&copied).to_all(Some(&mark)), known, "another copy says the same");
        let changed = app(&AppEdit { notice: Some("新".into()), ..full() });
        let told = announcements.of(&changed).to_all(Some(&mark));
        assert!(told.app.is_some() && told.app_mark != known.app_mark);
        let admitted = announcements.of(&changed).to_admitted(Some(&told.app_mark.parse().unwrap()));
        assert!(admitted.unwrap().app.is_some(), "the mark of what is public is another");
    }

    #[test]
    fn a_copy_is_made_into_json_once() {
        let announcements = Announcements::default();
        let (app, copied) = (app(&full()), app(&full()));
        let first = announcements.of(&app);
        assert!(Arc::ptr_eq(&first, &announcements.of(&app)));
        assert!(!Arc::ptr_eq(&first, &announcements.of(&copied)));
    }
}

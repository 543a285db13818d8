//! How the console looks and what it remembers, kept from one run to the next.
//!
//! The file is the console's own, and people edit it all the same: an entry that cannot be understood is skipped and
//! left where it is until another is chosen in its place.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use kami_core::card::TextError;
use kami_core::operator::Operator;
use kami_core::zone::{UnknownZone, Zone};
use kami_store::small_file::{self, SmallFileError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::SettingsError;
use crate::saved_view::SavedView;
use crate::shade::Shade;
use crate::words::Language;

/// What the operator chose; everything may be left to the configuration and the console.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preferences {
    /// In which everything is said; `None` leaves it to the locale.
    pub language: Option<Language>,
    /// The background of the terminal that the colours are for.
    pub shade: Option<Shade>,
    /// The columns of the table, by their names.
    pub columns: Option<Vec<String>>,
    /// The zone in which moments are shown.
    pub zone: Option<Zone>,
    /// Whether the console takes the mouse.
    pub mouse: Option<bool>,
    /// Who the operator log says did it.
    pub operator: Option<Operator>,
    /// The saved views.
    pub views: Vec<SavedView>,
    /// The entries that were skipped, by their names.
    pub skipped: Vec<String>,
}

/// A time zone by its IANA name.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct ZoneName(Zone);

impl TryFrom<String> for ZoneName {
    type Error = UnknownZone;

    fn try_from(name: String) -> Result<Self, UnknownZone> {
        name.trim().parse().map(Self)
    }
}

/// A name that can stand in the operator log.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct OperatorName(Operator);

impl TryFrom<String> for OperatorName {
    type Error = TextError;

    fn try_from(name: String) -> Result<Self, TextError> {
        Operator::new(&name).map(Self)
    }
}

/// Something that the operator chose in the console, to be kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// In which everything is said.
    Language(Language),
    /// The background of the terminal.
    Shade(Shade),
    /// The columns of the table, by their names.
    Columns(Vec<String>),
    /// The time zone, by its name.
    Zone(&'static str),
    /// Whether the console takes the mouse.
    Mouse(bool),
    /// The operator's name; nothing leaves it to the configuration or the system.
    Operator(Option<String>),
    /// A view, in place of one of the same name.
    View(Box<SavedView>),
    /// That there is no view of this name.
    NoView(String),
}

impl Preferences {
    /// Reads them; what cannot be understood is skipped, and so is a file that is no TOML or cannot be read.
    pub fn read(path: &Path) -> Self {
        match small_file::read(path) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.is_missing() => Self::default(),
            Err(_) => Self { skipped: vec![file_name(path)], ..Self::default() },
        }
    }

    fn parse(text: &str) -> Self {
        let Ok(table) = text.parse::<Table>() else {
            return Self { skipped: vec!["preferences.toml".to_owned()], ..Self::default() };
        };
        let mut skipped = Vec::new();
        let mut preferences = Self {
            language: entry(&table, "language", &mut skipped),
            shade: entry(&table, "theme", &mut skipped),
            columns: entry(&table, "columns", &mut skipped),
            zone: entry::<ZoneName>(&table, "time_zone", &mut skipped).map(|name| name.0),
            mouse: entry(&table, "mouse", &mut skipped),
            operator: entry::<OperatorName>(&table, "operator", &mut skipped).map(|name| name.0),
            views: Vec::new(),
            skipped: Vec::new(),
        };
        let views: Vec<Value> = entry(&table, "views", &mut skipped).unwrap_or_default();
        for (index, view) in views.into_iter().enumerate() {
            match view.try_into::<SavedView>() {
                Ok(view) if preferences.views.iter().all(|other| other.name != view.name) => {
                    preferences.views.push(view);
                }
                Ok(_) | Err(_) => skipped.push(format!("views[{index}]")),
            }
        }
        preferences.skipped = skipped;
        preferences
    }

    /// Keeps a choice in the file, whole or not at all; what other consoles wrote there meanwhile stays.
    pub fn keep(path: &Path, choice: Choice) -> Result<(), SettingsError> {
        let failed = |source| SettingsError::Unwritable { path: path.to_owned(), source };
        let mut table = match small_file::read(path) {
            Err(error) if error.is_missing() => Table::new(),
            Err(SmallFileError::Io(error)) => return Err(failed(error)),
            read => {
                let table = read.ok().and_then(|text| text.parse::<Table>().ok());
                let loses = table.as_ref().is_none_or(|table| {
                    matches!(choice, Choice::View(_))
                        && table.get("views").is_some_and(|views| !views.is_array())
                });
                if loses {
                    // Whoever wrote it may want to fix it.
                    fs::copy(path, path.with_extension("toml.broken")).map_err(failed)?;
                }
                table.unwrap_or_default()
            }
        };
        put(&mut table, choice).map_err(|error| failed(io::Error::other(error)))?;
        let text = toml::to_string(&table).map_err(|error| failed(io::Error::other(error)))?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let draft = draft(path);
        let written = write(&draft, &text).and_then(|()| fs::rename(&draft, path));
        if written.is_err() {
            // What stopped the writing is told; the rest of a draft would tell no more.
            drop(fs::remove_file(&draft));
        }
        written.map_err(failed)
    }
}

/// Where the file is written before it takes its place, apart from those of other consoles.
fn draft(path: &Path) -> PathBuf {
    path.with_extension(format!("toml.{}.new", std::process::id()))
}

/// Writes a new file that only we may read: saved views name machines and people. What is there already may be left of a
/// console of the same number that was killed, or a link to another file: it goes, and is never written into.
fn write(path: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The entry of a name; one that cannot be understood is skipped.
fn entry<T: DeserializeOwned>(table: &Table, name: &str, skipped: &mut Vec<String>) -> Option<T> {
    let value = table.get(name)?.clone().try_into();
    if value.is_err() {
        skipped.push(name.to_owned());
    }
    value.ok()
}

/// Writes a choice into the table of all.
fn put(table: &mut Table, choice: Choice) -> Result<(), toml::ser::Error> {
    let (name, value) = match choice {
        Choice::Language(language) => ("language", Value::try_from(language)?),
        Choice::Shade(shade) => ("theme", Value::try_from(shade)?),
        Choice::Columns(columns) => ("columns", Value::try_from(columns)?),
        Choice::Zone(name) => ("time_zone", Value::from(name)),
        Choice::Mouse(mouse) => ("mouse", Value::from(mouse)),
        Choice::Operator(Some(operator)) => ("operator", Value::from(operator)),
        Choice::Operator(None) => {
            table.remove("operator");
            return Ok(());
        }
        Choice::View(view) => {
            let value = Value::try_from(&*view)?;
            let mut views = table.get("views").and_then(Value::as_array).cloned().unwrap_or_default();
            match views.iter().position(|other| is_named(other, &view.name)) {
                Some(place) => views[place] = value,
                None => views.push(value),
            }
            ("views", Value::Array(views))
        }
        Choice::NoView(name) => {
            if let Some(Value::Array(views)) = table.get_mut("views") {
                views.retain(|view| !is_named(view, &name));
            }
            return Ok(());
        }
    };
    table.insert(name.to_owned(), value);
    Ok(())
}

fn is_named(view: &Value, name: &str) -> bool {
    view.get("name").and_then(Value::as_str).is_some_and(|other| other.trim() == name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A file of its own for a test, gone with it.
    struct File(PathBuf);

    impl File {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("kami-preferences-{name}-{}", std::process::id()));
            Self(folder)
        }

        fn path(&self) -> PathBuf {
            self.0.join("preferences.toml")
        }

        fn write(&self, text: &str) {
            fs::create_dir_all(&self.0).unwrap();
            fs::write(self.path(), text).unwrap();
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    fn view(name: &str) -> SavedView {
        SavedView { prefix: Some("VIP".to_owned()), ..SavedView::named(name) }
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let file = File::new("kept");
        for choice in [
            Choice::Language(Language::of_locale("zh")),
            Choice::Shade(Shade::Light),
            Choice::Columns(vec!["code".to_owned(), "note".to_owned()]),
            Choice::Zone("Europe/Berlin"),
            Choice::Mouse(true),
            Choice::Operator(Some("shop A".to_owned())),
            Choice::View(view("a").into()),
            Choice::View(view("b").into()),
            Choice::View(SavedView { batch: Some(7), ..view("a") }.into()),
            Choice::NoView("b".to_owned()),
        ] {
            Preferences::keep(&file.path(), choice).unwrap();
        }
        let read = Preferences::read(&file.path());
        assert_eq!(
            read,
            Preferences {
                language: Some(Language::of_locale("zh")),
                shade: Some(Shade::Light),
                columns: Some(vec!["code".to_owned(), "note".to_owned()]),
                zone: Some("Europe/Berlin".parse().unwrap()),
                mouse: Some(true),
                operator: Some(Operator::new("shop A").unwrap()),
                views: vec![SavedView { batch: Some(7), ..view("a") }],
                skipped: Vec::new(),
            }
        );
        Preferences::keep(&file.path(), Choice::Operator(None)).unwrap();
        assert_eq!(Preferences::read(&file.path()).operator, None);
    }

    #[test]
    fn what_cannot_be_understood_is_skipped_and_stays_in_the_file() {
        let file = File::new("broken");
        file.write(
            "language = \"klingon\"\ntheme = \"light\"\nmouse = 3\nlater = 1\n\
             [[views]]\nname = \"good\"\n[[views]]\nname = \"bad\"\nstatus = \"lost\"\n[[views]]\nname = \"good\"\n",
        );
        let read = Preferences::read(&file.path());
        assert_eq!(read.skipped, ["language", "mouse", "views[1]", "views[2]"]);
        assert_eq!(read.shade, Some(Shade::Light));
        assert_eq!(read.views, [SavedView::named("good")]);
        Preferences::keep(&file.path(), Choice::Mouse(false)).unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        for kept in ["klingon", "later = 1", "lost", "mouse = false"] {
            assert!(text.contains(kept), "{text}");
        }
    }

    #[test]
    fn a_file_that_was_saved_on_windows_is_read_and_kept() {
        let file = File::new("windows");
        file.write("\u{feff}theme = \"light\"\r\nmouse = true\r\n");
        Preferences::keep(&file.path(), Choice::Mouse(false)).unwrap();
        let read = Preferences::read(&file.path());
        assert_eq!((read.shade, read.mouse, read.skipped), (Some(Shade::Light), Some(false), Vec::new()));
    }

    #[test]
    fn views_that_are_no_list_stay_until_one_is_saved_and_are_put_aside_then() {
        let file = File::new("no-views");
        file.write("views = 3\n");
        let broken = file.path().with_extension("toml.broken");
        for choice in [Choice::Mouse(true), Choice::NoView("a".to_owned())] {
            Preferences::keep(&file.path(), choice).unwrap();
            assert!(fs::read_to_string(file.path()).unwrap().contains("views = 3"));
        }
        assert!(!broken.exists());
        Preferences::keep(&file.path(), Choice::View(view("a").into())).unwrap();
        assert_eq!(Preferences::read(&file.path()).views, [view("a")]);
        assert!(fs::read_to_string(broken).unwrap().contains("views = 3"));
    }

    #[test]
    fn only_the_operator_reads_what_is_kept_and_each_console_has_a_draft_of_its_own() {
        let file = File::new("mode");
        Preferences::keep(&file.path(), Choice::View(view("a").into())).unwrap();
        assert_eq!(fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
        // The draft of another console is in nobody's way.
        fs::create_dir(file.path().with_extension("toml.new")).unwrap();
        Preferences::keep(&file.path(), Choice::Mouse(true)).unwrap();
    }

    #[test]
    fn a_link_in_a_drafts_place_leads_nowhere() {
        let file = File::new("link");
        file.write("mouse = false\n");
        let other = file.path().with_file_name("other");
        fs::write(&other, "not ours").unwrap();
        std::os::unix::fs::symlink(&other, draft(&file.path())).unwrap();
        Preferences::keep(&file.path(), Choice::Mouse(true)).unwrap();
        assert_eq!(fs::read_to_string(&other).unwrap(), "not ours");
        assert!(fs::symlink_metadata(file.path()).unwrap().is_file());
        assert_eq!(Preferences::read(&file.path()).mouse, Some(true));
    }

    #[test]
    fn a_file_that_is_no_toml_is_put_aside_before_it_is_written_anew() {
        let file = File::new("no-toml");
        file.write("theme = light\n");
        assert_eq!(Preferences::read(&file.path()).skipped, ["preferences.toml"]);
        Preferences::keep(&file.path(), Choice::Shade(Shade::Dark)).unwrap();
        assert_eq!(Preferences::read(&file.path()).shade, Some(Shade::Dark));
        assert_eq!(fs::read_to_string(file.path().with_extension("toml.broken")).unwrap(), "theme = light\n");
    }
}

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::process::Pid;

use super::find::Server;
use super::settings::Settings;
use crate::{Failure, processes};

/// A folder with a server of its own.
///
/// In it are `data`, the server's files; `settings`, the options it was made with and the password; `pid` and `url` of
/// the server; `error.log`, all that the server said; and `lock`, of the process that starts it.
#[derive(Clone, Debug)]
pub struct Folder {
    path: String,
}

impl Folder {
    /// The folder by its true name, if it is there.
    pub fn at(path: &Path) -> Result<Self, Failure> {
        let true_path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let text = true_path.to_str().ok_or_else(|| {
            Failure::new(format!("a folder's name that is not UTF-8 will not do: {}", path.display()))
        })?;
        Ok(Self { path: text.to_owned() })
    }

    /// Makes the folder if it is not there, for its owner alone.
    pub(super) fn make(path: &Path) -> Result<Self, Failure> {
        let made = make_folder(path).and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o700)));
        made.map_err(|_| {
            Failure::new(format!("{} cannot be made, or belongs to another user", path.display()))
        })?;
        let folder = Self::at(path)?;
        if folder.path.contains(['\n', '\'']) {
            return Err(Failure::new(format!(
                "a folder's name with a quote or a line break in it will not do: {}",
                folder.path
            )));
        }
        Ok(folder)
    }

    /// The folder's own path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path of a file in it.
    pub(super) fn file(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    /// Whether a server's files are in it.
    pub(super) fn has_data(&self) -> bool {
        Path::new(&self.file("data")).is_dir()
    }

    /// The address at which its server is or was reached, with all rights.
    pub fn url(&self) -> Result<String, Failure> {
        fs::read_to_string(self.file("url"))
            .map(|url| url.trim_end().to_owned())
            .map_err(|_| Failure::new(format!("{} has no server yet", self.path)))
    }

    /// The pid and the kind and version of the server that runs in it; of one that is no more on the machine the kind.
    pub fn status(&self) -> Option<(i32, String)> {
        let pid = self.running()?;
        let settings = self.settings();
        let server = Server::at(&settings.server).map(|server| server.release.to_string());
        let kind = || settings.kind.map(|kind| kind.word().to_owned()).unwrap_or_default();
        Some((pid.as_raw_nonzero().get(), server.unwrap_or_else(kind)))
    }

    pub(super) fn settings(&self) -> Settings {
        Settings::parse(&fs::read_to_string(self.file("settings")).unwrap_or_default())
    }

    pub(super) fn save_settings(&self, settings: &Settings) -> Result<(), Failure> {
        self.write("settings", &settings.render())
    }

    /// Writes a file in one act, for its owner alone.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.file(name);
        write_private(&path, text).map_err(|error| Failure::of(&path, &error))
    }

    /// The pid that the folder remembers.
    pub(super) fn pid(&self) -> Option<Pid> {
        processes::parse_pid(&fs::read_to_string(self.file("pid")).ok()?)
    }

    pub(super) fn running(&self) -> Option<Pid> {
        self.pid().filter(|pid| self.is_ours(*pid))
    }

    /// Whether a process is the server of this folder. The pid may belong to a stranger by now, so that what it runs must
    /// name our data.
    pub(super) fn is_ours(&self, pid: Pid) -> bool {
        processes::has_argument(pid, &self.data_option())
    }

    pub(super) fn data_option(&self) -> String {
        format!("--datadir={}", self.file("data"))
    }

    /// The end of the log, opened for a server to write to.
    pub(super) fn open_log(&self) -> Result<fs::File, Failure> {
        let path = self.file("error.log");
        let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        opened.map_err(|error| Failure::of(&path, &error))
    }
}

/// Writes a file in one act, for its owner alone.
pub(crate) fn write_private(path: &str, text: &str) -> io::Result<()> {
    let new = format!("{path}.new");
    drop(fs::remove_file(&new)); // it may be one of other permissions
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?.write_all(text.as_bytes())?;
    fs::rename(&new, path)
}

/// Makes a folder and what leads to it, for their owner alone; one that is there stays as it is.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn folder_and_what_is_written_are_their_owner_s_alone() {
        let scratch = Scratch::new("folder");
        let path = scratch.path().join("数据 库");
        let folder = Folder::make(&path).unwrap();
        folder.write("settings", "one").unwrap();
        folder.write("settings", "two").unwrap();
        assert_eq!(fs::read_to_string(folder.file("settings")).unwrap(), "two");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&path.join("settings"))), (0o700, 0o600));
        assert!(!path.join("settings.new").exists());
    }

    #[test]
    fn folder_whose_name_would_break_the_options_is_refused() {
        let scratch = Scratch::new("names");
        for name in ["it's", "two\nlines"] {
            let refusal = Folder::make(&scratch.path().join(name)).unwrap_err();
            assert!(refusal.message().contains("will not do"), "{refusal}");
        }
    }

    #[test]
    fn folder_that_was_never_started_has_no_server() {
        let folder = Folder::at(Path::new("/nonexistent")).unwrap();
        assert_eq!(folder.url().unwrap_err().message(), "/nonexistent has no server yet");
        assert_eq!(folder.status(), None);
    }
}

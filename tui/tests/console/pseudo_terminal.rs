//! A real pseudo-terminal with the real program in it.

use std::io::{Read as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use kami_testkit::PATIENCE;
use portable_pty::{Child, ChildKiller, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// The console, running in a terminal of its own.
pub(crate) struct PseudoTerminal {
    /// What it shows, and word of each change.
    screen: Arc<(Mutex<vt100::Parser>, Condvar)>,
    /// How many bytes the program has sent.
    sent: Arc<Mutex<usize>>,
    /// Whether what comes next is the last that is read.
    hung_up: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
    keys: Option<Box<dyn Write + Send>>,
    home: std::path::PathBuf,
    /// The program, until somebody waits for its end.
    child: Option<Box<dyn Child + Send + Sync>>,
    killer: Box<dyn ChildKiller + Send + Sync>,
    process: u32,
    master: Option<Box<dyn MasterPty + Send>>,
}

impl PseudoTerminal {
    /// Starts `kami` on a database, with a home of its own.
    pub(crate) fn start(url: &str, size: (u16, u16)) -> Self {
        Self::run(CommandBuilder::new(env!("CARGO_BIN_EXE_kami")), url, size)
    }

    /// Starts another program in the same surroundings.
    pub(crate) fn run(mut command: CommandBuilder, url: &str, (columns, rows): (u16, u16)) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let home = std::env::temp_dir().join(kami_testkit::unique_name("kami_home"));
        std::fs::create_dir(&home).unwrap();
        command.env_clear();
        for (name, value) in [
            ("DATABASE_URL", url),
            ("TERM", "xterm-256color"),
            ("COLORTERM", "truecolor"),
            ("LANG", "en_US.UTF-8"),
            ("USER", "tester"),
            ("HOME", home.to_str().unwrap()),
            ("PS1", "shell> "),
        ] {
            command.env(name, value);
        }
        command.cwd(&home);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        let screen = Arc::new((Mutex::new(parser), Condvar::new()));
        let sent = Arc::<Mutex<usize>>::default();
        let hung_up = Arc::<AtomicBool>::default();
        let mut output = pair.master.try_clone_reader().unwrap();
        let reader = std::thread::spawn({
            let (screen, sent, hung_up) = (Arc::clone(&screen), Arc::clone(&sent), Arc::clone(&hung_up));
            move || {
                let mut bytes = [0; 4096];
                while let Ok(count @ 1..) = output.read(&mut bytes) {
                    screen.0.lock().unwrap().process(&bytes[..count]);
                    *sent.lock().unwrap() += count;
                    screen.1.notify_all();
                    if hung_up.load(Ordering::SeqCst) {
                        return;
                    }
                }
            }
        });
        let reader = Some(reader);
        let keys = pair.master.take_writer().unwrap();
        let (killer, process) = (child.clone_killer(), child.process_id().unwrap());
        let (keys, master) = (Some(keys), Some(pair.master));
        Self { screen, sent, hung_up, reader, keys, home, child: Some(child), killer, process, master }
    }

    /// Presses keys, as the bytes that a terminal sends for them.
    pub(crate) fn press(&mut self, keys: &str) {
        let line = self.keys.as_mut().unwrap();
        line.write_all(keys.as_bytes()).unwrap();
        line.flush().unwrap();
    }

    /// Types into the field of a form that has the focus, as a hand does: each key once the one before shows, so that they
    /// are no paste.
    pub(crate) fn type_into(&mut self, field: &str, text: &str) {
        let focus = format!("▌ {field} ");
        self.wait_for_text(&focus);
        for (start, character) in text.char_indices() {
            let typed = &text[..start + character.len_utf8()];
            self.press(&typed[start..]);
            self.wait_for(typed, |screen| {
                let value =
                    |line: &str| Some(line.split_once(&focus)?.1.split('│').next()?.trim_end().to_owned());
                screen.lines().filter_map(value).any(|value| value.rsplit(' ').next() == Some(typed))
            });
        }
    }

    /// Presses a key once the terminal hints at it: earlier it is none to a question, or part of a paste. The hint has to be
    /// one that the screen before did not show, since a frame may be read in halves.
    pub(crate) fn press_hinted(&mut self, key: &str, hint: &str) {
        self.wait_for_text(hint);
        self.press(key);
    }

    /// Drops the line, as SSH does it when the network goes. `key` makes the program send something: the thread that
    /// reads it then lets go of the line, too.
    pub(crate) fn hang_up(&mut self, key: &str) {
        self.hung_up.store(true, Ordering::SeqCst);
        self.press(key);
        self.reader.take().unwrap().join().unwrap();
        (self.keys, self.master) = (None, None);
    }

    /// What the terminal shows.
    pub(crate) fn text(&self) -> String {
        self.screen.0.lock().unwrap().screen().contents()
    }

    /// Waits until the terminal is as it was before the program.
    pub(crate) fn wait_until_given_back(&self) {
        self.wait("the terminal to be given back", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor()
        });
    }

    /// Whether the terminal shows what is typed, as a shell wants it.
    pub(crate) fn echoes(&self) -> bool {
        let line = self.master.as_ref().unwrap().tty_name().unwrap();
        let modes = std::process::Command::new("stty").arg("-a").arg("-F").arg(line).output().unwrap();
        assert!(modes.status.success(), "{modes:?}");
        String::from_utf8_lossy(&modes.stdout).split_whitespace().any(|mode| mode == "echo")
    }

    /// How many bytes the program has sent.
    pub(crate) fn bytes_sent(&self) -> usize {
        *self.sent.lock().unwrap()
    }

    /// Waits until the terminal shows what is wanted.
    pub(crate) fn wait_for(&self, what: &str, is_there: impl Fn(&str) -> bool) {
        self.wait(what, |screen| is_there(&screen.contents()));
    }

    fn wait(&self, what: &str, is_there: impl Fn(&vt100::Screen) -> bool) {
        let (screen, changed) = &*self.screen;
        let missing = |parser: &mut vt100::Parser| !is_there(parser.screen());
        let (parser, waited) = changed.wait_timeout_while(screen.lock().unwrap(), PATIENCE, missing).unwrap();
        assert!(!waited.timed_out(), "waited in vain for {what}:\n{}", parser.screen().contents());
    }

    /// Waits until the terminal shows a text.
    pub(crate) fn wait_for_text(&self, text: &str) {
        self.wait_for(text, |screen| screen.contains(text));
    }

    /// Waits until the program has ended; returns its exit code.
    pub(crate) fn wait_for_end(&mut self) -> u32 {
        let mut child = self.child.take().unwrap();
        let (ended, end) = channel();
        std::thread::spawn(move || ended.send(child.wait().unwrap()));
        let status = end.recv_timeout(PATIENCE);
        status.unwrap_or_else(|_| panic!("the console does not end:\n{}", self.text())).exit_code()
    }

    /// The folder that it was started in.
    pub(crate) fn home(&self) -> &std::path::Path {
        &self.home
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.process
    }
}

impl Drop for PseudoTerminal {
    fn drop(&mut self) {
        drop(self.killer.kill());
    }
}

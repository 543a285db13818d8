//! A real tmux shows what was meant, whatever was shown before: other than an emulator it keeps account of both halves
//! of a wide character, and of what is left of one when half of it is written over.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use kami_common::cells::harmless;
use kami_common::words::Language;
use kami_console::shell::backend::{self, ThriftyBackend};
use kami_testkit::{PATIENCE, unique_name};
use ratatui::buffer::{Buffer, CellWidth as _};
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::{Terminal, TerminalOptions, Viewport};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::screens::SCREENS;

/// A tmux of its own, into whose one pane a test writes.
struct Tmux {
    folder: PathBuf,
    /// What is shown in the pane.
    pane: File,
    /// What the pane's terminal answers.
    replies: File,
    /// A client that asks tmux what it shows.
    client: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Tmux {
    fn start((columns, rows): (u16, u16)) -> Self {
        let folder = std::env::temp_dir().join(unique_name("tmux"));
        std::fs::create_dir(&folder).unwrap();
        let settings = "set -g status off\nset -g history-limit 0\n";
        std::fs::write(folder.join("tmux.conf"), settings).unwrap();
        let pipes = ["pane", "replies"].map(|name| folder.join(name));
        assert!(Command::new("mkfifo").args(&pipes).status().unwrap().success());
        // Opened for both directions, so that neither waits for the other end.
        let [pane, replies] = pipes.map(|pipe| OpenOptions::new().read(true).write(true).open(pipe).unwrap());
        let size = [columns, rows].map(|cells| cells.to_string());
        let program = "stty raw -echo; cat pane & exec cat >replies";
        let session = tmux(&folder)
            .args(["new-session", "-d", "-x", &size[0], "-y", &size[1], program])
            .current_dir(&folder)
            .status();
        assert!(session.unwrap().success());
        let mut client = tmux(&folder)
            .args(["-C", "attach-session", "-f", "no-output,ignore-size"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let questions = client.stdin.take().unwrap();
        let answers = BufReader::new(client.stdout.take().unwrap());
        Self { folder, pane, replies, client, questions, answers }
    }

    /// Writes bytes into the pane, and waits until they are shown.
    fn write(&mut self, bytes: &[u8]) {
        self.pane.write_all(bytes).unwrap();
        // A terminal says where its cursor is when it has done all that came before the question.
        self.pane.write_all(b"\x1b[6n").unwrap();
        let mut reply = Vec::new();
        while reply.last() != Some(&b'R') {
            let mut ready = [PollFd::new(&self.replies, PollFlags::IN)];
            let patience = Timespec::try_from(PATIENCE).unwrap();
            assert_eq!(poll(&mut ready, Some(&patience)).unwrap(), 1, "tmux does not answer");
            let mut byte = [0];
            self.replies.read_exact(&mut byte).unwrap();
            reply.push(byte[0]);
        }
    }

    /// The rows that tmux shows, without the blanks at their ends.
    fn rows(&mut self) -> Vec<String> {
        self.questions.write_all(b"capture-pane -p\n").unwrap();
        // An answer to what this client asked has a 1 at the end of its head.
        while !self.line().ends_with(" 1") {}
        let mut rows = Vec::new();
        loop {
            let line = self.line();
            if line.starts_with("%end ") {
                return rows;
            }
            rows.push(line.trim_end().to_owned());
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.answers.read_line(&mut line).unwrap(), 0, "tmux has ended");
        line.trim_end_matches('\n').to_owned()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        drop(tmux(&self.folder).arg("kill-server").status());
        drop(self.client.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// The command of the tmux in a folder.
fn tmux(folder: &Path) -> Command {
    let mut command = Command::new("tmux");
    command.arg("-u").arg("-S").arg(folder.join("socket")).arg("-f").arg(folder.join("tmux.conf"));
    command.env_remove("TMUX").env("LC_ALL", "C.UTF-8").env("TERM", "xterm-256color");
    command
}

/// The console's backend before a tmux.
struct Line {
    terminal: Terminal<ThriftyBackend<Vec<u8>>>,
    tmux: Tmux,
}

impl Line {
    fn new(size @ (columns, rows): (u16, u16)) -> Self {
        let backend = ThriftyBackend::new(Vec::new(), "tmux-256color");
        let viewport = Viewport::Fixed(Rect::new(0, 0, columns, rows));
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
        Self { terminal, tmux: Tmux::start(size) }
    }

    /// Draws a frame, and asserts that tmux shows it.
    fn show(&mut self, buffer: &Buffer, what: impl Fn() -> String) {
        backend::draw(&mut self.terminal, |frame| frame.buffer_mut().clone_from(buffer)).unwrap();
        let bytes = std::mem::take(self.terminal.backend_mut().writer());
        self.tmux.write(&bytes);
        let (shown, meant) = (self.tmux.rows(), rows(buffer));
        for (y, (shown, meant)) in shown.iter().zip(&meant).enumerate() {
            assert_eq!(shown, meant, "row {y}: {}", what());
        }
        assert_eq!(shown.len(), meant.len(), "{}", what());
    }
}

/// The rows of a buffer, without the blanks at their ends.
fn rows(buffer: &Buffer) -> Vec<String> {
    let row = |y| {
        let mut row = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            row.push_str(buffer[(x, y)].symbol());
            x += buffer[(x, y)].cell_width().max(1);
        }
        row.trim_end().to_owned()
    };
    (0..buffer.area.height).map(row).collect()
}

/// Each screen in Chinese, with Chinese in every row that begins now at an even column and now at an odd one.
fn screens(size: (u16, u16)) -> Vec<(&'static str, Buffer)> {
    let screens = SCREENS.iter().map(|(name, start, lead)| {
        let mut console = start(size, Language::of_locale("zh"));
        lead(&mut console);
        for (place, card) in console.model.cards.rows.iter_mut().enumerate() {
            let lead = ["", "A", "-A"][place % 3];
            card.note = Some(format!("{lead}一号店退款 剩余{place}张 客户挂失补发"));
            card.machine_code = card.machine_code.as_ref().map(|_| format!("{lead}工作站-{place}号机"));
        }
        (*name, console.buffer())
    });
    screens.collect()
}

/// Goes from each screen to each other one.
fn go_everywhere(size: (u16, u16)) {
    let screens = screens(size);
    let mut line = Line::new(size);
    let mut before = "nothing";
    for (place, one) in screens.iter().enumerate() {
        for other in &screens[place + 1..] {
            for (name, buffer) in [one, other] {
                line.show(buffer, || format!("from {before} to {name} at {size:?}"));
                before = name;
            }
        }
    }
}

#[test]
fn every_change_between_screens_on_a_phone() {
    go_everywhere((40, 20));
}

#[test]
fn every_change_between_screens_on_a_small_terminal() {
    go_everywhere((80, 24));
}

#[test]
fn every_change_between_screens_on_a_usual_terminal() {
    go_everywhere((100, 30));
}

#[test]
fn every_change_between_screens_on_a_large_terminal() {
    go_everywhere((140, 40));
}

/// A frame of words, wide ones and narrow ones on several grounds, with gaps of any length, that follows from `seed`.
pub(crate) fn patchwork(size: (u16, u16), seed: &mut u64) -> Buffer {
    const WORDS: [&str; 8] = ["剩余", "卡", "VIP-9D3K", "│", "…", "A剩", "余B余", "●"];
    let mut any = |below: usize| {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(*seed >> 33).unwrap() % below
    };
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    for y in 0..size.1 {
        let mut x = 0;
        while x < size.0 {
            x += u16::try_from([0, 0, 1, 2, 7, 12][any(6)]).unwrap();
            let ground = [Color::Reset, Color::Reset, Color::Indexed(236)][any(3)];
            if x < size.0 {
                x = buffer
                    .set_stringn(x, y, WORDS[any(WORDS.len())], 40, Style::new().bg(ground))
                    .0
                    .max(x + 1);
            }
        }
    }
    buffer
}

#[test]
fn every_frame_after_every_other_however_wide_characters_lie_on_each_other() {
    let size = (40, 12);
    let mut line = Line::new(size);
    let mut seed = 22;
    for number in 0..400 {
        let before = seed;
        let frame = patchwork(size, &mut seed);
        line.show(&frame, || format!("frame {number} from seed {before}"));
    }
}

#[test]
fn a_screen_that_somebody_else_wrote_to_is_drawn_anew() {
    let size = (80, 24);
    let mut line = Line::new(size);
    for (name, buffer) in screens(size).iter().step_by(10) {
        line.show(buffer, || (*name).to_owned());
        line.tmux.write("\x1b[5;3H广播消息：系统即将关机\x1b[31;7m".as_bytes());
        line.terminal.backend_mut().forget().unwrap();
        line.terminal.clear().unwrap();
        line.show(buffer, || format!("{name} after a message"));
    }
}

/// Texts whose width terminals do not agree on, unless they are made harmless.
const DOUBTFUL: [&str; 16] = [
    "👍🏽好",
    "🇨🇳旗",
    "e\u{301}x",
    "ｶ\u{ff9e}ｷ\u{ff9e}",
    "❤\u{fe0f}心",
    "1\u{fe0f}\u{20e3}号",
    "ก็ดี",
    "हिन्दी",
    "\u{1112}\u{1161}\u{11ab}글",
    "☺笑①②⚡电",
    "👨\u{200d}👩",
    "⌚⏰⭐︎星",
    "ａｂ\u{3164}x",
    "𠀀𪚥㍿",
    "﷽x⸻x",
    "\u{1f3fb}x",
];

#[test]
fn texts_of_doubtful_width_move_nothing_beside_them() {
    let size = (20, 3);
    let mut line = Line::new(size);
    let mut plain = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    plain.set_string(2, 1, "abcdefghijkl|", Style::new());
    for text in DOUBTFUL {
        let mut doubtful = plain.clone();
        doubtful.set_string(3, 1, harmless(text), Style::new());
        for buffer in [&plain, &doubtful, &plain] {
            line.show(buffer, || text.escape_unicode().to_string());
        }
    }
}

//! The terminal while it is ours: claimed, and given back as it was whatever happens.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute, queue};
use ratatui::{Frame, Terminal};

use crate::shell::backend::{self, ThriftyBackend};

/// The terminal, from [`Screen::claim`] until it is dropped.
#[derive(Debug)]
pub struct Screen {
    terminal: Terminal<ThriftyBackend<BufWriter<Stdout>>>,
    /// Whether the mouse is wanted, to take it again after a stop.
    wants_mouse: bool,
    /// Whether it is with the shell: whatever comes first when we are continued, nothing is drawn over the shell's lines.
    is_away: bool,
}

/// Whether the mouse is ours now: a terminal that kept its mouse is not told to take it back.
static HAS_MOUSE: AtomicBool = AtomicBool::new(false);

/// Tells the terminal to report clicks and the wheel, in a form without limits to columns; moves are no matter.
const TAKE_MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1006h";

/// Tells the terminal to keep the mouse to itself.
const GIVE_MOUSE: &[u8] = b"\x1b[?1006l\x1b[?1000l";

impl Screen {
    /// Takes the terminal over; a panic gives it back before it is reported.
    pub fn claim(term: &str, wants_mouse: bool) -> io::Result<Self> {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            report(panic);
        }));
        let backend = ThriftyBackend::new(BufWriter::with_capacity(32 * 1024, io::stdout()), term);
        let mut screen = Self { terminal: Terminal::new(backend)?, wants_mouse, is_away: false };
        screen.enter()?;
        Ok(screen)
    }

    /// Draws a frame; nothing is sent when it looks like the last one, nor from a stop until we are continued.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if self.is_away {
            return Ok(());
        }
        backend::draw(&mut self.terminal, render)
    }

    /// Gives the terminal to the shell until we are continued; does nothing where there is no shell above us.
    #[cfg(unix)]
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        if rustix::process::getsid(None)? == rustix::process::getpid() {
            return Ok(());
        }
        self.is_away = true;
        give_back();
        // Stopped as a group, as the terminal would have done it, so that a pipeline or a wrapper stops with us.
        rustix::process::kill_current_process_group(rustix::process::Signal::STOP)?;
        Ok(())
    }

    /// Takes the terminal over again, after a stop, and draws everything anew.
    pub(super) fn reclaim(&mut self) -> io::Result<()> {
        self.enter()?;
        self.is_away = false;
        self.redraw()
    }

    /// Draws everything anew with the next frame, since someone else may have written to the terminal.
    pub(super) fn redraw(&mut self) -> io::Result<()> {
        if self.is_away {
            return Ok(());
        }
        self.terminal.backend_mut().forget()?;
        self.terminal.clear()
    }

    /// Puts text on the clipboard of the terminal's owner, through however many SSH lines.
    pub(super) fn copy(&mut self, text: &str) -> io::Result<()> {
        let writer = self.terminal.backend_mut().writer();
        execute!(writer, crossterm::clipboard::CopyToClipboard::to_clipboard_from(text))
    }

    /// Takes the mouse from the terminal, or gives it back.
    pub(super) fn take_mouse(&mut self, wanted: bool) -> io::Result<()> {
        self.wants_mouse = wanted;
        let writer = self.terminal.backend_mut().writer();
        if wanted {
            writer.write_all(TAKE_MOUSE)?;
        } else if HAS_MOUSE.load(Ordering::Relaxed) {
            writer.write_all(GIVE_MOUSE)?;
        }
        HAS_MOUSE.store(wanted, Ordering::Relaxed);
        writer.flush()
    }

    fn enter(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        let writer = self.terminal.backend_mut().writer();
        queue!(writer, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        self.take_mouse(self.wants_mouse)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back. Errors are of no use to anyone here: it may be the line that broke.
fn give_back() {
    if HAS_MOUSE.swap(false, Ordering::Relaxed) {
        drop(io::stdout().write_all(GIVE_MOUSE));
    }
    // The pen is left as the last frame had it.
    let plain = SetAttribute(Attribute::Reset);
    drop(execute!(io::stdout(), plain, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show));
    drop(disable_raw_mode());
}

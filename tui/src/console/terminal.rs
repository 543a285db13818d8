//! The terminal while it is ours: claimed, and given back as it was whatever happens.

use std::io::{self, BufWriter, Stdout, Write};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute, queue};
use ratatui::{Frame, Terminal};

use super::backend::ThriftyBackend;

/// The terminal, from [`Screen::claim`] until it is dropped.
#[derive(Debug)]
pub(super) struct Screen {
    terminal: Terminal<ThriftyBackend<BufWriter<Stdout>>>,
}

impl Screen {
    /// Takes the terminal over; a panic gives it back before it is reported.
    pub(super) fn claim(term: &str) -> io::Result<Self> {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            report(panic);
        }));
        let backend = ThriftyBackend::new(BufWriter::with_capacity(32 * 1024, io::stdout()), term);
        let mut screen = Self { terminal: Terminal::new(backend)? };
        screen.enter()?;
        Ok(screen)
    }

    /// Draws a frame; nothing is sent when it looks like the last one.
    pub(super) fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(render).map(drop)
    }

    /// Gives the terminal to the shell until we are continued; does nothing where there is no shell above us.
    #[cfg(unix)]
    pub(super) fn suspend() -> io::Result<()> {
        if rustix::process::getsid(None)? == rustix::process::getpid() {
            return Ok(());
        }
        give_back();
        // Stopped as a group, as the terminal would have done it, so that a pipeline or a wrapper stops with us.
        rustix::process::kill_current_process_group(rustix::process::Signal::STOP)?;
        Ok(())
    }

    /// Takes the terminal over again, after a stop, and draws everything anew.
    pub(super) fn reclaim(&mut self) -> io::Result<()> {
        self.enter()?;
        self.terminal.backend_mut().forget();
        self.terminal.clear()
    }

    /// Puts text on the clipboard of the terminal's owner, through however many SSH lines.
    pub(super) fn copy(&mut self, text: &str) -> io::Result<()> {
        let writer = self.terminal.backend_mut().writer();
        execute!(writer, crossterm::clipboard::CopyToClipboard::to_clipboard_from(text))
    }

    fn enter(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        let writer = self.terminal.backend_mut().writer();
        queue!(writer, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        writer.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back. Errors are of no use to anyone here: it may be the line that broke.
fn give_back() {
    drop(execute!(io::stdout(), DisableBracketedPaste, LeaveAlternateScreen, cursor::Show));
    drop(disable_raw_mode());
}

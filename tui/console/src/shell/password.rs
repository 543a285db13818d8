//! A password that is typed at the terminal.

use std::io::{self, Write as _};

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use kami_common::settings::PasswordError;

/// Asks at the terminal in these words, without an echo.
pub fn ask_password(words: &str) -> Result<String, PasswordError> {
    let mut out = io::stderr();
    // Before the words, since whoever reads them types, and must neither be echoed nor have his Enter read as a line feed.
    enable_raw_mode().map_err(|_| PasswordError::NotTyped)?;
    let _: io::Result<()> = write!(out, "{words}").and_then(|()| out.flush());
    let typed = read_line();
    drop(disable_raw_mode());
    let _: io::Result<()> = writeln!(out);
    typed
}

fn read_line() -> Result<String, PasswordError> {
    let mut line = String::new();
    loop {
        let Event::Key(key) = read().map_err(|_| PasswordError::NotTyped)? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Enter => return Ok(line),
            KeyCode::Esc => return Err(PasswordError::NotTyped),
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Err(PasswordError::NotTyped);
            }
            KeyCode::Backspace => drop(line.pop()),
            KeyCode::Char(character) => line.push(character),
            _ => {}
        }
    }
}

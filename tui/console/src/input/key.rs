//! The keys of the keyboard as the keymap names them.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A key, with Ctrl or without; Shift is part of the character that it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
}

impl Key {
    /// The key that types this character.
    pub const fn char(character: char) -> Self {
        Self { code: KeyCode::Char(character), ctrl: false }
    }

    /// This character's key with Ctrl.
    pub const fn ctrl(character: char) -> Self {
        Self { code: KeyCode::Char(character), ctrl: true }
    }

    /// A key that types nothing.
    pub const fn code(code: KeyCode) -> Self {
        Self { code, ctrl: false }
    }

    /// The key of a terminal event; none for releases and for what no table can name.
    pub fn of(event: KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release || event.modifiers.contains(KeyModifiers::ALT) {
            return None;
        }
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        Some(Self { code: event.code, ctrl })
    }

    /// The character that it types into a line of text; none with Ctrl and for keys that type nothing.
    pub const fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(character) if !self.ctrl => Some(character),
            _ => None,
        }
    }

    /// The key that types this character without a Chinese input method: a full-width letter, digit or sign means its
    /// ASCII one, and a Chinese sign the one that lies on the same key of the keyboard, so that `、` is `/`.
    #[must_use]
    pub fn plain(self) -> Self {
        let KeyCode::Char(character) = self.code else { return self };
        let plain = match character {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
            '\u{3000}' => ' ',
            '、' => '/',
            '。' => '.',
            '《' => '<',
            '》' => '>',
            '【' => '[',
            '】' => ']',
            '“' | '”' => '"',
            '‘' | '’' => '\'',
            '￥' | '¥' => '$',
            '×' => '*',
            '·' => '`',
            other => other,
        };
        Self { code: KeyCode::Char(plain), ..self }
    }

    /// The key's short name, as hints and help show it.
    pub fn name(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "␣".to_owned(),
            KeyCode::Char(character) if self.ctrl => character.to_ascii_uppercase().to_string(),
            KeyCode::Char(character) => character.to_string(),
            KeyCode::Enter => "⏎".to_owned(),
            KeyCode::Esc => "Esc".to_owned(),
            KeyCode::Tab => "Tab".to_owned(),
            KeyCode::BackTab => "⇧Tab".to_owned(),
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::Left => "←".to_owned(),
            KeyCode::Right => "→".to_owned(),
            KeyCode::Home => "Home".to_owned(),
            KeyCode::End => "End".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::Backspace => "⌫".to_owned(),
            KeyCode::Delete => "Del".to_owned(),
            other => format!("{other:?}"),
        };
        if self.ctrl { format!("^{name}") } else { name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_shortly() {
        for (key, name) in [
            (Key::char('n'), "n"),
            (Key::char(' '), "␣"),
            (Key::ctrl('d'), "^D"),
            (Key::code(KeyCode::Esc), "Esc"),
            (Key::code(KeyCode::PageDown), "PgDn"),
        ] {
            assert_eq!(key.name(), name);
        }
    }

    #[test]
    fn what_an_input_method_types_means_the_plain_key() {
        for (typed, plain) in "：？、＋／＊ｎＢ７　".chars().zip(":?/+/*nB7 ".chars()) {
            assert_eq!(Key::char(typed).plain(), Key::char(plain), "{typed}");
        }
        for full in '\u{ff01}'..='\u{ff5e}' {
            assert!(Key::char(full).plain().typed().is_some_and(|plain| plain.is_ascii_graphic()), "{full}");
        }
        for same in ['n', '卡', 'é', '~'] {
            assert_eq!(Key::char(same).plain(), Key::char(same));
        }
    }

    #[test]
    fn releases_and_alt_are_no_keys() {
        let event = KeyEvent::new(KeyCode::Char('n'), KeyModifiers::NONE);
        assert_eq!(Key::of(event), Some(Key::char('n')));
        assert_eq!(Key::of(KeyEvent { kind: KeyEventKind::Release, ..event }), None);
        assert_eq!(Key::of(KeyEvent::new(KeyCode::Char('n'), KeyModifiers::ALT)), None);
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Key::of(shifted), Some(Key::char('G')));
    }
}

//! Small files of settings and secrets, whatever editor wrote them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use thiserror::Error;

/// The most bytes of such a file.
pub const MAX_BYTES: u64 = 1024 * 1024;

/// The mark of UTF-16 whose low bytes come first.
const LITTLE: &[u8] = &[0xff, 0xfe];

/// The mark of UTF-16 whose high bytes come first.
const BIG: &[u8] = &[0xfe, 0xff];

/// Why a file has no text to give.
#[derive(Debug, Error)]
pub enum SmallFileError {
    /// It has more than [`MAX_BYTES`].
    #[error("it has more than {} MB", MAX_BYTES / 1024 / 1024)]
    TooLarge,
    /// It is neither UTF-8 nor UTF-16 with its mark.
    #[error("it is not UTF-8 text: save it as UTF-8")]
    NotText,
    /// Others than its owner can read it.
    #[error("others can read it: chmod 600 makes it its owner's alone")]
    NotPrivate,
    /// The system refuses.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl SmallFileError {
    /// Whether there is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

/// The text of a file without the mark that Windows puts before it, each of its lines ending with LF.
pub fn read(path: &Path) -> Result<String, SmallFileError> {
    read_from(File::open(path)?)
}

/// The same of a file that only its owner may read or write, where the system knows owners.
pub fn read_private(path: &Path) -> Result<String, SmallFileError> {
    let file = File::open(path)?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata()?.permissions());
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY");
        if !is_private(path, mode, credentials.as_deref().map(Path::new)) {
            return Err(SmallFileError::NotPrivate);
        }
    }
    read_from(file)
}

/// Whether only its owner may read or write a file of this mode.
///
/// From version 254 on, systemd lets a service into its credentials by an access list, which shows as a right of the group to
/// read; the folder is the service's alone.
#[cfg(unix)]
fn is_private(path: &Path, mode: u32, credentials: Option<&Path>) -> bool {
    let is_credential = credentials.is_some() && path.parent() == credentials;
    let of_others = if is_credential { 0o037 } else { 0o077 };
    mode & of_others == 0
}

/// The text of a file that begins with a mark; `None` for every other, and for one that cannot be read.
pub fn unmarked(path: &Path) -> Option<String> {
    let mut start = Vec::new();
    File::open(path).and_then(|file| file.take(3).read_to_end(&mut start)).ok()?;
    let is_marked = ["\u{feff}".as_bytes(), LITTLE, BIG].into_iter().any(|mark| start.starts_with(mark));
    is_marked.then(|| read(path).ok())?
}

/// The same of what is open already.
pub fn read_from(source: impl Read) -> Result<String, SmallFileError> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(SmallFileError::TooLarge);
    }
    let text = if let Some(rest) = bytes.strip_prefix(LITTLE) {
        utf16(rest, u16::from_le_bytes)
    } else if let Some(rest) = bytes.strip_prefix(BIG) {
        utf16(rest, u16::from_be_bytes)
    } else {
        String::from_utf8(bytes).ok()
    };
    // A zero is a sign of UTF-16 without its mark, and of what is no text at all.
    let text = text.filter(|text| !text.contains('\0')).ok_or(SmallFileError::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    char::decode_utf16(units).collect::<Result<_, _>>().ok().filter(|_| rest.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utf16_of(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn each_form_that_an_editor_gives_a_file_reads_alike() {
        let (plain, marked) = ("密码=a\nb", "\u{feff}密码=a\r\nb");
        for bytes in [
            plain.as_bytes().to_vec(),
            marked.as_bytes().to_vec(),
            utf16_of(marked, u16::to_le_bytes),
            utf16_of(marked, u16::to_be_bytes),
            "密码=a\rb".as_bytes().to_vec(),
        ] {
            assert_eq!(read_from(bytes.as_slice()).unwrap(), plain);
        }
        assert_eq!(read_from(&b""[..]).unwrap(), "");
    }

    #[test]
    fn a_file_with_a_mark_is_told_from_others() {
        let path = std::env::temp_dir().join(format!("kami-small-{}", std::process::id()));
        for (bytes, text) in [
            (&b"\xef\xbb\xbfa\r\n"[..], Some("a\n")),
            (b"\xff\xfea\0", Some("a")),
            (b"\xfe\xff\0a", Some("a")),
            (b"a", None),
            (b"\xff", None),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(unmarked(&path).as_deref(), text, "{bytes:?}");
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(unmarked(&path), None);
    }

    #[test]
    fn what_is_no_text_or_too_much_is_said() {
        for bytes in [
            &b"\xc3\xdc\xc2\xeb"[..],
            &utf16_of("secret", u16::to_le_bytes),
            &[0xff, 0xfe, 0x00, 0xd8],
            &[0xff, 0xfe, 0x61],
        ] {
            assert!(matches!(read_from(bytes), Err(SmallFileError::NotText)), "{bytes:?}");
        }
        let error = read_from(io::repeat(b'a')).unwrap_err();
        assert!(matches!(error, SmallFileError::TooLarge) && !error.is_missing());
        assert!(read(Path::new("/nowhere/file")).unwrap_err().is_missing());
    }

    #[cfg(unix)]
    #[test]
    fn what_others_can_read_is_not_private() {
        let credentials = Path::new("/run/credentials/kami-api.service");
        for (path, mode, given, expected) in [
            ("/etc/kami/keys", 0o100_600, None, true),
            ("/etc/kami/keys", 0o100_400, Some(credentials), true),
            ("/etc/kami/keys", 0o100_440, Some(credentials), false),
            ("/etc/kami/keys", 0o100_440, None, false),
            ("/etc/kami/keys", 0o100_604, None, false),
            ("/run/credentials/kami-api.service/keys", 0o100_440, Some(credentials), true),
            ("/run/credentials/kami-api.service/keys", 0o100_440, None, false),
            ("/run/credentials/kami-api.service/keys", 0o100_460, Some(credentials), false),
            ("/run/credentials/kami-api.service/keys", 0o100_444, Some(credentials), false),
            ("/run/credentials/other.service/keys", 0o100_440, Some(credentials), false),
        ] {
            assert_eq!(is_private(Path::new(path), mode, given), expected, "{path} {mode:o} {given:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_much(bytes: Vec<u8>) {
            if let Ok(text) = read_from(bytes.as_slice()) {
                prop_assert!(!text.contains(['\r', '\0']));
            }
        }
    }
}

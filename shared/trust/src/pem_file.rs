//! Files of keys: PEM (RFC 7468), as OpenSSL reads and writes it.

use pem::Pem;
use thiserror::Error;

use crate::key::{KeyError, PrivateKey};

/// The label of a private key in PKCS #8 (RFC 7468 §10).
const PRIVATE_KEY: &str = "PRIVATE KEY";

/// The label of a certificate of ours, behind its key.
const CERTIFICATE: &str = "KAMI CERTIFICATE";

/// Why a file of keys is not taken; it never holds any part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyFileError {
    /// It is no PEM, or has what belongs into no file of keys.
    #[error("it is no file of keys: a file that `kami keys` wrote begins with -----BEGIN PRIVATE KEY-----")]
    Form,
    /// There is no key in it.
    #[error("there is no key in it")]
    Empty,
    /// A key has no certificate behind it: perhaps it is the root key.
    #[error(
        "its key number {0} has no certificate: a root key stays offline, and `kami keys issue` makes an online key"
    )]
    Uncertified(usize),
    /// There is more in it than one key.
    #[error("it is no root key: a root key stands alone in its file")]
    NoRoot,
    /// A key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// An online key as it stands in a file; it shows nothing of itself.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// PKCS #8 in DER.
    pub(crate) private: Vec<u8>,
    pub(crate) certificate: String,
}

impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredKey")
    }
}

impl StoredKey {
    /// A key of PKCS #8 in DER with its certificate.
    pub fn new(private: Vec<u8>, certificate: String) -> Self {
        Self { private, certificate }
    }

    /// Its certificate.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }
}

/// The blocks of a text, each of them whole: the library passes over one that is cut off.
fn blocks(text: &str) -> Result<Vec<Pem>, KeyFileError> {
    let blocks = pem::parse_many(text).map_err(|_| KeyFileError::Form)?;
    if blocks.len() == text.matches("-----BEGIN ").count() { Ok(blocks) } else { Err(KeyFileError::Form) }
}

/// The online keys in a file, in its order; files may be put behind each other.
pub fn read(text: &str) -> Result<Vec<StoredKey>, KeyFileError> {
    let mut keys: Vec<StoredKey> = Vec::new();
    let mut uncertified: Option<Vec<u8>> = None;
    for block in blocks(text)? {
        let number = keys.len() + 1;
        match (block.tag(), uncertified.take()) {
            (PRIVATE_KEY, None) => uncertified = Some(block.into_contents()),
            (PRIVATE_KEY, Some(_)) => return Err(KeyFileError::Uncertified(number)),
            (CERTIFICATE, Some(private)) => {
                let certificate = String::from_utf8(block.into_contents()).map_err(|_| KeyFileError::Form)?;
                keys.push(StoredKey { private, certificate });
            }
            _ => return Err(KeyFileError::Form),
        }
    }
    match uncertified {
        Some(_) => Err(KeyFileError::Uncertified(keys.len() + 1)),
        None if keys.is_empty() => Err(KeyFileError::Empty),
        None => Ok(keys),
    }
}

/// The text of a file of online keys.
pub fn write(keys: &[StoredKey]) -> String {
    let blocks = keys.iter().flat_map(|key| {
        [Pem::new(PRIVATE_KEY, key.private.clone()), Pem::new(CERTIFICATE, key.certificate.clone())]
    });
    pem::encode_many(&blocks.collect::<Vec<_>>())
}

/// The root key in a file.
pub fn read_root(text: &str) -> Result<PrivateKey, KeyFileError> {
    let mut blocks = blocks(text)?;
    match (blocks.pop(), blocks.is_empty()) {
        (Some(block), true) if block.tag() == PRIVATE_KEY => Ok(PrivateKey::from_pkcs8(block.contents())?),
        (Some(block), _) if [PRIVATE_KEY, CERTIFICATE].contains(&block.tag()) => Err(KeyFileError::NoRoot),
        (Some(_), _) => Err(KeyFileError::Form),
        (None, _) => Err(KeyFileError::Empty),
    }
}

/// The text of a file of a root key.
pub fn write_root(private: &[u8]) -> String {
    pem::encode(&Pem::new(PRIVATE_KEY, private))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_as_they_were_written_and_behind_each_other() {
        let key = |number: u8| StoredKey { private: vec![number; 138], certificate: format!("{number}.b.c") };
        let both = format!("{}\n# next\n{}", write(&[key(1)]), write(&[key(2)]));
        assert_eq!(read(&both), Ok(vec![key(1), key(2)]));
        assert_eq!(read(&both.replace('\n', "\r\n")), Ok(vec![key(1), key(2)]));
        let root = PrivateKey::generate().unwrap();
        let thumbprint = |key: PrivateKey| key.public().thumbprint();
        assert_eq!(
            read_root(&write_root(&root)).map(thumbprint),
            PrivateKey::from_pkcs8(&root).map(thumbprint).map_err(KeyFileError::from)
        );
    }

    #[test]
    fn what_is_no_file_of_keys_is_refused() {
        let root = write_root(&PrivateKey::generate().unwrap());
        let online = write(&[StoredKey { private: vec![1], certificate: "a.b.c".to_owned() }]);
        let certificate = &online[online.find("-----BEGIN KAMI").unwrap()..];
        for (text, why) in [
            ("", KeyFileError::Empty),
            ("kid: 1", KeyFileError::Empty),
            (&root, KeyFileError::Uncertified(1)),
            (&format!("{online}{root}"), KeyFileError::Uncertified(2)),
            (&format!("{root}{online}"), KeyFileError::Uncertified(1)),
            (certificate, KeyFileError::Form),
            (&root.replace("PRIVATE", "EC PRIVATE"), KeyFileError::Form),
            (&online[..online.len() - 9], KeyFileError::Form),
        ] {
            assert_eq!(read(text), Err(why), "{text}");
        }
        for (text, why) in [
            ("", KeyFileError::Empty),
            (online.as_str(), KeyFileError::NoRoot),
            (&format!("{root}{root}"), KeyFileError::NoRoot),
            (&root.replace("PRIVATE", "EC PRIVATE"), KeyFileError::Form),
            (&write_root(b"no key"), KeyFileError::Key(KeyError::Private)),
        ] {
            assert_eq!(read_root(text).map(|_| ()), Err(why), "{text}");
        }
    }
}

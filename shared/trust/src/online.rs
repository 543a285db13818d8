//! The keys that a server signs with: several, so that the next one is there before the last one ends.

use kami_core::app::AppName;
use thiserror::Error;

use crate::certificate::{Certificate, CertificateError};
use crate::jws::{EncodedHeader, JwsError, Purpose};
use crate::key::PrivateKey;
use crate::licence;
use crate::pem_file::{self, KeyFileError, StoredKey};
use crate::proof::Claims;

/// How long before nothing can be signed any more somebody has to be told, in seconds: 14 days.
pub const WARNED_BEFORE: i64 = 14 * 24 * 3600;

/// How long before its end another key takes a key's place, in seconds: a day, since a client whose clock is ahead finds
/// the end past before it is.
pub const HANDED_OVER: i64 = 24 * 3600;

/// Why keys are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OnlineKeyError {
    /// Their file is not one.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// One has a certificate that is none, or another key's.
    #[error("the certificate of its key number {0} is none of that key's")]
    Certificate(usize),
}

/// A key that signs answers, with the certificate that says so.
#[derive(Debug)]
pub struct OnlineKey {
    private: PrivateKey,
    /// Its thumbprint.
    pub kid: String,
    /// The thumbprint of the root key that certifies it.
    pub root: String,
    /// What the certificate says.
    pub certificate: Certificate,
    /// The certificate itself.
    pub certificate_text: String,
    header: EncodedHeader,
}

impl OnlineKey {
    /// The key of a file.
    pub fn of(stored: StoredKey) -> Result<Self, CertificateError> {
        let private = PrivateKey::from_pkcs8(&stored.private).map_err(JwsError::from)?;
        let (certificate, root) = Certificate::unverified(&stored.certificate)?;
        if certificate.key != private.public() {
            return Err(CertificateError::Key);
        }
        let kid = certificate.key.thumbprint();
        let header = EncodedHeader::new(Purpose::Proof, &kid, Some(&stored.certificate))?;
        Ok(Self { private, kid, root, certificate, certificate_text: stored.certificate, header })
    }

    /// The proof that makes these claims.
    pub fn sign(&self, claims: &Claims) -> Result<String, JwsError> {
        self.header.sign(&self.private, claims)
    }

    /// The licence that makes these claims, as good as its certificate at most.
    pub fn license(&self, claims: &licence::Claims) -> Result<String, JwsError> {
        let header = EncodedHeader::new(Purpose::Licence, &self.kid, Some(&self.certificate_text))?;
        header.sign(&self.private, claims)
    }
}

/// All keys of a server.
#[derive(Debug, Default)]
pub struct OnlineKeys(Vec<OnlineKey>);

impl OnlineKeys {
    /// The keys of a file's text.
    pub fn parse(text: &str) -> Result<Self, OnlineKeyError> {
        Self::of(pem_file::read(text)?)
    }

    /// The keys as they stand in a file.
    pub fn of(stored: Vec<StoredKey>) -> Result<Self, OnlineKeyError> {
        let stored = stored.into_iter().zip(1..);
        let keys = stored
            .map(|(stored, number)| OnlineKey::of(stored).map_err(|_| OnlineKeyError::Certificate(number)));
        keys.collect::<Result<_, _>>().map(Self)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, OnlineKey> {
        self.0.iter()
    }

    /// The one that signs answers of an app at a moment: none in its [last hours](HANDED_OVER) where another can, one for the
    /// app alone before one for all, and the one that was certified last. Of `None`, a name that no app can have, only one
    /// for all does.
    pub fn signing(&self, app: Option<&AppName>, now: i64) -> Option<&OnlineKey> {
        let able = self.0.iter().filter(|key| key.certificate.covers(app, now));
        able.max_by_key(|key| {
            let Certificate { app, from, until, .. } = &key.certificate;
            (now < until - HANDED_OVER, app.is_some(), *from, *until)
        })
    }

    /// Until when answers of an app are signed, by keys that follow on each other; `None` where none signs them now.
    pub fn signed_until(&self, app: Option<&AppName>, now: i64) -> Option<i64> {
        let mut end = None;
        while let Some(key) = self.signing(app, end.unwrap_or(now)) {
            end = Some(key.certificate.until);
        }
        end
    }

    /// Until when answers are signed of every app that a key is for; not later than now where one has none now, be its key over
    /// or not valid yet. `None` without keys.
    pub fn all_signed_until(&self, now: i64) -> Option<i64> {
        let ends = self.0.iter().map(|key| {
            let Certificate { app, until, .. } = &key.certificate;
            self.signed_until(app.as_ref(), now).unwrap_or_else(|| (*until).min(now))
        });
        ends.min()
    }
}

impl<'a> IntoIterator for &'a OnlineKeys {
    type Item = &'a OnlineKey;
    type IntoIter = std::slice::Iter<'a, OnlineKey>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::{HEAD_START, LONGEST};

    const NOW: i64 = 1_800_000_000;
    const DAY: i64 = 24 * 3600;

    /// A file of keys, each of an app or all, from a day before or after `NOW` on, for so many days.
    fn keys(certified: &[(Option<&str>, i64, i64)]) -> OnlineKeys {
        let root = PrivateKey::from_pkcs8(&PrivateKey::generate().unwrap()).unwrap();
        let stored = certified.iter().map(|(app, from, days)| {
            let private = PrivateKey::generate().unwrap();
            let public = PrivateKey::from_pkcs8(&private).unwrap().public();
            let app = app.map(|app| app.parse().unwrap());
            let certificate = Certificate::at(NOW + from * DAY, public, app, days * DAY);
            StoredKey::new(private, certificate.signed(&root).unwrap())
        });
        OnlineKeys::parse(&pem_file::write(&stored.collect::<Vec<_>>())).unwrap()
    }

    #[test]
    fn which_key_signs() {
        let cases: [(&[_], Option<&str>, Option<usize>); 12] = [
            (&[(None, -1, 90)], Some("demo"), Some(0)),
            (&[(None, -1, 90)], None, Some(0)),
            (&[(Some("demo"), -1, 90)], None, None),
            (&[(Some("demo"), -1, 90)], Some("other"), None),
            (&[(Some("demo"), -9, 90), (None, -1, 90)], Some("demo"), Some(0)),
            (&[(Some("demo"), -9, 90), (None, -1, 90)], Some("other"), Some(1)),
            (&[(None, -9, 90), (None, -1, 30)], Some("demo"), Some(1)),
            (&[(None, -90, 90), (None, -100, 101)], Some("demo"), Some(1)),
            (&[(None, 1, 90), (None, -100, 99)], Some("demo"), None),
            (&[(Some("demo"), -10, 11), (None, -80, 90)], Some("demo"), Some(1)),
            (&[(Some("demo"), -10, 12), (None, -80, 90)], Some("demo"), Some(0)),
            (&[(Some("demo"), -10, 11)], Some("demo"), Some(0)),
        ];
        for (certified, app, signs) in cases {
            let keys = keys(certified);
            let app: Option<AppName> = app.map(|app| app.parse().unwrap());
            let found = keys.signing(app.as_ref(), NOW).map(|key| key.kid.as_str());
            let wanted = signs.map(|place| keys.iter().nth(place).unwrap().kid.as_str());
            assert_eq!(found, wanted, "{certified:?} {app:?}");
        }
        let only = keys(&[(None, 0, 90)]);
        assert!(only.signing(None, NOW - HEAD_START).is_some(), "a clock may be behind");
        assert!(only.signing(None, NOW - HEAD_START - 1).is_none());
        assert!(only.signing(None, NOW + LONGEST - 1).is_some());
        assert!(only.signing(None, NOW + LONGEST).is_none());
    }

    #[test]
    fn the_last_end_is_that_of_keys_that_follow_on_each_other() {
        for (certified, end) in [
            (&[(None, 0, 90)][..], Some(90)),
            (&[(None, 0, 90), (None, -80, 90)], Some(90)),
            (&[(None, -80, 90), (None, 5, 90)], Some(95)),
            (&[(None, -80, 90), (None, 11, 90)], Some(10)),
            (&[(None, -100, 90)], None),
        ] {
            let end: Option<i64> = end.map(|days| NOW + days * DAY);
            assert_eq!(keys(certified).signed_until(None, NOW), end, "{certified:?}");
        }
        assert_eq!(OnlineKeys::default().all_signed_until(NOW), None);
        for (certified, end) in [
            (&[(None, 0, 90), (Some("demo"), 0, 30)][..], Some(90)),
            (&[(Some("other"), 0, 90), (Some("demo"), 0, 30)], Some(30)),
            (&[(None, 0, 90), (Some("demo"), -30, 10)], Some(90)),
            (&[(Some("other"), 0, 90), (Some("demo"), -30, 10)], Some(-20)),
            (&[(None, 1, 90)], Some(0)),
            (&[(None, 0, 90), (Some("demo"), 1, 90)], Some(90)),
        ] {
            let end: Option<i64> = end.map(|days| NOW + days * DAY);
            assert_eq!(keys(certified).all_signed_until(NOW), end, "{certified:?}");
        }
    }

    #[test]
    fn a_certificate_of_another_key_is_refused() {
        let [one, other] = [0, 1].map(|_| PrivateKey::generate().unwrap());
        let key = |bytes: &[u8]| PrivateKey::from_pkcs8(bytes).unwrap();
        let certificate = Certificate::at(NOW, key(&other).public(), None, DAY).signed(&key(&one)).unwrap();
        let stored = [StoredKey::new(other, certificate.clone()), StoredKey::new(one, certificate)];
        assert_eq!(
            OnlineKeys::parse(&pem_file::write(&stored)).map(|_| ()),
            Err(OnlineKeyError::Certificate(2))
        );
    }
}

//! Who signs a licence: a root key, or the online key of its app.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use kami_common::key_file;
use kami_common::words::{Language, say};
use kami_core::app::AppName;
use kami_trust::jws::JwsError;
use kami_trust::key::PrivateKey;
use kami_trust::licence::Claims;
use kami_trust::online::{OnlineKey, OnlineKeys};

use super::super::failure::Failure;
use super::super::keys::{file_or_servers, moment, unusable};

/// The keys of a file.
pub(super) enum Keys {
    Root(Box<PrivateKey>),
    Online(OnlineKeys),
}

/// The one of them that signs.
pub(super) enum Signer<'a> {
    Root(&'a PrivateKey),
    Online(&'a OnlineKey),
}

impl Keys {
    /// Those of the file of a root key, else of a file of online keys, else of the server's.
    pub(super) fn read(
        language: Language,
        root: Option<PathBuf>,
        online: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        if let Some(file) = root {
            let key = key_file::root(&file).map_err(|problem| unusable(language, &file, &problem))?;
            return Ok(Self::Root(Box::new(key)));
        }
        let file = file_or_servers(language, online, &|name| std::env::var(name).ok())?;
        let keys = key_file::online(&file).map_err(|problem| unusable(language, &file, &problem))?;
        Ok(Self::Online(keys))
    }

    /// The one that signs for an app at a moment.
    pub(super) fn signer(
        &self,
        language: Language,
        app: &AppName,
        now: DateTime<Utc>,
    ) -> Result<Signer<'_>, Failure> {
        match self {
            Self::Root(key) => Ok(Signer::Root(key)),
            Self::Online(keys) => {
                let none = || Failure::Refused(say!(language, "certify.no_key", app = app));
                keys.signing(Some(app), now.timestamp()).map(Signer::Online).ok_or_else(none)
            }
        }
    }
}

impl Signer<'_> {
    /// Its thumbprint.
    pub(super) fn kid(&self) -> String {
        match self {
            Self::Root(key) => key.public().thumbprint(),
            Self::Online(key) => key.kid.clone(),
        }
    }

    /// Until when it may sign; nothing says so of a root key.
    pub(super) fn until(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Root(_) => None,
            Self::Online(key) => Some(moment(key.certificate.until)),
        }
    }

    /// The licence that makes these claims.
    pub(super) fn sign(&self, claims: &Claims) -> Result<String, JwsError> {
        match self {
            Self::Root(key) => claims.signed(key),
            Self::Online(key) => key.license(claims),
        }
    }
}

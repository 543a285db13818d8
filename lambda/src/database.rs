//! Which of its three settings says where the database is.

use std::path::Path;
use std::sync::Arc;

use kami_store::Store;
use kami_store::database_url::DatabaseUrl;
use kami_store::small_file;

use crate::secret::{SecretSettings, SecretSource};
use crate::signing::Signer;

/// Where the cards are, or who knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// `DATABASE_URL`, or what the file `DATABASE_URL_FILE` holds.
    Url(DatabaseUrl),
    /// `DATABASE_SECRET_ARN`: a secret of AWS Secrets Manager holds the address.
    Secret(Box<SecretSettings>),
}

const NAMES: [&str; 3] = ["DATABASE_URL", "DATABASE_URL_FILE", "DATABASE_SECRET_ARN"];

impl Database {
    /// Reads the settings, of which exactly one has to be there; `Err` says, a line each, what is wrong with them.
    pub(crate) fn read(mut value: impl FnMut(&str) -> Option<String>) -> Result<Self, Vec<String>> {
        let values = NAMES.map(&mut value);
        let set: Vec<_> = NAMES.into_iter().zip(&values).filter(|(_, value)| value.is_some()).collect();
        if set.len() > 1 {
            let names = set.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" and ");
            return Err(vec![format!("{names} are set, but only one of them can count: unset the others")]);
        }
        let [url, file, arn] = values;
        if let Some(url) = url {
            return parse("DATABASE_URL", &url);
        }
        if let Some(file) = file {
            let text = small_file::read(Path::new(&file))
                .map_err(|error| vec![format!("DATABASE_URL_FILE: {file} cannot be read: {error}")])?;
            return parse("DATABASE_URL_FILE", &text);
        }
        if let Some(arn) = arn {
            return SecretSettings::read(&arn, value).map(|secret| Self::Secret(Box::new(secret)));
        }
        Err(vec![
            "DATABASE_URL: set it to mysql://user:password@host:3306/kamisystem, or DATABASE_URL_FILE or \
             DATABASE_SECRET_ARN to what holds that"
                .to_owned(),
        ])
    }

    /// A store on it, and the signing keys that stand beside the address; a secret has been fetched by then, if it could be.
    pub async fn store(self) -> (Store, Arc<Signer>) {
        let signer = Arc::<Signer>::default();
        let store = match self {
            Self::Url(url) => Store::new(&url),
            Self::Secret(secret) => {
                let source = Arc::new(SecretSource::fetched(*secret, Arc::clone(&signer)).await);
                // Not held: the source holds the signer.
                let known = Arc::downgrade(&source);
                signer.set_source(move || {
                    let source = known.upgrade();
                    Box::pin(async move {
                        if let Some(source) = source {
                            source.renew_keys().await;
                        }
                    })
                });
                Store::with_source(source)
            }
        };
        (store, signer)
    }
}

fn parse(name: &str, text: &str) -> Result<Database, Vec<String>> {
    text.trim().parse().map(Database::Url).map_err(|error| vec![format!("{name}: {error}")])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Database, Vec<String>> {
        Database::read(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_file_that_was_saved_on_windows_holds_the_address_all_the_same() {
        let file = std::env::temp_dir().join(format!("kami-database-{}", std::process::id()));
        let url = "mysql://kami:secret@localhost/kamisystem";
        let utf16 = format!("\u{feff}{url}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [format!("\u{feff}{url}\r\n").into_bytes(), utf16] {
            std::fs::write(&file, bytes).unwrap();
            let found = read(&[("DATABASE_URL_FILE", &file.display().to_string())]);
            assert_eq!(found, Ok(Database::Url(url.parse().unwrap())));
        }
        std::fs::write(&file, b"\xc3\xdc\xc2\xeb").unwrap();
        let wrong = read(&[("DATABASE_URL_FILE", &file.display().to_string())]).unwrap_err();
        assert!(wrong[0].ends_with("it is not UTF-8 text: save it as UTF-8"), "{wrong:?}");
        std::fs::remove_file(&file).unwrap();
    }

    #[test]
    fn one_setting_counts() {
        let url = "mysql://kami:secret@localhost/kamisystem";
        assert_eq!(read(&[("DATABASE_URL", url)]), Ok(Database::Url(url.parse().unwrap())));
        let arn = ("DATABASE_SECRET_ARN", "arn:aws:secretsmanager:eu-central-1:1:secret:kami");
        let keys = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "key")];
        assert!(matches!(read(&[&[arn], &keys[..]].concat()), Ok(Database::Secret(_))));
        for (variables, message) in [
            (&[][..], "DATABASE_URL: set it to"),
            (&[("DATABASE_URL", url), arn], "DATABASE_URL and DATABASE_SECRET_ARN are set, but only one"),
            (
                &[("DATABASE_URL_FILE", "/nowhere/url")],
                "DATABASE_URL_FILE: /nowhere/url cannot be read: No such file",
            ),
            (&[arn], "AWS_ACCESS_KEY_ID: Lambda sets it"),
        ] {
            let wrong = read(variables).unwrap_err();
            assert!(wrong[0].starts_with(message), "{wrong:?}");
            assert!(!wrong.concat().contains("secret@"), "{wrong:?}");
        }
    }
}

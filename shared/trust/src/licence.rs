//! Licences: what lets an app start on a machine that is never online, as a file that is carried there.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::jws::{EncodedHeader, JwsError, MAX_BYTES, Purpose, Unverified};
use crate::key::PrivateKey;
use crate::nonce::Nonce;
use crate::proof::{Disbelief, Trust};

/// The line before a licence.
const BEGIN: &str = "-----BEGIN KAMI LICENCE-----";

/// The line behind it.
const END: &str = "-----END KAMI LICENCE-----";

/// The characters of a line between them.
const LINE: usize = 64;

/// What the white space is that may part a licence: what separates lines and indents them.
const WHITE: [char; 4] = [' ', '\t', '\r', '\n'];

/// For whom an app may start.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// The app.
    pub app: &'a str,
    /// The code of its card.
    pub code: &'a str,
    /// What tells the machine that it starts on.
    pub machine: &'a str,
    /// The thumbprint of the machine's own key.
    pub device: Option<&'a str>,
}

/// What a licence says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claims {
    iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    app: String,
    nonce: String,
    code: String,
    machine: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    answer: Map<String, Value>,
}

impl Claims {
    /// What is said at a moment of a holder, who may start until before another, or for ever, by what a validation would answer.
    pub fn new(
        holder: Holder<'_>,
        nonce: &Nonce,
        answer: Map<String, Value>,
        now: i64,
        until: Option<i64>,
    ) -> Self {
        Self {
            iat: now,
            exp: until,
            app: holder.app.to_owned(),
            nonce: nonce.as_str().to_owned(),
            code: nonce.digest(holder.code),
            machine: nonce.digest(holder.machine),
            device: holder.device.map(str::to_owned),
            answer,
        }
    }

    /// The licence that makes these claims, by a root key, which needs no certificate.
    pub fn signed(&self, root: &PrivateKey) -> Result<String, JwsError> {
        EncodedHeader::new(Purpose::Licence, &root.public().thumbprint(), None)?.sign(root, self)
    }
}

/// The text of the file of a licence.
pub fn write(licence: &str) -> String {
    let mut text = format!("{BEGIN}\n");
    for (character, place) in licence.chars().zip(1..) {
        text.push(character);
        if place % LINE == 0 {
            text.push('\n');
        }
    }
    let text = text.trim_end();
    format!("{text}\n{END}\n")
}

/// The first licence in the text of a file, without the white space in it; `None` where there is none that is whole.
pub fn read(text: &str) -> Option<String> {
    let (_, behind) = text.split_once(BEGIN)?;
    let (licence, _) = behind.split_once(END)?;
    let parts = licence.split(WHITE);
    if parts.clone().map(str::len).sum::<usize>() > MAX_BYTES { None } else { Some(parts.collect()) }
}

impl Trust<'_> {
    /// What an app goes by that starts by a file now, if its licence is the holder's.
    pub fn licensed(&self, holder: Holder<'_>, file: &str) -> Result<Map<String, Value>, Disbelief> {
        let licence = read(file).ok_or(Disbelief::Missing)?;
        let unverified = Unverified::read(&licence, Purpose::Licence)?;
        let Claims { iat, exp, app, nonce, code, machine, device, answer } = match unverified.certificate() {
            Some(certificate) => {
                self.certified(&unverified, certificate, holder.app, |claims: &Claims| claims.iat)?
            }
            None => self.of_root(&unverified)?,
        };
        let nonce: Nonce = nonce.parse().map_err(|_| Disbelief::Other)?;
        let is_its = app == holder.app
            && code == nonce.digest(holder.code)
            && machine == nonce.digest(holder.machine)
            && device.is_none_or(|device| Some(device.as_str()) == holder.device);
        let is_admission = answer.get("status").is_some_and(|status| status == "success");
        let lasts = exp.is_none_or(|until| self.now() < until) && !self.was_turned_back(iat);
        if is_its && is_admission && lasts { Ok(answer) } else { Err(Disbelief::Other) }
    }

    /// What a licence says that one of the root keys signed itself.
    fn of_root(&self, unverified: &Unverified<'_>) -> Result<Claims, Disbelief> {
        let root = self.roots.iter().find(|root| root.thumbprint() == unverified.kid());
        Ok(unverified.verified(root.ok_or(Disbelief::Uncovered)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_it_was_written() {
        for length in [1, 63, 64, 65, 128, 1_600] {
            let licence: String = ('a'..='z').cycle().take(length).collect();
            let text = write(&licence);
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!((lines[0], lines[lines.len() - 1]), (BEGIN, END));
            let folded = &lines[1..lines.len() - 1];
            assert_eq!(folded.len(), length.div_ceil(64));
            assert!(folded.iter().rev().skip(1).all(|line| line.len() == 64), "{text}");
            for text in [
                text.clone(),
                text.replace('\n', "\r\n"),
                format!("\u{feff}Licence of Ann\n\n{text}\n-- \nthe seller"),
                text.replace('\n', "\n\t "),
                text.replace(&format!("\n{END}"), &format!(" {END}")),
                format!("{text}{}", write("another")),
            ] {
                assert_eq!(read(&text), Some(licence.clone()), "{text}");
            }
        }
    }

    #[test]
    fn what_is_cut_off_or_none_is_not_read() {
        let text = write("a.b.c");
        let long = write(&"x".repeat(MAX_BYTES + 1));
        for text in [
            "",
            "a.b.c",
            &text[1..],
            text.trim_end().strip_suffix('-').unwrap(),
            &text[..text.find(END).unwrap()],
            &text[text.find("a.b").unwrap()..],
            &text.replace("LICENCE", "LICENSE"),
            &text.to_lowercase(),
            &format!("{END}\na.b.c\n{BEGIN}"),
            &long,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        let longest = "x".repeat(MAX_BYTES);
        assert_eq!(read(&write(&longest)).as_ref(), Some(&longest));
    }
}

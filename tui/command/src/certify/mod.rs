//! `kami certify`: a licence file for a machine that is never online.

mod place;
mod signer;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;
use kami_common::cells::harmless;
use kami_common::moment::TypedMoment;
use kami_common::shown;
use kami_common::words::say;
use kami_core::app::AppName;
use kami_core::card::{CardCode, MachineCode};
use kami_core::certify::{end_of, kept_policy, until};
use kami_core::gate::Answer;
use kami_core::record::CardRecord;
use kami_store::{ActError, Certified, OneLicence, Permission};
use kami_trust::key::{KeyError, PublicKey};
use kami_trust::licence::{self, Claims, Holder};
use kami_trust::nonce::Nonce;
use serde_json::{Map, Value, json};

use super::choice::{find, not_found};
use super::confirm::Question;
use super::failure::Failure;
use super::gate;
use super::limits;
use super::output::{Output, message};
use super::record::utc;
use super::session::Session;
use place::Place;
use signer::{Keys, Signer};

/// Make a licence file for a machine that is never online
///
/// The card is the machine's from then on, as if it had used it now; for a machine that has a seat of it, it makes another
/// file. By that file an app that has pinned the root key starts without ever asking a server. Nobody can call it back, so that it
/// asks first; without a terminal that needs --yes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami certify VIP-7KQ2M9XW --machine PC-3F2A --root root.pem --output licence.txt\n  \
                        kami certify VIP-7KQ2M9XW --machine PC-3F2A --until 2026-12-31 --yes > licence.txt"
)]
pub(super) struct Certify {
    /// The code of the card, in any case
    #[arg(value_name = "CODE", value_parser = CardCode::parse)]
    code: CardCode,
    /// What the app on that machine says is its machine code
    #[arg(long, value_name = "MACHINE", value_parser = MachineCode::parse_new)]
    machine: MachineCode,
    /// For the device with this public key alone: a JWK, as the app on it says it
    #[arg(long, value_name = "JWK")]
    device: Option<String>,
    /// How long it lasts at the most: such as 2026-12-31, through which it does; by default as long as the card, and as the
    /// certificate of the key that signs it
    #[arg(long, value_name = "MOMENT")]
    until: Option<TypedMoment>,
    /// Sign with the root key of this file, which has no end
    #[arg(long, value_name = "ROOT", conflicts_with = "key")]
    root: Option<PathBuf>,
    /// Sign with the online key of this file; by default the one that `KAMI_SIGNING_KEY_FILE` names
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Write it to this new file, not to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Print what it came to as JSON
    #[arg(long)]
    json: bool,
}

impl Certify {
    /// Makes it, once all that could go wrong before the card is touched has been looked at.
    pub(super) async fn run(mut self, session: &Session) -> Result<(), Failure> {
        let language = session.language;
        let device = self.device.take().map(|jwk| device(session, &jwk)).transpose()?;
        let keys = Keys::read(language, self.root.take(), self.key.take())?;
        session.must_be_allowed(Permission::Certify).await?;
        let missing = || not_found(language, &[self.code.as_str().to_owned()]);
        let (seen, now) = find(session, &self.code).await?.ok_or_else(missing)?;
        let app: AppName = seen.app.parse().map_err(|_| Failure::Store(unreadable(&seen)))?;
        let signer = keys.signer(language, &app, now)?;
        let wanted = match self.until {
            Some(typed) => Some(limits::last_moment(session, typed).await?),
            None => None,
        };
        let (kid, key_until) = (signer.kid(), signer.until());
        let order = OneLicence { seen, machine: self.machine.clone(), device, kid, key_until, wanted };
        let expected = expected(&order, now).map_err(|why| Failure::of_act(language, &why))?;
        let mut place = self.output.as_deref().map(|path| Place::make(language, path)).transpose()?;
        let order = self.agreed(session, order, expected)?;
        let certified = session.store.certify(&session.operator, &order).await;
        let certified = certified.map_err(|error| Failure::of_act(language, &error))?;
        let text = text(session, &signer, &order, &app, &certified);
        let text = text.map_err(|why| again(session, &why.to_string()))?;
        if let Some(place) = &mut place {
            let why = |error| again(session, &kami_common::causes::system(language, &error));
            place.write(&text).map_err(why)?;
        }
        if self.json {
            print_json(&order, &certified, &text, place.as_ref())?;
        } else {
            if place.is_none() {
                let mut out = Output::open();
                out.file(&text)?;
                out.flush()?;
            }
            message(&told(session, &order, &certified));
        }
        Ok(())
    }

    /// Lets it pass the gate, which asks.
    fn agreed(
        &self,
        session: &Session,
        order: OneLicence,
        until: Option<DateTime<Utc>>,
    ) -> Result<kami_core::gate::Confirmed<OneLicence>, Failure> {
        let language = session.language;
        let answer = if self.yes { Answer::Agreed } else { Answer::Silence };
        gate::of(session).pass(order, OneLicence::WEIGHT, answer).or_else(|order| {
            let lasts = shown::lasts(language, session.zone, until);
            let (code, machine) = (code(&order.seen), harmless(order.machine.as_str()));
            let question = Question {
                words: say!(language, "confirm.certify", code = code, machine = machine, lasts = lasts),
                touched: vec![say!(language, "certify.final"), say!(language, "certify.policy")],
                agree: say!(language, "command.agree_yes"),
            };
            gate::ask(session, order, OneLicence::WEIGHT, &question)
        })
    }
}

/// The thumbprint of the public key of a device. What was typed is never said again: it may be a private one.
fn device(session: &Session, jwk: &str) -> Result<String, Failure> {
    let key = PublicKey::of_jwk(jwk).map_err(|error| match error {
        KeyError::Secret => "certify.private_key",
        _ => "certify.no_jwk",
    });
    key.map(|key| key.thumbprint()).map_err(|why| Failure::Usage(say!(session.language, why)))
}

/// Until when it will last, where nothing is changed meanwhile.
fn expected(order: &OneLicence, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, ActError> {
    let end = end_of(&order.seen, now)?;
    kept_policy(&order.seen)?;
    Ok(until(order.wanted, end, order.key_until, now)?)
}

/// The text of the file.
fn text(
    session: &Session,
    signer: &Signer<'_>,
    order: &OneLicence,
    app: &AppName,
    certified: &Certified,
) -> anyhow::Result<String> {
    let Certified { card, now, until, .. } = certified;
    let mut answer = Map::new();
    answer.insert("status".to_owned(), "success".into());
    answer.insert("message".to_owned(), say!(session.language, "certify.admitted").into());
    answer.insert("expire_at".to_owned(), card.expire_at.map(|end| session.zone.iso8601(end)).into());
    if let Some(points) = card.points {
        answer.insert("points".to_owned(), points.into());
    }
    let device = order.device.as_deref();
    let holder = Holder { app: app.as_str(), code: &card.full_code, machine: order.machine.as_str(), device };
    let until = until.map(|until| until.timestamp());
    let claims = Claims::new(holder, &Nonce::random()?, answer, now.timestamp(), until);
    Ok(licence::write(&signer.sign(&claims)?))
}

/// That the card is the machine's, and its file was not made.
fn again(session: &Session, why: &str) -> Failure {
    Failure::Failed(anyhow::Error::msg(say!(session.language, "certify.again", why = why)))
}

fn print_json(
    order: &OneLicence,
    certified: &Certified,
    text: &str,
    place: Option<&Place>,
) -> Result<(), Failure> {
    let Certified { card, until, act_id, .. } = certified;
    let mut value = json!({
        "act": "certify",
        "act_id": act_id,
        "code": card.full_code,
        "machine": order.machine.as_str(),
        "device": order.device,
        "until": until.map(utc),
        "expire_at": card.expire_at.map(utc),
        "kid": order.kid,
    });
    match place {
        Some(place) => value["file"] = place.shown().into(),
        None => value["licence"] = Value::from(text),
    }
    let mut out = Output::open();
    out.json(&value)?;
    Ok(out.flush()?)
}

/// What it came to, and where the key ends before the card, what would last longer.
fn told(session: &Session, order: &OneLicence, certified: &Certified) -> String {
    let language = session.language;
    let Certified { card, until, .. } = certified;
    let (code, machine) = (code(card), harmless(order.machine.as_str()));
    let lasts = shown::lasts(language, session.zone, *until);
    let mut told = say!(language, "done.certify", code = code, machine = machine, lasts = lasts);
    let is_cut = order.wanted.is_none() && *until != card.expire_at;
    if is_cut {
        told.push_str(&say!(language, "certify.ends_with_key"));
    }
    told
}

/// A card's code as a terminal may show it.
fn code(card: &CardRecord) -> String {
    harmless(&card.full_code).into_owned()
}

/// That its app is none of this version's.
fn unreadable(card: &CardRecord) -> kami_store::StoreError {
    kami_store::StoreError::UndecodableCard(card.id)
}

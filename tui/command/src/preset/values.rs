//! The options that say what a preset is.

use clap::Args;
use kami_common::moment::TypedMoment;
use kami_common::reason;
use kami_common::words::say;
use kami_core::app::AppName;
use kami_core::duration::CardDuration;
use kami_core::points::{NoPoints, Points};
use kami_core::preset::{Preset, PresetEdit, PresetError, PresetName};
use kami_core::seats::Seats;

use super::super::failure::Failure;
use super::super::limits::{self, Limit};
use super::super::session::Session;

/// Which preset of which app.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// The name of the preset: 1 to 32 of a-z, 0-9 and -
    #[arg(value_name = "NAME")]
    pub(super) name: PresetName,
    /// The app that it is of; default without it
    #[arg(long, value_name = "APP")]
    pub(super) app: Option<AppName>,
}

/// What a preset is to be.
#[derive(Debug, Args)]
pub(super) struct Values {
    /// How long its cards last from their activation, such as 45d, 1个月 or forever
    #[arg(long, value_name = "DURATION")]
    duration: Option<CardDuration>,
    /// The last moment that none of its cards outlasts: such as 2026-12-31, through which it lasts then, or off for none
    #[arg(long, value_name = "MOMENT", value_parser = limits::until)]
    until: Option<Limit<TypedMoment>>,
    /// How many points its cards begin with, 1 to 1,000,000,000, or off for none
    #[arg(long, value_name = "NUMBER", value_parser = points)]
    points: Option<Limit<Points>>,
    /// How many machines may use each of its cards at once, 1 to 1,000
    #[arg(long, value_name = "NUMBER")]
    seats: Option<Seats>,
    /// What a card costs, such as 9.90, or off for no price
    #[arg(long, value_name = "AMOUNT")]
    price: Option<String>,
    /// In which currency, by its three letters, such as CNY
    #[arg(long, value_name = "CURRENCY")]
    currency: Option<String>,
    /// Let its cards top up others of the app, which burns them; --recharge=no takes that back
    #[arg(
        long,
        value_name = "yes|no",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "yes",
        value_parser = yes_no
    )]
    recharge: Option<bool>,
}

/// Reads the value of `--points`.
fn points(text: &str) -> Result<Limit<Points>, NoPoints> {
    if text == "off" { Ok(Limit::Off) } else { text.parse().map(Limit::At) }
}

fn yes_no(text: &str) -> Result<bool, &'static str> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("write yes or no"),
    }
}

impl Values {
    /// What is to become of a preset, with moments read in the session's zone and by the database's clock.
    pub(super) async fn edit(self, session: &Session) -> Result<PresetEdit, Failure> {
        let Self { duration, until, points, seats, price, currency, recharge } = self;
        let valid_until = match until {
            None => None,
            Some(Limit::Off) => Some(None),
            Some(Limit::At(typed)) => Some(Some(limits::last_moment(session, typed).await?)),
        };
        let points = points.map(Limit::at);
        let price = price.map(|price| if price == "off" { String::new() } else { price });
        let edit =
            PresetEdit { duration, valid_until, points, seats, price, currency, ..PresetEdit::default() };
        Ok(PresetEdit { recharges: recharge, ..edit })
    }
}

/// What becomes of a preset; what cannot be is told by the option that says it.
pub(super) fn applied(session: &Session, edit: &PresetEdit, preset: &Preset) -> Result<Preset, Failure> {
    edit.applied(preset).map_err(|error| {
        let option = match error {
            PresetError::Currency(_) | PresetError::Amountless => "--currency",
            PresetError::Price(_) | PresetError::Unpriced => "--price",
            PresetError::Moment => "--until",
            PresetError::Pointless => "--recharge",
        };
        let why = reason::preset_error(session.language, error);
        Failure::Usage(say!(session.language, "command.wrong_option", option = option, why = why))
    })
}

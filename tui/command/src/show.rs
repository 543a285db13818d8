//! `kami show`: everything of some cards.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use clap::Args;
use kami_common::shown::{self, whole_moment};
use kami_common::words::{number, say};
use kami_core::app::AppName;
use kami_core::block::{Block, BlockKey, BlockTarget};
use kami_core::card::CardCode;
use kami_core::preset::BatchPreset;
use kami_core::price::Price;
use kami_core::property::Property;
use kami_core::record::CardRecord;
use kami_store::{HistoryEntry, HistoryPlace, LicenceGiven, SeatTaken};
use serde_json::{Value, json};

use super::choice::{find, not_found};
use super::failure::Failure;
use super::output::{Output, Table};
use super::record::{changes_of, history_json, seen_json, utc};
use super::session::Session;

/// How many acts of a card's history are shown.
const HISTORY: usize = 50;

/// Show everything of cards, with what operators and customers did to them
///
/// Of a card for several machines, or with a lease, it names each machine: with a lease when that was last seen and how
/// long the lease lasts, without one since when it has its seat.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami show VIP-7KQ2M9XW\n  kami show VIP-7KQ2M9XW --json | jq .history")]
pub(super) struct Show {
    /// The codes of the cards, in any case
    #[arg(required = true, value_name = "CODE", value_parser = CardCode::parse)]
    codes: Vec<CardCode>,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
}

impl Show {
    /// Shows the cards that there are, and ends with code 3 when one is missing.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let mut out = Output::open();
        let mut missing = Vec::new();
        let mut is_first = true;
        for code in self.codes {
            let Some((mut card, now)) = find(session, &code).await? else {
                missing.push(code.as_str().to_owned());
                continue;
            };
            session.store.find_mismatches(std::slice::from_mut(&mut card)).await?;
            let seats = seats(session, &card).await?;
            let preset = preset(session, &card).await?;
            let history = session.store.card_history(card.id, HistoryPlace::default(), HISTORY).await?;
            let licences = session.store.licences(card.id).await?;
            let blocked = blocked(session, &card, seats.as_deref().unwrap_or_default(), now).await?;
            if self.json {
                let mut value = json_of(&card, preset.as_ref(), seats.as_deref(), &history);
                if !blocked.is_empty() {
                    // A machine may be kept out of the app and of all, which stand side by side.
                    let mut machines: Vec<_> =
                        blocked.iter().map(|block| block.key.target.to_string()).collect();
                    machines.dedup();
                    value["blocked"] = machines.into();
                }
                if !licences.is_empty() {
                    value["licences"] = licences.iter().map(|given| licence_json(given, now)).collect();
                }
                out.json(&value)?;
            } else {
                if !is_first {
                    out.line("")?;
                }
                print_fields(session, &mut out, &card, preset.as_ref(), now)?;
                for given in &licences {
                    let told = shown::licence(session.language, session.zone, given, now);
                    out.line(&say!(session.language, "licence.of_card", told = told))?;
                }
                print_blocked(session, &mut out, &blocked)?;
                if let Some(seats) = &seats {
                    print_seats(session, &mut out, &card, seats)?;
                }
                print_history(session, &mut out, &history)?;
            }
            is_first = false;
        }
        out.flush()?;
        if missing.is_empty() { Ok(()) } else { Err(not_found(session.language, &missing)) }
    }
}

/// The machines that have a seat of a card, where it is for several, has leased one, or one has a key; nothing for an account that may
/// not read them, as older versions made it.
async fn seats(session: &Session, card: &CardRecord) -> Result<Option<Vec<SeatTaken>>, Failure> {
    let is_for_several = card.seats > 1;
    if !is_for_several && card.machine_code.is_none() {
        return Ok(None);
    }
    match session.store.seats(card.id).await {
        Err(error) if error.is_denied() => Ok(None),
        seats => {
            let seats = seats?;
            let is_told =
                is_for_several || seats.iter().any(|seat| seat.lease_until.is_some() || seat.key.is_some());
            Ok(is_told.then_some(seats))
        }
    }
}

/// The preset that a card was made by, as its batch keeps it.
async fn preset(session: &Session, card: &CardRecord) -> Result<Option<BatchPreset>, Failure> {
    let Some(batch) = card.batch_id else { return Ok(None) };
    Ok(session.store.batch(batch).await?.and_then(|batch| batch.preset))
}

/// Those of the machines of a card that are kept out of its app; none for an account that may not read who is, as older
/// versions made it.
async fn blocked(
    session: &Session,
    card: &CardRecord,
    seats: &[SeatTaken],
    now: DateTime<Utc>,
) -> Result<Vec<Block>, Failure> {
    let machines: BTreeSet<&str> =
        card.machine_code.as_deref().into_iter().chain(seats.iter().map(|seat| &*seat.machine)).collect();
    let targets = machines.into_iter().filter_map(|machine| BlockTarget::machine(machine).ok());
    let app: Option<AppName> = card.app.parse().ok();
    let keys: Vec<BlockKey> = targets
        .flat_map(|target| [None, app.clone()].map(|app| BlockKey { app, target: target.clone() }))
        .collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut blocks: Vec<Block> = match session.store.blocks_of(&keys).await {
        Err(error) if error.is_denied() || error.is_of_schema() => return Ok(Vec::new()),
        blocks => blocks?.into_values().filter(|block| block.is_in_force(now)).collect(),
    };
    blocks.sort_by_key(|block| (block.key.target.to_string(), block.key.app.clone()));
    Ok(blocks)
}

/// How many seats nobody else can have at the moment.
fn taken(seats: &[SeatTaken]) -> usize {
    seats.iter().filter(|seat| !seat.is_over).count()
}

fn json_of(
    card: &CardRecord,
    preset: Option<&BatchPreset>,
    seats: Option<&[SeatTaken]>,
    history: &[HistoryEntry],
) -> Value {
    let mut value = seen_json(card);
    value["updated_at"] = json!(card.updated_at.map(utc));
    if let Some(BatchPreset { name, price, .. }) = preset {
        value["preset"] = json!(name.as_str());
        value["price"] = json!(price.map(Price::amount));
        value["currency"] = json!(price.map(|price| price.currency().to_string()));
    }
    if let Some(seats) = seats {
        value["seats_taken"] = json!(taken(seats));
        value["machines"] = seats.iter().map(seat_json).collect();
    }
    value["history"] = history.iter().map(history_json).collect();
    value
}

fn licence_json(given: &LicenceGiven, now: DateTime<Utc>) -> Value {
    json!({
        "machine": given.machine,
        "until": given.until.map(utc),
        "certified_at": utc(given.certified_at),
        "is_over": given.is_over(now),
    })
}

/// Since when a machine has its seat, where that is without a lease and so is written down once; otherwise when it was
/// last seen.
const fn moments(seat: &SeatTaken) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    if seat.lease_until.is_none() { (seat.seen_at, None) } else { (None, seat.seen_at) }
}

fn seat_json(seat: &SeatTaken) -> Value {
    let (since, seen) = moments(seat);
    json!({
        "machine": seat.machine,
        "since": since.map(utc),
        "seen_at": seen.map(utc),
        "lease_until": seat.lease_until.map(utc),
        "is_over": seat.is_over,
        "key": seat.key.as_ref().map(|key| &key.thumbprint),
        "copies": seat.key.as_ref().map(|key| key.copies),
        "copied_at": seat.key.as_ref().and_then(|key| key.copied_at).map(utc),
    })
}

fn print_fields(
    session: &Session,
    out: &mut Output,
    card: &CardRecord,
    preset: Option<&BatchPreset>,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let Session { language, zone, .. } = *session;
    let mut fields = Table::default();
    fields.push([shown::label(language, Property::FullCode), card.full_code.clone()]);
    for detail in shown::details(language, zone, card, now) {
        fields.push([detail.label, detail.value]);
    }
    if let Some(BatchPreset { name, price, .. }) = preset {
        fields.push([say!(language, "preset.name"), name.to_string()]);
        if let Some(price) = price {
            fields.push([say!(language, "preset.price"), price.to_string()]);
        }
    }
    Ok(out.table(&fields)?)
}

/// Which machines are kept out, until when and why.
fn print_blocked(session: &Session, out: &mut Output, blocked: &[Block]) -> Result<(), Failure> {
    let Session { language, zone, .. } = *session;
    for Block { key: BlockKey { app, target }, reason, until } in blocked {
        let app = shown::block_app(language, app.as_ref());
        let until = until.map(|until| say!(language, "touch.until", moment = whole_moment(zone, until)));
        let reason = reason.as_ref().map(|reason| reason.as_str().to_owned());
        let said: Vec<String> = [app].into_iter().chain(until).chain(reason).collect();
        let said = said.join(&say!(language, "touch.comma"));
        out.line(&say!(language, "block.machine", machine = target, said = said))?;
    }
    Ok(())
}

fn print_seats(
    session: &Session,
    out: &mut Output,
    card: &CardRecord,
    seats: &[SeatTaken],
) -> Result<(), Failure> {
    let Session { language, zone, .. } = *session;
    out.line("")?;
    let (taken, of) = (number(taken(seats) as u64), number(card.seats.into()));
    out.line(&say!(language, "seat.taken", taken = taken, seats = of))?;
    let or_none = |moment: Option<String>| moment.unwrap_or_else(|| shown::NONE.to_owned());
    let with_since = seats.iter().any(|seat| seat.lease_until.is_none());
    let with_leases = seats.iter().any(|seat| seat.lease_until.is_some());
    let with_keys = seats.iter().any(|seat| seat.key.is_some());
    let with_copies = seats.iter().filter_map(|seat| seat.key.as_ref()).any(|key| key.copies > 0);
    // What none of them has takes no column.
    let row = |machine: String, [since, seen, lease, key, copies]: [String; 5]| {
        let since = with_since.then_some(since);
        let leased = with_leases.then_some([seen, lease]);
        let keys = with_keys.then_some(key).into_iter().chain(with_copies.then_some(copies));
        [machine].into_iter().chain(since).chain(leased.into_iter().flatten()).chain(keys)
    };
    let mut machines = Table::default();
    if !seats.is_empty() {
        let machine = shown::label(language, Property::Machine);
        let words = ["since", "seen", "lease", "key", "copied"];
        machines.push(row(machine, words.map(|key| say!(language, format!("seat.{key}")))));
    }
    for seat in seats {
        let (since, seen) = moments(seat);
        let [since, seen] = [since, seen].map(|at| or_none(at.map(|at| whole_moment(zone, at))));
        let lease = seat.lease_until.map(|until| match whole_moment(zone, until) {
            until if seat.is_over => say!(language, "seat.over", until = until),
            until => until,
        });
        let key = seat.key.as_ref();
        let copies = key.and_then(|key| shown::copies(language, key, |at| whole_moment(zone, at)));
        let said = [since, seen, or_none(lease), or_none(key.map(shown::device_key)), or_none(copies)];
        machines.push(row(seat.machine.clone(), said));
    }
    Ok(out.table(&machines)?)
}

fn print_history(session: &Session, out: &mut Output, history: &[HistoryEntry]) -> Result<(), Failure> {
    let Session { language, zone, .. } = *session;
    if !history.is_empty() {
        out.line("")?;
        let mut acts = Table::default();
        for entry in history {
            let (number, operator, account) = match entry {
                HistoryEntry::Operator(record) => (
                    format!("#{}", record.act_id),
                    record.operator.clone(),
                    shown::text(record.account.as_deref()),
                ),
                HistoryEntry::Customer(_) => (shown::text(None), shown::text(None), shown::text(None)),
            };
            acts.push([
                whole_moment(zone, entry.done_at()),
                number,
                shown::act_word(language, entry.act()),
                operator,
                account,
                changes_of(language, zone, entry),
            ]);
        }
        out.table(&acts)?;
    }
    Ok(())
}

//! Records as the commands print them: as JSON with stable names and words, and moments in UTC, and as cells of a table in
//! the reader's own.

use chrono::{DateTime, SecondsFormat, Utc};
use kami_common::column::Column;
use kami_common::shown::{self, Change};
use kami_common::words::{Language, say};
use kami_core::app::{App, AppName, NamedValue};
use kami_core::block::{Block, BlockKey};
use kami_core::card::CardStatus;
use kami_core::operator::Note;
use kami_core::points::Points;
use kami_core::policy::{Cooldown, LeaseLength, OfflineLength, Policy, PolicyPart, UnbindCost, UnbindLimit};
use kami_core::preset::Preset;
use kami_core::price::Price;
use kami_core::record::CardRecord;
use kami_core::sharing::Mismatches;
use kami_core::trial::Trial;
use kami_core::version::Version;
use kami_core::zone::Zone;
use kami_store::{ActRecord, BlockRecord, CustomerRecord, HistoryEntry, LogRecord, StatusCounts, Subject};
use kami_transfer::table::json_object;
use serde_json::{Map, Value, json};

/// A moment for programs: RFC 3339 in UTC, to the second.
pub(super) fn utc(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A card, under the names that exported files have too.
pub(super) fn card_json(card: &CardRecord) -> Value {
    json_object(card, utc)
}

/// The same with who asked for it while others had its seats.
pub(super) fn seen_json(card: &CardRecord) -> Value {
    let Mismatches { machines, requests } = card.mismatches;
    let mut value = card_json(card);
    value["shared"] = card.mismatches.is_shared().into();
    value["mismatches"] = json!({ "machines": machines, "requests": requests });
    value
}

/// An app, its values by their names.
pub(super) fn app_json(app: &App) -> Value {
    let values = app.values.iter().map(|NamedValue { name, value, is_public }| {
        (name.clone(), json!({ "value": value, "public": is_public }))
    });
    let policy = Policy::of(&app.policy, &PolicyPart::default());
    json!({
        "name": app.name.as_str(),
        "title": app.title,
        "lease_seconds": policy.lease.map(LeaseLength::seconds),
        "when_full": policy.when_full.word(),
        "trial_seconds": app.policy.trial.and_then(Trial::seconds),
        "trial_points": app.policy.trial.and_then(Trial::points).map(Points::get),
        "unbind": policy.unbind.by.word(),
        "unbind_cooldown_seconds": policy.unbind.cooldown.map(Cooldown::seconds),
        "unbind_wait_seconds": policy.unbind.told_wait().map(Cooldown::seconds),
        "unbind_limit": policy.unbind.limit.map(UnbindLimit::get),
        "unbind_cost": policy.unbind.cost.map(cost_json),
        "offline_seconds": policy.offline.map(OfflineLength::seconds),
        "device": policy.device.word(),
        "when_copied": policy.when_copied.word(),
        "latest": app.latest.as_ref().map(Version::as_str),
        "minimum": app.minimum.as_ref().map(Version::as_str),
        "url": app.url,
        "notice": app.notice,
        "values": values.collect::<Map<_, _>>(),
        "archived": app.is_archived,
        "created_at": utc(app.created_at),
    })
}

/// A preset, its price in the smallest unit of its currency.
pub(super) fn preset_json(preset: &Preset) -> Value {
    json!({
        "app": preset.app.as_str(),
        "name": preset.name.as_str(),
        "prefix": preset.prefix.as_str(),
        "duration_seconds": preset.duration.seconds(),
        "valid_until": preset.valid_until.map(utc),
        "points": preset.points.map(Points::get),
        "seats": preset.seats.get(),
        "price": preset.price.map(Price::amount),
        "currency": preset.price.map(|price| price.currency().to_string()),
        "recharge": preset.recharges,
    })
}

/// Somebody who is kept out.
pub(super) fn block_json(record: &BlockRecord, now: DateTime<Utc>) -> Value {
    let Block { key: BlockKey { app, target }, reason, until } = &record.block;
    json!({
        "target": target.to_string(),
        "kind": target.kind(),
        "app": app.as_ref().map(AppName::as_str),
        "reason": reason.as_ref().map(Note::as_str),
        "until": until.map(utc),
        "in_force": record.block.is_in_force(now),
        "created_at": utc(record.created_at),
    })
}

/// What an unbinding costs, as the API tells what one did cost.
fn cost_json(cost: UnbindCost) -> Value {
    match cost {
        UnbindCost::Time(seconds) => json!({ "seconds": seconds.get() }),
        UnbindCost::Points(points) => json!({ "points": points.get() }),
    }
}

/// How many cards there are by status; those of an app that has none are not counted.
pub(super) fn counts_json(counts: Option<&StatusCounts>) -> Value {
    let of = |status| counts.map_or(0, |counts| counts.of(status));
    json!({
        "all": counts.map_or(0, StatusCounts::total),
        "unused": of(CardStatus::Unused),
        "active": of(CardStatus::Active),
        "expired": of(CardStatus::Expired),
        "disabled": of(CardStatus::Disabled),
    })
}

/// An act of the operator log.
pub(super) fn act_json(act: &ActRecord) -> Value {
    let is_of_blocks = act.is_of_blocks();
    let mut value = json!({
        "act_id": act.id,
        "act": act.act,
        "operator": act.operator,
        "account": act.account,
        "done_at": utc(act.done_at),
        "cards": if is_of_blocks { 0 } else { act.card_count },
        "app": act.subject().and_then(Subject::app),
        "preset": act.subject().and_then(Subject::preset),
        "batch": act.batch_id,
        "undoes": act.undoes,
        "undone_by": act.undone_by,
    });
    if is_of_blocks {
        value["blocks"] = act.card_count.into();
    }
    value
}

/// What an act did to one card, to an app or a preset, or to one who is kept out.
pub(super) fn log_json(record: &LogRecord) -> Value {
    let is_of_block = matches!(record.subject(), Some(Subject::Blocks(_)));
    let mut value = json!({
        "act_id": record.act_id,
        "act": record.act,
        "operator": record.operator,
        "account": record.account,
        "done_at": utc(record.done_at),
        "code": record.full_code,
        "card": record.card_id,
        "batch": record.batch_id,
        "app": record.subject().and_then(Subject::app),
        "preset": record.subject().and_then(Subject::preset),
        "before": record.before,
        "after": record.after,
    });
    if is_of_block {
        value["block"] = record.subject.as_deref().into();
    }
    value
}

/// Something that was done to a card: by a customer it has no operator, and no number of an act.
pub(super) fn history_json(entry: &HistoryEntry) -> Value {
    match entry {
        HistoryEntry::Operator(record) => log_json(record),
        HistoryEntry::Customer(record) => customer_json(record),
    }
}

fn customer_json(record: &CustomerRecord) -> Value {
    json!({
        "act_id": null,
        "act": record.act,
        "operator": null,
        "account": null,
        "done_at": utc(record.done_at),
        "machine": record.machine,
        "other_card": record.other_card,
        "other_code": record.other_code,
        "before": record.before,
        "after": record.after,
    })
}

/// The headings above [`card_cells`].
pub(super) fn card_headings(language: Language, columns: &[Column]) -> impl Iterator<Item = String> {
    columns.iter().map(move |column| shown::heading(language, *column))
}

/// A card as a row of a table.
pub(super) fn card_cells(
    language: Language,
    zone: Zone,
    card: &CardRecord,
    now: DateTime<Utc>,
    columns: &[Column],
) -> impl Iterator<Item = String> {
    columns.iter().map(move |column| match column {
        // As it is, so that it can be copied.
        Column::Code => card.full_code.clone(),
        _ => shown::in_column(language, card, now, *column, |at| shown::whole_moment(zone, at))
            .unwrap_or_else(|| shown::NONE.to_owned()),
    })
}

/// What an act changed, in one cell: `status active → disabled, …`.
pub(super) fn changes(language: Language, zone: Zone, record: &LogRecord) -> String {
    joined(language, &shown::changes(language, zone, record))
}

/// The same of a card, whoever did it.
pub(super) fn changes_of(language: Language, zone: Zone, entry: &HistoryEntry) -> String {
    joined(language, &shown::changes_of(language, zone, entry))
}

fn joined(language: Language, changes: &[Change]) -> String {
    let changes: Vec<_> = changes.iter().map(|change| format!("{} {}", change.name, change.values)).collect();
    changes.join(&say!(language, "touch.comma"))
}

//! What an act is about to touch, in words: the same before a question of the console and of a command.

use crate::shown::{self, act_word, doer, duration, moment, whole_moment};
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kami_core::acts::Act;
use kami_core::app::AppName;
use kami_core::block::BlockTarget;
use kami_core::zone::Zone;
use kami_store::{
    ActRecord, AppCost, AppOrder, BlockOrder, GenerateOrder, Loss, PresetOrder, Survey, Undoable,
};

use crate::cells::harmless;
use crate::words::{Language, counted, number, say};

/// Whether an act shall be done with so many cards.
pub fn act(language: Language, act: &Act, cards: u64) -> String {
    let (key, span) = match act {
        Act::Disable => ("confirm.disable", None),
        Act::Enable => ("confirm.enable", None),
        Act::Unbind => ("confirm.unbind", None),
        Act::Extend { seconds } => ("confirm.extend", Some(*seconds)),
        Act::Delete => ("confirm.delete_many", None),
        Act::SetNote { note: Some(_) } => ("confirm.write_note", None),
        Act::SetNote { note: None } => ("confirm.remove_note", None),
    };
    let form = if cards == 1 { "one" } else { "many" };
    say!(language, format!("{key}.{form}"), n = number(cards), span = duration(language, span))
}

/// Whether a batch shall be made, with everything that its cards will be.
pub fn batch(language: Language, zone: Zone, order: &GenerateOrder) -> String {
    let form = if order.count == 1 { "one" } else { "many" };
    // What has a last moment does not last for ever.
    let is_told = order.duration.seconds().is_some() || order.valid_until.is_none();
    let lasts = is_told.then(|| duration(language, order.duration.seconds()));
    let each = lasts.into_iter().chain(apart(language, zone, order));
    say!(
        language,
        format!("confirm.generate.{form}"),
        n = number(u64::from(order.count)),
        prefix = harmless(order.prefix.as_str()),
        each = join(language, each)
    )
}

/// What sets each card of a batch apart from those for one machine that count no uses and go by their app's policy; nothing
/// where nothing does.
pub fn set_apart(language: Language, zone: Zone, order: &GenerateOrder) -> Option<String> {
    let apart = join(language, apart(language, zone, order));
    (!apart.is_empty()).then_some(apart)
}

fn apart(language: Language, zone: Zone, order: &GenerateOrder) -> impl Iterator<Item = String> {
    let GenerateOrder { valid_until, points, seats, policy, .. } = order;
    let until = valid_until.map(|until| say!(language, "touch.until", moment = whole_moment(zone, until)));
    let points = points.map(|points| shown::points(language, points.get()));
    let seats = Some(seats.get()).filter(|seats| *seats != 1);
    let seats = seats.map(|seats| say!(language, "touch.seats", n = number(seats.into())));
    let policy = Some(harmless(&policy.spoken()).into_owned()).filter(|policy| !policy.is_empty());
    [until, points, seats, policy].into_iter().flatten()
}

/// Whether an app shall be archived, removed or changed.
pub fn app(language: Language, order: &AppOrder) -> String {
    say!(language, format!("confirm.{}", order.name()), app = order.app().map_or("", AppName::as_str))
}

/// What becoming something else of an app means for its customers and whoever makes cards for it.
pub fn app_lost(language: Language, cost: &AppCost) -> Vec<String> {
    match cost {
        AppCost::Removed => vec![say!(language, "confirm.app_remove_consequence")],
        AppCost::Archived => vec![say!(language, "confirm.app_archive_consequence")],
        AppCost::Refuses { minimum, has_url } => {
            let refused = say!(language, "touch.app_minimum", minimum = minimum);
            let nowhere = (!has_url).then(|| say!(language, "confirm.app_no_url"));
            [refused].into_iter().chain(nowhere).collect()
        }
    }
}

/// Whether machines and networks shall be kept out, or let in again.
pub fn blocks(language: Language, order: &BlockOrder) -> String {
    say!(language, format!("confirm.{}", order.name()), targets = targets_of(language, order))
}

/// Whom an order keeps out or lets in again: the first few.
pub fn targets_of(language: Language, order: &BlockOrder) -> String {
    let targets: Vec<&BlockTarget> = match order {
        BlockOrder::Add(blocks) => blocks.iter().map(|block| &block.key.target).collect(),
        BlockOrder::Remove(keys) => keys.iter().map(|key| &key.target).collect(),
    };
    shown::targets(language, targets.into_iter())
}

/// Whether a preset shall be made, changed or removed.
pub fn preset(language: Language, order: &PresetOrder) -> String {
    let name = order.preset().map_or_else(String::new, |(app, name)| format!("{app}/{name}"));
    say!(language, format!("confirm.{}", order.name()), preset = name)
}

/// What it means that such large networks are kept out.
pub fn shut_out(language: Language, networks: &[BlockTarget]) -> Vec<String> {
    let shut = |network: &BlockTarget| say!(language, "touch.shut_out", network = network);
    networks.iter().map(shut).collect()
}

/// Which cards a survey found: by status, and by prefix and batch where those are few.
pub fn cards(language: Language, survey: &Survey) -> Vec<String> {
    let statuses = survey.statuses.iter().map(|(status, count)| {
        say!(language, "touch.part", what = shown::status(language, *status), n = number(*count))
    });
    let mut lines = vec![join(language, statuses)];
    lines.extend(survey.prefixes.as_ref().map(|prefixes| {
        let prefix = |prefix: &String| match prefix.as_str() {
            "" => say!(language, "touch.no_prefix"),
            prefix => harmless(prefix).into_owned(),
        };
        format!("{} {}", say!(language, "touch.prefixes"), parts(language, prefixes, prefix))
    }));
    let batches = survey.batches.as_ref().filter(|batches| batches.keys().any(Option::is_some));
    lines.extend(batches.map(|batches| {
        let batch = |batch: &Option<u64>| {
            batch.map_or_else(|| say!(language, "touch.no_batch"), |batch| format!("#{batch}"))
        };
        format!("{} {}", say!(language, "touch.batches"), parts(language, batches, batch))
    }));
    lines
}

/// How many cards each app gets.
pub fn by_app<K: AsRef<str>>(language: Language, apps: &BTreeMap<K, u64>) -> String {
    say!(language, "touch.by_app", apps = parts(language, apps, |app| app.as_ref().to_owned()))
}

fn parts<K>(language: Language, counts: &BTreeMap<K, u64>, word: impl Fn(&K) -> String) -> String {
    let parts = counts
        .iter()
        .map(|(kind, count)| say!(language, "touch.part", what = word(kind), n = number(*count)));
    join(language, parts)
}

fn join(language: Language, parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(&say!(language, "touch.comma"))
}

/// An act as the log has it: its number, what it was, to how many cards or which app, whose, and when.
pub fn logged(language: Language, zone: Zone, act: &ActRecord) -> String {
    say!(
        language,
        "touch.logged",
        id = act.id,
        what = what(language, act),
        cards = shown::touched(language, act),
        who = doer(&act.operator, act.account.as_deref()),
        at = whole_moment(zone, act.done_at)
    )
}

/// The same in few words, for a line that says more: its number, what it was, whose, and when by the day.
pub fn named(language: Language, zone: Zone, now: DateTime<Utc>, act: &ActRecord) -> String {
    say!(
        language,
        "touch.named",
        id = act.id,
        what = what(language, act),
        who = harmless(&act.operator),
        at = moment(language, zone, now, act.done_at)
    )
}

fn what(language: Language, act: &ActRecord) -> String {
    match act.undoes {
        Some(undone) => say!(language, "touch.undo_of", id = undone),
        None => act_word(language, &act.act),
    }
}

/// What is lost by taking an act back, where something is.
pub fn lost(language: Language, undoable: &Undoable) -> Vec<String> {
    match &undoable.loss {
        None => Vec::new(),
        Some(Loss::Cards) => vec![counted(language, "touch.lost", undoable.act.card_count)],
        Some(Loss::App(cost)) => app_lost(language, cost),
        Some(Loss::Blocks(networks)) => shut_out(language, networks),
    }
}

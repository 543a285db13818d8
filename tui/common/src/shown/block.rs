//! Who is kept out, in words.

use std::collections::BTreeMap;

use kami_core::app::AppName;
use kami_core::block::{Block, BlockTarget};
use kami_core::logged;
use kami_core::value::{Kind, Value};
use kami_core::zone::Zone;
use kami_store::{BlockChanges, CardValues};
use serde_json::Value as Json;

use super::card::NONE;
use super::kept::as_kept;
use super::moment::whole_moment;
use crate::cells::{cut_middle, harmless};
use crate::words::{Language, counted, number, say};

/// What the log keeps of one who is kept out beside the target, in the order of reading.
const FIELDS: [&str; 3] = ["app", "until", "reason"];

/// What stands between the things that are said of one.
const BETWEEN: &str = " · ";

/// The most targets that a sentence names.
const NAMED: usize = 3;

/// What stands under a heading of those who are kept out is called: `target`, `kind`, `app`, `until`, `reason` or `since`.
pub fn block_label(language: Language, field: &str) -> String {
    say!(language, format!("block.{field}"))
}

/// What somebody is kept out of.
pub fn block_app(language: Language, app: Option<&AppName>) -> String {
    app.map_or_else(|| say!(language, "block.all_apps"), AppName::to_string)
}

/// What a target is: a machine or a network.
pub fn block_kind(language: Language, target: &BlockTarget) -> String {
    say!(language, format!("block.is.{}", target.kind()))
}

/// All that is said of one who is kept out: whom it is about, of what, until when and why; and behind it what `was` said
/// until now, where that is something else. The target has no more than `room` cells, both of its ends among them.
pub fn block_told(language: Language, zone: Zone, block: &Block, was: Option<&Block>, room: usize) -> String {
    let said = |block: &Block| {
        let until = block
            .until
            .map(|until| format!("{} {}", block_label(language, "until"), whole_moment(zone, until)));
        let reason = block.reason.as_ref().map(|reason| harmless(reason.as_str()).into_owned());
        until.into_iter().chain(reason).collect::<Vec<_>>().join(BETWEEN)
    };
    let target = &block.key.target;
    let whom = harmless(&target.to_string()).into_owned();
    let whom = format!("{} {}", block_kind(language, target), cut_middle(&whom, room));
    let or_none = |said: String| if said.is_empty() { NONE.to_owned() } else { said };
    let said = match was {
        Some(was) => format!("{} ← {}", or_none(said(block)), or_none(said(was))),
        None => said(block),
    };
    let app = block_app(language, block.key.app.as_ref());
    [whom, app, said].into_iter().filter(|said| !said.is_empty()).collect::<Vec<_>>().join(BETWEEN)
}

/// How many of them are machines and how many networks.
pub fn block_kinds<'a>(language: Language, targets: impl Iterator<Item = &'a BlockTarget>) -> String {
    let mut kinds: Vec<&'static str> = targets.map(BlockTarget::kind).collect();
    kinds.sort_unstable();
    let kinds = kinds.chunk_by(|one, other| one == other);
    let kinds = kinds.map(|kind| {
        format!("{} {}", say!(language, format!("block.is.{}", kind[0])), number(kind.len() as u64))
    });
    kinds.collect::<Vec<_>>().join(&say!(language, "touch.comma"))
}

/// The first few targets, in a sentence.
pub fn targets<'a>(language: Language, targets: impl Iterator<Item = &'a BlockTarget>) -> String {
    let mut targets = targets.map(|target| harmless(&target.to_string()).into_owned());
    let mut named: Vec<String> = targets.by_ref().take(NAMED).collect();
    named.extend(targets.next().map(|_| "…".to_owned()));
    named.join(&say!(language, "touch.comma"))
}

/// What an act on those who are kept out changed, or would.
pub fn block_changes(language: Language, changes: BlockChanges) -> String {
    let BlockChanges { added, replaced, unchanged, removed } = changes;
    let counts = [("added", added), ("replaced", replaced), ("unchanged", unchanged), ("removed", removed)];
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    let words = counts.map(|(what, count)| counted(language, &format!("block.{what}"), count));
    words.collect::<Vec<_>>().join(" ")
}

/// Whom an act kept out or let in again, by the subject that the log has: one, or how many.
pub(super) fn blocks(language: Language, subject: &str) -> String {
    match subject.split_once(' ') {
        Some((count, "blocks")) => counted(language, "log.blocks", count.parse().unwrap_or_default()),
        Some((kind, target)) => say!(language, format!("log.{kind}"), target = harmless(target)),
        None => harmless(subject).into_owned(),
    }
}

/// What the log kept of one who is kept out, as an operator reads it, each at its place with its name. The target is what the
/// record is about.
pub(super) fn block_values(
    language: Language,
    zone: Zone,
    values: Option<&CardValues>,
) -> BTreeMap<(usize, String), String> {
    let kept_of = |(key, value): (&String, &Json)| {
        let place = FIELDS.iter().position(|field| field == key);
        let name = match place {
            Some(_) => block_label(language, key),
            None => harmless(key).into_owned(),
        };
        ((place.unwrap_or(FIELDS.len()), name), kept(language, zone, key, value))
    };
    let values = values.into_iter().flatten();
    values.filter(|(key, _)| !matches!(key.as_str(), "kind" | "target")).map(kept_of).collect()
}

/// A value that the log kept. What a later version may have kept is shown as it is.
fn kept(language: Language, zone: Zone, key: &str, value: &Json) -> String {
    match (key, value) {
        ("app", Json::String(app)) if app.is_empty() => block_app(language, None),
        ("until", value) => match logged::read(Kind::Moment, value) {
            Some(Value::Moment(until)) => whole_moment(zone, until),
            _ => as_kept(value),
        },
        (_, value) => as_kept(value),
    }
}

#[cfg(test)]
mod tests {
    use kami_store::Subject;

    use super::*;
    use crate::shown::subject;

    #[test]
    fn what_an_act_changed_that_is_no_card_is_told_from_one_another() {
        for (text, shown) in [
            ("demo", "app demo"),
            ("machine PC\u{1b}1", "machine PC␛1"),
            ("network 203.0.113.0/24", "network 203.0.113.0/24"),
            ("1 blocks", "one block"),
            ("1234 blocks", "1,234 blocks"),
            ("demo/month", "preset demo/month"),
        ] {
            assert_eq!(subject(Language::ENGLISH, Subject::of(text)), shown);
        }
    }

    #[test]
    fn only_the_first_few_targets_are_named() {
        let all = ["PC-1", "203.0.113.0/24", "PC-3", "PC-4", "PC-5"].map(|text| text.parse().unwrap());
        for (count, shown) in
            [(1, "PC-1"), (3, "PC-1, 203.0.113.0/24, PC-3"), (5, "PC-1, 203.0.113.0/24, PC-3, …")]
        {
            assert_eq!(targets(Language::ENGLISH, all[..count].iter()), shown);
        }
    }
}

//! A search for the codes that a text speaks of.

use kami_common::cells::harmless;
use kami_common::search_in::SearchIn;
use kami_common::words::{number, say};
use kami_core::canonical::canonical;
use kami_core::mention::{Mention, mentions};
use tui_input::Input;

use super::filters;
use crate::input::place::Place;
use crate::state::message::Effect;
use crate::state::model::{Model, Tone};

/// The most characters of codes that are searched for at once: some thousand codes.
const MOST_CODES: usize = 20_000;

/// How many codes that no card has are named before the rest is only counted.
const NAMED: usize = 5;

/// Searches for the codes of a text, where codes are searched for and it is more than one of them.
pub(crate) fn search(model: &mut Model, text: &str) -> Option<Vec<Effect>> {
    if model.place() != Place::Search {
        return None;
    }
    let found = mentions(text);
    let likely: Vec<&Mention> = found.iter().filter(|mention| mention.is_likely).collect();
    let wanted = match model.cards.query.search_in {
        SearchIn::Codes if likely.is_empty() => found.iter().collect(),
        SearchIn::CodeStart | SearchIn::CodePart | SearchIn::Codes => likely,
        SearchIn::Machine | SearchIn::Note => Vec::new(),
    };
    let is_code_alone = matches!(wanted[..], [one] if one.likeliest() == canonical(text));
    if wanted.is_empty() || is_code_alone {
        return None;
    }
    let (mut line, mut taken) = (String::new(), 0);
    for mention in &wanted {
        if line.len() + mention.written.len() > MOST_CODES {
            break;
        }
        line.extend([&mention.written, " "]);
        taken += 1;
    }
    let query = &mut model.cards.query;
    query.text = Input::new(line.trim_end().to_owned());
    query.search_in = SearchIn::Codes;
    let effects = filters::changed(model);
    if taken < wanted.len() {
        let words = say!(model.language, "paste.cut_off", n = number(taken as u64));
        model.say(Tone::Bad, words);
    }
    Some(effects)
}

/// Names the codes of the search that no card has, where all cards that it finds are in the table.
pub(crate) fn tell_missing(model: &mut Model) {
    let cards = &model.cards;
    let query = &cards.query;
    let shows_all = !cards.has_before && !cards.has_after && query.chips().is_empty();
    if query.search_in != SearchIn::Codes || !shows_all {
        return;
    }
    let likely: Vec<Mention> =
        mentions(query.text.value()).into_iter().filter(|mention| mention.is_likely).collect();
    let is_there = |mention: &Mention| cards.rows.iter().any(|card| mention.is(&card.full_code));
    let missing: Vec<&str> =
        likely.iter().filter(|mention| !is_there(mention)).map(Mention::likeliest).collect();
    // Of a single code the empty table tells.
    if missing.is_empty() || likely.len() == 1 {
        return;
    }
    let mut named = missing.iter().take(NAMED).copied().collect::<Vec<_>>().join(" ");
    if missing.len() > NAMED {
        named.push_str(" …");
    }
    let (n, all) = (number(missing.len() as u64), number(likely.len() as u64));
    let words = say!(model.language, "paste.missing", n = n, all = all, codes = harmless(&named));
    model.say(Tone::Bad, words);
}

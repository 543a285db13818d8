//! Which cards an act is for: named by their codes, or all that a filter finds.

use chrono::{DateTime, Utc};
use clap::Args;
use kami_common::words::{Language, say};
use kami_core::card::CardCode;
use kami_core::filter::{Anchor, Filter, Sort, TextFilter};
use kami_core::mention::{MOST_SPELLINGS, Mention};
use kami_core::record::CardRecord;
use kami_store::{Selection, StoreError};

use super::failure::Failure;
use super::filter::{FilterOptions, mentioned};
use super::session::Session;

/// How many codes a message names before it only counts the rest.
const NAMED: usize = 10;

/// The cards of an act.
#[derive(Debug, Args)]
pub(super) struct Choice {
    /// The codes of the cards, in any case
    #[arg(value_name = "CODE", value_parser = CardCode::parse)]
    codes: Vec<CardCode>,
    /// Every card that meets the conditions below; without one, every card there is
    #[arg(long, conflicts_with = "codes")]
    all: bool,
    /// Do not ask, as is done above 50 cards, or above one in production
    #[arg(short, long)]
    pub(super) yes: bool,
    #[command(flatten)]
    filter: FilterOptions,
}

/// The cards that were found for an act.
pub(super) struct Chosen {
    /// They themselves.
    pub(super) selection: Selection,
    /// The codes that no card has.
    pub(super) missing: Vec<String>,
}

impl Choice {
    /// The one card and the machine of it that were named; a machine with several cards, or beside further conditions, is
    /// none of one card.
    pub(super) fn machine_of_card(&self, session: &Session) -> Result<Option<(&CardCode, &str)>, Failure> {
        match (self.filter.machine(), &self.codes[..]) {
            (None, _) | (_, []) => Ok(None),
            (Some(machine), [code]) if self.filter.is_of_machine_alone() => Ok(Some((code, machine))),
            _ => Err(Failure::Usage(say!(session.language, "command.machine_of_one"))),
        }
    }

    /// Whether single cards were named.
    pub(super) fn names_cards(&self) -> bool {
        !self.codes.is_empty()
    }

    /// Finds the cards; that none was named without `--all` is refused, and so is that no named one is there.
    pub(super) async fn find(&self, session: &Session) -> Result<Chosen, Failure> {
        let language = session.language;
        let filter = self.filter.filter(session).await?;
        if self.codes.is_empty() {
            if !self.all {
                return Err(Failure::Usage(say!(language, "command.name_cards")));
            }
            if let Some(TextFilter::Codes(_)) = &filter.text {
                return find_codes(session, &filter).await;
            }
            // Cards made while the operator is asked are not among those that he agrees to.
            let newest = session.store.newest_card().await?;
            return Ok(Chosen { selection: Selection::UpTo { filter, newest }, missing: Vec::new() });
        }
        if !filter.is_empty() {
            return Err(Failure::Usage(say!(language, "command.codes_or_filter")));
        }
        let (mut ids, mut missing) = (Vec::new(), Vec::new());
        for code in &self.codes {
            let id = match find(session, code).await {
                Ok(found) => found.map(|(card, _)| card.id),
                // The act names it, and does the others.
                Err(Failure::Store(StoreError::UndecodableCard(id))) => Some(id),
                Err(failure) => return Err(failure),
            };
            match id {
                Some(id) if ids.contains(&id) => {}
                Some(id) => ids.push(id),
                None => missing.push(code.as_str().to_owned()),
            }
        }
        if ids.is_empty() {
            return Err(not_found(language, &missing));
        }
        Ok(Chosen { selection: Selection::Ids(ids), missing })
    }
}

/// Finds the cards of the codes that a text speaks of.
async fn find_codes(session: &Session, filter: &Filter) -> Result<Chosen, Failure> {
    let page = session.store.page(filter, Sort::NEWEST, &Anchor::First, MOST_SPELLINGS).await?;
    let is_found = |mention: &Mention| page.rows.iter().any(|card| mention.is(&card.full_code));
    let missing: Vec<String> = mentioned(filter)
        .iter()
        .filter(|mention| !is_found(mention))
        .map(|mention| mention.likeliest().to_owned())
        .collect();
    let ids: Vec<u64> = page.rows.iter().map(|card| card.id).chain(page.unreadable).collect();
    if ids.is_empty() && !missing.is_empty() {
        return Err(not_found(session.language, &missing));
    }
    Ok(Chosen { selection: Selection::Ids(ids), missing })
}

/// The card of that code and the database's clock, if there is one.
pub(super) async fn find(
    session: &Session,
    code: &CardCode,
) -> Result<Option<(CardRecord, DateTime<Utc>)>, Failure> {
    Ok(session.store.card_by_code(code).await?)
}

/// That there is no card of these codes.
pub(super) fn not_found(language: Language, codes: &[String]) -> Failure {
    let mut named = codes.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if codes.len() > NAMED {
        named.push_str(", …");
    }
    Failure::NotFound(say!(language, "command.no_such_cards", codes = kami_common::cells::harmless(&named)))
}

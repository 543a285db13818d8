//! `kami note`: writes something down about cards.

use clap::{ArgGroup, Args};
use kami_common::words::{counted, say};
use kami_core::acts::Act;
use kami_core::filter::{Filter, TextFilter};
use kami_core::operator::Note;
use kami_store::{Permission, Selection};

use super::act::carry_out;
use super::choice::Choice;
use super::confirm::{self, Question};
use super::failure::Failure;
use super::session::Session;

/// How many cards are read at a time.
const PART: usize = 1_000;

/// Write a note on cards
///
/// Asks before it overwrites the notes of several cards; without a terminal that needs --yes. `kami undo` brings them
/// back.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("new_note").required(true).args(["set", "clear"]),
    after_help = "Examples:\n  kami note VIP-7KQ2M9XW --set 'sold to Li'\n  \
                  kami note --batch 7 --all --set 'for the fair'\n  \
                  kami note --note 'for the fair' --all --clear --yes"
)]
pub(super) struct SetNote {
    /// The new note
    #[arg(long, value_name = "TEXT")]
    set: Option<String>,
    /// Remove the note
    #[arg(long)]
    clear: bool,
    /// Print what it came to as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    choice: Choice,
}

impl SetNote {
    /// Writes the note on the chosen cards, once it is agreed on what it overwrites.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let text = self.set.as_deref().unwrap_or_default();
        let note = Note::parse(text).map_err(|error| Failure::Usage(error.to_string()))?;
        session.must_be_allowed(Permission::Change).await?;
        let chosen = self.choice.find(session).await?;
        if !self.choice.yes {
            let overwritten = overwritten(session, &chosen.selection).await?;
            if overwritten > 0 {
                let words = counted(session.language, "confirm.note", overwritten);
                let agree = say!(session.language, "command.agree_yes");
                confirm::yes(session.language, &Question { words, touched: Vec::new(), agree })?;
            }
        }
        carry_out(session, Act::SetNote { note }, &chosen, &self.choice, self.json).await
    }
}

/// How many notes of several cards would be lost at most; the one of a single named card is meant.
async fn overwritten(session: &Session, selection: &Selection) -> Result<u64, Failure> {
    let store = &session.store;
    match selection {
        Selection::Ids(ids) if ids.len() == 1 => Ok(0),
        Selection::Ids(ids) => {
            let mut count = 0;
            for part in ids.chunks(PART) {
                let cards = store.cards_by_ids(part).await?.cards;
                count += cards.iter().filter(|card| card.note.is_some()).count() as u64;
            }
            Ok(count)
        }
        Selection::Filter(filter) | Selection::UpTo { filter, .. } => {
            // A filter looks for one text only: with another one, any card that it finds may have a note.
            let any_note = || TextFilter::NoteContains(String::new());
            let noted = Filter { text: filter.text.clone().or_else(|| Some(any_note())), ..filter.clone() };
            Ok(store.count_exact(&noted).await?)
        }
    }
}

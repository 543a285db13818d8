//! What the operator orders to be done to cards and apps.

use std::path::PathBuf;
use std::sync::Arc;

use kami_common::export::ExportOrder;
use kami_core::acts::Act as CardAct;
use kami_core::app::AppName;
use kami_core::edit::CardEdit;
use kami_core::gate::{Kind, Weight};
use kami_core::import::ImportCards;
use kami_core::operator::Note;
use kami_core::record::CardRecord;
use kami_store::{
    AppOrder, BlockOrder, GenerateOrder, OneBlock, OneSeat, PresetOrder, RechargeUndo, Selection, TopUp,
    Undoable,
};

/// Something to be done to cards or an app, complete with everything that it needs.
#[derive(Clone, Debug)]
pub enum Order {
    /// Make a batch.
    Generate(GenerateOrder),
    /// Make a batch of cards with codes from elsewhere.
    Import {
        /// As the file said them.
        cards: Arc<ImportCards>,
        /// What is written down about the batch.
        note: Option<Note>,
        /// The app of those that name none.
        app: AppName,
    },
    /// Change one card as it was seen.
    Edit {
        /// The card as the operator saw it.
        seen: Box<CardRecord>,
        /// The changes.
        edit: CardEdit,
    },
    /// Do something to cards.
    Act {
        /// What.
        act: CardAct,
        /// To which.
        target: Target,
    },
    /// Take the seat of a card from one of its machines.
    FreeSeat(Box<OneSeat>),
    /// Take an act back, or do it again.
    Undo(Box<Undoing>),
    /// Take back that a customer topped a card up.
    Unrecharge(Box<Unrecharging>),
    /// Write cards to a file.
    Export(ExportOrder),
    /// Write all who are kept out to this file.
    ExportBlocks(PathBuf),
    /// Make, change or remove an app.
    App(Box<AppOrder>),
    /// Make, change or remove a preset.
    Preset(Box<PresetOrder>),
    /// Keep one out, or say something else of one who is.
    Block(Box<OneBlock>),
    /// Keep somebody out, or let somebody in again.
    Blocks(Box<BlockOrder>),
}

/// An act that is to be taken back.
#[derive(Clone, Debug)]
pub struct Undoing {
    /// The act.
    pub undoable: Undoable,
    /// Whether this very session did it.
    pub is_own: bool,
    /// Whether it is the taking back of another, which so is done again.
    pub is_redo: bool,
}

/// A top-up that is to be taken back.
#[derive(Clone, Debug)]
pub struct Unrecharging {
    /// The top-up.
    pub top_up: TopUp,
    /// The card that was topped up.
    pub topped: CardRecord,
    /// The card that was burnt for it.
    pub burnt: CardRecord,
}

impl Unrecharging {
    /// As the store takes it back.
    pub const fn undo(&self) -> RechargeUndo {
        RechargeUndo { record: self.top_up.record }
    }
}

impl Order {
    /// How much it does, for the gate to decide whether it is asked about.
    pub fn weight(&self) -> Weight {
        let cards = self.count().unwrap_or(0);
        let kind = match self {
            Self::Generate(_) => Kind::Generate,
            Self::Import { .. } => Kind::Import,
            Self::Act { act: CardAct::Delete, .. } => Kind::Delete,
            Self::Edit { .. } | Self::FreeSeat(_) | Self::Act { .. } => Kind::Change,
            Self::Undo(undoing) => return undoing.undoable.weight(undoing.is_own),
            Self::Unrecharge(unrecharging) => return unrecharging.undo().weight(),
            Self::App(order) => return order.weight(),
            Self::Preset(order) => return order.weight(),
            Self::Block(one) => return one.order().weight(),
            Self::Blocks(order) => return order.weight(),
            Self::Export(_) | Self::ExportBlocks(_) => Kind::Read,
        };
        Weight { cards, kind }
    }

    /// How many cards it is about, where that is known before.
    pub fn count(&self) -> Option<u64> {
        match self {
            Self::Generate(order) => Some(u64::from(order.count)),
            Self::Import { cards, .. } => Some(cards.len() as u64),
            Self::Edit { .. }
            | Self::FreeSeat(_)
            | Self::App(_)
            | Self::Preset(_)
            | Self::Block(_)
            | Self::Blocks(_) => Some(1),
            Self::Act { target, .. } => Some(target.count()),
            Self::Undo(undoing) => Some(undoing.undoable.act.card_count),
            Self::Unrecharge(unrecharging) => Some(unrecharging.undo().weight().cards),
            Self::Export(_) | Self::ExportBlocks(_) => None,
        }
    }

    /// The key of its title in the locale files, for the time that it takes.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Generate(_) => "work.generate",
            Self::Import { .. } => "work.import",
            Self::Edit { .. } => "work.edit",
            Self::Act { act, .. } => match act {
                CardAct::Disable => "work.disable",
                CardAct::Enable => "work.enable",
                CardAct::Unbind => "work.unbind",
                CardAct::Extend { .. } => "work.extend",
                CardAct::Delete => "work.delete",
                CardAct::SetNote { .. } => "work.note",
            },
            Self::FreeSeat(_) => "work.unbind",
            Self::Undo(_) => "work.undo",
            Self::Unrecharge(_) => "work.unrecharge",
            Self::Export(_) | Self::ExportBlocks(_) => "work.export",
            Self::App(_) => "work.app",
            Self::Preset(_) => "work.preset",
            Self::Block(_) | Self::Blocks(_) => "work.blocks",
        }
    }

    /// Whether it reads or writes a file of the machine that the console runs on.
    pub const fn reaches_files(&self) -> bool {
        matches!(self, Self::Import { .. } | Self::Export(_) | Self::ExportBlocks(_))
    }

    /// Whether it takes so long that its progress is shown.
    pub const fn is_long(&self) -> bool {
        match self {
            Self::Generate(_) | Self::Import { .. } | Self::Undo(_) | Self::Export(_) => true,
            Self::Edit { .. }
            | Self::FreeSeat(_)
            | Self::Unrecharge(_)
            | Self::App(_)
            | Self::Preset(_)
            | Self::Block(_)
            | Self::Blocks(_)
            | Self::ExportBlocks(_) => false,
            Self::Act { target, .. } => matches!(target, Target::Many { .. }),
        }
    }
}

/// The cards that an act is about.
#[derive(Clone, Debug)]
pub enum Target {
    /// One card as it was seen.
    One(Box<CardRecord>),
    /// The marked ones.
    Many {
        /// Which.
        selection: Selection,
        /// How many they were when they were marked.
        count: u64,
    },
}

impl Target {
    /// How many cards it is.
    pub const fn count(&self) -> u64 {
        match self {
            Self::One(_) => 1,
            Self::Many { count, .. } => *count,
        }
    }
}

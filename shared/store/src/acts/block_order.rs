//! Who shall be kept out or let in again, what that costs, and why it is refused.

use kami_core::block::{Block, BlockKey, BlockTarget, MAX_BLOCKS};
use kami_core::gate::{Kind, Weight};
use thiserror::Error;

/// Who shall be kept out, or let in again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockOrder {
    /// These are kept out; what is said of one that is already is replaced. Of those that agree in their key the first counts.
    Add(Vec<Block>),
    /// These are let in again.
    Remove(Vec<BlockKey>),
}

impl BlockOrder {
    /// The word for it in the log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Add(_) => "block_add",
            Self::Remove(_) => "block_remove",
        }
    }

    /// The networks that it keeps out of which hardly any customer is no part.
    pub fn broad(&self) -> Vec<BlockTarget> {
        match self {
            Self::Add(blocks) => {
                let targets = blocks.iter().map(|block| &block.key.target);
                targets.filter(|target| target.is_broad()).cloned().collect()
            }
            Self::Remove(_) => Vec::new(),
        }
    }

    /// How much it does: whoever shuts nearly everybody out is asked.
    pub fn weight(&self) -> Weight {
        Weight { cards: 1, kind: if self.broad().is_empty() { Kind::Change } else { Kind::Delete } }
    }
}

/// One who shall be kept out, as long as it is about him as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneBlock {
    /// The block as the operator saw it; none where nobody was.
    pub seen: Option<Block>,
    /// As it shall be.
    pub wanted: Block,
}

impl OneBlock {
    /// The same whatever was seen.
    pub fn order(&self) -> BlockOrder {
        BlockOrder::Add(vec![self.wanted.clone()])
    }
}

/// Why nobody is kept out or let in again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BlockRefusal {
    /// There would be more than [`MAX_BLOCKS`].
    #[error("there can be {MAX_BLOCKS} blocks and no more")]
    TooMany,
    /// All of it is so already.
    #[error("all of it is so already")]
    Unchanged,
    /// These are not kept out, so that none was let in.
    #[error("{} of them are not kept out", .0.len())]
    NotBlocked(Vec<BlockKey>),
}

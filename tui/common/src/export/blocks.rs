//! Who is kept out, into a file.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use kami_core::block::Block;
use kami_core::zone::Zone;
use kami_store::{Store, StoreError};
use kami_transfer::blocks::{blocks_header, blocks_line};

use super::{Draft, ExportError, publish, target};

/// How many are read at a time.
const PART: usize = 5_000;

/// All who are kept out.
#[derive(Clone, Debug, Default)]
pub struct AllBlocks {
    /// Those that can be understood, the oldest first: an import keeps the order of the file.
    pub blocks: Vec<Block>,
    /// How many rows cannot be understood.
    pub unreadable: usize,
}

/// A table of those who are kept out that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedBlocks {
    /// How many are in it.
    pub count: u64,
    /// How many are not, as their rows cannot be understood.
    pub unreadable: usize,
    /// Where it is.
    pub path: PathBuf,
}

/// Reads all who are kept out.
pub async fn all_blocks(store: &Store) -> Result<AllBlocks, StoreError> {
    let (mut all, mut before) = (AllBlocks::default(), None);
    loop {
        let found = store.blocks(None, before, PART).await?;
        all.unreadable += found.unreadable.len();
        all.blocks.extend(found.blocks.into_iter().map(|record| record.block));
        before = found.next;
        if before.is_none() {
            all.blocks.reverse();
            return Ok(all);
        }
    }
}

/// The file in `exports/` that those who are kept out go to when nothing else is said.
pub fn blocks_path(at: DateTime<Utc>, zone: Zone) -> PathBuf {
    Path::new("exports").join(format!("blocks_{}.csv", zone.format(at, "%Y%m%d_%H%M%S")))
}

/// Writes a table of all who are kept out, whole or not at all; of nobody there is none.
pub async fn export_blocks(store: &Store, path: &Path) -> Result<ExportedBlocks, ExportError> {
    let AllBlocks { blocks, unreadable } = all_blocks(store).await?;
    if blocks.is_empty() {
        return Err(ExportError::NoBlocks);
    }
    let path = write_blocks(path, blocks.iter())?;
    Ok(ExportedBlocks { count: blocks.len() as u64, unreadable, path })
}

/// Writes a table of them, and returns where it is.
fn write_blocks<'a>(path: &Path, blocks: impl Iterator<Item = &'a Block>) -> Result<PathBuf, ExportError> {
    let path = target(path)?;
    let failed = |source| ExportError::File { path: path.clone(), source };
    let whole = Draft::create(&path, "part").map_err(failed)?;
    let write = || {
        let mut out = BufWriter::new(&whole.file);
        out.write_all(blocks_header().as_bytes())?;
        for block in blocks {
            out.write_all(blocks_line(block).as_bytes())?;
        }
        out.flush()?;
        drop(out);
        whole.file.sync_all()
    };
    write().map_err(failed)?;
    publish(&whole, &path)?;
    Ok(path)
}

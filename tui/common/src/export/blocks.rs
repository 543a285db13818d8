//! Who is kept out, into a file.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use kami_core::block::Block;
use kami_transfer::blocks::{blocks_header, blocks_line};

use super::{Draft, ExportError, publish, target};

/// Writes a table of them, and returns where it is.
pub fn write_blocks<'a>(
    path: &Path,
    blocks: impl Iterator<Item = &'a Block>,
) -> Result<PathBuf, ExportError> {
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

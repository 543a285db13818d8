//! Cards into a file: streamed, private, whole or not at all, and never over a file that is there.

mod blocks;
mod head;

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use kami_core::card::CardStatus;
use kami_core::filter::Filter;
use kami_core::record::CardRecord;
use kami_core::zone::Zone;
use kami_store::{Store, StoreError};
use kami_transfer::{Format, table, txt};
use thiserror::Error;

pub use self::blocks::{AllBlocks, ExportedBlocks, all_blocks, blocks_path, export_blocks};
use crate::paths::expand;
use crate::words::Language;

/// What the name of a file for a shop begins with.
const SHOP: &str = "shop_";

/// How many cards are read at a time.
const PART: usize = 1_000;

/// Which cards go into a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// All that a filter finds.
    Filter(Filter),
    /// These.
    Ids(Vec<u64>),
}

/// A file that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportOrder {
    /// Which cards.
    pub source: Source,
    /// In which form.
    pub format: Format,
    /// Where to.
    pub path: PathBuf,
    /// The moment that the file carries.
    pub at: DateTime<Utc>,
    /// The zone in which it carries it.
    pub zone: Zone,
    /// The language of its head.
    pub language: Language,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// How many cards are in it.
    pub count: u64,
    /// The numbers of the cards that are not, as their rows cannot be understood.
    pub unreadable: Vec<u64>,
    /// Where it is.
    pub path: PathBuf,
}

/// Why no file was written.
#[derive(Debug, Error)]
pub enum ExportError {
    /// There is no card to write.
    #[error("there is no card to export, so no file was written")]
    NoCards,
    /// There is nobody to write.
    #[error("nobody is kept out, so no file was written")]
    NoBlocks,
    /// There is such a file already.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// The operator broke it off.
    #[error("broken off: no file was written")]
    Cancelled,
    /// The file cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The filter of cards that were never used, of one prefix or of all.
pub fn unused(prefix: Option<String>) -> Filter {
    Filter { status: Some(CardStatus::Unused), prefix, ..Filter::default() }
}

/// The file in `exports/` that cards go to when nothing else is said.
pub fn default_path(format: Format, prefix: Option<&str>, at: DateTime<Utc>, zone: Zone) -> PathBuf {
    let name = txt::file_name(prefix, at, zone);
    in_form(&Path::new("exports").join(name), format)
}

/// The name of a file in another form: a shop's is told from a seller's, which ends alike.
pub fn in_form(path: &Path, format: Format) -> PathBuf {
    let path = path.with_extension(format.extension());
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return path };
    let plain = name.strip_prefix(SHOP).unwrap_or(name);
    match format {
        // A name that somebody thought of is left alone.
        _ if !plain.starts_with(txt::FILE) => path,
        Format::Shop => path.with_file_name(format!("{SHOP}{plain}")),
        Format::Txt | Format::Csv | Format::JsonLines => path.with_file_name(plain),
    }
}

/// Writes the file: under another name at first, so that a name that is there always has a whole file.
pub async fn export(
    store: &Store,
    order: &ExportOrder,
    on_progress: &(dyn Fn(u64, f64) -> ControlFlow<()> + Send + Sync),
) -> Result<Exported, ExportError> {
    let path = &target(&order.path)?;
    let failed = |source| ExportError::File { path: path.clone(), source };
    let body = Draft::create(path, "body").map_err(failed)?;
    let (count, unreadable) = write_body(store, order, &body, on_progress).await?;
    if count == 0 {
        return Err(ExportError::NoCards);
    }
    // The head says how many there are, which is known only now.
    let whole = Draft::create(path, "part").map_err(failed)?;
    write_whole(order, count, &body, &whole).map_err(failed)?;
    publish(&whole, path)?;
    Ok(Exported { count, unreadable, path: path.clone() })
}

/// Where a file is to be, which is not there yet, in a folder that is.
fn target(path: &Path) -> Result<PathBuf, ExportError> {
    let path = expand(path);
    if path.exists() {
        return Err(ExportError::Exists(path));
    }
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()).map(fs::create_dir_all) {
        Some(Err(source)) => Err(ExportError::File { path, source }),
        Some(Ok(())) | None => Ok(path),
    }
}

/// Gives a whole file its name.
fn publish(whole: &Draft, path: &Path) -> Result<(), ExportError> {
    // A link, unlike a renaming, never takes the place of a file that came meanwhile.
    fs::hard_link(&whole.path, path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => ExportError::Exists(path.to_owned()),
        _ => ExportError::File { path: path.to_owned(), source: error },
    })
}

async fn write_body(
    store: &Store,
    order: &ExportOrder,
    body: &Draft,
    on_progress: &(dyn Fn(u64, f64) -> ControlFlow<()> + Send + Sync),
) -> Result<(u64, Vec<u64>), ExportError> {
    let failed = |source| ExportError::File { path: order.path.clone(), source };
    let mut out = BufWriter::new(&body.file);
    let (mut count, mut unreadable) = (0, Vec::new());
    let mut put = |cards: &[CardRecord], share: f64| -> Result<(), ExportError> {
        for card in cards {
            out.write_all(line(order.format, card).as_bytes()).map_err(failed)?;
        }
        count += cards.len() as u64;
        if on_progress(count, share).is_break() { Err(ExportError::Cancelled) } else { Ok(()) }
    };
    match &order.source {
        Source::Filter(filter) => {
            let mut cursor = store.search_start(filter).await?;
            while let Some(from) = cursor {
                let step = store.search_step(filter, from, PART).await?;
                put(&step.rows, share(step.progress.done, step.progress.total))?;
                unreadable.extend(step.unreadable);
                cursor = step.next;
            }
        }
        Source::Ids(ids) => {
            // Newest first, as every other file has them.
            let mut ids = ids.clone();
            ids.sort_unstable_by(|a, b| b.cmp(a));
            for (index, part) in ids.chunks(PART).enumerate() {
                let mut found = store.cards_by_ids(part).await?;
                found.cards.sort_unstable_by_key(|card| std::cmp::Reverse(card.id));
                unreadable.extend(found.unreadable);
                put(&found.cards, share((index * PART + part.len()) as u64, ids.len() as u64))?;
            }
        }
    }
    out.flush().map_err(failed)?;
    Ok((count, unreadable))
}

#[expect(clippy::cast_precision_loss, reason = "a bar has no use for the last of 53 bits")]
fn share(done: u64, total: u64) -> f64 {
    if total == 0 { 1.0 } else { done as f64 / total as f64 }
}

fn line(format: Format, card: &CardRecord) -> String {
    match format {
        Format::Txt | Format::Shop => txt::line(card),
        Format::Csv => table::csv_line(card),
        Format::JsonLines => table::json_line(card),
    }
}

fn write_whole(order: &ExportOrder, count: u64, body: &Draft, whole: &Draft) -> io::Result<()> {
    let mut out = BufWriter::new(&whole.file);
    let head = match order.format {
        Format::Txt => head::of(order, count),
        Format::Csv => table::csv_header(),
        // A shop would sell a head.
        Format::Shop | Format::JsonLines => String::new(),
    };
    out.write_all(head.as_bytes())?;
    io::copy(&mut File::open(&body.path)?, &mut out)?;
    out.flush()?;
    drop(out);
    whole.file.sync_all()
}

/// A file that only we may read, and that goes when it is no longer needed.
struct Draft {
    path: PathBuf,
    file: File,
}

impl Draft {
    fn create(target: &Path, kind: &str) -> io::Result<Self> {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.{kind}", std::process::id()));
        let path = target.with_file_name(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Self { path, file })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_for_a_shop_is_told_by_its_name_unless_somebody_gave_it_one() {
        for (path, format, expected) in [
            ("exports/unused_cards_1.txt", Format::Shop, "exports/shop_unused_cards_1.txt"),
            ("exports/shop_unused_cards_1.txt", Format::Shop, "exports/shop_unused_cards_1.txt"),
            ("exports/shop_unused_cards_1.txt", Format::Csv, "exports/unused_cards_1.csv"),
            ("mine.csv", Format::Shop, "mine.txt"),
            ("shop_mine.txt", Format::JsonLines, "shop_mine.jsonl"),
        ] {
            assert_eq!(in_form(Path::new(path), format), Path::new(expected), "{path}");
        }
    }
}

//! Everything that a key or the palette can do.

use kami_core::acts::Act as CardAct;
use kami_store::Permission;

/// Something that the operator can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// One row down.
    Down,
    /// One row up.
    Up,
    /// Half a page down.
    HalfDown,
    /// Half a page up.
    HalfUp,
    /// Down by as many rows as the table shows.
    PageDown,
    /// Up by as many rows as the table shows.
    PageUp,
    /// To the first row of all.
    First,
    /// To the last row of all.
    Last,
    /// Open what the cursor is on.
    Open,
    /// One level back.
    Back,
    /// Type a search.
    Search,
    /// Look for the text elsewhere in the cards.
    NextSearch,
    /// Look for the text where it was looked for before.
    PreviousSearch,
    /// Choose a kind of filter.
    Filter,
    /// Choose an app to see.
    FilterApp,
    /// Choose a status to see.
    FilterStatus,
    /// Choose a prefix to see.
    FilterPrefix,
    /// Choose a batch to see.
    FilterBatch,
    /// Choose when the cards to see were generated.
    FilterCreated,
    /// Choose when the cards to see were activated.
    FilterUsed,
    /// Choose when the cards to see expire.
    FilterExpiring,
    /// See only the cards that seem to be shared, or all again.
    FilterShared,
    /// See only the cards with a key that was copied, or all again.
    FilterCopied,
    /// See the cards of the machine of the card under the cursor.
    SameMachine,
    /// Take the last filter away.
    Unfilter,
    /// Choose the order.
    Sort,
    /// Turn the order round.
    Reverse,
    /// Choose the columns.
    Columns,
    /// The saved views.
    Views,
    /// Delete a saved view.
    DropView,
    /// Mark a card or unmark it.
    Mark,
    /// Mark from the last mark to here.
    MarkRange,
    /// Mark all that the filter finds.
    MarkAll,
    /// Make a batch.
    Generate,
    /// Change a card.
    Edit,
    /// Withdraw cards.
    Disable,
    /// Give withdrawn cards back.
    Enable,
    /// Unbind cards from their machines.
    Unbind,
    /// Let cards last longer.
    Extend,
    /// Write the same note on cards.
    SetNote,
    /// Delete cards.
    Delete,
    /// Undo the last act.
    Undo,
    /// Do again what was undone last.
    Redo,
    /// Take back that the card under the cursor was burnt to top another up.
    Unrecharge,
    /// Write cards to a file.
    Export,
    /// Make cards with the codes of a file.
    Import,
    /// Do what the form says.
    Submit,
    /// Make the cards of the lines that are shown.
    ImportLines,
    /// Break off what is being done.
    Cancel,
    /// Yes, do it.
    Yes,
    /// No, leave it.
    No,
    /// Copy codes to the clipboard.
    Copy,
    /// The apps.
    Apps,
    /// Make an app.
    AddApp,
    /// Change what an app's clients are told.
    EditApp,
    /// The values that an app hands to its clients.
    AppValues,
    /// Make no more cards for an app.
    ArchiveApp,
    /// Make cards for an app again.
    UnarchiveApp,
    /// Remove an app that has no cards.
    RemoveApp,
    /// The presets of an app, or of all.
    Presets,
    /// Make a preset.
    AddPreset,
    /// Change a preset.
    EditPreset,
    /// Remove a preset.
    RemovePreset,
    /// Who is kept out.
    Blocks,
    /// Look for somebody who is kept out.
    SearchBlocks,
    /// Keep a machine or a network out.
    AddBlock,
    /// Say another reason or end of somebody who is kept out.
    EditBlock,
    /// Let somebody in again.
    RemoveBlock,
    /// Write all who are kept out to a file.
    ExportBlocks,
    /// Keep all out whom a file names.
    ImportBlocks,
    /// Keep the machine of the card under the cursor out.
    BlockMachine,
    /// Counts over time.
    Statistics,
    /// What operators did.
    Log,
    /// Choose which acts of the log to see.
    FilterLog,
    /// Ask the database again.
    Refresh,
    /// Bring the database to this version's schema.
    Migrate,
    /// Turn the colours to the other background.
    Theme,
    /// Speak the other language.
    Language,
    /// Open what an operator can choose about the console.
    Settings,
    /// What each key does.
    Help,
    /// Find an act by its name.
    Palette,
    /// Draw everything anew.
    Redraw,
    /// To the shell, and back with `fg`.
    Suspend,
    /// End.
    Quit,
}

impl Act {
    /// The act's key in the locale files.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Down => "act.down",
            Self::Up => "act.up",
            Self::HalfDown => "act.half_down",
            Self::HalfUp => "act.half_up",
            Self::PageDown => "act.page_down",
            Self::PageUp => "act.page_up",
            Self::First => "act.first",
            Self::Last => "act.last",
            Self::Open => "act.open",
            Self::Back => "act.back",
            Self::Search => "act.search",
            Self::NextSearch => "act.next_search",
            Self::PreviousSearch => "act.previous_search",
            Self::Filter => "act.filter",
            Self::FilterApp => "act.filter_app",
            Self::FilterStatus => "act.filter_status",
            Self::FilterPrefix => "act.filter_prefix",
            Self::FilterBatch => "act.filter_batch",
            Self::FilterCreated => "act.filter_created",
            Self::FilterUsed => "act.filter_used",
            Self::FilterExpiring => "act.filter_expiring",
            Self::FilterShared => "act.filter_shared",
            Self::FilterCopied => "act.filter_copied",
            Self::Unfilter => "act.unfilter",
            Self::Sort => "act.sort",
            Self::Reverse => "act.reverse",
            Self::Columns => "act.columns",
            Self::Views => "act.views",
            Self::DropView => "act.drop_view",
            Self::Mark => "act.mark",
            Self::MarkRange => "act.mark_range",
            Self::MarkAll => "act.mark_all",
            Self::Generate => "act.generate",
            Self::Edit => "act.edit",
            Self::Disable => "act.disable",
            Self::Enable => "act.enable",
            Self::SameMachine => "act.same_machine",
            Self::Unbind => "act.unbind",
            Self::Extend => "act.extend",
            Self::SetNote => "act.set_note",
            Self::Delete => "act.delete",
            Self::Undo => "act.undo",
            Self::Redo => "act.redo",
            Self::Unrecharge => "act.unrecharge",
            Self::Export => "act.export",
            Self::Import => "act.import",
            Self::Submit => "act.submit",
            Self::ImportLines => "act.import_lines",
            Self::Cancel => "act.cancel",
            Self::Yes => "act.yes",
            Self::No => "act.no",
            Self::Copy => "act.copy",
            Self::Apps => "act.apps",
            Self::AddApp => "act.add_app",
            Self::EditApp => "act.edit_app",
            Self::AppValues => "act.app_values",
            Self::ArchiveApp => "act.archive_app",
            Self::UnarchiveApp => "act.unarchive_app",
            Self::RemoveApp => "act.remove_app",
            Self::Presets => "act.presets",
            Self::AddPreset => "act.add_preset",
            Self::EditPreset => "act.edit_preset",
            Self::RemovePreset => "act.remove_preset",
            Self::Blocks => "act.blocks",
            Self::SearchBlocks => "act.search_blocks",
            Self::AddBlock => "act.add_block",
            Self::EditBlock => "act.edit_block",
            Self::RemoveBlock => "act.remove_block",
            Self::ExportBlocks => "act.export_blocks",
            Self::ImportBlocks => "act.import_blocks",
            Self::BlockMachine => "act.block_machine",
            Self::Statistics => "act.statistics",
            Self::Log => "act.log",
            Self::FilterLog => "act.filter_log",
            Self::Refresh => "act.refresh",
            Self::Migrate => "act.migrate",
            Self::Theme => "act.theme",
            Self::Language => "act.language",
            Self::Settings => "act.settings",
            Self::Help => "act.help",
            Self::Palette => "act.palette",
            Self::Redraw => "act.redraw",
            Self::Suspend => "act.suspend",
            Self::Quit => "act.quit",
        }
    }

    /// What the act does to the database; none if it leaves it as it is.
    pub const fn permission(self) -> Option<Permission> {
        match self {
            Self::Generate | Self::Import => Some(Permission::Make),
            Self::Edit | Self::Disable | Self::Enable | Self::Unbind | Self::Extend | Self::SetNote => {
                Some(Permission::Change)
            }
            Self::Delete => Some(Permission::Delete),
            Self::AddApp
            | Self::EditApp
            | Self::AppValues
            | Self::ArchiveApp
            | Self::UnarchiveApp
            | Self::RemoveApp => Some(Permission::Configure),
            Self::AddPreset | Self::EditPreset | Self::RemovePreset => Some(Permission::Price),
            Self::AddBlock
            | Self::EditBlock
            | Self::RemoveBlock
            | Self::ImportBlocks
            | Self::BlockMachine => Some(Permission::Block),
            Self::Undo | Self::Redo | Self::Unrecharge => Some(Permission::Undo),
            _ => None,
        }
    }

    /// Whether the act changes the database.
    pub const fn writes(self) -> bool {
        self.permission().is_some()
    }

    /// What the act does to a card, where that is all there is to it.
    pub const fn on_card(self) -> Option<CardAct> {
        match self {
            Self::Disable => Some(CardAct::Disable),
            Self::Enable => Some(CardAct::Enable),
            Self::Unbind => Some(CardAct::Unbind),
            Self::Delete => Some(CardAct::Delete),
            _ => None,
        }
    }
}

//! The only code of kami that talks to the database: every statement of SQL is in this crate or in `sql/`.

mod accounts;
mod act_list;
mod acts;
mod address;
mod app_list;
mod apps;
mod batches;
mod block_list;
mod blocks;
mod card_now;
mod cause;
mod clock;
mod connect;
mod copied_keys;
mod counters;
mod counts;
pub mod database_url;
mod devices;
mod engines;
mod error;
mod expiry;
mod grants;
mod health;
mod history;
mod inspection;
mod known_clock;
mod licences;
mod limit;
mod listing;
mod log;
mod lookup;
mod migrations;
mod mismatch_tally;
mod mismatches;
mod one_card;
mod operation;
mod points;
mod policies;
mod pool;
mod preset_counts;
mod presets;
mod progress;
pub mod protection;
mod reading;
mod recharge;
mod record;
mod release;
mod routines;
mod runner;
mod seats;
mod selection;
mod session;
mod settle;
pub mod small_file;
pub mod socket;
mod statistics;
mod status;
mod store;
mod takeover;
mod top_ups;
mod trials;
mod unbind;
mod validate;
mod validation;

pub use self::act_list::{ACT_WINDOW, ActFilter, ActStep};
pub use self::acts::{
    ActError, ActOutcome, Acted, AppActed, AppCost, AppOrder, AppRefusal, BlockChanges, BlockOrder,
    BlockRefusal, BlocksActed, Certified, GenerateOrder, Loss, ManyAct, OnMade, OneAct, OneActed, OneBlock,
    OneEdit, OneLicence, OneSeat, PresetActed, PresetOrder, PresetRefusal, RechargeActed, RechargeUndo,
    Standing, TakenCodes, Undo, UndoRefusal, Undoable,
};
pub use self::address::{AddressError, AddressFuture, AddressSource};
pub use self::apps::AppsFound;
pub use self::batches::{Batch, BatchOrigin};
pub use self::block_list::{BlockRecord, BlocksFound};
pub use self::cause::{Cause, TlsFault, UnreadableFile};
pub use self::counters::StoreCounters;
pub use self::counts::{AppCounts, PrefixCounts, StatusCounts};
pub use self::error::{StoreError, Withheld};
pub use self::expiry::{EXPIRY_BATCH, ExpiryBatch, ExpiryCursor};
pub use self::grants::{
    Account, AccountError, Grants, Permission, Privilege, Right, Role, draw_password, rights_in_words,
};
pub use self::health::{HEALTH_KEPT, HEALTH_LIMIT};
pub use self::history::{CustomerRecord, HistoryEntry, HistoryPlace};
pub use self::inspection::{Inspection, RoutineFault, ServerKind};
pub use self::licences::LicenceGiven;
pub use self::limit::REQUEST_LIMIT;
pub use self::listing::{
    COUNT_CAP, Explained, Page, Progress, SEARCH_WINDOW, SearchCursor, SearchStep, Survey,
};
pub use self::log::{ActRecord, CardValues, LogFilter, LogRecord, Subject};
pub use self::migrations::{MigrateError, Migration, MigrationPlan};
pub use self::mismatch_tally::MISMATCHES_KEPT;
pub use self::mismatches::Sharing;
pub use self::one_card::CardsFound;
pub use self::points::{Consumption, PointUse};
pub use self::policies::APPS_KEPT;
pub use self::preset_counts::PresetCounts;
pub use self::presets::PresetsFound;
pub use self::progress::{ActProgress, OnProgress};
pub use self::recharge::Recharge;
pub use self::release::SeatReturn;
pub use self::routines::Routine;
pub use self::seats::{DeviceKey, SeatTaken, seats_lost};
pub use self::selection::Selection;
pub use self::statistics::{BucketWidth, Event, Histogram, PrefixStock, Stock};
pub use self::status::CardState;
pub use self::store::Store;
pub use self::takeover::{Fault, FaultKind, IndexFault, Refusal, Repair, RepairKind, TableChange, Takeover};
pub use self::top_ups::TopUp;
pub use self::trials::{TrialCard, TrialStart};
pub use self::unbind::{Unbinding, Unbound};
pub use self::validation::{Client, NoCard, Validation};

use self::card_now::CardNow;
use self::clock::clock;
use self::operation::Operation;

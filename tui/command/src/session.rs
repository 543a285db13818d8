//! What every command works with: the store, the operator, the language and the zone.

use kami_common::reason;
use kami_common::settings::Settings;
use kami_common::words::{Language, say};
use kami_core::operator::Operator;
use kami_core::zone::Zone;
use kami_store::{Permission, Store};

use super::failure::Failure;

/// What a command works with.
#[derive(Debug)]
pub(super) struct Session {
    /// The cards.
    pub(super) store: Store,
    /// Where everything is.
    pub(super) settings: Settings,
    /// Who the operator log says does it.
    pub(super) operator: Operator,
    /// The language of the messages.
    pub(super) language: Language,
    /// The zone in which moments are shown and typed.
    pub(super) zone: Zone,
}

impl Session {
    /// Makes what the settings say, without connecting.
    pub(super) fn new(settings: Settings) -> Self {
        let store = Store::new(&settings.connection.url).read_only(settings.read_only);
        let operator = settings.operator.value.clone();
        let (language, zone) = (settings.language.value, settings.zone.value);
        Self { store, settings, operator, language, zone }
    }

    /// Makes sure that something may be done here, before anything is asked or read for it.
    pub(super) async fn must_be_allowed(&self, permission: Permission) -> Result<(), Failure> {
        if self.settings.read_only {
            return Err(Failure::Refused(say!(self.language, "read_only.asked")));
        }
        let lacking = self.store.grants().await?.missing_for(permission);
        if lacking.is_empty() {
            return Ok(());
        }
        Err(Failure::Refused(reason::no_right(self.language, &lacking)))
    }
}

//! What is said to people, in each language: the files of `locales/`, as `build/` found them.

include!(concat!(env!("OUT_DIR"), "/locales.rs"));

#[derive(Debug)]
pub(super) struct Locale {
    /// By BCP 47.
    pub(super) tag: &'static str,
    /// The language ranges that it answers.
    pub(super) ranges: &'static [&'static str],
    pub(super) messages: Messages,
}

/// The sentences of one language; but for those that say otherwise, each is that of the error of its name.
#[derive(Debug)]
pub(crate) struct Messages {
    /// The machine may use the card.
    pub(crate) admitted: &'static str,
    pub(crate) invalid_request: &'static str,
    pub(crate) head_too_large: &'static str,
    pub(crate) invalid_host: &'static str,
    pub(crate) invalid_json: &'static str,
    pub(crate) missing_fields: &'static str,
    /// Of missing fields the machine code, where no card is named.
    pub(crate) missing_machine_code: &'static str,
    /// Of missing fields the number of points.
    pub(crate) missing_amount: &'static str,
    /// Of missing fields the name of the request.
    pub(crate) missing_request_id: &'static str,
    /// Of missing fields the card to top up with.
    pub(crate) missing_code: &'static str,
    pub(crate) missing_with: &'static str,
    pub(crate) invalid_fields: &'static str,
    /// Of invalid fields the app.
    pub(crate) invalid_app: &'static str,
    /// Of invalid fields the version.
    pub(crate) invalid_version: &'static str,
    /// Of invalid fields the mark.
    pub(crate) invalid_app_mark: &'static str,
    /// Of invalid fields the number of points.
    pub(crate) invalid_amount: &'static str,
    /// Of invalid fields the name of the request.
    pub(crate) invalid_request_id: &'static str,
    pub(crate) invalid_nonce: &'static str,
    /// Of invalid fields the signature of the device.
    pub(crate) invalid_device: &'static str,
    /// Of invalid fields the card to top up with.
    pub(crate) invalid_with: &'static str,
    pub(crate) card_not_found: &'static str,
    /// Of cards that there are not the one to top up with.
    pub(crate) with_not_found: &'static str,
    pub(crate) too_many_misses: &'static str,
    pub(crate) machine_mismatch: &'static str,
    pub(crate) seats_full: &'static str,
    pub(crate) device_mismatch: &'static str,
    pub(crate) device_required: &'static str,
    pub(crate) signature_expired: &'static str,
    pub(crate) unbind_cooling_down: &'static str,
    pub(crate) unbind_not_allowed: &'static str,
    pub(crate) unbind_too_expensive: &'static str,
    pub(crate) card_expired: &'static str,
    pub(crate) card_disabled: &'static str,
    pub(crate) points_exhausted: &'static str,
    pub(crate) card_unused: &'static str,
    pub(crate) same_card: &'static str,
    pub(crate) recharge_used: &'static str,
    pub(crate) recharge_not_allowed: &'static str,
    pub(crate) recharge_pointless: &'static str,
    pub(crate) recharge_too_much: &'static str,
    pub(crate) blocked: &'static str,
    pub(crate) trial_over: &'static str,
    pub(crate) trial_not_offered: &'static str,
    pub(crate) version_too_old: &'static str,
    pub(crate) app_not_found: &'static str,
    pub(crate) body_too_large: &'static str,
    pub(crate) request_timeout: &'static str,
    pub(crate) not_found: &'static str,
    pub(crate) method_not_allowed: &'static str,
    pub(crate) unavailable: &'static str,
    pub(crate) internal: &'static str,
}

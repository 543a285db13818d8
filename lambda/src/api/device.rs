//! Devices that sign what they ask.

use axum::http::HeaderMap;
use kami_core::device::Device;
use kami_trust::device::{HEADER, verified};
use kami_trust::proof::Question;

use crate::error::Failure;
use crate::field::Field;

/// The device that signed a request, as the one line of its header shows. How long ago, is judged by the database's clock.
pub(super) fn of(headers: &HeaderMap, question: &Question) -> Result<Device, Failure> {
    let mut lines = headers.get_all(HEADER).iter();
    let line = lines.next().filter(|_| lines.next().is_none());
    let signature = line.and_then(|line| line.to_str().ok()).ok_or_else(invalid)?;
    verified(signature, question).map_err(|_| invalid())
}

/// The signature is none of the request.
pub(super) const fn invalid() -> Failure {
    Failure::InvalidField(Field::Device)
}

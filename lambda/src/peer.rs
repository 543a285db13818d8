//! The other end of a request's line.

use std::net::IpAddr;

use crate::metrics::Unsettled;

/// The other end of a request's line: a client, or the last proxy before us.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    /// Where the count of a request waits until it is known whether its answer was taken.
    pub(crate) unsettled: Unsettled,
}

impl Peer {
    /// One at this address.
    pub(crate) fn at(address: IpAddr) -> Self {
        Self { address, unsettled: Unsettled::default() }
    }
}

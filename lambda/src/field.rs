//! The fields of requests, as errors and documents name them.

use serde::{Serialize, Serializer};

/// A field of a request; any other is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The code of the card.
    Code,
    /// The code of the card that is burnt to top that one up.
    With,
    /// What tells the machine that asks from others.
    MachineCode,
    /// The app that the client is of.
    App,
    /// The version of that client.
    Version,
    /// What the client was told of its app before, by its mark.
    AppMark,
    /// How many points are to be taken.
    Amount,
    /// What the client calls the taking of them.
    RequestId,
    /// What the client never said before, so that its answer is signed for it alone.
    Nonce,
    /// The header in which the device signs the request.
    Device,
}

impl Field {
    /// Its name in JSON and in queries.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::With => "with",
            Self::MachineCode => "machine_code",
            Self::App => "app",
            Self::Version => "version",
            Self::AppMark => "app_mark",
            Self::Amount => "amount",
            Self::RequestId => "request_id",
            Self::Nonce => "nonce",
            Self::Device => "device",
        }
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

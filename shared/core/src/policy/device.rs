//! Whether machines show by a key of their own that they are the ones that they say.

use std::str::FromStr;

use super::NoPolicy;

/// Whether requests are signed by a key of the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DevicePolicy {
    /// Nobody looks.
    #[default]
    Off,
    /// A machine that signs when it gets its seat has to from then on.
    Allowed,
    /// Every machine has to.
    Required,
}

/// What becomes of a machine whose key was used on another since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenCopied {
    /// It is let in, and counted.
    #[default]
    Allow,
    /// It is refused, and counted.
    Refuse,
}

impl DevicePolicy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Off, Self::Allowed, Self::Required];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Allowed => "allowed",
            Self::Required => "required",
        }
    }
}

impl FromStr for DevicePolicy {
    type Err = NoPolicy;

    fn from_str(word: &str) -> Result<Self, NoPolicy> {
        Self::ALL.into_iter().find(|policy| policy.word() == word).ok_or(NoPolicy)
    }
}

impl WhenCopied {
    /// Both rules.
    pub const ALL: [Self; 2] = [Self::Allow, Self::Refuse];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Refuse => "refuse",
        }
    }
}

impl FromStr for WhenCopied {
    type Err = NoPolicy;

    fn from_str(word: &str) -> Result<Self, NoPolicy> {
        Self::ALL.into_iter().find(|rule| rule.word() == word).ok_or(NoPolicy)
    }
}

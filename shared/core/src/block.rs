//! Who is kept out: machines, and networks that clients come from, of one app or of all.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use chrono::{DateTime, Utc};
use ipnet::{IpNet, Ipv4Net};
use thiserror::Error;

use crate::app::AppName;
use crate::card::{MachineCode, TextError};
use crate::operator::Note;

/// The most blocks that there may be: each program of the function has all of them in memory.
pub const MAX_BLOCKS: u32 = 100_000;

/// How an IPv4 network is written as one of IPv6: behind so many bits.
const MAPPED_BITS: u8 = 96;

/// A machine or a network.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BlockTarget {
    /// The machine of that code, to the byte.
    Machine(MachineCode),
    /// Whoever comes from there: its host bits are zero, and an IPv4 network is one also where it was written as IPv6.
    Network(IpNet),
}

/// Why a text names neither a machine nor a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoTarget {
    /// It is written as an address or a network, and is none.
    #[error("no network: write 203.0.113.0/24, 203.0.113.7 or 2001:db8::/32")]
    Network,
    /// It can be no machine code.
    #[error("no machine code: {0}")]
    Machine(#[from] TextError),
}

impl BlockTarget {
    /// Every word of [`kind`](Self::kind).
    pub const KINDS: [&'static str; 2] = ["machine", "network"];

    /// A machine, whatever its code looks like.
    pub fn machine(text: &str) -> Result<Self, NoTarget> {
        Ok(Self::Machine(MachineCode::parse_new(text)?))
    }

    /// A network, or the one of a single address.
    pub fn network(text: &str) -> Result<Self, NoTarget> {
        let text = text.trim();
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(|network| Self::Network(canonical(network))).map_err(|_| NoTarget::Network)
    }

    /// One of that kind, by its word in any case.
    pub fn of_kind(kind: &str, text: &str) -> Option<Result<Self, NoTarget>> {
        let [machine, network] = Self::KINDS;
        if kind.eq_ignore_ascii_case(machine) {
            Some(Self::machine(text))
        } else {
            kind.eq_ignore_ascii_case(network).then(|| Self::network(text))
        }
    }

    /// The word for what it is.
    pub const fn kind(&self) -> &'static str {
        let [machine, network] = Self::KINDS;
        match self {
            Self::Machine(_) => machine,
            Self::Network(_) => network,
        }
    }

    /// Whether who is the other is it, or comes from within it.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Machine(machine), Self::Machine(other)) => machine == other,
            (Self::Network(network), Self::Network(other)) => network.contains(other),
            (Self::Machine(_), Self::Network(_)) | (Self::Network(_), Self::Machine(_)) => false,
        }
    }

    /// Whether it is so large a network that hardly anybody is left outside.
    pub fn is_broad(&self) -> bool {
        match self {
            Self::Machine(_) => false,
            Self::Network(IpNet::V4(network)) => network.prefix_len() < 8,
            Self::Network(IpNet::V6(network)) => network.prefix_len() < 16,
        }
    }

    /// Whether it is a network within one that is no part of the internet: who comes from there is near, or has come
    /// through a proxy that is not believed.
    pub fn is_near(&self) -> bool {
        match self {
            Self::Machine(_) => false,
            Self::Network(network) => match network.network() {
                IpAddr::V4(address) => {
                    address.is_loopback()
                        || address.is_private()
                        || address.is_link_local()
                        || address.is_unspecified() && !self.is_broad()
                        || matches!(address.octets(), [100, 64..=127, ..])
                }
                IpAddr::V6(address) => {
                    address.is_loopback()
                        || address.is_unique_local()
                        || address.is_unicast_link_local()
                        || address.is_unspecified() && !self.is_broad()
                }
            },
        }
    }
}

/// The network with its host bits zero, of IPv4 where that is what it says.
fn canonical(network: IpNet) -> IpNet {
    let network = network.trunc();
    let IpNet::V6(wide) = network else { return network };
    let mapped = wide.addr().to_ipv4_mapped().zip(wide.prefix_len().checked_sub(MAPPED_BITS));
    mapped
        .and_then(|(address, length)| Ipv4Net::new(address, length).ok())
        .map_or(network, |network| IpNet::V4(network.trunc()))
}

/// Whether a text is written as an address or a network, rightly or wrongly, and not as a machine might be called.
pub fn is_written_as_network(text: &str) -> bool {
    let text = text.trim();
    let (address, length) =
        text.rsplit_once('/').map_or((text, None), |(address, rest)| (address, Some(rest)));
    let is_of = |allowed: fn(char) -> bool| !address.is_empty() && address.chars().all(allowed);
    let is_hex = is_of(|character| character.is_ascii_hexdigit() || matches!(character, ':' | '.'));
    let has_zone = text.split_once('%').is_some_and(|(address, _)| address.parse::<Ipv6Addr>().is_ok());
    has_zone
        || text.parse::<SocketAddr>().is_ok()
        || address.parse::<IpAddr>().is_ok()
        || match length {
            None => is_range(text),
            Some(length) => {
                is_hex && address.contains(['.', ':']) && length.chars().all(|digit| digit.is_ascii_digit())
            }
        }
}

/// Whether a text has the parts of an IPv4 address, or of several, by whatever sign people write between and for them.
fn is_range(text: &str) -> bool {
    let is_dot = |character: char| matches!(character, '.' | '。' | '．');
    let is_part =
        |character: char| character.is_ascii_digit() || is_dot(character) || matches!(character, '*' | '-');
    let dots = text.chars().filter(|character| is_dot(*character)).count();
    text.chars().all(is_part) && (dots == 3 || dots > 3 && text.contains(['*', '-']))
}

/// By its form: what reads as an address or a network is one.
impl FromStr for BlockTarget {
    type Err = NoTarget;

    fn from_str(text: &str) -> Result<Self, NoTarget> {
        if is_written_as_network(text) { Self::network(text) } else { Self::machine(text) }
    }
}

/// As the database holds it.
impl fmt::Display for BlockTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine(machine) => f.pad(machine.as_str()),
            Self::Network(network) => write!(f, "{network}"),
        }
    }
}

/// Who is kept out of what: of two blocks that agree in it there is one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlockKey {
    /// The app; `None` for all.
    pub app: Option<AppName>,
    /// Who.
    pub target: BlockTarget,
}

/// That somebody is kept out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Who, of what.
    pub key: BlockKey,
    /// Why: for operators alone.
    pub reason: Option<Note>,
    /// The last second in which it is in force; `None` for ever.
    pub until: Option<DateTime<Utc>>,
}

impl Block {
    /// Whether it is in force at that moment.
    pub fn is_in_force(&self, now: DateTime<Utc>) -> bool {
        is_in_force(self.until, now)
    }
}

/// Whether what ends then is in force at that moment.
pub(crate) fn is_in_force(until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    until.is_none_or(|until| now <= until)
}

/// Whether what the log says that an act changed is a block, by its kind and its target, or several, by their number: no name
/// of an app has a space.
pub fn is_subject(text: &str) -> bool {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once(' ').is_some_and(|(first, rest)| {
        BlockTarget::KINDS.contains(&first) || is_number(first) && rest == "blocks"
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn who_is_meant_is_told_by_the_form_of_the_text() {
        for (text, kind, shown) in [
            ("203.0.113.0/24", "network", "203.0.113.0/24"),
            (" 203.0.113.77/24 ", "network", "203.0.113.0/24"),
            ("203.0.113.7", "network", "203.0.113.7/32"),
            ("0.0.0.0/0", "network", "0.0.0.0/0"),
            ("2001:DB8::1/32", "network", "2001:db8::/32"),
            ("::1", "network", "::1/128"),
            ("::/0", "network", "::/0"),
            ("::ffff:203.0.113.7", "network", "203.0.113.7/32"),
            ("::ffff:203.0.113.7/120", "network", "203.0.113.0/24"),
            ("::ffff:0:0/96", "network", "0.0.0.0/0"),
            ("::ffff:0:0/95", "network", "::fffe:0:0/95"),
            ("PC-1", "machine", "PC-1"),
            (" 电脑 1 ", "machine", "电脑 1"),
            ("00:1A:2B:3C:4D:5E", "machine", "00:1A:2B:3C:4D:5E"),
            ("868533012345678", "machine", "868533012345678"),
            ("1.2.3", "machine", "1.2.3"),
            ("a/24", "machine", "a/24"),
            ("PC 1/2", "machine", "PC 1/2"),
            ("3F2A-99-77E4", "machine", "3F2A-99-77E4"),
            ("12-34-56-78", "machine", "12-34-56-78"),
            ("1.2.3-4", "machine", "1.2.3-4"),
        ] {
            let target: BlockTarget = text.parse().unwrap();
            assert_eq!((target.kind(), &*target.to_string()), (kind, shown), "{text}");
            assert_eq!(BlockTarget::of_kind(kind, shown), Some(Ok(target)));
        }
        assert_eq!(BlockTarget::machine("203.0.113.7").unwrap().kind(), "machine", "if somebody says so");
        assert_eq!(BlockTarget::of_kind("person", "Li"), None);
    }

    #[test]
    fn what_is_written_as_a_network_and_is_none_is_no_machine_either() {
        for text in [
            "203.0.113.0/33",
            "203.0.113/24",
            "203.0.113.0/",
            "256.0.113.7",
            "1.2.3.4.5/8",
            "2001:db8::/129",
            "2001:db8/32",
            "203.0.113.7:80",
            "[::1]:80",
            "fe80::1%eth0",
            "10.0.0.0/x",
            "203.0.113.*",
            "203.0.113.1-9",
            "203.0.113.1-203.0.113.9",
            "203。0。113。7",
        ] {
            assert_eq!(text.parse::<BlockTarget>(), Err(NoTarget::Network), "{text}");
            assert!(BlockTarget::machine(text).is_ok(), "{text}");
        }
        for (text, why) in [
            ("", TextError::Empty),
            ("PC\u{200b}1", TextError::Hidden),
            (&"x".repeat(129), TextError::TooLong),
        ] {
            assert_eq!(text.parse::<BlockTarget>(), Err(NoTarget::Machine(why)), "{text}");
        }
    }

    #[test]
    fn networks_of_everybody_and_those_of_nobody_on_the_internet_are_known() {
        for (text, is_broad, is_near) in [
            ("0.0.0.0/0", true, false),
            ("10.0.0.0/7", true, true),
            ("203.0.0.0/8", false, false),
            ("::/0", true, false),
            ("2000::/15", true, false),
            ("2000::/16", false, false),
            ("127.0.0.1", false, true),
            ("192.168.1.0/24", false, true),
            ("100.64.0.0/10", false, true),
            ("100.128.0.0/10", false, false),
            ("0.0.0.0", false, true),
            ("::1", false, true),
            ("fd00::/8", true, true),
            ("fe80::/64", false, true),
            ("PC-1", false, false),
        ] {
            let target: BlockTarget = text.parse().unwrap();
            assert_eq!((target.is_broad(), target.is_near()), (is_broad, is_near), "{text}");
        }
    }

    #[test]
    fn a_network_covers_what_lies_within_it_and_a_machine_itself() {
        for (target, other, covers) in [
            ("203.0.113.0/24", "203.0.113.7", true),
            ("203.0.113.0/24", "::ffff:203.0.113.7", true),
            ("203.0.113.0/24", "203.0.113.0/24", true),
            ("203.0.113.0/24", "203.0.112.0/23", false),
            ("203.0.113.7", "203.0.113.8", false),
            ("::/0", "203.0.113.7", false),
            ("2001:db8::/32", "2001:db8:1::/48", true),
            ("PC-1", "PC-1", true),
            ("PC-1", "pc-1", false),
            ("0.0.0.0/0", "PC-1", false),
            ("PC-1", "0.0.0.0/0", false),
        ] {
            let [target, other] = [target, other].map(|text| text.parse::<BlockTarget>().unwrap());
            assert_eq!(target.covers(&other), covers, "{target} {other}");
        }
    }

    #[test]
    fn what_an_act_changed_is_a_block_or_is_none() {
        for (subject, is_block) in [
            ("machine PC-1", true),
            ("machine demo/7 days", true),
            ("network 203.0.113.0/24", true),
            ("12 blocks", true),
            ("demo", false),
            ("machine", false),
            ("demo/12 blocks", false),
            ("demo/machine 1", false),
        ] {
            assert_eq!(is_subject(subject), is_block, "{subject}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_typed(v4: u32, v6: u128, length in 0..=128_u8, is_v4: bool) {
            let address: IpAddr = if is_v4 {
                std::net::Ipv4Addr::from_bits(v4).into()
            } else {
                Ipv6Addr::from_bits(v6).into()
            };
            let length = if is_v4 { length % 33 } else { length };
            let target = BlockTarget::network(&format!("{address}/{length}")).unwrap();
            prop_assert_eq!(target.to_string().parse(), Ok(target));
        }

        #[test]
        fn no_text_is_too_much(text in "\\PC{0,20}|[0-9a-f:./%]{0,20}") {
            drop(text.parse::<BlockTarget>());
        }
    }
}

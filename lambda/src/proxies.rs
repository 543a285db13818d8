//! Which proxies are believed, and how far apart two addresses are.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use ipnet::IpNet;

/// The bits of an IPv6 address that its provider gives out: a customer has all that follow them to himself.
const IPV6_PREFIX_BITS: u32 = 64;

/// The proxies whose word about the client behind them is taken; nobody is by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Whether the proxy at this address is one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl FromStr for TrustedProxies {
    type Err = &'static str;

    /// Reads addresses and networks, such as `127.0.0.1, 10.0.0.0/8, fd00::/8`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let network = |word: &str| {
            let one = |address: IpAddr| IpNet::from(address.to_canonical());
            word.parse().or_else(|_| word.parse().map(one))
        };
        let words = text.split([',', ' ']).filter(|word| !word.is_empty());
        words
            .map(network)
            .collect::<Result<_, _>>()
            .map(Self)
            .map_err(|_| "use IP addresses and networks with commas between, such as 127.0.0.1, 10.0.0.0/8")
    }
}

/// What stands for everybody who may be the same person as this address: itself in IPv4, its /64 in IPv6.
pub fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let prefix = address.to_bits() & (u128::MAX << (Ipv6Addr::BITS - IPV6_PREFIX_BITS));
            Ipv6Addr::from_bits(prefix).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn proxies_are_named_by_address_and_by_network() {
        let proxies: TrustedProxies = "127.0.0.1, 10.0.0.0/8,fd00::/8 ::ffff:192.0.2.1".parse().unwrap();
        for trusted in ["127.0.0.1", "10.255.0.1", "::ffff:10.0.0.1", "fd12::1", "192.0.2.1"] {
            assert!(proxies.contains(address(trusted)), "{trusted}");
        }
        for stranger in ["127.0.0.2", "11.0.0.1", "fe80::1", "::1"] {
            assert!(!proxies.contains(address(stranger)), "{stranger}");
        }
        assert!(!TrustedProxies::default().contains(address("127.0.0.1")));
        for wrong in ["localhost", "10.0.0.0/33", "10.0.0.1:80", "*"] {
            assert!(wrong.parse::<TrustedProxies>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_ipv6_customer_is_his_whole_network() {
        for (one, other, same) in [
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
        ] {
            assert_eq!(neighbourhood(address(one)) == neighbourhood(address(other)), same, "{one} {other}");
        }
    }
}

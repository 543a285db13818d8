//! All who are kept out, so that whether one is takes no look at the others.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use ipnet::IpNet;

use crate::app::AppName;
use crate::block::{Block, BlockTarget, is_in_force};
use crate::card::MachineCode;

/// Who is kept out.
#[derive(Clone, Default)]
pub struct Blocklist {
    of_all: Kept,
    of_app: HashMap<AppName, Kept>,
}

/// Who is kept out of one app, or of all; each with its end.
#[derive(Clone, Default)]
struct Kept {
    machines: HashMap<Box<str>, Option<DateTime<Utc>>>,
    networks: HashMap<IpNet, Option<DateTime<Utc>>>,
    /// The lengths of the prefixes of those networks, of IPv4 and of IPv6.
    lengths: [Vec<u8>; 2],
}

impl Blocklist {
    /// Whether a machine that asks for a card of that app at that moment is kept out, for its code or for the address that
    /// it comes from; an IPv4 address counts as one also where it is written as IPv6.
    pub fn keeps_out(
        &self,
        app: &AppName,
        machine: Option<&MachineCode>,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> bool {
        let address = address.map(|address| address.to_canonical());
        [Some(&self.of_all), self.of_app.get(app)].into_iter().flatten().any(|kept| {
            machine.is_some_and(|machine| kept.has_machine(machine, now))
                || address.is_some_and(|address| kept.has_address(address, now))
        })
    }
}

impl Kept {
    fn has_machine(&self, machine: &MachineCode, now: DateTime<Utc>) -> bool {
        self.machines.get(machine.as_str()).is_some_and(|until| is_in_force(*until, now))
    }

    fn has_address(&self, address: IpAddr, now: DateTime<Utc>) -> bool {
        let lengths = &self.lengths[usize::from(address.is_ipv6())];
        lengths
            .iter()
            .filter_map(|length| IpNet::new(address, *length).ok())
            .any(|network| self.networks.get(&network.trunc()).is_some_and(|until| is_in_force(*until, now)))
    }

    fn add(&mut self, target: BlockTarget, until: Option<DateTime<Utc>>) {
        match target {
            BlockTarget::Machine(machine) => {
                self.machines.insert(machine.as_str().into(), until);
            }
            BlockTarget::Network(network) => {
                let lengths = &mut self.lengths[usize::from(network.addr().is_ipv6())];
                if !lengths.contains(&network.prefix_len()) {
                    lengths.push(network.prefix_len());
                }
                self.networks.insert(network, until);
            }
        }
    }
}

impl Extend<Block> for Blocklist {
    fn extend<I: IntoIterator<Item = Block>>(&mut self, blocks: I) {
        for Block { key, until, .. } in blocks {
            let kept = match key.app {
                None => &mut self.of_all,
                Some(app) => self.of_app.entry(app).or_default(),
            };
            kept.add(key.target, until);
        }
    }
}

impl FromIterator<Block> for Blocklist {
    fn from_iter<I: IntoIterator<Item = Block>>(blocks: I) -> Self {
        let mut list = Self::default();
        list.extend(blocks);
        list
    }
}

/// Names nobody.
impl fmt::Debug for Blocklist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocklist").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;
    use crate::block::BlockKey;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn block(app: &str, target: &str, seconds: Option<i64>) -> Block {
        let app = (!app.is_empty()).then(|| app.parse().unwrap());
        let target = target.parse().unwrap();
        let until = seconds.map(|seconds| NOW + TimeDelta::seconds(seconds));
        Block { key: BlockKey { app, target }, reason: None, until }
    }

    /// Who is kept out by these blocks: who asks is an app, a machine and an address, each of the latter may be missing.
    fn keeps_out(blocks: &[(&str, &str, Option<i64>)], asker: (&str, &str, &str)) -> bool {
        let blocks = blocks.iter().map(|(app, target, seconds)| block(app, target, *seconds));
        let (app, machine, address) = asker;
        let machine = (!machine.is_empty()).then(|| MachineCode::parse(machine).unwrap());
        let address = (!address.is_empty()).then(|| address.parse().unwrap());
        blocks.collect::<Blocklist>().keeps_out(&app.parse().unwrap(), machine.as_ref(), address, NOW)
    }

    #[test]
    fn machines_are_kept_out_to_the_byte_and_networks_to_the_bit() {
        for (target, asker, is_out) in [
            ("PC-1", ("demo", "PC-1", ""), true),
            ("PC-1", ("demo", "pc-1", ""), false),
            ("PC-1", ("demo", "PC-10", ""), false),
            ("PC-1", ("demo", "", ""), false),
            ("电脑", ("demo", "电脑", "203.0.113.7"), true),
            ("203.0.113.0/24", ("demo", "", "203.0.113.0"), true),
            ("203.0.113.0/24", ("demo", "PC-1", "203.0.113.255"), true),
            ("203.0.113.0/24", ("demo", "PC-1", "203.0.114.0"), false),
            ("203.0.113.99/24", ("demo", "PC-1", "203.0.113.1"), true),
            ("203.0.113.0/24", ("demo", "PC-1", ""), false),
            ("203.0.113.7", ("demo", "PC-1", "203.0.113.7"), true),
            ("203.0.113.7", ("demo", "PC-1", "203.0.113.6"), false),
            ("203.0.113.0/24", ("demo", "PC-1", "::ffff:203.0.113.7"), true),
            ("::ffff:203.0.113.0/120", ("demo", "PC-1", "203.0.113.7"), true),
            ("2001:db8::/32", ("demo", "PC-1", "2001:db8:ffff::1"), true),
            ("2001:db8::/32", ("demo", "PC-1", "2001:db9::1"), false),
            ("2001:db8::1", ("demo", "PC-1", "2001:db8::1"), true),
            ("2001:db8::1/31", ("demo", "PC-1", "2001:db9::1"), true),
            ("0.0.0.0/0", ("demo", "PC-1", "198.51.100.1"), true),
            ("0.0.0.0/0", ("demo", "PC-1", "::ffff:198.51.100.1"), true),
            ("0.0.0.0/0", ("demo", "PC-1", "2001:db8::1"), false),
            ("::/0", ("demo", "PC-1", "2001:db8::1"), true),
            ("::/0", ("demo", "PC-1", "198.51.100.1"), false),
        ] {
            assert_eq!(keeps_out(&[("", target, None)], asker), is_out, "{target} {asker:?}");
        }
    }

    #[test]
    fn a_block_is_of_one_app_or_of_all_and_may_end() {
        let asker = ("demo", "PC-1", "203.0.113.7");
        for (blocks, is_out) in [
            (&[][..], false),
            (&[("", "PC-1", None)], true),
            (&[("demo", "PC-1", None)], true),
            (&[("other", "PC-1", None)], false),
            (&[("", "203.0.113.0/24", None)], true),
            (&[("demo", "203.0.113.0/24", None)], true),
            (&[("other", "203.0.113.0/24", None)], false),
            (&[("other", "PC-1", None), ("demo", "PC-2", None)], false),
            (&[("", "PC-1", Some(0))], true),
            (&[("", "PC-1", Some(1))], true),
            (&[("", "PC-1", Some(-1))], false),
            (&[("demo", "203.0.113.0/24", Some(0))], true),
            (&[("demo", "203.0.113.0/24", Some(-1))], false),
            (&[("", "PC-1", Some(-1)), ("demo", "PC-1", Some(60))], true),
            (&[("", "PC-1", Some(60)), ("demo", "PC-1", Some(-1))], true),
            (&[("", "203.0.113.0/24", Some(-1)), ("", "203.0.0.0/16", None)], true),
            (&[("", "203.0.113.0/24", None), ("", "203.0.0.0/16", Some(-1))], true),
            (&[("", "PC-1", None), ("", "PC-1", Some(-1))], false),
        ] {
            assert_eq!(keeps_out(blocks, asker), is_out, "{blocks:?}");
        }
    }

    #[test]
    fn nobody_is_named_in_a_log() {
        let list: Blocklist = [block("", "PC-SECRET", None)].into_iter().collect();
        assert_eq!(format!("{list:?}"), "Blocklist { .. }");
    }

    proptest! {
        #[test]
        fn an_address_is_kept_out_just_by_the_networks_that_contain_it(
            networks in prop::collection::vec((0_u32..8, 0..=3_u8, any::<bool>()), 0..6),
            address in 0_u32..8,
        ) {
            let target = |(bits, length, is_v4): (u32, u8, bool)| {
                let text = if is_v4 { format!("{}.0.0.0/{length}", bits << 5) } else { format!("{:x}::/{length}", bits << 13) };
                let BlockTarget::Network(network) = BlockTarget::network(&text).unwrap() else { unreachable!() };
                network
            };
            let networks: Vec<IpNet> = networks.into_iter().map(target).collect();
            let blocks = networks.iter().map(|network| block("", &network.to_string(), None));
            let list: Blocklist = blocks.collect();
            for address in [format!("{}.1.2.3", address << 5), format!("{:x}::1", address << 13)] {
                let address: IpAddr = address.parse().unwrap();
                let is_out = networks.iter().any(|network| network.contains(&address));
                prop_assert_eq!(list.keeps_out(&AppName::default(), None, Some(address), NOW), is_out);
            }
        }
    }
}

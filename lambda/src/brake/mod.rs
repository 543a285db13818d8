//! The brake on guessing, and on inventing machines: what a neighbourhood has missed or begun of late, and whether that was
//! too much.
//!
//! A neighbourhood is found in the table by a keyed hash alone, and nothing is ever put out to make room: an attacker
//! with a million addresses fills cells, but gets none of them emptied, and the memory is the same from the start. Two
//! neighbourhoods may share a cell and then share its limit, which costs somebody who mistypes a code a 429 in place of
//! a 404, and nobody with a card anything. Which ones share, no stranger can know: the key is drawn at each start.

mod bucket;

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::http::request::Parts;
use kami_core::misses::{ALL, Limit, NEIGHBOURHOOD};
use tracing::warn;

use self::bucket::Bucket;
use crate::forwarded::client_address;
use crate::proxies::{TrustedProxies, neighbourhood};

/// The log lines of all together: 10, and then one in 6 seconds.
const LINES: Limit = Limit { burst: 10, interval: Duration::from_secs(6) };

/// How often a braked neighbourhood is logged at the most.
const TELL_INTERVAL: Duration = Duration::from_mins(1);

/// How many neighbourhoods are told apart: 65,536, in 1 MiB.
const CELLS: usize = 1 << 16;

/// Counts misses, which are requests that show no right to anything: for a card that there is not, or with a guess at
/// another machine's code; and trials that began. It asks nobody, and is only touched by these.
#[derive(Debug)]
pub struct Brake {
    proxies: TrustedProxies,
    start: Instant,
    key: RandomState,
    cells: Box<[Cell]>,
    all: Bucket,
    lines: Bucket,
}

#[derive(Debug, Default)]
struct Cell {
    misses: Bucket,
    /// When it may be logged again, in milliseconds since the start.
    silent_until: AtomicU64,
}

impl Brake {
    /// A brake on clients who come directly or through these proxies.
    pub fn new(proxies: TrustedProxies) -> Self {
        Self {
            proxies,
            start: Instant::now(),
            key: RandomState::new(),
            cells: (0..CELLS).map(|_| Cell::default()).collect(),
            all: Bucket::default(),
            lines: Bucket::default(),
        }
    }

    /// Charges a request's client with a miss; the error says how long he has to wait for the next one.
    pub(crate) fn charge(&self, request: &Parts) -> Result<(), Duration> {
        self.charge_at(self.neighbourhood(request), self.start.elapsed())
    }

    /// Where a request's client is, if that is known.
    pub(crate) fn address(&self, request: &Parts) -> Option<IpAddr> {
        Some(client_address(request, &self.proxies)).filter(|address| !address.is_unspecified())
    }

    /// Who a request's client is to the brake.
    pub(crate) fn neighbourhood(&self, request: &Parts) -> IpAddr {
        neighbourhood(client_address(request, &self.proxies))
    }

    /// Lets a client go on whose guess would do harm before it is answered, or says how long he has to wait: for his own misses
    /// alone, so that nobody keeps others from it.
    pub(crate) fn let_guess(&self, neighbourhood: IpAddr) -> Result<(), Duration> {
        match self.own_wait_at(neighbourhood, self.start.elapsed()) {
            Duration::ZERO => Ok(()),
            wait => Err(wait),
        }
    }

    /// Lets a client go on who may come to something that is owed for, or says how long he has to wait.
    pub(crate) fn let_through(&self, neighbourhood: IpAddr) -> Result<(), Duration> {
        self.let_through_at(neighbourhood, self.start.elapsed())
    }

    /// Charges a client with what he was let through to, and is done by now: beyond the limit where he did several things at
    /// once, so that he waits the longer.
    pub(crate) fn owe(&self, neighbourhood: IpAddr) {
        self.owe_at(neighbourhood, self.start.elapsed());
    }

    /// Whether a request's client would have to wait before his next miss.
    pub(crate) fn is_on(&self, request: &Parts) -> bool {
        let (cell, now) = (self.cell(self.neighbourhood(request)), self.start.elapsed());
        !(cell.misses.wait(NEIGHBOURHOOD, now).is_zero() && self.all.wait(ALL, now).is_zero())
    }

    /// How many neighbourhoods have to wait before their next miss; those that share a cell count as one.
    pub fn braked(&self) -> usize {
        let now = self.start.elapsed();
        self.cells.iter().filter(|cell| !cell.misses.wait(NEIGHBOURHOOD, now).is_zero()).count()
    }

    fn charge_at(&self, neighbourhood: IpAddr, now: Duration) -> Result<(), Duration> {
        let cell = self.cell(neighbourhood);
        // In this order one neighbourhood cannot use up what is everybody's.
        let charged = cell.misses.take(NEIGHBOURHOOD, now);
        if charged.is_err() && self.is_to_be_told(cell, now) {
            warn!(client = %neighbourhood, "too many misses: somebody may be guessing codes");
        }
        charged.and_then(|()| self.all.take(ALL, now))
    }

    fn let_through_at(&self, neighbourhood: IpAddr, now: Duration) -> Result<(), Duration> {
        match self.own_wait_at(neighbourhood, now).max(self.all.wait(ALL, now)) {
            Duration::ZERO => Ok(()),
            wait => Err(wait),
        }
    }

    /// How long a neighbourhood has to wait for its own misses, which is told to the operator.
    fn own_wait_at(&self, neighbourhood: IpAddr, now: Duration) -> Duration {
        let cell = self.cell(neighbourhood);
        let wait = cell.misses.wait(NEIGHBOURHOOD, now);
        if !wait.is_zero() && self.is_to_be_told(cell, now) {
            warn!(client = %neighbourhood, "too many misses or trials: somebody may be guessing codes or machines");
        }
        wait
    }

    fn owe_at(&self, neighbourhood: IpAddr, now: Duration) {
        self.cell(neighbourhood).misses.owe(NEIGHBOURHOOD, now);
        self.all.owe(ALL, now);
    }

    fn cell(&self, neighbourhood: IpAddr) -> &Cell {
        // Two bytes of a hash are as good as any, and number as many cells as there are.
        let [one, other, ..] = self.key.hash_one(neighbourhood).to_ne_bytes();
        &self.cells[usize::from(u16::from_ne_bytes([one, other]))]
    }

    fn is_to_be_told(&self, cell: &Cell, now: Duration) -> bool {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let next = |until| (until <= milliseconds(now)).then(|| milliseconds(now + TELL_INTERVAL));
        cell.silent_until.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
            && self.lines.take(LINES, now).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    const SOON: Duration = Duration::from_secs(1);

    fn brake() -> Brake {
        Brake::new(TrustedProxies::default())
    }

    fn client(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(number).into()
    }

    /// How many of so many misses at one moment are let through.
    fn missed(brake: &Brake, client: IpAddr, times: u32, now: Duration) -> u32 {
        (0..times).map(|_| u32::from(brake.charge_at(client, now).is_ok())).sum()
    }

    #[test]
    fn one_neighbourhood_is_braked_and_another_is_not() {
        let brake = brake();
        let other =
            (2..1_000).map(client).find(|other| !std::ptr::eq(brake.cell(*other), brake.cell(client(1))));
        assert_eq!(missed(&brake, client(1), 100_000, SOON), NEIGHBOURHOOD.burst);
        assert_eq!(missed(&brake, other.unwrap(), 5, SOON), 5);
        assert_eq!(brake.charge_at(client(1), SOON), Err(NEIGHBOURHOOD.interval));
        assert_eq!(missed(&brake, client(1), 10, SOON + NEIGHBOURHOOD.interval), 1);
    }

    #[test]
    fn who_did_more_at_once_than_he_may_waits_for_all_of_it() {
        let brake = brake();
        assert_eq!(brake.let_through_at(client(1), SOON), Ok(()));
        for _ in 0..NEIGHBOURHOOD.burst + 2 {
            brake.owe_at(client(1), SOON);
        }
        let debt = NEIGHBOURHOOD.interval * 3;
        assert_eq!(brake.let_through_at(client(1), SOON), Err(debt));
        assert!(brake.charge_at(client(1), SOON).is_err(), "a miss waits for it too");
        assert_eq!(brake.let_through_at(client(1), SOON + debt), Ok(()));
    }

    #[test]
    fn all_together_are_braked_too_in_memory_that_does_not_grow() {
        let brake = brake();
        let clients = (0..1_000_000_u128).map(|network| Ipv6Addr::from_bits(network << 64).into());
        let let_through: u32 = clients.map(|client| missed(&brake, client, 1, SOON)).sum();
        assert_eq!(let_through, ALL.burst);
        assert_eq!(brake.cells.len() * size_of::<Cell>(), 1024 * 1024);
    }

    #[test]
    fn nobody_is_forgotten_because_others_come() {
        let brake = brake();
        missed(&brake, client(0), NEIGHBOURHOOD.burst, SOON);
        for other in 1..200_000 {
            missed(&brake, client(other), 1, SOON);
        }
        assert!(brake.charge_at(client(0), SOON).is_err());
    }

    #[test]
    fn a_braked_neighbourhood_is_told_of_once_a_minute_and_all_of_them_seldom() {
        let brake = brake();
        let told = |cell: &Cell, now| brake.is_to_be_told(cell, now);
        let cells = &brake.cells;
        let seconds = [1, 2, 60, 61, 62, 121].map(|second| told(&cells[0], Duration::from_secs(second)));
        assert_eq!(seconds, [true, false, false, true, false, true]);
        let lines = cells[1..].iter().filter(|cell| told(cell, Duration::from_secs(121))).count();
        assert!(lines <= LINES.burst as usize, "{lines}");
    }

    #[test]
    fn the_braked_are_counted_until_their_time_is_over() {
        let brake = brake();
        assert_eq!(brake.braked(), 0);
        missed(&brake, client(1), NEIGHBOURHOOD.burst, brake.start.elapsed() + Duration::from_hours(1));
        assert_eq!(brake.braked(), 1);
    }
}

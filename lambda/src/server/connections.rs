//! The connections of clients: how many are held, by whom, and whose gives way to a newcomer.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::warn;

use super::pulse::Pulse;
use super::turned_away::{Reason, TurnedAway};
use crate::proxies::{TrustedProxies, neighbourhood};

/// How many connections one neighbourhood may hold: a household, an office or a carrier's address with many customers
/// has each of them for moments only.
const EACH: usize = 64;

/// How many connections from this machine itself find a place beyond the bound, so that whoever looks after it is let
/// in when strangers have taken all.
const RESERVED: usize = 8;

/// How many connections are looked at to find one that gives way; of so many the oldest is nearly the oldest of all.
const SAMPLE: usize = 512;

/// How many connections there have to be for those that rest to give their memory back at once, and not only when they
/// have rested for a [`SWEEP`].
const CROWD: usize = 1024;

/// How often the log tells of one neighbourhood that is at its bound.
const TOLD_EVERY: Duration = Duration::from_mins(1);

/// How often those that rest are looked for.
const SWEEP: Duration = Duration::from_secs(1);

/// How many connections may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// In all.
    pub all: usize,
    /// From one neighbourhood: an address, or in IPv6 a /64. Trusted proxies are exempt.
    pub each: usize,
}

impl Bounds {
    /// As many as `all`, and of one neighbourhood as many as is usual.
    pub const fn of(all: usize) -> Self {
        Self { all, each: EACH }
    }
}

impl Default for Bounds {
    /// 4,096 in all.
    fn default() -> Self {
        Self::of(4096)
    }
}

/// The connections that a server has open; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Connections(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    bounds: Bounds,
    trusted: TrustedProxies,
    open: AtomicUsize,
    turned_away: TurnedAway,
    members: Mutex<Members>,
}

/// Who is connected. A number is a place in `all`, which is free again when its connection is gone.
#[derive(Debug, Default)]
struct Members {
    all: Vec<Option<Arc<Member>>>,
    free: Vec<usize>,
    /// The places of each neighbourhood that is bound.
    of: HashMap<IpAddr, Neighbours>,
    /// Where the next sample begins.
    hand: usize,
}

/// The connections of one neighbourhood.
#[derive(Debug, Default)]
struct Neighbours {
    places: Vec<usize>,
    /// When it was told last that they are as many as may be.
    told: Option<Instant>,
}

/// One connection, as far as others need to know of it.
#[derive(Debug)]
struct Member {
    /// `None` for a trusted proxy, whose number of connections is not bound.
    neighbourhood: Option<IpAddr>,
    pulse: Arc<Pulse>,
    told: AtomicU8,
    telling: Notify,
}

/// What a connection is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Told {
    /// To give its memory back if it rests.
    Rest = 1,
    /// To end: at once if it rests, else after the answer that is under way.
    Leave = 2,
    /// To end since another has its place: the same, but at once where the client has closed its side as well.
    GiveWay = 3,
}

impl Connections {
    /// None yet, of at most `bounds`; the proxies that are `trusted` may have any part of them.
    pub fn new(bounds: Bounds, trusted: TrustedProxies) -> Self {
        Self(Arc::new(Shared { bounds, trusted, ..Shared::default() }))
    }

    /// How many are open now.
    pub fn count(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// How many were closed or refused since the start, by reason.
    pub fn turned_away(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.turned_away.counts()
    }

    /// A place for a connection from that address. Over a bound one whose client has closed its side gives way, or else the
    /// one that has rested longest; there is none if nobody can be spared.
    pub(super) fn admit(&self, address: IpAddr) -> Option<Place> {
        let trusted = self.0.trusted.contains(address);
        let bound = (!trusted).then(|| neighbourhood(address));
        let reserved = if address.to_canonical().is_loopback() { RESERVED } else { 0 };
        let mut members = self.members();
        let (leaver, closed, refused) = if let Some(bound) = bound
            && let Some(neighbours) = members.of.get_mut(&bound)
            && neighbours.places.len() >= self.0.bounds.each
        {
            neighbours.tell(address);
            (members.sparest_of(bound), Reason::IdleOfClient, Reason::RefusedToClient)
        } else if members.count() >= self.0.bounds.all + reserved {
            (members.sparest(), Reason::Idle, Reason::Refused)
        } else {
            return Some(self.enter(&mut members, bound));
        };
        self.0.turned_away.count(if leaver.is_some() { closed } else { refused });
        members.remove(leaver?).inspect(|member| member.tell(Told::GiveWay));
        Some(self.enter(&mut members, bound))
    }

    fn enter(&self, members: &mut Members, neighbourhood: Option<IpAddr>) -> Place {
        let member = Arc::new(Member {
            neighbourhood,
            pulse: Arc::default(),
            told: AtomicU8::new(0),
            telling: Notify::new(),
        });
        let number = members.add(Arc::clone(&member));
        self.0.open.fetch_add(1, Ordering::Relaxed);
        Place { connections: self.clone(), number, member }
    }

    /// Has connections that rest give their memory back, for as long as it is polled.
    pub(super) async fn sweep(self) {
        let mut pace = tokio::time::interval(SWEEP);
        loop {
            pace.tick().await;
            for member in self.members().all.iter().flatten() {
                if !member.pulse.is_parked()
                    && member.pulse.rested_for().is_some_and(|rested| rested >= SWEEP)
                {
                    member.tell(Told::Rest);
                }
            }
        }
    }

    /// Has every connection end, those with a request in flight after its answer.
    pub(super) fn stop(&self) {
        self.members().all.iter().flatten().for_each(|member| member.tell(Told::Leave));
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.0.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Members {
    fn count(&self) -> usize {
        self.all.len() - self.free.len()
    }

    fn add(&mut self, member: Arc<Member>) -> usize {
        let number = self.free.pop().unwrap_or_else(|| {
            self.all.push(None);
            self.all.len() - 1
        });
        if let Some(neighbourhood) = member.neighbourhood {
            self.of.entry(neighbourhood).or_default().places.push(number);
        }
        self.all[number] = Some(member);
        number
    }

    fn remove(&mut self, number: usize) -> Option<Arc<Member>> {
        let member = self.all[number].take()?;
        self.free.push(number);
        if let Some(neighbourhood) = member.neighbourhood
            && let Some(neighbours) = self.of.get_mut(&neighbourhood)
        {
            neighbours.places.retain(|held| *held != number);
            if neighbours.places.is_empty() {
                self.of.remove(&neighbourhood);
            }
        }
        Some(member)
    }

    /// The place of the one of a neighbourhood that can best be spared.
    fn sparest_of(&self, neighbourhood: IpAddr) -> Option<usize> {
        self.sparest_among(self.of.get(&neighbourhood)?.places.iter().copied())
    }

    /// The place of the one that can best be spared, among a sample that is another each time.
    fn sparest(&mut self) -> Option<usize> {
        let (begin, size) = (self.hand, self.all.len());
        self.hand = (begin + SAMPLE) % size.max(1);
        self.sparest_among((begin..begin + SAMPLE.min(size)).map(|place| place % size))
    }

    fn sparest_among(&self, numbers: impl Iterator<Item = usize>) -> Option<usize> {
        let spare = |number: usize| Some((self.all[number].as_ref()?.pulse.spare_for()?, number));
        numbers.filter_map(spare).max().map(|(_, number)| number)
    }
}

impl Neighbours {
    /// Says in the log, once in a while, that they are as many as may be.
    fn tell(&mut self, address: IpAddr) {
        if self.told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
            self.told = Some(Instant::now());
            warn!(
                %address,
                connections = self.places.len(),
                "an address holds as many connections as it may: a proxy of your own is named in KAMI_TRUSTED_PROXIES"
            );
        }
    }
}

impl Member {
    fn tell(&self, what: Told) {
        if self.told.fetch_max(what as u8, Ordering::Relaxed) < what as u8 {
            self.telling.notify_one();
        }
    }
}

/// A connection's place, free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    connections: Connections,
    number: usize,
    member: Arc<Member>,
}

impl Place {
    /// Waits until the connection is told something.
    pub(super) async fn told(&self) -> Told {
        loop {
            match self.member.told.load(Ordering::Relaxed) {
                0 => self.member.telling.notified().await,
                1 => return Told::Rest,
                2 => return Told::Leave,
                _ => return Told::GiveWay,
            }
        }
    }

    /// Forgets that it was told to rest.
    pub(super) fn awake(&self) {
        let _: Result<u8, u8> =
            self.member.told.compare_exchange(Told::Rest as u8, 0, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Whether there are so many that memory counts more than the time to take it again.
    pub(super) fn is_crowded(&self) -> bool {
        self.connections.count() > CROWD
    }

    /// Counts that the client was given up, since it did not read.
    pub(super) fn count_unread(&self) {
        self.connections.0.turned_away.count(Reason::Unread);
    }

    /// What the connection is doing.
    pub(super) fn pulse(&self) -> &Arc<Pulse> {
        &self.member.pulse
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.0.open.fetch_sub(1, Ordering::Relaxed);
        let mut members = self.connections.members();
        // Whoever gave way has left already, and somebody else may have the place.
        if members.all[self.number].as_ref().is_some_and(|member| Arc::ptr_eq(member, &self.member)) {
            members.remove(self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(all: usize, each: usize) -> Connections {
        Connections::new(Bounds { all, each }, "10.0.0.0/8".parse().unwrap())
    }

    fn admit(connections: &Connections, address: &str) -> Option<Place> {
        connections.admit(address.parse().unwrap())
    }

    fn told(place: &Place) -> u8 {
        place.member.told.load(Ordering::Relaxed)
    }

    #[test]
    fn of_one_neighbourhood_the_oldest_that_rests_gives_way() {
        let connections = connections(100, 2);
        let (first, second) = (admit(&connections, "2001:db8::1"), admit(&connections, "2001:db8::2"));
        let (first, second) = (first.unwrap(), second.unwrap());
        let elsewhere = admit(&connections, "2001:db8:0:1::1").unwrap();
        first.pulse().begin();
        let third = admit(&connections, "2001:db8::3").unwrap();
        assert_eq!([&first, &second, &third, &elsewhere].map(told), [0, Told::GiveWay as u8, 0, 0]);
        third.pulse().begin();
        assert!(admit(&connections, "2001:db8::4").is_none(), "nobody rests");
        let counted = |reason| connections.turned_away().find(|(word, _)| *word == reason).unwrap().1;
        assert_eq!(["idle_of_client", "refused_to_client", "idle", "refused"].map(counted), [1, 1, 0, 0]);
        drop(second);
        first.pulse().rest();
        assert!(admit(&connections, "2001:db8::4").is_some());
        assert_eq!(connections.count(), 3);
    }

    #[test]
    fn whose_client_has_closed_its_side_gives_way_first_and_with_a_request_in_flight() {
        let connections = connections(100, 3);
        let places = ["192.0.2.1"; 3].map(|address| admit(&connections, address).unwrap());
        places[1].pulse().begin();
        places[2].pulse().begin();
        places[2].pulse().half_close();
        let next = admit(&connections, "192.0.2.1").expect("one can be spared");
        assert_eq!(places.each_ref().map(told), [0, 0, Told::GiveWay as u8]);
        assert_eq!(told(&next), 0);
    }

    #[test]
    fn in_all_the_bound_holds_for_whoever_comes_and_this_machine_is_let_in() {
        let connections = connections(2, 64);
        let places = ["192.0.2.1", "192.0.2.2"].map(|address| admit(&connections, address).unwrap());
        for place in &places {
            place.pulse().begin();
        }
        assert!(admit(&connections, "192.0.2.3").is_none());
        let health = admit(&connections, "127.0.0.1").expect("this machine has places of its own");
        for place in &places {
            place.pulse().rest();
        }
        let next = admit(&connections, "192.0.2.3").expect("one that rests gives way");
        assert_eq!(places.iter().filter(|place| told(place) == Told::GiveWay as u8).count(), 1);
        drop((places, health, next));
        assert_eq!((connections.count(), connections.members().count()), (0, 0));
        assert!(connections.members().of.is_empty());
    }

    #[test]
    fn a_trusted_proxy_may_have_all_of_them() {
        let connections = connections(3, 1);
        let places: Vec<_> = (0..3).map(|_| admit(&connections, "10.0.0.1").unwrap()).collect();
        assert!(places.iter().all(|place| told(place) == 0));
    }

    #[tokio::test]
    async fn a_connection_hears_what_it_is_told_and_leaving_outweighs_resting() {
        let connections = connections(9, 9);
        let place = admit(&connections, "192.0.2.1").unwrap();
        place.member.tell(Told::Rest);
        assert_eq!(place.told().await, Told::Rest);
        place.awake();
        assert_eq!(told(&place), 0);
        connections.stop();
        place.member.tell(Told::Rest);
        assert_eq!(place.told().await, Told::Leave);
        place.awake();
        assert_eq!(place.told().await, Told::Leave);
    }
}

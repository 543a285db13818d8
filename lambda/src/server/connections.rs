//! Which connections are open, how many may be, and which of them gives way to a new one.
//!
//! A request only stores a number in its own connection: the table is locked when a connection comes and when it goes.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tracing::warn;

use super::turned_away::{Reason, TurnedAway};
use crate::proxies::{TrustedProxies, neighbourhood};

/// How many connections one client may hold; proxies that are trusted hold as many as they like.
pub(super) const NEIGHBOURHOOD_LIMIT: usize = 64;

/// Places over the limit that only this machine gets, so that `--health` is answered when every other is busy.
const LOOPBACK_RESERVE: usize = 8;

/// How many idle connections are chosen at once to give way: looking through all of them is what costs.
const CHOSEN_AT_ONCE: usize = 64;

/// How long it is believed that no connection is idle, once all were looked at.
const ALL_BUSY: Duration = Duration::from_millis(10);

/// How often the log tells of one client at its limit.
const TOLD_EVERY: Duration = Duration::from_mins(1);

/// What [`Connection::idle_since`] is while a request is in flight.
const BUSY: u64 = u64::MAX;

/// The connections of clients that a server has open; clones share them.
#[derive(Clone, Debug)]
pub struct OpenConnections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limit: usize,
    trusted: TrustedProxies,
    table: Mutex<Table>,
    /// Counts the moments at which connections became idle, which orders them more cheaply than a clock.
    moments: AtomicU64,
    turned_away: TurnedAway,
}

#[derive(Debug, Default)]
struct Table {
    open: HashMap<u64, Arc<Connection>>,
    /// What clients hold, by neighbourhood; trusted proxies are not among them.
    neighbours: HashMap<IpAddr, Neighbours>,
    /// Idle connections with the moment since which they were, in the reverse of the order in which they give way.
    chosen: Vec<(Arc<Connection>, u64)>,
    all_busy: Option<Instant>,
    told: Option<Instant>,
    next_number: u64,
}

#[derive(Debug, Default)]
struct Neighbours {
    connections: Vec<Arc<Connection>>,
    told: Option<Instant>,
}

/// What is known of one open connection.
#[derive(Debug)]
struct Connection {
    number: u64,
    neighbourhood: Option<IpAddr>,
    idle_since: AtomicU64,
    gives_way: Notify,
}

/// The place of a connection among those that are open, for as long as it lives.
#[derive(Debug)]
pub(super) struct Place {
    connection: Arc<Connection>,
    shared: Arc<Shared>,
}

impl OpenConnections {
    /// No connections yet, of at most `limit`, of which one client gets 64 at most unless it is a trusted proxy.
    pub fn new(limit: usize, trusted: TrustedProxies) -> Self {
        Self(Arc::new(Shared {
            limit,
            trusted,
            table: Mutex::default(),
            moments: AtomicU64::new(0),
            turned_away: TurnedAway::default(),
        }))
    }

    /// How many are open now.
    pub fn count(&self) -> usize {
        self.0.table().open.len()
    }

    /// How many were closed or refused, by reason.
    pub fn turned_away(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.turned_away.counts()
    }

    /// A place for a new connection from `peer`; over a limit the connection that was idle longest gives way for it,
    /// and if none is idle there is no place.
    pub(super) fn admit(&self, peer: IpAddr) -> Option<Arc<Place>> {
        let shared = &self.0;
        let neighbourhood = Some(neighbourhood(peer)).filter(|_| !shared.trusted.contains(peer));
        let mut table = shared.table();
        if let Some(address) = neighbourhood {
            shared.make_room_beside(&mut table, address)?;
        }
        let is_local = neighbourhood.is_some() && peer.to_canonical().is_loopback();
        let limit = shared.limit + if is_local { LOOPBACK_RESERVE } else { 0 };
        shared.make_room_in_all(&mut table, limit)?;
        let connection = Arc::new(Connection {
            number: table.next_number,
            neighbourhood,
            idle_since: AtomicU64::new(shared.next_moment()),
            gives_way: Notify::new(),
        });
        table.insert(&connection);
        Some(Arc::new(Place { connection, shared: Arc::clone(shared) }))
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_moment(&self) -> u64 {
        self.moments.fetch_add(1, Ordering::Relaxed)
    }

    /// Makes room for one more connection of a client.
    fn make_room_beside(&self, table: &mut Table, address: IpAddr) -> Option<()> {
        let Some(neighbours) = table.neighbours.get_mut(&address) else { return Some(()) };
        if neighbours.connections.len() < NEIGHBOURHOOD_LIMIT {
            return Some(());
        }
        if is_time(&mut neighbours.told) {
            warn!(
                %address,
                limit = NEIGHBOURHOOD_LIMIT,
                "a client holds as many connections as one may; a proxy of yours is named in KAMI_TRUSTED_PROXIES"
            );
        }
        let idle = neighbours.connections.iter().filter(|connection| !connection.is_busy());
        let oldest = idle.min_by_key(|connection| connection.idle_since()).map(Arc::clone);
        self.close(table, oldest, Reason::IdleOfClient, Reason::RefusedToClient)
    }

    /// Makes room for one more connection of anybody.
    fn make_room_in_all(&self, table: &mut Table, limit: usize) -> Option<()> {
        if table.open.len() < limit {
            return Some(());
        }
        if is_time(&mut table.told) {
            warn!(limit = self.limit, "as many connections are open as may be: KAMI_MAX_CONNECTIONS");
        }
        let oldest = table.next_to_give_way();
        self.close(table, oldest, Reason::Idle, Reason::Refused)
    }

    /// Has a connection give way, and counts that or that there is none.
    fn close(
        &self,
        table: &mut Table,
        connection: Option<Arc<Connection>>,
        closed: Reason,
        refused: Reason,
    ) -> Option<()> {
        self.turned_away.count(if connection.is_some() { closed } else { refused });
        let connection = connection?;
        table.remove(&connection);
        connection.gives_way.notify_one();
        Some(())
    }
}

/// Whether something is to be told of again, which is then noted.
fn is_time(told: &mut Option<Instant>) -> bool {
    let is_time = told.is_none_or(|told| told.elapsed() >= TOLD_EVERY);
    if is_time {
        *told = Some(Instant::now());
    }
    is_time
}

impl Table {
    fn insert(&mut self, connection: &Arc<Connection>) {
        self.next_number += 1;
        self.open.insert(connection.number, Arc::clone(connection));
        if let Some(address) = connection.neighbourhood {
            self.neighbours.entry(address).or_default().connections.push(Arc::clone(connection));
        }
    }

    /// Forgets a connection; one that gave way is forgotten already.
    fn remove(&mut self, connection: &Connection) {
        if self.open.remove(&connection.number).is_none() {
            return;
        }
        let Some(address) = connection.neighbourhood else { return };
        let Some(neighbours) = self.neighbours.get_mut(&address) else { return };
        neighbours.connections.retain(|other| other.number != connection.number);
        if neighbours.connections.is_empty() {
            self.neighbours.remove(&address);
        }
    }

    /// The idle connection that gives way to a stranger: of who holds most, the one that was idle longest.
    fn next_to_give_way(&mut self) -> Option<Arc<Connection>> {
        if let Some(connection) = self.next_chosen() {
            return Some(connection);
        }
        if self.all_busy.is_some_and(|looked| looked.elapsed() < ALL_BUSY) {
            return None;
        }
        self.choose();
        let found = self.next_chosen();
        self.all_busy = found.is_none().then(Instant::now);
        found
    }

    /// The next of those chosen that is still there and has been idle ever since.
    fn next_chosen(&mut self) -> Option<Arc<Connection>> {
        while let Some((connection, since)) = self.chosen.pop() {
            if connection.idle_since() == since && self.open.contains_key(&connection.number) {
                return Some(connection);
            }
        }
        None
    }

    fn choose(&mut self) {
        let share = |connection: &Connection| {
            let neighbours = connection.neighbourhood.and_then(|address| self.neighbours.get(&address));
            neighbours.map_or(1, |neighbours| neighbours.connections.len())
        };
        let mut idle: Vec<_> = self
            .open
            .values()
            .map(|connection| (Reverse(share(connection)), connection.idle_since(), connection))
            .filter(|(_, since, _)| *since != BUSY)
            .collect();
        idle.sort_unstable_by_key(|(share, since, _)| (*share, *since));
        let first = idle.into_iter().take(CHOSEN_AT_ONCE).rev();
        self.chosen = first.map(|(_, since, connection)| (Arc::clone(connection), since)).collect();
    }
}

impl Connection {
    fn idle_since(&self) -> u64 {
        self.idle_since.load(Ordering::Relaxed)
    }

    fn is_busy(&self) -> bool {
        self.idle_since() == BUSY
    }
}

impl Place {
    /// Notes that a request is in flight.
    pub(super) fn begin_request(&self) {
        self.connection.idle_since.store(BUSY, Ordering::Relaxed);
    }

    /// Notes that the request has its answer.
    pub(super) fn end_request(&self) {
        self.connection.idle_since.store(self.shared.next_moment(), Ordering::Relaxed);
    }

    /// Whether a request is in flight.
    pub(super) fn is_busy(&self) -> bool {
        self.connection.is_busy()
    }

    /// Waits until this connection has to give way.
    pub(super) async fn given_up(&self) {
        self.connection.gives_way.notified().await;
    }

    /// Counts that the client read nothing of what it had asked for.
    pub(super) fn count_unread(&self) {
        self.shared.turned_away.count(Reason::Unread);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.table().remove(&self.connection);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: usize) -> IpAddr {
        IpAddr::from([10, 0, u8::try_from(number / 256).unwrap(), u8::try_from(number % 256).unwrap()])
    }

    /// Whether a place was told to give way.
    async fn gives_way(place: &Place) -> bool {
        tokio::select! {
            biased;
            () = place.given_up() => true,
            () = std::future::ready(()) => false,
        }
    }

    #[tokio::test]
    async fn one_client_has_its_limit_and_its_oldest_idle_connection_gives_way() {
        let connections = OpenConnections::new(1000, "10.0.9.0/24".parse().unwrap());
        let places: Vec<_> =
            (0..NEIGHBOURHOOD_LIMIT).map(|_| connections.admit(address(1)).unwrap()).collect();
        places[0].begin_request();
        places[1].begin_request();
        places[1].end_request();
        let more = connections.admit(address(1)).unwrap();
        assert!(gives_way(&places[2]).await && !gives_way(&places[0]).await && !gives_way(&places[1]).await);
        assert_eq!(connections.count(), NEIGHBOURHOOD_LIMIT);
        places.iter().for_each(|place| place.begin_request());
        more.begin_request();
        assert!(connections.admit(address(1)).is_none(), "none is idle");
        assert!(connections.admit(address(2)).is_some(), "another client");
        let proxied: Vec<_> =
            (0..2 * NEIGHBOURHOOD_LIMIT).map(|_| connections.admit(address(9 * 256)).unwrap()).collect();
        assert_eq!(connections.count(), NEIGHBOURHOOD_LIMIT + proxied.len());
        drop((places, more, proxied));
        assert_eq!(connections.count(), 0);
        assert!(connections.0.table().neighbours.is_empty());
        let counts: Vec<_> = connections.turned_away().filter(|(_, count)| *count > 0).collect();
        assert_eq!(counts, [("idle_of_client", 1), ("refused_to_client", 1)]);
    }

    #[tokio::test]
    async fn over_the_limit_in_all_who_holds_most_gives_way_and_this_machine_still_gets_in() {
        let connections = OpenConnections::new(10, TrustedProxies::default());
        let customer = connections.admit(address(1)).unwrap();
        let greedy: Vec<_> = (0..9).map(|_| connections.admit(address(2)).unwrap()).collect();
        let next = connections.admit(address(3)).unwrap();
        assert!(gives_way(&greedy[0]).await && !gives_way(&customer).await);
        [&customer, &next].into_iter().chain(&greedy).for_each(|place| place.begin_request());
        assert!(connections.admit(address(4)).is_none(), "all are busy");
        assert!(connections.admit(IpAddr::from([127, 0, 0, 1])).is_some(), "the machine itself");
        assert_eq!(connections.count(), 10);
    }
}

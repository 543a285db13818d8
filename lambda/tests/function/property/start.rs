//! What each round begins with: cards of every kind, and the apps that they are of.

use kami_core::card::CardStatus;

use super::model::{Card, Moment, Product, World, seconds};

/// Cards to use.
pub(super) const CODES: [&str; 20] = [
    "VIP-HOURS",
    "VIP-UNTIL",
    "VIP-EVER",
    "VIP-POINTS",
    "VIP-FEW",
    "VIP-TWO",
    "VIP-THREE",
    "VIP-LEASED",
    "VIP-OLDEST",
    "VIP-MOVES",
    "VIP-ANYONE",
    "VIP-DEAR",
    "VIP-OFF",
    "VIP-OVER",
    "VIP-LATE",
    "VIP-FULL",
    "DEMO-ONE",
    "DEMO-TWO",
    "PAY-ONE",
    "PAY-TWO",
];

/// Cards to top others up with.
pub(super) const TOPS: [&str; 8] =
    ["TOP-DAY", "TOP-WEEK", "TOP-LONG", "TOP-POINTS", "TOP-MANY", "TOP-NOT", "DEMO-TOP", "PAY-TOP"];

const DAY: u32 = 86_400;

/// The batches, and whether their cards top others up.
const BATCHES: [(u64, bool); 2] = [(1, true), (2, false)];

pub(super) fn world(now: Moment) -> World {
    let mut world = World { batches: BATCHES.into(), ..World::default() };
    for (app, policy) in [
        ("default", "trial=600"),
        ("demo", "lease=600 trial=3p unbind=machine unbind-cooldown=3600 unbind-limit=3 unbind-cost=60s"),
        ("pay", "when-full=oldest trial=3600 unbind=anyone unbind-cost=2p"),
    ] {
        world.apps.insert(app.to_owned(), Product { policy: policy.to_owned(), ..Product::default() });
    }
    world.cards = CODES.into_iter().chain(TOPS).map(|code| (code.to_owned(), card(code, now))).collect();
    world
}

/// What the code is a card of.
fn card(code: &str, now: Moment) -> Card {
    let hours = Card {
        app: "default".to_owned(),
        status: CardStatus::Unused,
        duration: Some(3 * 3_600),
        seats: 1,
        points: None,
        policy: String::new(),
        first: None,
        further: Vec::new(),
        created_at: now,
        used_at: None,
        expire_at: None,
        valid_until: None,
        batch: None,
    };
    let ever = Card { duration: None, ..hours.clone() };
    let of = |app: &str, card: Card| Card { app: app.to_owned(), ..card };
    let saying = |policy: &str, seats, card: &Card| Card { policy: policy.to_owned(), seats, ..card.clone() };
    let until = |count: i64, card: Card| {
        let last = Some(now + seconds(count));
        Card { valid_until: last, expire_at: last, ..card }
    };
    let top = |duration, points| Card { duration, points, batch: Some(1), ..hours.clone() };
    match code {
        "VIP-UNTIL" => until(7_000, Card { points: Some(20), ..ever }),
        "VIP-EVER" => ever,
        "VIP-POINTS" => Card { points: Some(100), ..ever },
        "VIP-FEW" => Card { points: Some(5), seats: 2, ..hours },
        "VIP-TWO" => saying("unbind=anyone unbind-cooldown=600", 2, &hours),
        "VIP-THREE" => Card { points: Some(30), ..saying("unbind=anyone unbind-limit=4", 3, &ever) },
        "VIP-LEASED" => Card { points: Some(40), ..saying("lease=600", 2, &ever) },
        "VIP-OLDEST" => saying("lease=60 when-full=oldest unbind=machine", 2, &ever),
        "VIP-MOVES" => {
            saying("unbind=machine unbind-cooldown=600 unbind-limit=2 unbind-cost=300s", 1, &hours)
        }
        "VIP-ANYONE" => saying("unbind=anyone unbind-cooldown=60", 1, &ever),
        "VIP-DEAR" => {
            Card { points: Some(9), ..saying("unbind=anyone unbind-limit=1000 unbind-cost=2p", 2, &ever) }
        }
        "VIP-OFF" => Card { status: CardStatus::Disabled, ..hours },
        "VIP-OVER" => {
            Card { status: CardStatus::Expired, expire_at: Some(now), valid_until: Some(now), ..hours }
        }
        "VIP-LATE" => until(30, ever),
        "TOP-DAY" => top(Some(DAY), None),
        "TOP-WEEK" => top(Some(7 * DAY), Some(3)),
        "TOP-LONG" => top(Some(u32::MAX), None),
        "TOP-POINTS" => top(None, Some(50)),
        "TOP-MANY" => until(500, top(None, Some(1_000_000_000))),
        "TOP-NOT" => Card { batch: Some(2), ..hours },
        "DEMO-ONE" => of("demo", hours),
        "DEMO-TWO" => of("demo", saying("", 2, &ever)),
        "DEMO-TOP" => of("demo", top(Some(DAY), Some(20))),
        "VIP-FULL" => Card { points: Some(1_000_000_000), ..hours },
        "PAY-TOP" => of("pay", top(Some(600), Some(4))),
        "PAY-TWO" => of("pay", saying("lease=off when-full=refuse unbind=machine", 2, &hours)),
        "PAY-ONE" => of("pay", Card { points: Some(40), ..saying("", 2, &hours) }),
        _ => hours,
    }
}

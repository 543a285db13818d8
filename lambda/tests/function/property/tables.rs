//! The tables that the routes may write, read into the form of the model, and moved in time.

use chrono::NaiveDateTime;
use kami_testkit::{Queryable as _, TestDatabase};
use mysql_async::prelude::FromRow;
use mysql_async::{Conn, Row};
use serde_json::{Map, Value};

use super::model::{Card, Done, Moment, PRESET, PointUse, Product, Seat, World, stored};

type Stored = Option<NaiveDateTime>;

fn utc(moment: Stored) -> Option<Moment> {
    moment.map(|moment| moment.and_utc())
}

/// The columns that have moments, by their tables.
const MOMENTS: [(&str, &[&str]); 6] = [
    ("cards", &["created_at", "used_at", "expire_at", "valid_until", "seen_at", "lease_until"]),
    ("card_seats", &["bound_at", "seen_at", "lease_until"]),
    ("customer_log", &["done_at"]),
    ("point_uses", &["used_at"]),
    ("trials", &["started_at"]),
    ("blocks", &["`until`"]),
];

/// A connection of the test's own.
#[derive(Debug)]
pub(super) struct Tables(Conn);

/// A card with its code, without its further seats.
fn card(mut row: Row) -> (String, Card) {
    let mut moment = |column: &str| utc(row.take::<Stored, _>(column).unwrap());
    let [seen_at, lease_until] = ["seen_at", "lease_until"].map(&mut moment);
    let [used_at, expire_at, valid_until] = ["used_at", "expire_at", "valid_until"].map(&mut moment);
    let created_at = moment("created_at").unwrap();
    let machine: Option<String> = row.take("machine_code").unwrap();
    let status: String = row.take("status").unwrap();
    let policy: Option<String> = row.take("policy").unwrap();
    let card = Card {
        app: row.take("app").unwrap(),
        status: status.parse().unwrap(),
        duration: row.take("duration_seconds").unwrap(),
        seats: row.take("seats").unwrap(),
        points: row.take("points").unwrap(),
        policy: policy.unwrap_or_default(),
        first: machine.map(|machine| Seat { machine, bound_at: None, seen_at, lease_until }),
        further: Vec::new(),
        created_at,
        used_at,
        expire_at,
        valid_until,
        batch: row.take("batch_id").unwrap(),
    };
    (row.take("full_code").unwrap(), card)
}

impl Tables {
    pub(super) async fn of(database: &TestDatabase) -> Self {
        Self(database.connect().await)
    }

    /// The database's clock.
    pub(super) async fn clock(&mut self) -> Moment {
        let now: Option<NaiveDateTime> = self.0.query_first("SELECT UTC_TIMESTAMP()").await.unwrap();
        now.unwrap().and_utc()
    }

    async fn rows<T: FromRow + Send + 'static>(&mut self, query: &str) -> Vec<T> {
        self.0.query(query).await.unwrap()
    }

    /// Lets so many seconds pass.
    pub(super) async fn let_pass(&mut self, seconds: i64) {
        let mut statements = Vec::new();
        for (table, columns) in MOMENTS {
            let moved =
                columns.iter().map(|column| format!("{column} = {column} - INTERVAL {seconds} SECOND"));
            statements.push(format!("UPDATE {table} SET {}", moved.collect::<Vec<_>>().join(", ")));
        }
        for values in ["values_before", "values_after"] {
            for name in ["used_at", "expire_at"] {
                let text = format!("JSON_UNQUOTE(JSON_EXTRACT({values}, '$.{name}'))");
                statements.push(format!(
                    "UPDATE customer_log SET {values} = JSON_SET({values}, '$.{name}',
                        DATE_FORMAT(CAST({text} AS DATETIME) - INTERVAL {seconds} SECOND, '%Y-%m-%d %H:%i:%s'))
                    WHERE {text} LIKE '%-%'"
                ));
            }
        }
        // Whoever keeps a copy of those who are kept out has one with other ends.
        statements.push("UPDATE policy_revision SET blocks = blocks + 1, revision = revision + 1".to_owned());
        self.0.query_drop(statements.join("; ")).await.unwrap();
    }

    /// Makes what a world begins with.
    pub(super) async fn make(&mut self, world: &World) {
        for (name, Product { policy, .. }) in &world.apps {
            let made = "REPLACE INTO apps (name, policy, created_at) VALUES (?, ?, UTC_TIMESTAMP())";
            self.0.exec_drop(made, (name, policy)).await.unwrap();
        }
        for (id, tops_up) in &world.batches {
            let made = "INSERT INTO batches (id, card_count, operator, created_at, recharge, preset)
                VALUES (?, 9, 'x', UTC_TIMESTAMP(), ?, ?)";
            self.0.exec_drop(made, (id, tops_up, PRESET)).await.unwrap();
        }
        for (code, card) in &world.cards {
            let made = "INSERT INTO cards (prefix, code, full_code, app, status, duration_seconds, seats, points, policy)
                VALUES (SUBSTRING_INDEX(?, '-', 1), SUBSTRING_INDEX(?, '-', -1), ?, ?, ?, ?, ?, ?, NULLIF(?, ''))";
            let status = card.status.as_str().to_uppercase();
            let params =
                (code, code, code, &card.app, status, card.duration, card.seats, card.points, &card.policy);
            self.0.exec_drop(made, params).await.unwrap();
            let made = "UPDATE cards SET created_at = ?, expire_at = ?, valid_until = ?, batch_id = ? WHERE full_code = ?";
            let [created, ends, until] = [Some(card.created_at), card.expire_at, card.valid_until]
                .map(|at| stored(at).as_str().map(str::to_owned));
            self.0.exec_drop(made, (created, ends, until, card.batch, code)).await.unwrap();
        }
        self.0.query_drop("UPDATE policy_revision SET revision = revision + 1").await.unwrap();
    }

    /// All that is there.
    pub(super) async fn read(&mut self) -> World {
        let rows: Vec<Row> = self
            .rows(
                "SELECT full_code, app, status, duration_seconds, seats, points, policy, machine_code, created_at,
                    used_at, expire_at, valid_until, seen_at, lease_until, batch_id FROM cards",
            )
            .await;
        let mut world = World { cards: rows.into_iter().map(card).collect(), ..World::default() };
        let seats: Vec<(String, String, Stored, Stored, Stored)> = self
            .rows(
                "SELECT full_code, card_seats.machine_code, bound_at, card_seats.seen_at, card_seats.lease_until
                FROM card_seats JOIN cards ON cards.id = card_id ORDER BY card_id, card_seats.machine_code",
            )
            .await;
        for (code, machine, bound_at, seen_at, lease_until) in seats {
            let [bound_at, seen_at, lease_until] = [bound_at, seen_at, lease_until].map(utc);
            let card = world.cards.get_mut(&code).unwrap();
            card.further.push(Seat { machine, bound_at, seen_at, lease_until });
            card.further.sort_by(|one, other| one.machine.cmp(&other.machine));
        }
        let uses: Vec<(String, String, u32, u32, String, NaiveDateTime)> = self
            .rows(
                "SELECT full_code, request_id, amount, balance, point_uses.machine_code, point_uses.used_at
                FROM point_uses JOIN cards ON cards.id = card_id",
            )
            .await;
        world.uses = uses
            .into_iter()
            .map(|(code, request, amount, balance, machine, at)| {
                ((code, request), PointUse { amount, balance, machine, at: at.and_utc() })
            })
            .collect();
        let trials: Vec<(String, String, String, NaiveDateTime)> = self
            .rows(
                "SELECT trials.app, trials.machine_code, full_code, started_at
                FROM trials JOIN cards ON cards.id = card_id",
            )
            .await;
        world.trials = trials
            .into_iter()
            .map(|(app, machine, code, at)| ((app, machine), (code, at.and_utc())))
            .collect();
        world.log = self.log().await;
        self.read_sellers(&mut world).await;
        world
    }

    async fn log(&mut self) -> Vec<Done> {
        type Row =
            (String, String, NaiveDateTime, Option<String>, Option<String>, Option<String>, Option<String>);
        let rows: Vec<Row> = self
            .rows(
                "SELECT own.full_code, act, done_at, customer_log.machine_code, other.full_code,
                    CAST(values_before AS CHAR), CAST(values_after AS CHAR)
                FROM customer_log JOIN cards AS own ON own.id = card_id
                LEFT JOIN cards AS other ON other.id = other_card_id ORDER BY customer_log.id",
            )
            .await;
        let values = |text: Option<String>| -> Map<String, Value> {
            text.map_or_else(Map::new, |text| serde_json::from_str(&text).unwrap())
        };
        let acts = ["UNBIND", "UNBIND_LOST", "RECHARGE", "BURN", "TRIAL"];
        rows.into_iter()
            .map(|(code, act, at, machine, other, before, after)| Done {
                code,
                act: acts.into_iter().find(|known| *known == act).unwrap(),
                at: at.and_utc(),
                machine,
                other,
                before: values(before),
                after: values(after),
            })
            .collect()
    }

    /// What operators say.
    async fn read_sellers(&mut self, world: &mut World) {
        type Row = (String, String, Option<String>, Option<String>, bool);
        let apps: Vec<Row> =
            self.rows("SELECT name, policy, minimum, notice, archived_at IS NOT NULL FROM apps").await;
        world.apps = apps
            .into_iter()
            .map(|(name, policy, minimum, notice, is_archived)| {
                (name, Product { policy, minimum, notice, is_archived })
            })
            .collect();
        let batches: Vec<(u64, bool)> = self.rows("SELECT id, recharge FROM batches").await;
        world.batches = batches.into_iter().collect();
        let presets: Vec<bool> = self.rows("SELECT recharge FROM presets").await;
        world.preset = presets.first().copied();
        let blocks: Vec<(String, String, Stored)> =
            self.rows("SELECT app, target, `until` FROM blocks").await;
        world.blocks = blocks.into_iter().map(|(app, target, until)| ((app, target), utc(until))).collect();
    }
}

//! Licence files: what making one does to a card and its seats, and who is refused one.

use chrono::{DateTime, TimeDelta, Utc};
use kami_core::acts::Act;
use kami_core::card::CardStatus;
use kami_core::certify::CertifyRefusal;
use kami_core::operator::Operator;
use kami_core::record::CardRecord;
use kami_core::rules::Refusal;
use kami_store::{
    ActError, Certified, LicenceGiven, LogFilter, OneAct, OneLicence, OneSeat, SeatReturn, Store, Undo,
    UndoRefusal, Validation,
};
use kami_testkit::{Queryable as _, TestDatabase, agreed};
use serde_json::json;
use tokio::task::JoinSet;

use crate::seats::{ask, is_in, with_card};
use crate::{code, machine};

const DEVICE: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
const OTHER_DEVICE: &str = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
const KID: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
const KEPT: &str = "lease=off when-full=refuse unbind=off";

fn anna() -> Operator {
    Operator::new("anna").unwrap()
}

async fn card(store: &Store) -> CardRecord {
    store.card_by_code(&code("VIP-A")).await.unwrap().unwrap().0
}

async fn order(store: &Store, of: &str) -> OneLicence {
    let seen = card(store).await;
    let (machine, kid) = (machine(of), KID.to_owned());
    OneLicence { seen, machine, device: None, kid, key_until: None, wanted: None }
}

async fn certify(store: &Store, of: &str) -> Result<Certified, ActError> {
    let order = order(store, of).await;
    store.certify(&anna(), &agreed(order)).await
}

async fn refused(store: &Store, of: &str) -> CertifyRefusal {
    match certify(store, of).await {
        Err(ActError::Certify(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// All that an act on a card writes.
async fn rows(database: &TestDatabase) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (table, columns) in [
        ("cards", "id, status, machine_code, used_at, expire_at, seen_at, lease_until, policy"),
        ("card_seats", "card_id, machine_code, seen_at, lease_until"),
        ("licences", "id, card_id, machine_code, thumbprint, kid, `until`"),
        ("device_keys", "card_id, machine_code, thumbprint, sequence, copies"),
        ("acts", "id, act, card_count"),
        ("operator_log", "id, act, card_id, CAST(values_before AS CHAR), CAST(values_after AS CHAR)"),
    ] {
        let columns: Vec<_> =
            columns.split(", ").map(|column| format!("COALESCE(CAST({column} AS CHAR), '-')")).collect();
        let columns =
            columns.join(", ").replace("CAST(CAST(", "CAST((").replace(" AS CHAR) AS CHAR", ") AS CHAR");
        let query = format!("SELECT CONCAT_WS('|', {columns}) FROM {table} ORDER BY 1");
        all.push(database.rows(&query, ()).await);
    }
    all
}

async fn device_key(database: &TestDatabase, of: &str) -> Option<(String, u32)> {
    let query = "SELECT thumbprint, sequence FROM device_keys WHERE machine_code = ?";
    database.rows(query, (of,)).await.pop()
}

/// The machine, and the moment at which it is over.
fn given(licences: &[LicenceGiven]) -> Vec<(&str, Option<DateTime<Utc>>)> {
    licences.iter().map(|one| (one.machine.as_str(), one.until)).collect()
}

#[tokio::test]
async fn a_card_that_nobody_used_is_the_machines_and_stands_in_the_log_with_its_licence() {
    let database = with_card(1, "").await;
    let store = database.store();
    let certified = certify(&store, "PC-1").await.unwrap();
    let Certified { card: now_it_is, now, until, act_id } = certified;
    assert_eq!((now_it_is.status, now_it_is.machine_code.as_deref()), (CardStatus::Active, Some("PC-1")));
    assert_eq!((until, now_it_is.policy.as_deref()), (now_it_is.expire_at, Some(KEPT)));
    let lasts = until.unwrap() - now;
    assert!((TimeDelta::seconds(9_990)..=TimeDelta::seconds(10_000)).contains(&lasts), "{lasts}");
    assert_eq!(given(&store.licences(now_it_is.id).await.unwrap()), [("PC-1", until)]);
    assert_eq!(device_key(&database, "PC-1").await, None);
    assert!(is_in(&store, "PC-1").await);
    assert_eq!(ask(&store, "PC-2").await, Validation::Refused(Refusal::MachineMismatch));
    let filter = LogFilter { act_id: Some(act_id), ..LogFilter::default() };
    let row = store.log(&filter, None, 9).await.unwrap().pop().unwrap();
    let moment =
        |moment: Option<DateTime<Utc>>| json!(moment.unwrap().format("%Y-%m-%d %H:%M:%S").to_string());
    let before =
        json!({ "status": "unused", "used_at": null, "expire_at": null, "machine_code": null, "policy": "" });
    let after = json!({
        "status": "active", "used_at": moment(now_it_is.used_at), "expire_at": moment(until), "machine_code": "PC-1",
        "policy": KEPT, "licence_machine": "PC-1", "licence_until": moment(until)
    });
    assert_eq!((row.act.as_str(), row.card_id), ("certify", Some(now_it_is.id)));
    assert_eq!((json!(row.before), json!(row.after)), (before, after));
    assert_eq!(store.act(act_id).await.unwrap().unwrap().card_count, 1);
}

#[tokio::test]
async fn a_machine_keeps_the_seat_that_it_has_and_gets_another_file_for_it() {
    let database = with_card(2, "lease=600 when-full=oldest unbind=anyone").await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await && is_in(&store, "PC-2").await);
    let end = card(&store).await.expire_at;
    for machine in ["PC-1", "PC-2", "PC-2"] {
        let certified = certify(&store, machine).await.unwrap();
        assert_eq!((certified.until, certified.card.expire_at), (end, end));
    }
    let id = card(&store).await.id;
    let seats = store.seats(id).await.unwrap();
    let seats: Vec<_> = seats.iter().map(|seat| (seat.machine.as_str(), seat.lease_until)).collect();
    assert_eq!(seats, [("PC-1", None), ("PC-2", None)]);
    assert_eq!(store.licences(id).await.unwrap().len(), 2, "one for each machine");
    let count: Vec<u64> = database.rows("SELECT COUNT(*) FROM licences", ()).await;
    assert_eq!(count, [3]);
    let last: Vec<String> = database
        .rows("SELECT CAST(values_before AS CHAR) FROM operator_log ORDER BY id DESC LIMIT 1", ())
        .await;
    assert_eq!(last, ["{}"], "nothing of the card is different");
}

#[tokio::test]
async fn no_seat_of_a_certified_machine_passes_on_until_an_operator_takes_it() {
    let database = with_card(2, "lease=60 when-full=oldest unbind=anyone").await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await);
    certify(&store, "PC-2").await.unwrap();
    // It is seen the longest ago, and its lease, had it one, would be over.
    database.execute("UPDATE card_seats SET seen_at = seen_at - INTERVAL 1 YEAR").await;
    assert_eq!(ask(&store, "PC-3").await, Validation::Refused(Refusal::SeatsFull));
    // Nor where it was online once, and gives its seat up itself.
    assert!(is_in(&store, "PC-2").await);
    let client = kami_store::Client::default();
    let released = store.release(&code("VIP-A"), &machine("PC-2"), &client).await.unwrap();
    assert_eq!(released, Ok(SeatReturn::Kept));
    let unbound = store.unbind(&code("VIP-A"), &machine("PC-2"), &client).await.unwrap().unwrap();
    assert!(unbound.result.is_err(), "{unbound:?}");
    let seated = store.seats(card(&store).await.id).await.unwrap();
    assert!(seated.iter().any(|seat| seat.machine == "PC-2" && seat.lease_until.is_none()));
    let free = OneSeat { seen: card(&store).await, machine: "PC-2".to_owned() };
    store.free_seat(&anna(), &agreed(free)).await.unwrap();
    assert!(is_in(&store, "PC-3").await);
}

#[tokio::test]
async fn a_seat_whose_lease_is_over_is_free_and_one_that_is_not_gives_no_way() {
    for seats in [1, 2] {
        let database = with_card(seats, "lease=60 when-full=oldest").await;
        let store = database.store();
        for number in 1..=seats {
            assert!(is_in(&store, &format!("PC-{number}")).await);
        }
        assert_eq!(refused(&store, "PC-9").await, CertifyRefusal::SeatsFull);
        let over = "lease_until = UTC_TIMESTAMP() - INTERVAL 1 SECOND";
        match seats {
            1 => database.execute(&format!("UPDATE cards SET {over}")).await,
            _ => database.execute(&format!("UPDATE card_seats SET {over}")).await,
        }
        certify(&store, "PC-9").await.unwrap();
        let seated = store.seats(card(&store).await.id).await.unwrap();
        assert_eq!(seated.len(), usize::from(seats));
        assert_eq!(seated.last().unwrap().machine, "PC-9");
    }
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    const BLOCK: &str =
        "INSERT INTO blocks (app, kind, target, created_at) VALUES ('', 'MACHINE', 'PC-1', '2026-01-01')";
    let day = |days| Utc::now() + TimeDelta::days(days);
    let cases = [
        ("UPDATE cards SET status = 'DISABLED'", None, None, CertifyRefusal::Disabled),
        ("UPDATE cards SET status = 'EXPIRED'", None, None, CertifyRefusal::Expired),
        (
            "UPDATE cards SET status = 'ACTIVE', used_at = '2026-01-01', expire_at = '2026-01-02'",
            None,
            None,
            CertifyRefusal::Expired,
        ),
        ("UPDATE cards SET valid_until = '2026-01-02'", None, None, CertifyRefusal::Expired),
        (
            "UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-2', used_at = '2026-01-01'",
            None,
            None,
            CertifyRefusal::SeatsFull,
        ),
        (BLOCK, None, None, CertifyRefusal::Blocked),
        ("DO 0", Some(day(-1)), None, CertifyRefusal::Over),
        ("DO 0", Some(day(2)), None, CertifyRefusal::OutlastsCard),
        ("UPDATE cards SET duration_seconds = NULL", Some(day(2)), Some(day(1)), CertifyRefusal::OutlastsKey),
        ("DO 0", None, Some(day(-1)), CertifyRefusal::Over),
        ("UPDATE cards SET policy = 'lease=x'", None, None, CertifyRefusal::Policy),
    ];
    for (change, wanted, key_until, why) in cases {
        let database = with_card(1, "").await;
        database.execute(change).await;
        let store = database.store();
        let before = rows(&database).await;
        let order =
            OneLicence { wanted, key_until, device: Some(DEVICE.to_owned()), ..order(&store, "PC-1").await };
        let refused = store.certify(&anna(), &agreed(order)).await;
        assert!(matches!(&refused, Err(ActError::Certify(is)) if *is == why), "{change}: {refused:?}");
        assert_eq!(rows(&database).await, before, "{change}");
    }
    // Nor where the card is another than the one that was seen, or is kept out of another app alone.
    let database = with_card(1, "").await;
    let store = database.store();
    let order = order(&store, "PC-1").await;
    database.execute("UPDATE cards SET note = 'other'").await;
    let before = rows(&database).await;
    assert!(matches!(store.certify(&anna(), &agreed(order)).await, Err(ActError::Changed { .. })));
    assert_eq!(rows(&database).await, before);
    database.execute(&BLOCK.replace("('',", "('demo',")).await;
    certify(&store, "PC-1").await.unwrap();
}

#[tokio::test]
async fn a_licence_may_be_over_before_its_card_and_its_key() {
    let database = with_card(1, "").await;
    database.execute("UPDATE cards SET duration_seconds = NULL").await;
    let store = database.store();
    let forever = certify(&store, "PC-1").await.unwrap();
    assert_eq!((forever.until, forever.card.expire_at), (None, None));
    let day = |days| (Utc::now() + TimeDelta::days(days)).to_rfc3339().parse::<DateTime<Utc>>().unwrap();
    let whole = |moment: DateTime<Utc>| DateTime::from_timestamp(moment.timestamp(), 0).unwrap();
    let key_until = Some(whole(day(9)));
    let of_key = OneLicence { key_until, ..order(&store, "PC-1").await };
    assert_eq!(store.certify(&anna(), &agreed(of_key)).await.unwrap().until, key_until);
    let wanted = Some(whole(day(3)));
    let brief = OneLicence { key_until, wanted, ..order(&store, "PC-1").await };
    assert_eq!(store.certify(&anna(), &agreed(brief)).await.unwrap().until, wanted);
    // The one that lasts longest counts.
    assert_eq!(given(&store.licences(1).await.unwrap()), [("PC-1", None)]);
}

#[tokio::test]
async fn the_key_of_a_device_is_kept_with_the_seat_and_goes_with_it() {
    let database = with_card(1, "").await;
    let store = database.store();
    let with_key = async |machine: &str, device: Option<&str>| {
        let order = OneLicence { device: device.map(str::to_owned), ..order(&store, machine).await };
        store.certify(&anna(), &agreed(order)).await.unwrap();
        device_key(&database, machine).await
    };
    let key = |thumbprint: &str, sequence| Some((thumbprint.to_owned(), sequence));
    assert_eq!(with_key("PC-1", Some(DEVICE)).await, key(DEVICE, 0));
    database.execute("UPDATE device_keys SET sequence = 5").await;
    assert_eq!(with_key("PC-1", Some(DEVICE)).await, key(DEVICE, 5), "it is the same key");
    assert_eq!(with_key("PC-1", None).await, key(DEVICE, 5), "the seat is, too");
    assert_eq!(with_key("PC-1", Some(OTHER_DEVICE)).await, key(OTHER_DEVICE, 0));
    let free = OneSeat { seen: card(&store).await, machine: "PC-1".to_owned() };
    store.free_seat(&anna(), &agreed(free)).await.unwrap();
    assert_eq!(with_key("PC-1", None).await, None, "another seat has no key yet");
}

#[tokio::test]
async fn of_a_licence_and_a_validation_at_the_same_moment_one_wins() {
    let (mut certified, mut validated) = (0, 0);
    for round in 0..20 {
        let database = with_card(1, "").await;
        let stores = [database.store(), database.store()];
        let order = order(&stores[0], "PC-1").await;
        let mut racers = JoinSet::new();
        let [one, other] = stores.clone();
        racers.spawn(async move { one.certify(&anna(), &agreed(order)).await.is_ok() });
        racers.spawn(async move { !is_in(&other, "PC-2").await });
        let ends = racers.join_all().await;
        assert_eq!(ends[0], ends[1], "round {round}: one of them has the seat");
        let holder = card(&stores[0]).await.machine_code;
        assert_eq!(holder.as_deref(), Some(if ends[0] { "PC-1" } else { "PC-2" }));
        let licences = stores[0].licences(1).await.unwrap().len();
        assert_eq!(licences, usize::from(ends[0]));
        if ends[0] { certified += 1 } else { validated += 1 }
    }
    assert_eq!(certified + validated, 20);
}

#[tokio::test]
async fn of_many_machines_as_many_get_a_licence_as_there_are_seats() {
    let database = with_card(3, "").await;
    let stores = [database.store(), database.store()];
    let mut racers = JoinSet::new();
    for number in 0..12 {
        let store = stores[number % 2].clone();
        racers.spawn(async move {
            // Who finds the card changed looks again.
            loop {
                match certify(&store, &format!("PC-{number}")).await {
                    Ok(_) => return true,
                    Err(ActError::Changed { .. }) => {}
                    Err(ActError::Certify(CertifyRefusal::SeatsFull)) => return false,
                    other => panic!("{other:?}"),
                }
            }
        });
    }
    assert_eq!(racers.join_all().await.into_iter().filter(|won| *won).count(), 3);
    assert_eq!(stores[0].seats(1).await.unwrap().len(), 3);
    assert_eq!(stores[0].licences(1).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_file_that_left_is_not_called_back() {
    let database = with_card(1, "").await;
    let store = database.store();
    let certified = certify(&store, "PC-1").await.unwrap();
    let before = rows(&database).await;
    let undo = Undo { act_id: certified.act_id };
    let undone = store.undo(&anna(), &agreed(undo), &|_| std::ops::ControlFlow::Continue(())).await;
    assert!(matches!(undone, Err(ActError::NotUndoable(UndoRefusal::Certified))), "{undone:?}");
    assert_eq!(rows(&database).await, before);
}

#[tokio::test]
async fn a_card_that_comes_back_has_its_licences_again() {
    let database = with_card(1, "").await;
    let store = database.store();
    let until = certify(&store, "PC-1").await.unwrap().until;
    let order = OneAct { act: Act::Delete, seen: card(&store).await };
    let deleted = store.act_on_one(&anna(), &agreed(order)).await.unwrap();
    let undo = Undo { act_id: deleted.act_id };
    store.undo(&anna(), &agreed(undo), &|_| std::ops::ControlFlow::Continue(())).await.unwrap();
    assert_eq!(given(&store.licences(card(&store).await.id).await.unwrap()), [("PC-1", until)]);
    assert!(is_in(&store, "PC-1").await);
    // An account or a schema of before there were licences has none.
    database.execute("DROP TABLE licences").await;
    assert_eq!(store.licences(1).await.unwrap(), []);
}

#[tokio::test]
async fn an_act_of_another_account_makes_no_licence() {
    let database = with_card(1, "").await;
    database.execute("INSERT INTO acts (act, operator) VALUES ('certify', 'anna')").await;
    database.execute("UPDATE acts SET account = 'other@%'").await;
    let before = rows(&database).await;
    let mut connection = database.connect().await;
    let call = format!("CALL certify_card(1, 1, 'PC-1', NULL, '{KID}', '{KEPT}', NULL)");
    assert!(connection.query_drop(call).await.is_err());
    drop(connection);
    assert_eq!(rows(&database).await, before);
}

//! What operators do with cards, and taking it back.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use kami_core::acts::{Act, ActRefusal};
use kami_core::card::CardStatus;
use kami_core::duration::CardDuration;
use kami_core::edit::{CardEdit, StatusEdit};
use kami_core::filter::{Anchor, Filter, Range, Sort};
use kami_core::gate::{Answer, Confirmed, Gate, Kind, Weight};
use kami_core::operator::{Note, Operator};
use kami_core::record::CardRecord;
use kami_store::{
    ACT_WINDOW, ActError, ActFilter, ActOutcome, ActProgress, Client, LogFilter, LogRecord, ManyAct, OneAct,
    OneEdit, Selection, Store, Undo, UndoRefusal, Validation,
};
use kami_testkit::{TestDatabase, agreed};

use crate::{code, machine};

fn anna() -> Operator {
    Operator::new("anna").unwrap()
}

fn on(_: ActProgress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn note(text: &str) -> Option<Note> {
    Note::parse(text).unwrap()
}

fn of_one(act: &Act, seen: &CardRecord) -> Confirmed<OneAct> {
    agreed(OneAct { act: act.clone(), seen: seen.clone() })
}

fn of_many(act: &Act, selection: &Selection) -> Confirmed<ManyAct> {
    agreed(ManyAct { act: act.clone(), selection: selection.clone() })
}

/// What somebody said yes to when it was about so many cards.
fn said_yes<T: std::fmt::Debug>(what: T, cards: u64) -> Confirmed<T> {
    let answer = cards.to_string();
    let weight = Weight { cards, kind: Kind::Change };
    Gate::new(true)
        .pass(what, weight, if cards > 1_000 { Answer::Typed(&answer) } else { Answer::Yes })
        .unwrap()
}

fn of_edit(seen: &CardRecord, edit: &CardEdit) -> Confirmed<OneEdit> {
    agreed(OneEdit { edit: edit.clone(), seen: seen.clone() })
}

async fn card(store: &Store, full_code: &str) -> CardRecord {
    store.card_by_code(&code(full_code)).await.unwrap().unwrap().0
}

/// What operators did to a card last.
async fn logged(store: &Store, card_id: u64, size: usize) -> Vec<LogRecord> {
    let filter = LogFilter { card_id: Some(card_id), ..LogFilter::default() };
    store.log(&filter, None, size).await.unwrap()
}

async fn act(store: &Store, act: &Act, selection: &Selection) -> ActOutcome {
    store.act_on(&anna(), &of_many(act, selection), &on).await.unwrap()
}

/// All cards as they are, the time of the last change apart.
async fn cards(store: &Store) -> Vec<CardRecord> {
    let page = store.page(&Filter::default(), Sort::NEWEST, &Anchor::First, 10_000).await.unwrap();
    page.rows.into_iter().map(|card| CardRecord { updated_at: None, ..card }).collect()
}

async fn active(database: &TestDatabase, store: &Store, name: &str) -> CardRecord {
    database.insert_card("VIP", name).await;
    store.validate(&code(&format!("VIP-{name}")), &machine("PC-1"), &Client::default()).await.unwrap();
    card(store, &format!("VIP-{name}")).await
}

#[tokio::test]
async fn one_card_goes_through_every_act_and_back() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let mut seen = active(&database, &store, "ONE").await;
    let first = seen.clone();
    let mut undo = Vec::new();
    for (act, status) in [
        (Act::Disable, CardStatus::Disabled),
        (Act::Unbind, CardStatus::Disabled),
        (Act::Enable, CardStatus::Active),
        (Act::Extend { seconds: 3_600 }, CardStatus::Active),
        (Act::SetNote { note: note("老客户 'x' \" \\ \u{1F3AB}") }, CardStatus::Active),
    ] {
        let acted = store.act_on_one(&anna(), &of_one(&act, &seen)).await.unwrap();
        seen = acted.card.unwrap();
        assert_eq!(seen.status, status, "{act:?}");
        undo.push(acted.act_id);
        let log = logged(&store, seen.id, 10).await;
        assert_eq!(
            (log[0].act_id, log[0].act.as_str(), log[0].operator.as_str()),
            (acted.act_id, act.name(), "anna")
        );
        assert_eq!(log[0].full_code.as_deref(), Some("VIP-ONE"));
    }
    assert_eq!(seen.machine_code, None);
    assert_eq!(seen.note.as_deref(), Some("老客户 'x' \" \\ \u{1F3AB}"));
    assert_eq!((seen.expire_at.unwrap() - first.expire_at.unwrap()).num_seconds(), 3_600);
    let gone = store.act_on_one(&anna(), &of_one(&Act::Delete, &seen)).await.unwrap();
    assert_eq!(gone.card, None);
    assert!(store.card(seen.id).await.unwrap().is_none());
    undo.push(gone.act_id);
    for act_id in undo.into_iter().rev() {
        let outcome = store.undo(&anna(), &agreed(Undo { act_id }), &on).await.unwrap();
        assert_eq!((outcome.done, outcome.refused.len()), (1, 0), "act {act_id}");
        let again = store.undo(&anna(), &agreed(Undo { act_id }), &on).await.unwrap_err();
        assert!(matches!(again, ActError::NotUndoable(UndoRefusal::AlreadyUndone)), "{again}");
    }
    let back = card(&store, "VIP-ONE").await;
    assert!(back.is_same_state(&first), "{back:?} {first:?}");
    assert_eq!(logged(&store, back.id, 100).await.len(), 12, "undoing is logged as well");
}

#[tokio::test]
async fn an_edit_keeps_the_card_whole_and_is_refused_when_the_card_changed() {
    let database = TestDatabase::create().await;
    let store = database.store();
    for name in ["ONE", "TWO"] {
        database.insert_card("VIP", name).await;
    }
    database.insert_card("季卡", "TWO").await;
    let seen = card(&store, "VIP-ONE").await;
    let edit = CardEdit {
        prefix: Some("季卡".parse().ok()),
        duration: Some(CardDuration::Forever),
        note: Some(note("moved")),
        ..CardEdit::default()
    };
    let edited = store.edit(&anna(), &of_edit(&seen, &edit)).await.unwrap().card.unwrap();
    assert_eq!((edited.full_code.as_str(), edited.duration), ("季卡-ONE", CardDuration::Forever));
    let log = &logged(&store, seen.id, 1).await[0];
    assert_eq!(log.before.as_ref().unwrap()["full_code"], "VIP-ONE");
    assert_eq!(log.after.as_ref().unwrap()["full_code"], "季卡-ONE");
    assert!(!log.after.as_ref().unwrap().contains_key("machine_code"), "only what changed");

    let stale = store.edit(&anna(), &of_edit(&seen, &edit)).await.unwrap_err();
    let ActError::Changed { card: now, .. } = stale else { panic!("{stale}") };
    assert_eq!(now.full_code, "季卡-ONE");
    let unchanged = store.edit(&anna(), &of_edit(&edited, &edit)).await.unwrap_err();
    assert!(matches!(unchanged, ActError::Refused(ActRefusal::Unchanged)), "{unchanged}");
    let twin = card(&store, "VIP-TWO").await;
    let taken = store.edit(&anna(), &of_edit(&twin, &edit)).await.unwrap_err();
    assert!(matches!(taken, ActError::CodeExists), "{taken}");
    assert!(!format!("{taken:?} {taken}").contains("TWO"));
    assert_eq!(logged(&store, twin.id, 9).await, [], "nothing is logged of what was not done");

    // A customer activates the card while the form is open.
    store.validate(&code("VIP-TWO"), &machine("PC-9"), &Client::default()).await.unwrap();
    let to_unused = CardEdit { status: Some(StatusEdit::Unused), ..CardEdit::default() };
    let refused = store.edit(&anna(), &of_edit(&twin, &to_unused)).await.unwrap_err();
    let ActError::Changed { card: now, .. } = refused else { panic!("{refused}") };
    assert_eq!((now.status, now.machine_code.as_deref()), (CardStatus::Active, Some("PC-9")));
    let unused = store.edit(&anna(), &of_edit(&now, &to_unused)).await.unwrap().card.unwrap();
    assert_eq!((unused.status, unused.machine_code, unused.used_at), (CardStatus::Unused, None, None));

    let absent = CardRecord { id: 999, ..edited };
    let missing = store.edit(&anna(), &of_edit(&absent, &edit)).await.unwrap_err();
    assert!(matches!(missing, ActError::NotFound), "{missing}");
}

/// Five hundred cards of each status.
async fn many() -> (TestDatabase, Store) {
    let database = TestDatabase::create().await;
    let rows: Vec<_> = (0..2_000)
        .map(|card| {
            let (status, machine, used, end) = match card % 4 {
                0 => ("UNUSED", "NULL", "NULL", "NULL"),
                1 => ("ACTIVE", "'PC'", "'2026-01-01'", "'2099-01-01'"),
                2 => ("EXPIRED", "'PC'", "'2020-01-01'", "'2020-01-02'"),
                _ => ("DISABLED", "'PC'", "'2026-01-01'", "'2099-01-01'"),
            };
            format!("('VIP', '{card}', 'VIP-{card}', '{status}', {machine}, {used}, {end})")
        })
        .collect();
    database
        .execute(&format!(
            "INSERT INTO cards (prefix, code, full_code, status, machine_code, used_at, expire_at) VALUES {}",
            rows.join(", ")
        ))
        .await;
    let store = database.store();
    (database, store)
}

#[tokio::test]
async fn acts_on_many_change_what_allows_it_and_can_be_undone() {
    use ActRefusal::{AlreadyDisabled, Expired, NeverUsed, NotDisabled};
    let (_database, store) = many().await;
    let before = cards(&store).await;
    let all = Selection::Filter(Filter::default());
    for (what, done, refused) in [
        (Act::Disable, 1_500, vec![(AlreadyDisabled, 500)]),
        (Act::Enable, 500, vec![(NotDisabled, 1_500)]),
        (Act::Unbind, 1_000, vec![(NeverUsed, 500), (Expired, 500)]),
        (Act::Extend { seconds: 60 }, 2_000, vec![]),
        (Act::SetNote { note: note("sold") }, 2_000, vec![]),
        (Act::Delete, 2_000, vec![]),
    ] {
        let outcome = act(&store, &what, &all).await;
        let found: Vec<_> = outcome.refused.into_iter().collect();
        assert_eq!((outcome.done, outcome.missing, found), (done, 0, refused), "{what:?}");
        assert!(!outcome.cancelled && outcome.failed.is_none());
        let act_id = outcome.act_id.unwrap();
        let record = store.act(act_id).await.unwrap().unwrap();
        assert_eq!((record.act.as_str(), record.card_count), (what.name(), done));
        let undone = store.undo(&anna(), &agreed(Undo { act_id }), &on).await.unwrap();
        assert_eq!((undone.done, undone.refused.len()), (done, 0), "{what:?}");
        assert_eq!(cards(&store).await, before, "{what:?}");
    }
    let ids = before.iter().map(|card| card.id).take(10).chain([99_999, 99_999]).collect();
    let outcome = act(&store, &Act::Delete, &Selection::Ids(ids)).await;
    assert_eq!((outcome.done, outcome.missing), (10, 1));
    let nobody = Filter { prefix: Some("NOBODY".into()), ..Filter::default() };
    let outcome = act(&store, &Act::Delete, &Selection::Filter(nobody)).await;
    assert_eq!((outcome.done, outcome.act_id), (0, None), "an act that does nothing is not logged");
}

#[tokio::test]
async fn an_act_on_a_filter_spares_what_comes_later_and_stops_when_told() {
    let (database, store) = many().await;
    let unused = Filter { status: Some(CardStatus::Unused), prefix: Some("vip".into()), ..Filter::default() };
    let outcome = act(&store, &Act::Disable, &Selection::Filter(unused.clone())).await;
    assert_eq!(outcome.done, 500);
    database.insert_card("VIP", "LATER").await;
    assert_eq!(card(&store, "VIP-LATER").await.status, CardStatus::Unused);

    // What is made after the operator saw how many there are is spared as well.
    let newest = store.newest_card().await.unwrap();
    let deleted = Filter { prefix: Some("VIP".into()), ..Filter::default() };
    let counted = store.count_exact(&deleted).await.unwrap();
    database.insert_card("VIP", "MUCH-LATER").await;
    let found = Selection::UpTo { filter: deleted.clone(), newest };
    let outcome = act(&store, &Act::Delete, &found).await;
    assert_eq!(outcome.done, counted);
    assert_eq!(card(&store, "VIP-MUCH-LATER").await.status, CardStatus::Unused);
    assert_eq!(
        store.undo(&anna(), &agreed(Undo { act_id: outcome.act_id.unwrap() }), &on).await.unwrap().done,
        counted
    );
    let before_all = Selection::UpTo { filter: deleted, newest: 0 };
    assert_eq!(act(&store, &Act::Delete, &before_all).await.done, 0);

    let steps = AtomicU64::new(0);
    let stop = |progress: ActProgress| {
        assert!(progress.share > 0.0 && progress.share <= 1.0);
        if steps.fetch_add(1, Ordering::SeqCst) == 0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let all = Selection::Filter(Filter::default());
    let note = Act::SetNote { note: note("half") };
    let outcome = store.act_on(&anna(), &of_many(&note, &all), &stop).await.unwrap();
    assert_eq!((outcome.done, outcome.cancelled), (1_000, true));
    let undone = store.undo(&anna(), &agreed(Undo { act_id: outcome.act_id.unwrap() }), &on).await.unwrap();
    assert_eq!(undone.done, 1_000);
}

#[tokio::test]
async fn undoing_refuses_what_changed_since() {
    let (database, store) = many().await;
    let unused = Filter { status: Some(CardStatus::Unused), ..Filter::default() };
    let disabled = act(&store, &Act::Disable, &Selection::Filter(unused)).await;
    let enabled = card(&store, "VIP-0").await;
    store.act_on_one(&anna(), &of_one(&Act::Enable, &enabled)).await.unwrap();
    let gone = card(&store, "VIP-4").await;
    store.act_on_one(&anna(), &of_one(&Act::Delete, &gone)).await.unwrap();
    let undone = store.undo(&anna(), &agreed(Undo { act_id: disabled.act_id.unwrap() }), &on).await.unwrap();
    assert_eq!(undone.done, 498);
    assert_eq!(undone.refused.into_iter().collect::<Vec<_>>(), [(ActRefusal::ChangedSince, 2)]);

    let deleted = act(&store, &Act::Delete, &Selection::Ids(vec![2, 3, 6])).await;
    database.execute("INSERT INTO cards (prefix, code, full_code) VALUES ('vip', '1', 'vip-1')").await;
    let undone = store.undo(&anna(), &agreed(Undo { act_id: deleted.act_id.unwrap() }), &on).await.unwrap();
    assert_eq!(undone.done, 2);
    assert_eq!(undone.refused.into_iter().collect::<Vec<_>>(), [(ActRefusal::CodeTaken, 1)]);
    let absent = store.undo(&anna(), &agreed(Undo { act_id: 999_999 }), &on).await.unwrap_err();
    assert!(matches!(absent, ActError::NotUndoable(UndoRefusal::NoSuchAct)), "{absent}");
}

#[tokio::test]
async fn acts_are_gone_through_in_windows_whatever_the_filter() {
    let (database, store) = many().await;
    let seen = card(&store, "VIP-1").await;
    let first = store.act_on_one(&anna(), &of_one(&Act::Disable, &seen)).await.unwrap().act_id;
    let far = first + 3 * ACT_WINDOW;
    for (id, when, batch) in [(far, "2026-01-31 12:00:00", 7), (far + 1, "2026-02-01 12:00:00", 8)] {
        let insert = "INSERT INTO acts (id, act, operator, done_at, card_count, batch_id) VALUES";
        database.execute(&format!("{insert} ({id}, 'generate', 'boris', '{when}', 5, {batch})")).await;
    }
    let moment = |text: &str| Some(text.parse().unwrap());
    let january = Range { from: moment("2026-01-01T00:00:00Z"), until: moment("2026-02-01T00:00:00Z") };
    let ever = Range { from: Some(DateTime::<Utc>::MIN_UTC), until: Some(DateTime::<Utc>::MAX_UTC) };
    let all = ActFilter::default;
    for (filter, wanted, steps) in [
        (ActFilter { done: Some(ever), ..all() }, vec![far + 1, far, first], 4),
        (all(), vec![far + 1, far, first], 4),
        (ActFilter { operator: Some("anna".into()), ..all() }, vec![first], 4),
        (ActFilter { act: Some("generate".into()), ..all() }, vec![far + 1, far], 4),
        (ActFilter { batch_id: Some(7), ..all() }, vec![far], 4),
        // The disabling is of today and has the lowest number, so that no step can end the search early.
        (ActFilter { done: Some(january), ..all() }, vec![far], 4),
        (ActFilter { code: Some("vip-1".into()), ..all() }, vec![first], 1),
        (ActFilter { code: Some("VIP-NONE".into()), ..all() }, vec![], 1),
    ] {
        let (mut found, mut next, mut taken) = (Vec::new(), None, 0);
        loop {
            let step = store.acts_step(&filter, next, 10).await.unwrap();
            found.extend(step.acts.iter().map(|act| act.id));
            next = step.next;
            taken += 1;
            if next.is_none() {
                break;
            }
        }
        assert_eq!((found, taken), (wanted, steps), "{filter:?}");
    }
    // One at a time goes on behind each.
    let step = store.acts_step(&all(), None, 1).await.unwrap();
    assert_eq!((step.acts[0].id, step.next), (far + 1, Some(far + 1)));
    // Nothing is looked for before the time that is asked for.
    database.execute(&format!("UPDATE acts SET done_at = '2025-12-31 12:00:00' WHERE id = {first}")).await;
    let step = store.acts_step(&ActFilter { done: Some(january), ..all() }, None, 10).await.unwrap();
    assert_eq!((step.acts.len(), step.next), (1, None));
}

#[tokio::test]
async fn the_log_is_paged_and_filtered() {
    let (_database, store) = many().await;
    let boris = Operator::new("boris").unwrap();
    let seen = card(&store, "VIP-1").await;
    let one = store.act_on_one(&boris, &of_one(&Act::Disable, &seen)).await.unwrap();
    let all = act(&store, &Act::SetNote { note: note("x") }, &Selection::Filter(Filter::default())).await;
    let acts = store.acts_step(&ActFilter::default(), None, 10).await.unwrap().acts;
    let ids = |acts: &[kami_store::ActRecord]| acts.iter().map(|act| act.id).collect::<Vec<_>>();
    assert_eq!(ids(&acts), [all.act_id.unwrap(), one.act_id]);
    let his =
        ActFilter { operator: Some("boris".into()), act: Some("disable".into()), ..ActFilter::default() };
    assert_eq!(ids(&store.acts_step(&his, None, 10).await.unwrap().acts), [one.act_id]);
    assert_eq!(
        ids(&store.acts_step(&ActFilter::default(), all.act_id, 10).await.unwrap().acts),
        [one.act_id]
    );
    assert_eq!(store.last_undoable(&boris).await.unwrap().map(|act| act.id), Some(one.act_id));
    assert_eq!(store.last_undoable(&anna()).await.unwrap().map(|act| act.id), all.act_id);

    let filter = |change: fn(&mut LogFilter)| {
        let mut filter = LogFilter::default();
        change(&mut filter);
        filter
    };
    for (filter, count) in [
        (filter(|_| {}), 2_001),
        (filter(|filter| filter.code = Some("vip-1".into())), 2),
        (filter(|filter| filter.card_id = Some(2)), 2),
        (filter(|filter| filter.operator = Some("boris".into())), 1),
        (filter(|filter| filter.act = Some("note".into())), 2_000),
        (LogFilter { act_id: Some(one.act_id), ..LogFilter::default() }, 1),
    ] {
        let mut met = 0;
        let mut before = None;
        loop {
            let rows = store.log(&filter, before, 700).await.unwrap();
            met += rows.len();
            let Some(last) = rows.last() else { break };
            before = Some(last.id);
        }
        assert_eq!(met, count);
    }
    store.undo(&boris, &agreed(Undo { act_id: one.act_id }), &on).await.unwrap();
    assert_eq!(store.last_undoable(&boris).await.unwrap(), None);
}

#[tokio::test]
async fn a_read_only_store_refuses_before_it_asks_the_server() {
    let database = TestDatabase::create().await;
    let seen = active(&database, &database.store(), "ONE").await;
    let away = kami_testkit::Proxy::start(database.port()).await;
    let store = Store::new(&database.url_through(away.port()).parse().unwrap()).read_only(true);
    let all = Selection::Filter(Filter::default());
    let results = [
        store.act_on_one(&anna(), &of_one(&Act::Disable, &seen)).await.map(|_| ()),
        store.edit(&anna(), &of_edit(&seen, &CardEdit::default())).await.map(|_| ()),
        store.act_on(&anna(), &of_many(&Act::Delete, &all), &on).await.map(|_| ()),
        store.undo(&anna(), &agreed(Undo { act_id: 1 }), &on).await.map(|_| ()),
    ];
    assert!(results.iter().all(|result| matches!(result, Err(ActError::ReadOnly))), "{results:?}");
    assert!(store.is_read_only());
    assert_eq!(away.connections(), 0);
}

#[tokio::test]
async fn of_an_act_and_an_activation_at_once_both_are_kept_whole() {
    let database = TestDatabase::create().await;
    let store = database.store();
    for round in 0..30 {
        let name = format!("R{round}");
        database.insert_card("VIP", &name).await;
        let full_code = format!("VIP-{name}");
        let seen = card(&store, &full_code).await;
        let operator = anna();
        let (customer, card_code) = (machine("PC-1"), code(&full_code));
        let disable = of_one(&Act::Disable, &seen);
        let client = Client::default();
        let (acted, validated) = tokio::join!(
            store.act_on_one(&operator, &disable),
            store.validate(&card_code, &customer, &client)
        );
        let now = card(&store, &full_code).await;
        match (acted, validated.unwrap()) {
            (Ok(_), Validation::Refused(_)) => assert_eq!(now.status, CardStatus::Disabled),
            (Err(ActError::Changed { .. }), Validation::Admitted { .. }) => {
                assert_eq!(now.status, CardStatus::Active);
            }
            (acted, validated) => panic!("{acted:?} {validated:?}"),
        }
    }
}

#[tokio::test]
async fn two_acts_at_once_on_the_same_cards_do_the_work_once() {
    let (_database, store) = many().await;
    let unused = Selection::Filter(Filter { status: Some(CardStatus::Unused), ..Filter::default() });
    let by_ids = Selection::Ids((1..=2_000).rev().collect());
    let (first, second, third) = tokio::join!(
        act(&store, &Act::Disable, &unused),
        act(&store, &Act::Disable, &by_ids),
        act(&store, &Act::Disable, &unused)
    );
    assert_eq!(first.done + second.done + third.done, 1_500);
    let logged = store.log(&LogFilter::default(), None, 10_000).await.unwrap();
    assert_eq!(logged.len(), 1_500, "each card once");
}

#[tokio::test]
async fn an_act_is_not_begun_on_more_cards_than_were_agreed_to() {
    let (database, store) = many().await;
    let disabled = Filter { status: Some(CardStatus::Disabled), ..Filter::default() };
    let newest = store.newest_card().await.unwrap();
    let agreed_to = store.count_exact(&disabled).await.unwrap();
    database.execute("UPDATE cards SET status = 'DISABLED' WHERE status = 'UNUSED' LIMIT 1").await;
    let before = cards(&store).await;
    for selection in
        [Selection::Filter(disabled.clone()), Selection::UpTo { filter: disabled.clone(), newest }]
    {
        let many = ManyAct { act: Act::Delete, selection };
        let refused = store.act_on(&anna(), &said_yes(many.clone(), agreed_to), &on).await.unwrap_err();
        let ActError::MoreThanAgreed { found, agreed } = refused else { panic!("{refused}") };
        assert_eq!((found, agreed), (agreed_to + 1, agreed_to));
        let broken_off = |_| ControlFlow::Break(());
        let error = store.act_on(&anna(), &said_yes(many, agreed_to), &broken_off).await.unwrap_err();
        assert!(matches!(error, ActError::Cancelled), "{error}");
    }
    assert_eq!(cards(&store).await, before);
    assert!(store.log(&LogFilter::default(), None, 10).await.unwrap().is_empty());

    let many = ManyAct { act: Act::Delete, selection: Selection::Filter(disabled) };
    let outcome = store.act_on(&anna(), &said_yes(many, agreed_to + 1), &on).await.unwrap();
    assert_eq!(outcome.done, agreed_to + 1);
    let undo = Undo { act_id: outcome.act_id.unwrap() };
    let grown = store.undo(&anna(), &said_yes(undo, agreed_to), &on).await.unwrap_err();
    assert!(matches!(grown, ActError::MoreThanAgreed { .. }), "{grown}");
    assert_eq!(store.undo(&anna(), &said_yes(undo, agreed_to + 1), &on).await.unwrap().done, agreed_to + 1);
    assert_eq!(cards(&store).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_ends_before_the_first_card_more_than_was_agreed_to() {
    let (database, store) = many().await;
    database.execute("UPDATE cards SET status = 'DISABLED' WHERE id BETWEEN 251 AND 1750").await;
    let disabled = Filter { status: Some(CardStatus::Disabled), ..Filter::default() };
    let agreed_to = store.count_exact(&disabled).await.unwrap();
    let more_come = |progress: ActProgress| {
        if progress.done > 0 {
            let more = database.execute("UPDATE cards SET status = 'DISABLED'");
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(more));
        }
        ControlFlow::Continue(())
    };
    let many = ManyAct { act: Act::SetNote { note: note("x") }, selection: Selection::Filter(disabled) };
    let outcome = store.act_on(&anna(), &said_yes(many, agreed_to), &more_come).await.unwrap();
    assert!(matches!(outcome.failed, Some(ActError::MoreThanAgreed { .. })), "{:?}", outcome.failed);
    assert!((1..=agreed_to).contains(&outcome.done), "{} of {agreed_to}", outcome.done);
    let undone = store.undo(&anna(), &agreed(Undo { act_id: outcome.act_id.unwrap() }), &on).await.unwrap();
    assert_eq!(undone.done, outcome.done);
}

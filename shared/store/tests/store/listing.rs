//! Pages, searches and counts against a model that sorts and filters in memory.

use std::cmp::Ordering;

use chrono::{DateTime, TimeDelta, Utc};
use kami_core::card::CardStatus;
use kami_core::filter::{Anchor, Capped, Direction, Filter, Position, Range, Sort, SortBy, TextFilter};
use kami_core::mention::mentions;
use kami_core::plan::{Index, Plan, Reach, parts, plan};
use kami_core::record::CardRecord;
use kami_store::{Store, StoreError};
use kami_testkit::TestDatabase;

/// A database with cards of every status, some without times, many with equal ones, some without a prefix and some filed
/// under one that their code does not begin with.
async fn filled(count: usize) -> TestDatabase {
    let database = TestDatabase::create().await;
    fill(&database, count).await;
    database
}

/// Adds such cards.
pub(crate) async fn fill(database: &TestDatabase, count: usize) {
    let cards: Vec<_> = (0..count)
        .map(|card| {
            let mut prefix = ["VIP", "BASIC", "A_B", "季卡"][card % 4];
            let mut code = format!("{:06}", card * 7919 % 999_983);
            let mut full_code = format!("{prefix}-{code}");
            if card % 16 >= 14 {
                code = format!("K{code}-{code}");
                full_code.clone_from(&code);
                prefix = if card % 16 == 15 { "" } else { prefix };
            }
            let (status, used, expires) = match card % 5 {
                0 | 1 => ("UNUSED", "NULL".to_owned(), "NULL".to_owned()),
                2 => ("ACTIVE", ago(card % 9), if card % 3 == 0 { "NULL".into() } else { ahead(card % 7 + 1) }),
                3 => ("EXPIRED", ago(card % 9 + 10), ago(card % 5)),
                _ => ("DISABLED", if card % 2 == 0 { "NULL".into() } else { ago(card % 9) }, ahead(card % 7 + 1)),
            };
            let machine = if used == "NULL" { "NULL".into() } else { format!("'PC-{}'", card % 13) };
            let note = if card % 11 == 0 { format!("'note 100% {card}'") } else { "NULL".into() };
            let app = if card % 5 == 0 { "demo" } else { "default" };
            let (batch, created) = (card / 50 + 1, ago(count / 50 + 20 - card / 50));
            format!("('{prefix}', '{code}', '{full_code}', '{status}', {used}, {expires}, {machine}, {batch}, {note}, '{app}', {created})")
        })
        .collect();
    for chunk in cards.chunks(1000) {
        database
            .execute(&format!(
                "INSERT INTO cards (prefix, code, full_code, status, used_at, expire_at, machine_code, batch_id, note, app, \
                 created_at) VALUES {}",
                chunk.join(", ")
            ))
            .await;
    }
}

fn ago(hours: usize) -> String {
    format!("DATE(UTC_TIMESTAMP()) - INTERVAL {hours} HOUR")
}

fn ahead(hours: usize) -> String {
    format!("DATE(UTC_TIMESTAMP()) + INTERVAL {} HOUR", hours + 48)
}

pub(crate) fn filters(now: DateTime<Utc>) -> Vec<Filter> {
    let all = Filter::default;
    let range = Range { from: Some(now - TimeDelta::days(2)), until: Some(now + TimeDelta::hours(51)) };
    let ever = Range { from: Some(DateTime::<Utc>::MIN_UTC), until: Some(DateTime::<Utc>::MAX_UTC) };
    let text = |text| Filter { text: Some(text), ..all() };
    let vip = Some("VIP".to_owned());
    vec![
        all(),
        Filter { status: Some(CardStatus::Active), ..all() },
        Filter { app: Some("demo".into()), ..all() },
        Filter { app: Some("demo".into()), status: Some(CardStatus::Active), ..all() },
        Filter { app: Some("demo".into()), prefix: vip.clone(), ..all() },
        Filter { app: Some("none".into()), ..all() },
        Filter { prefix: vip.clone(), ..all() },
        Filter { prefix: Some("A_B".into()), ..all() },
        Filter { prefix: vip.clone(), status: Some(CardStatus::Unused), ..all() },
        Filter { prefix: Some(String::new()), ..all() },
        Filter { prefix: Some(String::new()), status: Some(CardStatus::Active), ..all() },
        Filter { prefix: Some(String::new()), ..text(TextFilter::CodePrefix("k0".into())) },
        Filter { batch_id: Some(3), ..all() },
        Filter { batch_id: Some(3), status: Some(CardStatus::Unused), ..all() },
        Filter { created: Some(range), ..all() },
        Filter { created: Some(ever), ..all() },
        Filter { used: Some(range), ..all() },
        Filter { used: Some(Range::default()), prefix: vip.clone(), ..all() },
        Filter { used: Some(ever), status: Some(CardStatus::Active), ..all() },
        Filter { expiring: Some(ever), ..all() },
        Filter { expiring: Some(range), ..all() },
        Filter { expiring: Some(range), status: Some(CardStatus::Disabled), ..all() },
        Filter { expiring: Some(Range::default()), prefix: vip.clone(), ..all() },
        text(TextFilter::Codes("vip-000000".into())),
        text(TextFilter::Codes("张三：vip-000003退款，“ＶＩＰ–000007”\nVIP-999999 2026-11-25".into())),
        text(TextFilter::CodePrefix("a_b-0".into())),
        text(TextFilter::CodePrefix("A%".into())),
        Filter { prefix: vip, ..text(TextFilter::CodePrefix("VIP-1".into())) },
        text(TextFilter::Machine("PC-3".into())),
        text(TextFilter::MachinePrefix("PC-1".into())),
        text(TextFilter::CodeContains("p-00".into())),
        text(TextFilter::NoteContains("100% 1".into())),
        Filter { status: Some(CardStatus::Expired), ..text(TextFilter::NoteContains("_".into())) },
    ]
}

pub(crate) fn passes(filter: &Filter, card: &CardRecord) -> bool {
    let within = |range: Option<Range>, moment: Option<DateTime<Utc>>| {
        range.is_none_or(|range| {
            moment.is_some_and(|moment| {
                range.from.is_none_or(|from| moment >= from) && range.until.is_none_or(|until| moment < until)
            })
        })
    };
    let lower = |text: &str| text.to_lowercase();
    let code = lower(&card.full_code);
    let machine = card.machine_code.clone().unwrap_or_default();
    filter.status.is_none_or(|status| status == card.stored_status)
        && filter.app.as_ref().is_none_or(|app| *app == card.app)
        && filter.prefix.as_ref().is_none_or(|prefix| *prefix == card.prefix)
        && (filter.batch_id.is_none() || filter.batch_id == card.batch_id)
        && (!filter.is_shared || card.mismatches.is_shared())
        && within(filter.created, Some(card.created_at))
        && within(filter.used, card.used_at)
        && within(filter.expiring, card.expire_at)
        && match &filter.text {
            None => true,
            Some(TextFilter::Codes(text)) => mentions(text).iter().any(|mention| mention.is(&card.full_code)),
            Some(TextFilter::CodePrefix(text)) => code.starts_with(&lower(text)),
            Some(TextFilter::CodeContains(text)) => code.contains(&lower(text)),
            Some(TextFilter::Machine(text)) => machine == *text,
            Some(TextFilter::MachinePrefix(text)) => machine.starts_with(text),
            Some(TextFilter::NoteContains(text)) => {
                card.note.as_ref().is_some_and(|note| note.contains(text))
            }
        }
}

fn last<T: Ord>(a: Option<T>, b: Option<T>, turned: impl Fn(Ordering) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => turned(a.cmp(&b)),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

pub(crate) fn compare(sort: Sort, a: &CardRecord, b: &CardRecord) -> Ordering {
    let turned = |order: Ordering| match sort.direction {
        Direction::Ascending => order,
        Direction::Descending => order.reverse(),
    };
    let by_value = match sort.by {
        SortBy::Id => Ordering::Equal,
        SortBy::Code => turned(a.full_code.cmp(&b.full_code)),
        SortBy::Machine => last(a.machine_code.as_ref(), b.machine_code.as_ref(), turned),
        SortBy::Created => turned(a.created_at.cmp(&b.created_at)),
        SortBy::Used => last(a.used_at, b.used_at, turned),
        SortBy::Expires => last(a.expire_at, b.expire_at, turned),
    };
    by_value.then_with(|| turned(a.id.cmp(&b.id)))
}

pub(crate) fn sorts() -> impl Iterator<Item = Sort> {
    SortBy::ALL
        .into_iter()
        .flat_map(|by| [Direction::Ascending, Direction::Descending].map(|direction| Sort { by, direction }))
}

pub(crate) async fn everything(store: &Store) -> (Vec<CardRecord>, DateTime<Utc>) {
    let page = store.page(&Filter::default(), Sort::NEWEST, &Anchor::First, 100_000).await.unwrap();
    (page.rows, page.now)
}

/// Whether no index finds few cards for any condition, so that they are neither in an order nor sorted.
fn is_searched(filter: &Filter) -> bool {
    !plan(filter, Sort::NEWEST).is_indexed() && parts(filter).is_empty()
}

pub(crate) fn ids(cards: &[CardRecord]) -> Vec<u64> {
    cards.iter().map(|card| card.id).collect()
}

#[tokio::test]
async fn every_list_can_be_paged_through_in_both_directions() {
    let database = filled(400).await;
    let store = database.store();
    let (all, now) = everything(&store).await;
    assert_eq!(all.len(), 400);
    for filter in filters(now) {
        for wanted in sorts() {
            if is_searched(&filter) {
                continue;
            }
            let mut expected: Vec<_> = all.iter().filter(|card| passes(&filter, card)).cloned().collect();
            expected.sort_by(|a, b| compare(wanted, a, b));
            let name = format!("{filter:?} {wanted:?}");

            let mut met = Vec::new();
            let mut anchor = Anchor::First;
            loop {
                let page = store.page(&filter, wanted, &anchor, 37).await.unwrap();
                assert_eq!(page.sort, wanted, "{name}");
                assert_eq!(page.has_before, !met.is_empty(), "{name}");
                met.extend(page.rows);
                assert_eq!(page.has_after, met.len() < expected.len(), "{name}");
                let Some(last) = met.last().filter(|_| page.has_after) else { break };
                anchor = Anchor::After(Position::of(last, page.sort.by));
            }
            assert_eq!(ids(&met), ids(&expected), "{name}");

            let mut met = Vec::new();
            let mut anchor = Anchor::Last;
            loop {
                let page = store.page(&filter, wanted, &anchor, 37).await.unwrap();
                met.splice(0..0, page.rows);
                let Some(first) = met.first().filter(|_| page.has_before) else { break };
                anchor = Anchor::Before(Position::of(first, page.sort.by));
            }
            assert_eq!(ids(&met), ids(&expected), "backwards {name}");

            let count = store.count_capped(&filter).await.unwrap();
            assert_eq!(count, Some(Capped::Exactly(expected.len() as u64)), "{name}");
            let Some(middle) = expected.get(expected.len() / 2) else { continue };
            let position = Position::of(middle, wanted.by);
            let before = store.count_before(&filter, wanted, &position).await.unwrap();
            assert_eq!(before, Capped::Exactly(expected.len() as u64 / 2), "{name}");
            let from = store.page(&filter, wanted, &Anchor::From(position.clone()), 5).await.unwrap();
            let half = &expected[expected.len() / 2..];
            assert_eq!(ids(&from.rows), ids(&half[..half.len().min(5)]), "{name}");
            assert_eq!((from.has_before, from.has_after), (expected.len() > 1, half.len() > 5), "{name}");
            let around = store.page(&filter, wanted, &Anchor::Around(position), 6).await.unwrap();
            assert!(ids(&around.rows).contains(&middle.id), "{name}");
        }
    }
}

#[tokio::test]
async fn every_filter_can_be_searched_for() {
    let database = filled(400).await;
    let store = database.store();
    let (all, now) = everything(&store).await;
    for filter in filters(now) {
        let expected: Vec<_> = all.iter().filter(|card| passes(&filter, card)).cloned().collect();
        let mut met = Vec::new();
        let mut next = store.search_start(&filter).await.unwrap();
        let mut done = 0;
        while let Some(cursor) = next {
            let step = store.search_step(&filter, cursor, 23).await.unwrap();
            assert!(step.progress.done >= done && step.progress.done <= step.progress.total);
            done = step.progress.done;
            met.extend(step.rows);
            if step.next.is_none() {
                assert_eq!(step.progress.done, step.progress.total);
            }
            next = step.next;
        }
        assert_eq!(ids(&met), ids(&expected), "{filter:?}");
        assert_eq!(store.count_exact(&filter).await.unwrap(), expected.len() as u64, "{filter:?}");
        if is_searched(&filter) {
            let refused = store.page(&filter, Sort::NEWEST, &Anchor::First, 5).await.unwrap_err();
            assert!(matches!(refused, StoreError::NotIndexed), "{refused}");
            assert_eq!(store.count_capped(&filter).await.unwrap(), None);
        }
    }
    let nothing = Filter { batch_id: Some(999), ..Filter::default() };
    assert_eq!(store.search_start(&nothing).await.unwrap(), None);
}

#[tokio::test]
async fn an_order_that_no_index_has_is_given_to_few_cards_and_refused_to_many() {
    let database = filled(12_000).await;
    database.execute("UPDATE cards SET status = IF(id <= 10001, 'ACTIVE', 'EXPIRED')").await;
    let store = database.store();
    let status = |status| Filter { status: Some(status), ..Filter::default() };
    let (many, few) = (status(CardStatus::Active), status(CardStatus::Expired));
    let by_code = Sort { by: SortBy::Code, direction: Direction::Ascending };
    let first = async |filter: &Filter| store.page(filter, by_code, &Anchor::First, 3).await.unwrap();
    assert!(!store.sorts_any_way(&many).await.unwrap());
    assert_eq!(first(&many).await.sort, Sort::NEWEST);
    assert!(store.sorts_any_way(&few).await.unwrap());
    assert_eq!(first(&few).await.sort, by_code);

    // One card less, and the many are few; one more, and a page behind a card of the old order is the first of the new.
    database.execute("UPDATE cards SET status = 'UNUSED' WHERE id = 1").await;
    let page = first(&many).await;
    assert_eq!(page.sort, by_code);
    database.execute("UPDATE cards SET status = 'ACTIVE' WHERE id = 1").await;
    let behind = Position::of(&page.rows[2], SortBy::Code);
    let next = store.page(&many, by_code, &Anchor::After(behind.clone()), 3).await.unwrap();
    assert_eq!(
        (next.sort, next.has_before, ids(&next.rows)),
        (Sort::NEWEST, false, vec![10_001, 10_000, 9_999])
    );
    let refused = store.count_before(&many, by_code, &behind).await.unwrap_err();
    assert!(matches!(refused, StoreError::NotIndexed), "{refused}");
}

#[tokio::test]
async fn every_page_reads_its_index_in_order() {
    let database = filled(8_000).await;
    database.execute("ANALYZE TABLE cards").await;
    let store = database.store();
    let (all, now) = everything(&store).await;
    for filter in filters(now) {
        for wanted in sorts() {
            let Plan::Indexed(indexed) = plan(&filter, wanted) else { continue };
            let index = match indexed.index {
                Index::Primary | Index::Shared | Index::Copied => "PRIMARY",
                Index::FullCode => "full_code",
                Index::Status => "idx_status",
                Index::AppStatus => "idx_app_status",
                Index::PrefixStatus => "idx_prefix_status",
                Index::StatusExpiry => "idx_status_expire_at",
                Index::Machine => "idx_machine_code",
                Index::Batch => "idx_batch_id",
                Index::Used => "idx_used_at",
                Index::Created => "idx_created_at",
            };
            let middle = all.iter().filter(|card| passes(&filter, card)).nth(20);
            let positions = [None, middle.map(|card| Position::of(card, indexed.sort.by))];
            for position in positions {
                let parts = store.explain_page(&filter, wanted, position.as_ref(), 50).await.unwrap();
                for part in parts {
                    let name = format!("{filter:?} {wanted:?} {position:?}: {part:?}");
                    assert_eq!(part.index.as_deref().unwrap_or(index), index, "{name}");
                    assert_ne!(part.access, "ALL", "{name}");
                    assert!(indexed.reach == Reach::Few || !part.extra.contains("filesort"), "{name}");
                }
            }
        }
    }
}

#[tokio::test]
async fn counts_stop_at_their_cap_and_statuses_add_up() {
    let database = filled(12_000).await;
    let store = database.store();
    assert_eq!(store.count_capped(&Filter::default()).await.unwrap(), Some(Capped::MoreThan(10_000)));
    let counts = store.counts_by_status(None).await.unwrap();
    assert_eq!((counts.unused, counts.active, counts.expired, counts.disabled), (4_800, 2_400, 2_400, 2_400));
    assert_eq!((counts.total(), counts.of(CardStatus::Unused)), (12_000, 4_800));
    assert_eq!(store.prefixes().await.unwrap(), ["", "A_B", "BASIC", "VIP", "季卡"]);
    let prefixes = store.prefix_counts(None).await.unwrap();
    let totals: Vec<_> = prefixes.iter().map(|prefix| prefix.counts.total()).collect();
    assert_eq!(totals, [750, 3_000, 3_000, 3_000, 2_250]);
}

#[tokio::test]
async fn a_row_that_cannot_be_understood_hides_no_other_and_is_named() {
    let database = TestDatabase::create().await;
    for code in ["1", "2", "3", "4", "5"] {
        database.insert_card("VIP", code).await;
    }
    database
        .execute("SET sql_mode = ''; UPDATE cards SET used_at = '0000-00-00' WHERE id IN (1, 3, 5)")
        .await;
    let store = database.store();
    let ids = |rows: &[CardRecord]| rows.iter().map(|card| card.id).collect::<Vec<_>>();

    let page = store.page(&Filter::default(), Sort::NEWEST, &Anchor::First, 4).await.unwrap();
    assert_eq!((ids(&page.rows), page.unreadable, page.has_after), (vec![4, 2], vec![5, 3], true));
    let around = Anchor::Around(Position::of(&page.rows[1], page.sort.by));
    let page = store.page(&Filter::default(), Sort::NEWEST, &around, 5).await.unwrap();
    assert_eq!((ids(&page.rows), page.unreadable), (vec![4, 2], vec![3, 1]));
    assert!(page.has_before, "the card before is there, readable or not");

    let (mut found, mut unreadable) = (Vec::new(), Vec::new());
    let mut next = store.search_start(&Filter::default()).await.unwrap();
    while let Some(cursor) = next {
        let step = store.search_step(&Filter::default(), cursor, 1).await.unwrap();
        found.extend(ids(&step.rows));
        unreadable.extend(step.unreadable);
        next = step.next;
    }
    assert_eq!((found, unreadable), (vec![4, 2], vec![5, 3, 1]));

    let error = store.card(3).await.unwrap_err();
    assert!(matches!(error, StoreError::UndecodableCard(3)), "{error}");
}

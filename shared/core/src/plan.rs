//! How a list of cards is read without ever scanning the table: which index serves which filter and order.

use crate::filter::{Direction, Filter, Sort, SortBy, TextFilter};

/// How the cards of a filter are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// An index holds them in order, so that every page costs the same.
    Indexed(Indexed),
    /// No index does: they are searched for window by window, newest first.
    Windowed(Window),
}

/// An index that serves a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indexed {
    /// The order that the cards come in: the one wanted, if an index has it for this filter.
    pub sort: Sort,
    /// The index that is gone through in its order.
    pub index: Index,
    /// How much of it is read.
    pub reach: Reach,
}

/// How much of an index a page reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// One stretch that lies in order.
    Stretch,
    /// One stretch that lies in order for each status, merged.
    StretchOfEachStatus,
    /// All cards that it finds, which are few, sorted afterwards.
    Few,
}

/// Which part of the table a search goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// All of it.
    Table,
    /// The cards of the filter's batch.
    Batch,
}

/// The indexes of the table of cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// By id.
    Primary,
    /// By id, of those alone that seem to be shared, which stand in a table of their own.
    Shared,
    /// By id, of those alone that have a key which was copied, by the table of keys.
    Copied,
    /// `uq_full_code`, which is unique.
    FullCode,
    /// By status, then id.
    Status,
    /// By app and status, then id.
    AppStatus,
    /// By prefix and status, then id.
    PrefixStatus,
    /// By status and expiry, then id.
    StatusExpiry,
    /// By machine, then id.
    Machine,
    /// By batch, then id.
    Batch,
    /// By activation, then id.
    Used,
    /// By creation, then id.
    Created,
}

impl Plan {
    /// Whether pages can be had, rather than a search.
    pub const fn is_indexed(&self) -> bool {
        matches!(self, Self::Indexed(_))
    }

    /// The order that the cards come in without anything being sorted.
    pub const fn sort(&self) -> Sort {
        match self {
            Self::Indexed(indexed) => indexed.sort,
            Self::Windowed(_) => Sort::NEWEST,
        }
    }
}

impl Indexed {
    /// All that the same index finds, sorted in the order of `sort`: for an index that finds few cards.
    #[must_use]
    pub const fn sorted(self, sort: Sort) -> Self {
        let reach = match self.reach {
            Reach::StretchOfEachStatus => Reach::StretchOfEachStatus,
            Reach::Stretch | Reach::Few => Reach::Few,
        };
        Self { sort, reach, ..self }
    }
}

/// Decides how the cards of `filter` are read in the order `wanted`, or in the nearest one that an index has.
pub fn plan(filter: &Filter, wanted: Sort) -> Plan {
    let Filter { status, app, prefix, batch_id, created, used, expiring, is_shared, is_copied, text } =
        filter;
    let window = if batch_id.is_some() { Window::Batch } else { Window::Table };
    let no_time = created.is_none() && used.is_none() && expiring.is_none();
    let text_alone = status.is_none() && app.is_none() && batch_id.is_none() && no_time;
    let few = |index| Plan::Indexed(Indexed { sort: wanted, index, reach: Reach::Few });
    if *is_shared {
        return few(Index::Shared);
    }
    if *is_copied {
        return few(Index::Copied);
    }
    match text {
        Some(TextFilter::Codes(_)) => return few(Index::FullCode),
        Some(TextFilter::Machine(_)) => return few(Index::Machine),
        Some(TextFilter::CodePrefix(text)) if text_alone && implies(text, prefix.as_deref()) => {
            return stretch(wanted, SortBy::Code, Index::FullCode);
        }
        Some(TextFilter::MachinePrefix(_)) if text_alone && prefix.is_none() => {
            return stretch(wanted, SortBy::Machine, Index::Machine);
        }
        Some(_) => return Plan::Windowed(window),
        None => {}
    }
    let each = |plan: Plan| match plan {
        Plan::Indexed(indexed) if status.is_none() => {
            Plan::Indexed(Indexed { reach: Reach::StretchOfEachStatus, ..indexed })
        }
        other => other,
    };
    if used.is_some() {
        let alone = Filter { used: *used, ..Filter::default() };
        return if *filter == alone {
            stretch(wanted, SortBy::Used, Index::Used)
        } else {
            Plan::Windowed(window)
        };
    }
    if app.is_some() {
        let alone = Filter { app: app.clone(), status: *status, ..Filter::default() };
        return if *filter == alone {
            each(stretch(wanted, SortBy::Id, Index::AppStatus))
        } else {
            Plan::Windowed(window)
        };
    }
    match (status, prefix, batch_id, created, expiring) {
        (None, None, None, None, None) => match wanted.by {
            SortBy::Id => stretch(wanted, SortBy::Id, Index::Primary),
            SortBy::Code => stretch(wanted, SortBy::Code, Index::FullCode),
            SortBy::Machine => stretch(wanted, SortBy::Machine, Index::Machine),
            SortBy::Created => stretch(wanted, SortBy::Created, Index::Created),
            SortBy::Used => stretch(wanted, SortBy::Used, Index::Used),
            SortBy::Expires => each(stretch(wanted, SortBy::Expires, Index::StatusExpiry)),
        },
        (Some(_), None, None, None, None) if wanted.by == SortBy::Expires => {
            stretch(wanted, SortBy::Expires, Index::StatusExpiry)
        }
        (Some(_), None, None, None, None) => stretch(wanted, SortBy::Id, Index::Status),
        // The codes of a prefix lie nowhere together: a card may be filed under one that its code does not begin with.
        (_, Some(_), None, None, None) => each(stretch(wanted, SortBy::Id, Index::PrefixStatus)),
        (None, None, Some(_), None, None) => stretch(wanted, SortBy::Id, Index::Batch),
        (None, None, None, Some(_), None) => stretch(wanted, SortBy::Created, Index::Created),
        (_, None, None, None, Some(_)) => each(stretch(wanted, SortBy::Expires, Index::StatusExpiry)),
        _ => Plan::Windowed(window),
    }
}

/// The conditions of `filter` that an index finds by itself, each as a filter of its own, the most telling first: when
/// one of them lets few cards through, the rest of the filter need only look at those.
pub fn parts(filter: &Filter) -> Vec<(Filter, Indexed)> {
    let Filter { status, app, prefix, batch_id, created, used, expiring, is_shared, is_copied, text } =
        filter;
    let all = Filter::default;
    let candidates = [
        Filter { is_shared: *is_shared, ..all() },
        Filter { is_copied: *is_copied, ..all() },
        Filter { text: text.clone(), ..all() },
        Filter { batch_id: *batch_id, ..all() },
        Filter { used: *used, ..all() },
        Filter { created: *created, ..all() },
        Filter { expiring: *expiring, status: expiring.and(*status), ..all() },
        Filter { prefix: prefix.clone(), status: prefix.as_ref().and(*status), ..all() },
        Filter { app: app.clone(), status: app.as_ref().and(*status), ..all() },
        Filter { status: *status, ..all() },
    ];
    let indexed = candidates.into_iter().filter(|part| !part.is_empty()).filter_map(|part| {
        match plan(&part, Sort::NEWEST) {
            Plan::Indexed(indexed) => Some((part, indexed)),
            Plan::Windowed(_) => None,
        }
    });
    indexed.collect()
}

/// The stretch of `index` that is in the order of `by`, from the end that comes nearest to what is wanted.
fn stretch(wanted: Sort, by: SortBy, index: Index) -> Plan {
    let age = |by| matches!(by, SortBy::Id | SortBy::Created);
    let direction = if wanted.by == by || (age(wanted.by) && age(by)) {
        wanted.direction
    } else if age(by) || by == SortBy::Used {
        Direction::Descending
    } else {
        Direction::Ascending
    };
    Plan::Indexed(Indexed { sort: Sort { by, direction }, index, reach: Reach::Stretch })
}

/// Whether nearly every code that begins with `text` is one of `prefix` anyway; no text says that a card has none.
fn implies(text: &str, prefix: Option<&str>) -> bool {
    let begins = |prefix: &str| text.to_lowercase().starts_with(&format!("{}-", prefix.to_lowercase()));
    prefix.is_none_or(|prefix| !prefix.is_empty() && begins(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::CardStatus;
    use crate::filter::Range;

    fn sort(by: SortBy, direction: Direction) -> Sort {
        Sort { by, direction }
    }

    /// The index and order for each thing wanted, in the order of [`SortBy::ALL`], ascending.
    fn orders(filter: &Filter) -> Vec<String> {
        SortBy::ALL
            .map(|by| match plan(filter, sort(by, Direction::Ascending)) {
                Plan::Windowed(window) => format!("{window:?}"),
                Plan::Indexed(Indexed { sort, index, reach }) => {
                    let sign = if sort.direction == Direction::Ascending { '+' } else { '-' };
                    let reach = match reach {
                        Reach::Stretch => "",
                        Reach::StretchOfEachStatus => " each",
                        Reach::Few => " few",
                    };
                    format!("{index:?}: {sign}{:?}{reach}", sort.by)
                }
            })
            .to_vec()
    }

    fn text(text: TextFilter) -> Filter {
        Filter { text: Some(text), ..Filter::default() }
    }

    #[test]
    fn conditions_with_each_order() {
        let all = Filter::default;
        let status = || Filter { status: Some(CardStatus::Active), ..all() };
        let prefix = || Filter { prefix: Some("VIP".into()), ..all() };
        let created = || Filter { created: Some(Range::default()), ..all() };
        let used = || Filter { used: Some(Range::default()), ..all() };
        let expiring = || Filter { expiring: Some(Range::default()), ..all() };
        let pair = || Filter { status: Some(CardStatus::Unused), ..prefix() };
        for (filter, id, code, machine, created, used, expires) in [
            (
                all(),
                "Primary: +Id",
                "FullCode: +Code",
                "Machine: +Machine",
                "Created: +Created",
                "Used: +Used",
                "StatusExpiry: +Expires each",
            ),
            (
                status(),
                "Status: +Id",
                "Status: -Id",
                "Status: -Id",
                "Status: +Id",
                "Status: -Id",
                "StatusExpiry: +Expires",
            ),
            (
                prefix(),
                "PrefixStatus: +Id each",
                "PrefixStatus: -Id each",
                "PrefixStatus: -Id each",
                "PrefixStatus: +Id each",
                "PrefixStatus: -Id each",
                "PrefixStatus: -Id each",
            ),
            (
                pair(),
                "PrefixStatus: +Id",
                "PrefixStatus: -Id",
                "PrefixStatus: -Id",
                "PrefixStatus: +Id",
                "PrefixStatus: -Id",
                "PrefixStatus: -Id",
            ),
            (
                Filter { batch_id: Some(7), ..all() },
                "Batch: +Id",
                "Batch: -Id",
                "Batch: -Id",
                "Batch: +Id",
                "Batch: -Id",
                "Batch: -Id",
            ),
            (
                used(),
                "Used: -Used",
                "Used: -Used",
                "Used: -Used",
                "Used: -Used",
                "Used: +Used",
                "Used: -Used",
            ),
            (
                created(),
                "Created: +Created",
                "Created: -Created",
                "Created: -Created",
                "Created: +Created",
                "Created: -Created",
                "Created: -Created",
            ),
        ] {
            assert_eq!(orders(&filter), [id, code, machine, created, used, expires], "{filter:?}");
        }
        for (filter, order) in [
            (expiring(), "StatusExpiry: +Expires each"),
            (Filter { status: Some(CardStatus::Active), ..expiring() }, "StatusExpiry: +Expires"),
            (Filter { batch_id: Some(7), ..status() }, "Batch"),
            (Filter { created: Some(Range::default()), ..status() }, "Table"),
            (Filter { expiring: Some(Range::default()), ..prefix() }, "Table"),
        ] {
            assert_eq!(orders(&filter), [order; 6], "{filter:?}");
        }
    }

    #[test]
    fn each_condition_that_has_an_index_can_lead_a_search() {
        let all = Filter::default;
        let status = Some(CardStatus::Unused);
        let note = Some(TextFilter::NoteContains("A".into()));
        for (filter, expected) in [
            (all(), vec![]),
            (Filter { text: note.clone(), batch_id: Some(7), ..all() }, vec![Index::Batch]),
            (Filter { status, text: note.clone(), ..all() }, vec![Index::Status]),
            (Filter { prefix: Some("VIP".into()), text: note, ..all() }, vec![Index::PrefixStatus]),
            (
                Filter { status, created: Some(Range::default()), ..all() },
                vec![Index::Created, Index::Status],
            ),
            (
                Filter {
                    status,
                    prefix: Some("VIP".into()),
                    created: Some(Range::default()),
                    expiring: Some(Range::default()),
                    text: Some(TextFilter::CodePrefix("VIP-A".into())),
                    ..all()
                },
                vec![
                    Index::FullCode,
                    Index::Created,
                    Index::StatusExpiry,
                    Index::PrefixStatus,
                    Index::Status,
                ],
            ),
        ] {
            let indexes: Vec<_> = parts(&filter).into_iter().map(|(_, indexed)| indexed.index).collect();
            assert_eq!(indexes, expected, "{filter:?}");
        }
    }

    #[test]
    fn texts_with_each_order() {
        let code_prefix = |start: &str| text(TextFilter::CodePrefix(start.into()));
        let note = || text(TextFilter::NoteContains("A".into()));
        let of_vip = |filter| Filter { prefix: Some("VIP".into()), ..filter };
        let of_none = |filter| Filter { prefix: Some(String::new()), ..filter };
        let unused = |filter| Filter { status: Some(CardStatus::Unused), ..filter };
        for (filter, order) in [
            (code_prefix("VIP-"), "FullCode: +Code"),
            (of_vip(code_prefix("vip-AB")), "FullCode: +Code"),
            (of_vip(code_prefix("V")), "Table"),
            (of_none(code_prefix("-A")), "Table"),
            (unused(code_prefix("VIP-")), "Table"),
            (text(TextFilter::MachinePrefix("PC".into())), "Machine: +Machine"),
            (unused(text(TextFilter::MachinePrefix("PC".into()))), "Table"),
            (text(TextFilter::CodeContains("A".into())), "Table"),
            (note(), "Table"),
            (Filter { batch_id: Some(7), ..note() }, "Batch"),
        ] {
            assert_eq!(orders(&filter), [order; 6], "{filter:?}");
        }
    }

    #[test]
    fn what_seems_to_be_shared_is_found_in_any_order_whatever_the_rest() {
        let shared = |filter| Filter { is_shared: true, ..filter };
        let unused = Filter { status: Some(CardStatus::Unused), batch_id: Some(7), ..Filter::default() };
        for filter in [Filter::default(), unused, text(TextFilter::NoteContains("A".into()))] {
            let filter = shared(filter);
            let orders = orders(&filter);
            assert!(orders.iter().all(|order| order.starts_with("Shared: +") && order.ends_with(" few")));
            assert_eq!(parts(&filter)[0].1.index, Index::Shared);
        }
    }

    #[test]
    fn what_has_a_copied_key_is_found_in_any_order_whatever_the_rest() {
        let copied = |filter| Filter { is_copied: true, ..filter };
        let unused = Filter { status: Some(CardStatus::Unused), batch_id: Some(7), ..Filter::default() };
        for filter in [Filter::default(), unused, text(TextFilter::NoteContains("A".into()))] {
            let filter = copied(filter);
            let orders = orders(&filter);
            assert!(orders.iter().all(|order| order.starts_with("Copied: +") && order.ends_with(" few")));
            assert_eq!(parts(&filter)[0].1.index, Index::Copied);
        }
        let both = Filter { is_shared: true, ..copied(Filter::default()) };
        let indexes: Vec<_> = parts(&both).into_iter().map(|(_, indexed)| indexed.index).collect();
        assert_eq!(indexes, [Index::Shared, Index::Copied]);
    }

    #[test]
    fn one_code_or_machine_is_found_in_any_order_whatever_the_rest() {
        let unused = |filter| Filter { status: Some(CardStatus::Unused), ..filter };
        for by in SortBy::ALL {
            for direction in [Direction::Ascending, Direction::Descending] {
                let wanted = sort(by, direction);
                for (text, index) in [
                    (TextFilter::Codes("VIP-A".into()), Index::FullCode),
                    (TextFilter::Machine("PC".into()), Index::Machine),
                ] {
                    let few = Plan::Indexed(Indexed { sort: wanted, index, reach: Reach::Few });
                    assert_eq!(plan(&unused(self::text(text)), wanted), few);
                }
                let Plan::Indexed(indexed) = plan(&Filter::default(), wanted) else { panic!("{wanted:?}") };
                assert_eq!(indexed.sort, wanted, "without a filter every order is had");
            }
        }
    }
}

//! `kami stats`: how many cards there are, and how they go.

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use kami_common::shown::{self, local};
use kami_common::words::{number, say, share};
use kami_core::card::CardStatus;
use kami_store::{BucketWidth, Event, Histogram, StatusCounts, Stock};
use serde_json::{Value, json};

use super::failure::Failure;
use super::output::{Output, Table};
use super::record::utc;
use super::session::Session;

/// Print counts by status, the stock of each prefix, and what happens day by day
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami stats\n  kami stats --days 7 --json | jq .stock")]
pub(super) struct Stats {
    /// How many days to look back, and for expiring cards ahead
    #[arg(long, value_name = "NUMBER", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=365))]
    days: u16,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What happened, or will, on each day.
struct Course {
    name: &'static str,
    start: DateTime<Utc>,
    histogram: Histogram,
}

impl Stats {
    /// Counts and prints.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let store = &session.store;
        let counts = store.counts_by_status(None).await?;
        let stock = store.stock(u32::from(self.days), None).await?;
        // Days begin at midnight in the zone of the reader.
        let now = local(session.zone, counts.taken_at);
        let since_midnight = now - now.date().and_time(chrono::NaiveTime::MIN);
        let today = counts.taken_at - since_midnight;
        let first = today - TimeDelta::days(i64::from(self.days) - 1);
        let mut courses = Vec::new();
        for (name, event, start) in [
            ("generated", Event::Generated, first),
            ("activated", Event::Activated, first),
            ("expiring", Event::Expiring, today),
        ] {
            let histogram = store.histogram(event, start, BucketWidth::Day, self.days, None).await?;
            courses.push(Course { name, start, histogram });
        }
        let mut out = Output::open();
        if self.json {
            out.json(&json_of(session, &counts, &stock, &courses))?;
        } else {
            print(session, &mut out, &counts, &stock, &courses)?;
        }
        Ok(out.flush()?)
    }
}

fn json_of(session: &Session, counts: &StatusCounts, stock: &Stock, courses: &[Course]) -> Value {
    let prefixes: Vec<Value> = stock
        .prefixes
        .iter()
        .map(|prefix| {
            json!({
                "prefix": prefix.prefix,
                "unused": prefix.unused,
                "activated": prefix.activated,
                "days_left": prefix.days_left(stock.days),
            })
        })
        .collect();
    let mut value = json!({
        "taken_at": utc(counts.taken_at),
        "days": stock.days,
        "cards": {
            "all": counts.total(),
            "unused": counts.unused,
            "active": counts.active,
            "expired": counts.expired,
            "disabled": counts.disabled,
        },
        "stock": prefixes,
    });
    for Course { name, start, histogram } in courses {
        value[*name] = days(session, *start, histogram)
            .map(|(day, count)| json!({ "day": day, "cards": count }))
            .collect();
    }
    value
}

fn days(
    session: &Session,
    start: DateTime<Utc>,
    histogram: &Histogram,
) -> impl Iterator<Item = (String, u64)> {
    let first = local(session.zone, start).date();
    let days = first.iter_days().map(|day| day.to_string());
    days.zip(histogram.counts.iter().copied()).collect::<Vec<_>>().into_iter()
}

fn print(
    session: &Session,
    out: &mut Output,
    counts: &StatusCounts,
    stock: &Stock,
    courses: &[Course],
) -> Result<(), Failure> {
    let language = session.language;
    let heading = |name: &str| say!(language, format!("command.stats.{name}"));
    let mut table = Table::headed([heading("status"), heading("cards"), heading("share")]);
    for status in CardStatus::ALL {
        let count = counts.of(status);
        table.push([shown::status(language, status), number(count), share(count, counts.total())]);
    }
    table.push([heading("all"), number(counts.total()), String::new()]);
    out.table(&table)?;
    out.line("")?;
    let names = ["prefix", "unused", "activated", "days_left"];
    let mut table = Table::headed(names.map(&heading));
    for prefix in &stock.prefixes {
        let left = prefix.days_left(stock.days);
        table.push([
            shown::prefix(language, &prefix.prefix),
            number(prefix.unused),
            number(prefix.activated),
            left.map_or_else(|| shown::NONE.to_owned(), |days| format!("{days:.0}")),
        ]);
    }
    out.table(&table)?;
    for Course { name, start, histogram } in courses {
        out.line("")?;
        let mut table = Table::headed([heading("day"), heading(name)]);
        for (day, count) in days(session, *start, histogram).filter(|(_, count)| *count > 0) {
            table.push([day, number(count)]);
        }
        out.table(&table)?;
    }
    Ok(())
}

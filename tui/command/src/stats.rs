//! `kami stats`: how many cards there are, and how they go.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use kami_common::shown::{self, local};
use kami_common::words::{number, say, share};
use kami_core::app::AppName;
use kami_core::card::CardStatus;
use kami_store::{
    AppCounts, AppsFound, BucketWidth, Event, Histogram, PresetCounts, PresetsFound, Sharing, StatusCounts,
    Stock, Store, StoreError,
};
use serde_json::{Map, Value, json};

use super::apps;
use super::failure::Failure;
use super::output::{Output, Table};
use super::record::{counts_json, utc};
use super::session::Session;

/// Print counts by status, the stock of each prefix, and what happens day by day
///
/// Where there is more than one app, it says of all cards how many each has; where there are presets, how many cards of each
/// there are, how many of them were burnt to top others up, and what those that were used at least once cost when they were
/// made.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami stats\n  kami stats --app demo\n  kami stats --days 7 --json | jq .stock"
)]
pub(super) struct Stats {
    /// Of the cards of this app alone
    #[arg(long, value_name = "APP")]
    app: Option<AppName>,
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

/// Everything that was counted.
struct Counted {
    /// The app whose cards they are.
    app: Option<AppName>,
    counts: StatusCounts,
    /// Of all cards, those of each app by its name, where it has some.
    apps: BTreeMap<String, Option<StatusCounts>>,
    presets: Vec<PresetCounts>,
    sharing: Option<Sharing>,
    copied: Option<u64>,
    stock: Stock,
    courses: Vec<Course>,
}

impl Stats {
    /// Counts and prints.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let json = self.json;
        let counted = self.count(session).await?;
        let mut out = Output::open();
        if json {
            out.json(&counted.json(session))?;
        } else {
            counted.print(session, &mut out)?;
        }
        Ok(out.flush()?)
    }

    async fn count(self, session: &Session) -> Result<Counted, Failure> {
        let store = &session.store;
        let Self { app, days, .. } = self;
        let of = match &app {
            None => None,
            Some(name) => Some(apps::find(session, name).await?.name),
        };
        let of = of.as_ref();
        let apps = if of.is_none() { by_app(store).await? } else { BTreeMap::new() };
        // Each card is of one app: those that were counted by apps are not counted again.
        let counts = match apps.values().copied().flatten().reduce(StatusCounts::plus) {
            Some(counts) => counts,
            None => store.counts_by_status(of).await?,
        };
        let presets = by_preset(store, of, counts.taken_at).await?;
        let sharing = store.sharing(of).await?;
        let copied = store.copied_keys(of).await?;
        let stock = store.stock(u32::from(days), of).await?;
        // Days begin at midnight in the zone of the reader.
        let now = local(session.zone, counts.taken_at);
        let since_midnight = now - now.date().and_time(chrono::NaiveTime::MIN);
        let today = counts.taken_at - since_midnight;
        let first = today - TimeDelta::days(i64::from(days) - 1);
        let mut courses = Vec::new();
        for (name, event, start) in [
            ("generated", Event::Generated, first),
            ("activated", Event::Activated, first),
            ("expiring", Event::Expiring, today),
        ] {
            let histogram = store.histogram(event, start, BucketWidth::Day, days, of).await?;
            courses.push(Course { name, start, histogram });
        }
        Ok(Counted { app, counts, apps, presets, sharing, copied, stock, courses })
    }
}

impl Counted {
    fn json(&self, session: &Session) -> Value {
        let Self { app, counts, apps, presets, sharing, copied, stock, courses } = self;
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
        let apps: Map<String, Value> =
            apps.iter().map(|(app, counts)| (app.clone(), counts_json(counts.as_ref()))).collect();
        let mut value = json!({
            "taken_at": utc(counts.taken_at),
            "days": stock.days,
            "app": app.as_ref().map(AppName::as_str),
            "cards": counts_json(Some(counts)),
            "apps": apps,
            "presets": presets.iter().map(preset_counts_json).collect::<Value>(),
            "sharing": sharing.as_ref().map(sharing_json),
            "copied_keys": copied,
            "stock": prefixes,
        });
        for Course { name, start, histogram } in courses {
            value[*name] = days(session, *start, histogram)
                .map(|(day, count)| json!({ "day": day, "cards": count }))
                .collect();
        }
        value
    }

    fn print(&self, session: &Session, out: &mut Output) -> Result<(), Failure> {
        let language = session.language;
        let heading = |name: &str| say!(language, format!("command.stats.{name}"));
        let Self { app, counts, apps, presets, sharing, copied, stock, courses } = self;
        if let Some(app) = app {
            let mut table = Table::default();
            table.push([heading("app"), app.to_string()]);
            out.table(&table)?;
            out.line("")?;
        }
        let mut table = Table::headed([heading("status"), heading("cards"), heading("share")]);
        for status in CardStatus::ALL {
            let count = counts.of(status);
            table.push([shown::status(language, status), number(count), share(count, counts.total())]);
        }
        table.push([heading("all"), number(counts.total()), String::new()]);
        out.table(&table)?;
        if apps.len() > 1 {
            out.line("")?;
            let mut table = Table::headed(["app", "cards", "unused"].map(&heading));
            for (app, counts) in apps {
                let [all, unused] = counts.map_or([0; 2], |counts| [counts.total(), counts.unused]);
                table.push([app.clone(), number(all), number(unused)]);
            }
            out.table(&table)?;
        }
        if !presets.is_empty() {
            out.line("")?;
            out.table(&preset_table(session, presets))?;
        }
        if let Some(Sharing { shared, cards: cards @ 1.., requests }) = *sharing {
            out.line("")?;
            let mut table = Table::headed(["shared", "mismatched", "mismatches"].map(&heading));
            table.push([shared, cards, requests].map(number));
            out.table(&table)?;
        }
        if let Some(copied @ 1..) = *copied {
            out.line("")?;
            let mut table = Table::default();
            table.push([heading("copied"), number(copied)]);
            out.table(&table)?;
        }
        out.line("")?;
        let mut table = Table::headed(["prefix", "unused", "activated", "days_left"].map(&heading));
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
}

/// The cards of each app, also of one that has none, where the account may read which apps there are.
async fn by_app(store: &Store) -> Result<BTreeMap<String, Option<StatusCounts>>, StoreError> {
    let found = match store.apps().await {
        Err(error) if error.is_denied() => AppsFound::default(),
        found => found?,
    };
    let names = found.apps.into_iter().map(|app| app.name.to_string()).chain(found.unreadable);
    let mut apps: BTreeMap<_, _> = names.map(|name| (name, None)).collect();
    let counted = store.app_counts().await?.into_iter();
    apps.extend(counted.map(|AppCounts { app, counts }| (app, Some(counts))));
    Ok(apps)
}

fn sharing_json(Sharing { shared, cards, requests }: &Sharing) -> Value {
    json!({ "shared": shared, "cards": cards, "requests": requests })
}

/// The cards of each preset, also of one that has none, where the account may read which presets there are.
async fn by_preset(
    store: &Store,
    app: Option<&AppName>,
    taken_at: DateTime<Utc>,
) -> Result<Vec<PresetCounts>, StoreError> {
    let found = match store.presets(app).await {
        Err(error) if error.is_denied() => PresetsFound::default(),
        found => found?,
    };
    let none = found
        .presets
        .into_iter()
        .map(|preset| PresetCounts::none(preset.app.to_string(), preset.name.to_string(), taken_at));
    let counted = store.preset_counts(app).await?;
    let all = none.chain(counted).map(|counts| ((counts.app.clone(), counts.preset.clone()), counts));
    Ok(all.collect::<BTreeMap<_, _>>().into_values().collect())
}

fn preset_counts_json(of: &PresetCounts) -> Value {
    let worth = of.worth.iter().map(|(currency, amount)| (currency.to_string(), json!(amount)));
    json!({
        "app": of.app,
        "preset": of.preset,
        "cards": counts_json(Some(&of.counts)),
        "burnt": of.burnt,
        "sold": of.sold,
        "worth": worth.collect::<Map<_, _>>(),
    })
}

fn preset_table(session: &Session, presets: &[PresetCounts]) -> Table {
    let language = session.language;
    // What no preset's cards were has no column.
    let with_burnt = presets.iter().any(|of| of.burnt > 0);
    let headings = ["app", "preset", "cards", "unused", "in_use", "over", "burnt", "sold", "worth"];
    let headings = headings.into_iter().filter(|name| with_burnt || *name != "burnt");
    let mut table = Table::headed(headings.map(|name| say!(language, format!("command.stats.{name}"))));
    for of in presets {
        let counts = [of.counts.total(), of.counts.unused, of.counts.active, of.counts.expired];
        let burnt = with_burnt.then_some(of.burnt);
        let counts = counts.into_iter().chain(burnt).chain([of.sold]).map(number);
        let worth = shown::worth(language, of).unwrap_or_else(|| shown::NONE.to_owned());
        table.push([of.app.clone(), of.preset.clone()].into_iter().chain(counts).chain([worth]));
    }
    table
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

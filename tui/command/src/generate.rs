//! `kami generate`: makes a batch of cards.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::Args;
use kami_common::export::{self, ExportError, ExportOrder};
use kami_common::moment::TypedMoment;
use kami_common::odds::Odds;
use kami_common::paths::expand;
use kami_common::touch;
use kami_common::words::{counted, say};
use kami_core::app::AppName;
use kami_core::batch::MAX_BATCH;
use kami_core::card::CardStatus;
use kami_core::code::{CodeLength, guess_odds, shortest_hard};
use kami_core::duration::CardDuration;
use kami_core::filter::Filter;
use kami_core::gate::{Answer, Confirmed, Kind, Weight};
use kami_core::operator::Note;
use kami_core::points::Points;
use kami_core::policy::{PolicyPart, WhenFull};
use kami_core::prefix::Prefix;
use kami_core::preset::{Preset, PresetName};
use kami_core::seats::Seats;
use kami_store::{Batch, GenerateOrder, Permission};
use kami_transfer::Format;

use super::apps;
use super::confirm::Question;
use super::export::write_file;
use super::failure::Failure;
use super::gate;
use super::limits;
use super::output::{Output, message};
use super::policy::{Lease, Unbinding, lease, when_full};
use super::preset;
use super::progress::Work;
use super::record::card_json;
use super::session::Session;

/// More cards than anyone has in circulation.
const MOST_CIRCULATING: u64 = 1_000_000_000;

/// How many codes are read at a time.
const PART: usize = 1_000;

/// Make a batch of unused cards and print their codes
///
/// All of them are made or none; Ctrl-C breaks it off, and then nothing of the batch exists.
///
/// Without a preset and without --duration, --until and --points, cards are made by the app's preset, if it has only one or
/// one that is called default, and last 3 hours else; it says which it took. --json has the preset of each card.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami generate --prefix VIP --count 100 --duration 30d > codes.txt\n  \
                        kami generate --prefix VIP --count 50000 --duration forever --output vip.csv --yes\n  \
                        kami generate --prefix TEAM --count 20 --duration 1y --seats 5 --lease 10m\n  \
                        kami generate --prefix API --count 100 --points 1000\n  \
                        kami generate --prefix FAIR --count 200 --until 2026-12-31\n  \
                        kami generate --preset month --count 500 > codes.txt")]
pub(super) struct Generate {
    /// 1 to 16 letters and digits of any script, _ and -; by default the preset's
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<Prefix>,
    /// The app that they are for; default without it
    #[arg(long, value_name = "APP")]
    app: Option<AppName>,
    /// The preset of the app that they are made by, as kami preset list shows it; what is said beside it comes before it
    #[arg(long, value_name = "NAME")]
    preset: Option<PresetName>,
    /// How many cards, 1 to 1,000,000; above 1,000 it asks, or needs --yes
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_BATCH)))]
    count: u32,
    /// How long each lasts from its activation, such as 45d, 1个月 or forever; by default as the app's preset says, else 3h
    #[arg(long, value_name = "DURATION")]
    duration: Option<CardDuration>,
    /// The last moment that no card outlasts, whenever it is activated: such as 2026-12-31, through which it lasts then, or
    /// 2026-12-31T18:00; without --duration each lasts up to it
    #[arg(long, value_name = "MOMENT")]
    until: Option<TypedMoment>,
    /// How many points each has, 1 to 1,000,000,000, for programs that count uses; without --duration it ends with them
    #[arg(long, value_name = "NUMBER")]
    points: Option<Points>,
    /// How many machines may use each at once, 1 to 1,000
    #[arg(long, value_name = "NUMBER")]
    seats: Option<Seats>,
    /// For how long a machine that is not heard of again keeps its seat, where not as the app says: such as 10m, or off
    #[arg(long, value_name = "SPAN", value_parser = lease)]
    lease: Option<Lease>,
    /// What becomes of a machine that asks when all seats are taken, where not as the app says: refuse, or oldest: the
    /// one seen longest ago gives way, or without a lease the one seated longest ago
    #[arg(long, value_name = "RULE", value_parser = when_full)]
    when_full: Option<WhenFull>,
    #[command(flatten)]
    unbinding: Unbinding,
    /// How many random characters each code has, 6 to 32
    #[arg(long, value_name = "NUMBER", default_value = "16", value_parser = length)]
    length: CodeLength,
    /// Make codes that are easy to guess all the same; they are refused otherwise
    #[arg(long)]
    weak: bool,
    /// What to write down about each
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Write the cards to this new file, not to standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The form of the file: txt, shop, csv or jsonl; by default what its name ends in, else txt
    #[arg(long, value_name = "FORM", requires = "output")]
    format: Option<Format>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Print JSON lines
    #[arg(long, conflicts_with = "output")]
    json: bool,
}

/// What is to be made, and who says how long it lasts.
struct Ordered {
    order: GenerateOrder,
    source: Source,
}

/// Who says how long the cards of a batch last.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// The options.
    Said,
    /// The app's preset, which nobody named.
    Preset,
    /// Nobody, so that they last as they always did.
    Usual,
}

fn length(text: &str) -> Result<CodeLength, String> {
    let length: u8 = text.parse().map_err(|_| "not a number of characters".to_owned())?;
    CodeLength::new(length).map_err(|error| error.to_string())
}

impl Generate {
    /// Makes the batch and brings it out.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let language = session.language;
        let note = self.note.as_deref().map(Note::parse).transpose();
        let note = note.map_err(|error| Failure::Usage(error.to_string()))?.flatten();
        session.must_be_allowed(Permission::Make).await?;
        if let Some(path) = self.output.as_ref().filter(|path| expand(path).exists()) {
            // Found out before there are cards that would have no file.
            return Err(Failure::of_export(language, &ExportError::Exists(path.clone())));
        }
        let app = self.app.clone().unwrap_or_default();
        apps::find_open(session, &app).await?;
        let is_unsaid = self.app.is_none() && apps::open(session).await?.len() > 1;
        let Ordered { order, source } = self.order(session, app, note).await?;
        self.must_be_hard_to_guess(session, &order.prefix).await?;
        let order = pass(session, order, self.yes)?;
        let batch = make(session, &order).await?;
        let said = counted(language, "done.generate", u64::from(batch.card_count));
        let each = touch::set_apart(language, session.zone, &order);
        let each = each.map(|each| say!(language, "command.each", each = each)).unwrap_or_default();
        message(&(said + &say!(language, "command.batch", id = batch.id) + &each));
        if is_unsaid {
            message(&say!(language, "command.default_app", app = order.app));
        }
        match source {
            Source::Said => {}
            Source::Preset => {
                let preset = order.preset.as_ref().map_or("", |preset| preset.name.as_str());
                message(&say!(language, "command.default_preset", preset = preset));
            }
            Source::Usual => {
                let lasts = kami_common::shown::duration(language, order.duration.seconds());
                message(&say!(language, "command.default_duration", duration = lasts));
            }
        }
        match &self.output {
            None => print(session, &batch, self.json).await,
            Some(path) => {
                let written = write(session, &batch, path, self.format).await;
                if written.is_err() {
                    message(&say!(language, "command.export_batch", id = batch.id));
                }
                written
            }
        }
    }

    /// What is to be made for an app: what is said, and beside that what the preset says, else three hours.
    async fn order(&self, session: &Session, app: AppName, note: Option<Note>) -> Result<Ordered, Failure> {
        let is_said = self.duration.is_some() || self.until.is_some() || self.points.is_some();
        let preset = match &self.preset {
            Some(name) => Some(preset::find(session, &app, name).await?),
            None if is_said => None,
            None => preset::meant(session, &app).await?,
        };
        if preset.is_some() {
            session.must_be_allowed(Permission::Price).await?;
        }
        let source = match (&preset, &self.preset) {
            (Some(_), None) => Source::Preset,
            (None, None) if !is_said => Source::Usual,
            _ => Source::Said,
        };
        let of_preset = preset.as_ref();
        let prefix = self.prefix.clone().or_else(|| of_preset.map(|preset| preset.prefix.clone()));
        let prefix = prefix.ok_or_else(|| Failure::Usage(say!(session.language, "command.needs_prefix")))?;
        let valid_until = match self.until {
            Some(until) => Some(limits::last_moment(session, until).await?),
            None => Self::last_moment_of(session, of_preset).await?,
        };
        let usual = if is_said { CardDuration::Forever } else { CardDuration::default() };
        let lease = self.lease.map(|Lease(length)| length);
        let mut policy = PolicyPart { lease, when_full: self.when_full, ..PolicyPart::default() };
        self.unbinding.apply(&mut policy.unbind);
        let order = GenerateOrder {
            app,
            length: self.length,
            duration: self.duration.unwrap_or_else(|| of_preset.map_or(usual, |preset| preset.duration)),
            valid_until,
            points: self.points.or_else(|| of_preset.and_then(|preset| preset.points)),
            seats: self.seats.unwrap_or_else(|| of_preset.map_or(Seats::ONE, |preset| preset.seats)),
            policy,
            preset: of_preset.map(Preset::for_batch),
            note,
            ..GenerateOrder::new(prefix, self.count)
        };
        Ok(Ordered { order, source })
    }

    /// The last moment that a preset gives its cards; one that is over ends no card.
    async fn last_moment_of(
        session: &Session,
        preset: Option<&Preset>,
    ) -> Result<Option<DateTime<Utc>>, Failure> {
        let Some((Preset { name, app, .. }, until)) =
            preset.and_then(|preset| Some((preset, preset.valid_until?)))
        else {
            return Ok(None);
        };
        if until < session.store.now().await? {
            let why = say!(session.language, "command.preset_over", preset = name, app = app);
            return Err(Failure::Refused(why));
        }
        Ok(Some(until))
    }

    /// Refuses codes that are easy to guess among the cards of their prefix, or warns of them where that is wanted.
    async fn must_be_hard_to_guess(&self, session: &Session, prefix: &Prefix) -> Result<(), Failure> {
        // Counting takes seconds on ten million cards: only where the answer depends on it.
        if !guess_odds(self.length, MOST_CIRCULATING).is_easy() {
            return Ok(());
        }
        let cards = circulating(session, prefix).await? + u64::from(self.count);
        let odds = Odds::of(session.language, self.length, cards);
        if !odds.is_easy {
            return Ok(());
        }
        if self.weak {
            message(&odds.words);
            return Ok(());
        }
        let length = shortest_hard(cards);
        Err(Failure::Refused(say!(session.language, "command.weak", odds = odds.words, length = length)))
    }
}

/// How many cards of a prefix would let a machine in, read from the index of prefixes.
async fn circulating(session: &Session, prefix: &Prefix) -> Result<u64, Failure> {
    let mut cards = 0;
    for status in [CardStatus::Unused, CardStatus::Active] {
        let prefix = Some(prefix.as_str().to_owned());
        let filter = Filter { status: Some(status), prefix, ..Filter::default() };
        cards += session.store.count_exact(&filter).await?;
    }
    Ok(cards)
}

/// Lets a batch pass, once its size is agreed to where that is large.
fn pass(session: &Session, order: GenerateOrder, agreed: bool) -> Result<Confirmed<GenerateOrder>, Failure> {
    let weight = Weight { cards: u64::from(order.count), kind: Kind::Generate };
    let answer = if agreed { Answer::Agreed } else { Answer::Silence };
    gate::of(session).pass(order, weight, answer).or_else(|order| {
        let words = touch::batch(session.language, session.zone, &order);
        let agree = say!(session.language, "command.agree_yes");
        gate::ask(session, order, weight, &Question { words, touched: Vec::new(), agree })
    })
}

async fn make(session: &Session, order: &Confirmed<GenerateOrder>) -> Result<Batch, Failure> {
    let work = Work::begin(session.language, "generate")?;
    let on_made = |made| work.batch_step(made, u64::from(order.count));
    let batch = session.store.generate(&session.operator, order, &on_made).await;
    drop(work);
    batch.map_err(|error| Failure::of_act(session.language, &error))
}

fn all_of(batch: &Batch) -> Filter {
    Filter { batch_id: Some(batch.id), ..Filter::default() }
}

async fn print(session: &Session, batch: &Batch, json: bool) -> Result<(), Failure> {
    let filter = all_of(batch);
    let mut out = Output::open();
    let mut next = session.store.search_start(&filter).await?;
    while let Some(cursor) = next {
        let step = session.store.search_step(&filter, cursor, PART).await?;
        for card in &step.rows {
            if json {
                let mut value = card_json(card);
                value["preset"] = batch.preset.as_ref().map(|preset| preset.name.as_str()).into();
                out.json(&value)?;
            } else {
                out.line(&card.full_code)?;
            }
        }
        next = step.next;
    }
    Ok(out.flush()?)
}

async fn write(session: &Session, batch: &Batch, path: &Path, format: Option<Format>) -> Result<(), Failure> {
    let order = ExportOrder {
        source: export::Source::Filter(all_of(batch)),
        format: format.unwrap_or_else(|| super::export::format_of(path)),
        path: path.to_owned(),
        at: Utc::now(),
        zone: session.zone,
        language: session.language,
    };
    write_file(session, &order, false).await
}

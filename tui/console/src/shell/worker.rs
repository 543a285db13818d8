//! The worker: asks the database what the core wants to know, one task a question, and brings the answers back.

use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kami_common::block_import::{BlockImport, read_blocks};
use kami_common::export;
use kami_common::reason::store_error;
use kami_common::schema::not_migrated;
use kami_common::upload::open_file;
use kami_common::words::Language;
use kami_core::acts::Act as CardAct;
use kami_core::app::AppName;
use kami_core::block::BlockKey;
use kami_core::filter::{Anchor, Filter, Sort};
use kami_core::gate::Confirmed;
use kami_core::operator::Operator;
use kami_core::record::CardRecord;
use kami_core::zone::Zone;
use kami_store::{
    ActError, ActFilter, ActProgress, HistoryPlace, LogFilter, ManyAct, MigrateError, OneAct, OneActed,
    OneEdit, Progress, SearchCursor, SearchStep, Selection, Store, StoreError, Undo, Undoable,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

use crate::shell::tmux::give_to_tmux;
use crate::state::import::{Import, ImportFile};
use crate::state::message::{Answer, Done, Failure, Message, Question, QuestionId, Topic};
use crate::state::order::{Order, Target};
use crate::state::session::Own;
use crate::state::statistics::{Chart, EXPIRING_NEXT, STOCK_DAYS, Series, Statistics};
use crate::state::unready::Unready;

/// How many acts of a card's history are shown.
const HISTORY: usize = 50;

/// How many cards of one act are read at once.
const LOG_PART: usize = 200;

/// How many batches are offered to choose from: the newest.
const BATCHES: usize = 500;

/// Asks the database, and gives up what nobody wants to know any more.
#[derive(Debug)]
pub(super) struct Worker {
    store: Store,
    operator: Operator,
    tasks: HashMap<Topic, AbortHandle>,
    answers: UnboundedSender<Message>,
    /// Told to the work that is being done; a new one for each.
    break_off: Arc<AtomicBool>,
}

impl Worker {
    /// A worker on a store, and where its answers come out.
    pub(super) fn new(store: Store, operator: Operator) -> (Self, UnboundedReceiver<Message>) {
        let (answers, received) = unbounded_channel();
        let break_off = Arc::default();
        (Self { store, operator, tasks: HashMap::new(), answers, break_off }, received)
    }

    /// Breaks off the work that is being done: it ends at its next step and says how far it came.
    pub(super) fn break_off(&self) {
        self.break_off.store(true, Ordering::Relaxed);
    }

    /// Acts under another name from now on.
    pub(super) fn act_as(&mut self, operator: Operator) {
        self.operator = operator;
    }

    /// Allows no change any more.
    pub(super) fn forbid_changes(&mut self) {
        self.store = self.store.clone().read_only(true);
    }

    /// Asks a question after a pause; what was asked about the same topic is given up.
    pub(super) fn ask(
        &mut self,
        (id, topic): (QuestionId, Topic),
        question: Question,
        pause: Duration,
        language: Language,
    ) {
        self.cancel(topic);
        if topic == Topic::Work {
            self.break_off = Arc::default();
        }
        let errand = Errand {
            id,
            language,
            store: self.store.clone(),
            operator: self.operator.clone(),
            answers: self.answers.clone(),
            break_off: Arc::clone(&self.break_off),
        };
        let task = tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            errand.run(question).await;
        });
        self.tasks.insert(topic, task.abort_handle());
    }

    /// Gives up what was asked about a topic; the store ends the work on the server.
    pub(super) fn cancel(&mut self, topic: Topic) {
        if let Some(task) = self.tasks.remove(&topic) {
            task.abort();
        }
    }

    /// Gives up everything and takes leave of the server.
    pub(super) async fn close(self) {
        for task in self.tasks.values() {
            task.abort();
        }
        self.store.close().await;
    }
}

/// One question on its way.
struct Errand {
    id: QuestionId,
    /// The language in which it is said why there is no answer.
    language: Language,
    store: Store,
    operator: Operator,
    answers: UnboundedSender<Message>,
    break_off: Arc<AtomicBool>,
}

impl Errand {
    async fn run(&self, question: Question) {
        let is_of_table = matches!(question, Question::Rows { .. } | Question::Search { .. });
        if let Err(error) = self.answer(question).await {
            if is_of_table
                && error.is_of_schema()
                && let Some(what) = self.lacks().await
            {
                return self.send(Answer::Unready(what));
            }
            self.send(Answer::Failed(Failure {
                words: store_error(self.language, &error),
                passes: error.is_transient(),
            }));
        }
    }

    /// What a migration would bring to the database; none where nothing is lacking, or it does not say so.
    async fn lacks(&self) -> Option<Unready> {
        match self.store.migration_plan().await {
            Ok(plan) if plan.is_empty() => None,
            Ok(plan) => Some(Unready::Planned(Box::new(plan))),
            Err(MigrateError::Store(_)) => None,
            Err(error) => Some(Unready::Stuck(not_migrated(self.language, &error))),
        }
    }

    async fn answer(&self, question: Question) -> Result<(), StoreError> {
        let store = &self.store;
        let answer = match question {
            Question::Server => Answer::Server(store.grants().await?),
            Question::Migrate => Answer::Migrated(store.migrate().await.map(Box::new).map_err(Box::new)),
            Question::Rows { filter, sort, anchor, size, landing } => {
                match store.page(&filter, sort, &anchor, size).await {
                    Err(StoreError::NotIndexed) => return self.search(&filter, None, size).await,
                    page => {
                        let mut page = page?;
                        store.find_mismatches(&mut page.rows).await?;
                        Answer::Rows(page, landing)
                    }
                }
            }
            Question::Search { filter, from, enough } => return self.search(&filter, from, enough).await,
            Question::Total(filter) => {
                let newest = store.newest_card().await?;
                Answer::Total { total: store.count_capped(&filter).await?, newest }
            }
            Question::Marking(filter) => {
                let newest = store.newest_card().await?;
                let count = store.count_exact(&filter).await?;
                Answer::Marking { filter, count, newest }
            }
            Question::Offset(filter, sort, position) => {
                Answer::Offset(store.count_before(&filter, sort, &position).await?)
            }
            Question::Counts(app) => Answer::Counts(store.counts_by_status(app.as_ref()).await?),
            Question::Apps => Answer::Apps(store.apps().await?),
            Question::AppCounts => Answer::AppCounts(store.app_counts().await?),
            Question::Presets => Answer::Presets(store.presets(None).await?),
            Question::PresetCounts(app) => {
                let counts = store.preset_counts(app.as_ref()).await?;
                Answer::PresetCounts(app, counts)
            }
            Question::Blocks { text, before, enough } => {
                let found = store.blocks_with(&text, before, enough).await?;
                Answer::Blocks { found, is_first: before.is_none() }
            }
            Question::History(card) => {
                Answer::History(card, store.card_history(card, HistoryPlace::default(), HISTORY).await?)
            }
            Question::Licences(card) => Answer::Licences(card, store.licences(card).await?),
            Question::Seats(card) => Answer::Seats(card, store.seats(card).await?),
            Question::Prefixes(app) => {
                self.send(Answer::PrefixNames(store.prefixes().await?));
                Answer::Prefixes(store.prefix_counts(app.as_ref()).await?)
            }
            Question::Batches => Answer::Batches(store.batches(None, BATCHES).await?),
            Question::SortsAnyWay(filter) => Answer::SortsAnyWay(store.sorts_any_way(&filter).await?),
            Question::Statistics(series, app) => {
                Answer::Statistics(self.statistics(series, app.as_ref()).await?)
            }
            Question::Acts { filter, before, enough } => return self.acts(&filter, before, enough).await,
            Question::LogOfAct(id, before) => {
                let filter = LogFilter { act_id: Some(id), ..LogFilter::default() };
                let records = store.log(&filter, before, LOG_PART).await?;
                let next = records.last().map(|last| last.id).filter(|_| records.len() == LOG_PART);
                Answer::LogOfAct { records, is_first: before.is_none(), next }
            }
            Question::Codes(filter, most) => {
                let page = store.page(&filter, Sort::NEWEST, &Anchor::First, most).await?;
                Answer::Codes(page.rows.into_iter().map(|card| card.full_code).collect())
            }
            Question::Import(file) => self.look(file).await?,
            Question::ImportBlocks(path, zone) => self.look_at_blocks(path, zone).await?,
            Question::Tmux(text) => Answer::Tmux(give_to_tmux(&text).await),
            Question::Survey(selection) => return self.survey(&selection).await,
            Question::Undoable { candidates, is_redo } => {
                let undoable = self.undoable(&candidates, is_redo).await?.map(Box::new);
                Answer::Undoable { undoable, is_redo }
            }
            Question::TopUp(burnt) => self.top_up(burnt).await?,
            Question::Do(order) => Answer::Done(Box::new(self.work(*order).await)),
        };
        self.send(answer);
        Ok(())
    }

    /// Goes through the acts, window by window, until there are enough.
    async fn acts(&self, filter: &ActFilter, before: Option<u64>, enough: usize) -> Result<(), StoreError> {
        let (mut from, mut found) = (before, 0);
        loop {
            let is_first = from.is_none();
            let step = self.store.acts_step(filter, from, enough - found).await?;
            found += step.acts.len();
            let next = step.next.filter(|_| found < enough);
            self.send(Answer::Acts { step, is_first, goes_on: next.is_some() });
            match next {
                Some(_) => from = next,
                None => return Ok(()),
            }
        }
    }

    /// Looks through all cards, window by window, until there are enough hits.
    async fn search(
        &self,
        filter: &Filter,
        from: Option<SearchCursor>,
        enough: usize,
    ) -> Result<(), StoreError> {
        let mut is_first = from.is_none();
        let mut cursor = match from {
            Some(cursor) => cursor,
            None => match self.store.search_start(filter).await? {
                Some(cursor) => cursor,
                None => return self.nothing_to_search().await,
            },
        };
        let mut found = 0;
        loop {
            let mut step = self.store.search_step(filter, cursor, enough - found).await?;
            self.store.find_mismatches(&mut step.rows).await?;
            found += step.rows.len();
            let next = step.next.filter(|_| found < enough);
            self.send(Answer::Hits { step, is_first, goes_on: next.is_some() });
            match next {
                Some(next) => cursor = next,
                None => return Ok(()),
            }
            is_first = false;
        }
    }

    /// Counts over time, one question after the other, so that the server has hands free for others; what is
    /// counted is told after each.
    async fn statistics(&self, series: Vec<Series>, app: Option<&AppName>) -> Result<Statistics, StoreError> {
        let mut statistics = Statistics {
            app: app.cloned(),
            expiring_next: self.store.expiring_next(EXPIRING_NEXT, app).await?,
            sharing: self.store.sharing(app).await?,
            copied: self.store.copied_keys(app).await?,
            ..Statistics::default()
        };
        for series in series {
            let Series { event, start, step, count, .. } = series;
            let counts = self.store.histogram(event, start, step, count, app).await?.counts;
            statistics.charts.push(Chart { series, counts });
            self.send(Answer::Statistics(statistics.clone()));
        }
        statistics.stock = Some(self.store.stock(STOCK_DAYS, app).await?);
        Ok(statistics)
    }

    /// Finds out what each line of a file would do.
    async fn look(&self, file: ImportFile) -> Result<Answer, StoreError> {
        let reading = {
            let file = file.clone();
            tokio::task::spawn_blocking(move || file.read()).await
        };
        let parsed = match reading.unwrap_or_else(|error| Err(io::Error::other(error).into())) {
            Ok(parsed) => parsed,
            Err(error) => return Ok(Answer::Unreadable { path: file.path, error }),
        };
        let standings = self.store.import_preview(&parsed.cards).await?;
        Ok(Answer::Import(Box::new(Import::new(file, parsed, &standings))))
    }

    /// Finds out what each line of a table of those who shall be kept out would do.
    async fn look_at_blocks(&self, path: PathBuf, zone: Zone) -> Result<Answer, StoreError> {
        let now = self.store.now().await?;
        let reading = {
            let path = path.clone();
            tokio::task::spawn_blocking(move || read_blocks(open_file(&path)?, zone, now)).await
        };
        let parsed = match reading.unwrap_or_else(|error| Err(io::Error::other(error).into())) {
            Ok(parsed) => parsed,
            Err(error) => return Ok(Answer::Unreadable { path, error }),
        };
        let apps = self.store.apps().await?.apps;
        let keys: Vec<BlockKey> = parsed.blocks.iter().map(|(_, block)| block.key.clone()).collect();
        let found = self.store.blocks_of(&keys).await?;
        Ok(Answer::BlockImport { path, import: Box::new(BlockImport::new(parsed, &apps, &found)) })
    }

    /// Counts what an act will touch, and tells how far that is.
    async fn survey(&self, selection: &Selection) -> Result<(), StoreError> {
        let on_progress = |progress: ActProgress| {
            self.send(Answer::Surveying(progress.share));
            ControlFlow::Continue(())
        };
        if let Some(survey) = self.store.survey(selection, &on_progress).await? {
            self.send(Answer::Survey(survey));
        }
        Ok(())
    }

    /// The first of these acts that stands, or the last of the operator.
    async fn undoable(&self, candidates: &[Own], is_redo: bool) -> Result<Option<Undoable>, StoreError> {
        let store = &self.store;
        for own in candidates {
            let id = match own {
                Own::Act(id) => Some(*id),
                Own::Batch(batch) => store.act_of_batch(*batch).await?,
            };
            let Some(id) = id else { continue };
            let undoable = store.undoable(id).await?;
            if let Some(undoable) = undoable.filter(|undoable| undoable.act.undone_by.is_none()) {
                return Ok(Some(undoable));
            }
        }
        if is_redo { Ok(None) } else { store.last_act_of(&self.operator).await }
    }

    /// The last top-up that a card was burnt for, with the card that was topped up.
    async fn top_up(&self, burnt: Box<CardRecord>) -> Result<Answer, StoreError> {
        let Some(top_up) = self.store.top_up_with(burnt.id).await? else {
            return Ok(Answer::TopUp { burnt, top_up: None });
        };
        let topped = self.store.card(top_up.card).await?.map(|(card, _)| Box::new(card));
        Ok(Answer::TopUp { burnt, top_up: Some((top_up, topped)) })
    }

    /// There is not a single card.
    async fn nothing_to_search(&self) -> Result<(), StoreError> {
        let progress = Progress { done: 0, total: 0 };
        let step = SearchStep {
            rows: Vec::new(),
            unreadable: Vec::new(),
            now: self.store.now().await?,
            next: None,
            progress,
        };
        self.send(Answer::Hits { step, is_first: true, goes_on: false });
        Ok(())
    }

    /// Does what was ordered, telling how far it is.
    async fn work(&self, order: Confirmed<Order>) -> Done {
        self.try_work(order).await.unwrap_or_else(Done::Refused)
    }

    /// How many machines an act has unbound, where it does that. It is done, whether they can be counted or not.
    async fn unbound(&self, act: &str, act_id: Option<u64>) -> Option<u64> {
        self.store.machines_unbound(act_id.filter(|_| act == CardAct::Unbind.name())?).await.ok()
    }

    async fn try_work(&self, order: Confirmed<Order>) -> Result<Done, ActError> {
        let (store, operator) = (&self.store, &self.operator);
        let on_progress = |progress: ActProgress| self.progress(progress.done, Some(progress.share));
        let done = match (*order).clone() {
            Order::Generate(batch) => {
                let on_made = |made| self.progress(made, None);
                Done::Made(store.generate(operator, &order.map(|_| batch), &on_made).await?)
            }
            Order::Import { cards, note, app } => {
                let on_made = |made| self.progress(made, None);
                Done::Made(store.import(operator, &cards, note.as_ref(), &app, &on_made).await?)
            }
            Order::App(wanted) => {
                let acted = store.save_app(operator, &order.map(|_| (*wanted).clone())).await?;
                Done::App { order: wanted, acted }
            }
            Order::Preset(wanted) => {
                let acted = store.save_preset(operator, &order.map(|_| (*wanted).clone())).await?;
                Done::Preset { order: wanted, acted }
            }
            Order::Block(one) => {
                let wanted = one.order();
                match store.act_on_one_block(operator, &order.map(|_| *one)).await? {
                    OneActed::Done(acted) => Done::Blocks { order: Box::new(wanted), acted },
                    OneActed::Otherwise(is) => Done::BlockedOtherwise(is.map(Box::new)),
                }
            }
            Order::Blocks(wanted) => {
                let acted = store.act_on_blocks(operator, &order.map(|_| (*wanted).clone())).await?;
                Done::Blocks { order: wanted, acted }
            }
            Order::Edit { seen, edit } => {
                let card = seen.id;
                let acted = store.edit(operator, &order.map(|_| OneEdit { edit, seen: *seen })).await?;
                Done::One { act: "edit", card, acted, machines: None }
            }
            Order::Act { act, target: Target::One(seen) } => {
                let (name, card) = (act.name(), seen.id);
                let has_one = seen.seats == 1;
                let acted = store.act_on_one(operator, &order.map(|_| OneAct { act, seen: *seen })).await?;
                let counted = Some(acted.act_id).filter(|_| !has_one);
                let machines = self.unbound(name, counted).await;
                Done::One { act: name, card, acted, machines }
            }
            Order::FreeSeat(one) => {
                let acted = store.free_seat(operator, &order.map(|_| (*one).clone())).await?;
                Done::Seat { order: one, acted }
            }
            Order::Act { act, target: Target::Many { selection, .. } } => {
                let name = act.name();
                let many = order.map(|_| ManyAct { act, selection });
                let outcome = store.act_on(operator, &many, &on_progress).await?;
                let machines = self.unbound(name, outcome.act_id).await;
                Done::Many { act: name, outcome, machines }
            }
            Order::Export(order) => {
                let on_written = |written, share| self.progress(written, Some(share));
                match export::export(store, &order, &on_written).await {
                    Ok(exported) => Done::Exported(exported),
                    Err(error) => Done::NotExported(error),
                }
            }
            Order::ExportBlocks(path) => match export::export_blocks(store, &path).await {
                Ok(exported) => Done::BlocksExported(exported),
                Err(error) => Done::NotExported(error),
            },
            Order::Undo(undoing) => {
                let undo = order.map(|_| Undo { act_id: undoing.undoable.act.id });
                let outcome = store.undo(operator, &undo, &on_progress).await?;
                Done::Undone { undoing, outcome }
            }
            Order::Unrecharge(wanted) => {
                let act_id = store.undo_recharge(operator, &order.map(|_| wanted.undo())).await?.act_id;
                Done::Unrecharged { order: wanted, act_id }
            }
        };
        Ok(done)
    }

    fn progress(&self, done: u64, share: Option<f64>) -> ControlFlow<()> {
        self.send(Answer::Progress { done, share });
        if self.break_off.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn send(&self, answer: Answer) {
        // Nobody listens only when the console ends.
        drop(self.answers.send(Message::Answered { id: self.id, answer }));
    }
}

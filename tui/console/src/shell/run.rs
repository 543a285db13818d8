//! The loop between the terminal, the clock, the signals, the core and the worker.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use chrono::{DateTime, Utc};
use crossterm::event::{Event, EventStream};
use futures_util::{FutureExt as _, StreamExt as _};
use kami_common::column::Column;
use kami_common::settings::{Choice, Paths, Preferences, Settings};
use kami_common::size::terminal_size;
use kami_common::words::say;
use kami_store::Store;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use crate::input::burst::Arrivals;
use crate::input::pointer::Pointer;
use crate::shell::line::Line;
use crate::shell::terminal::Screen;
use crate::shell::worker::Worker;
use crate::state::clipboard::Clipboard;
use crate::state::message::{Effect, Message};
use crate::state::model::{Location, Model, ReadOnly, Tone};
use crate::state::settings::{Files, Sources};
use crate::state::theme::{Depth, Theme};
use crate::turn::{keys, update, view};

/// The shortest time between two frames.
const FRAME: Duration = Duration::from_millis(16);

/// How often the core is told the time.
const TICK: Duration = Duration::from_millis(125);

/// Runs the console until its operator leaves, a signal ends it, or the terminal is gone.
pub async fn run(settings: Settings) -> anyhow::Result<()> {
    anyhow::ensure!(
        io::stdin().is_terminal() && io::stdout().is_terminal(),
        say!(settings.language.value, "command.needs_terminal")
    );
    let variable = |name: &str| std::env::var(name).ok();
    let model = model(&settings, &variable);
    let store = Store::new(&settings.connection.url).read_only(settings.read_only);
    let (worker, answers) = Worker::new(store, settings.operator.value.clone());
    let line = Line::watch()?;
    let screen = Screen::claim(&variable("TERM").unwrap_or_default(), settings.mouse.value)?;
    let arrivals = Arrivals::default();
    let mut console = Console { settings, model, worker, screen, arrivals, shown_minute: None, dirty: true };
    let ended = console.run(&line, answers).await;
    let Console { screen, worker, .. } = console;
    drop(screen);
    // A database that does not answer must not keep the shell waiting.
    drop(tokio::time::timeout(Duration::from_millis(500), worker.close()).await);
    ended
}

/// The core as the settings want it at first.
fn model(settings: &Settings, variable: &dyn Fn(&str) -> Option<String>) -> Model {
    let theme = Theme { depth: Depth::detect(variable), shade: settings.shade.value };
    let size = terminal_size();
    let operator = settings.operator.value.clone();
    let mut model = Model::new(Utc::now(), size, settings.language.value, theme, operator);
    model.usual_operator = settings.usual_operator.clone();
    model.zone = settings.zone.value;
    model.mouse = settings.mouse.value;
    if let Some(names) = &settings.columns.value {
        let chosen = Column::ALL
            .into_iter()
            .filter(|column| *column == Column::Code || names.iter().any(|name| name == column.name()));
        model.cards.columns = chosen.collect();
    }
    model.sources = Sources {
        language: settings.language.source,
        theme: settings.shade.source,
        zone: settings.zone.source,
        columns: settings.columns.source,
        mouse: settings.mouse.source,
        operator: settings.operator.source,
        read_only: settings.read_only_source,
    };
    let Paths { config, preferences } = settings.paths.clone();
    model.files = Files { config, preferences };
    model.views.clone_from(&settings.preferences.views);
    let skipped = &settings.preferences.skipped;
    if !skipped.is_empty() {
        let (path, entries) = (settings.paths.preferences.display(), skipped.join(", "));
        let words = say!(model.language, "settings.skipped", path = path, entries = entries);
        model.say(Tone::Bad, words);
    }
    let connection = &settings.connection;
    model.location = Location {
        environment: connection.name.clone(),
        server: connection.server.clone(),
        database: connection.url.database().into_owned(),
        user: connection.user.clone(),
        production: connection.production,
    };
    model.confined = settings.confined;
    // Whoever has no shell here runs no tmux of his choice either.
    model.clipboard = if settings.confined { Clipboard::Terminal } else { Clipboard::detect(variable) };
    model.read_only = settings.read_only.then_some(ReadOnly::Asked);
    model
}

/// The console with both its ends.
struct Console {
    settings: Settings,
    model: Model,
    worker: Worker,
    screen: Screen,
    /// Keys of which it is not known yet whether others belong to them.
    arrivals: Arrivals,
    /// The minute of the last frame: countdowns and the clock change with it.
    shown_minute: Option<i64>,
    /// Whether what is shown may have changed since the last frame.
    dirty: bool,
}

/// Whether to go on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    End,
}

impl Console {
    async fn run(&mut self, line: &Line, mut answers: UnboundedReceiver<Message>) -> anyhow::Result<()> {
        let mut keys = EventStream::new();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut stop = terminal_stop()?;
        let mut resume = resumed()?;
        let mut ticks = interval_at(Instant::now() + TICK, TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // The first frame comes before the database was even asked.
        self.draw()?;
        let mut last_frame = Instant::now();
        let mut next = self.take(Message::Started)?;
        while next == Next::GoOn {
            let frame_at = last_frame + FRAME;
            let complete_at = self.arrivals.complete_at().map(Instant::from_std);
            next = tokio::select! {
                _ = terminate.recv() => Next::End,
                _ = hang_up.recv() => Next::End,
                _ = interrupt.recv() => Next::End,
                () = line.gone() => Next::End,
                _ = stop.recv() => self.suspend()?,
                _ = resume.recv() => self.resumed()?,
                event = keys.next() => match event {
                    Some(Ok(event)) => self.event(event)?,
                    Some(Err(_)) | None => Next::End,
                },
                () = sleep_until(complete_at.unwrap_or(frame_at)), if complete_at.is_some() => {
                    self.complete(&mut keys)?
                }
                answer = answers.recv() => match answer {
                    Some(message) => {
                        self.tell_time();
                        self.take(message)?
                    }
                    None => Next::End,
                },
                _ = ticks.tick() => self.tick()?,
                () = sleep_until(frame_at), if self.dirty => {
                    self.draw()?;
                    last_frame = Instant::now();
                    Next::GoOn
                }
            };
        }
        Ok(())
    }

    fn event(&mut self, event: Event) -> anyhow::Result<Next> {
        let message = match event {
            Event::Key(key) => {
                self.arrivals.add(key, std::time::Instant::now());
                return Ok(Next::GoOn);
            }
            // As the backend asks for it, so that both know the same size.
            Event::Resize(..) => {
                let (columns, rows) = terminal_size();
                Some(Message::Resized(columns, rows))
            }
            Event::Paste(text) => Some(Message::Pasted(text)),
            Event::Mouse(event) => Pointer::of(event).map(Message::Pointer),
            Event::FocusGained | Event::FocusLost => None,
        };
        let Some(message) = message else { return Ok(Next::GoOn) };
        // The keys before it come first.
        if self.keys()? == Next::End {
            return Ok(Next::End);
        }
        self.tell_time();
        self.take(message)
    }

    /// Takes in the keys that have arrived together, once the terminal has no other for them: it may have had while
    /// something else took its time here.
    fn complete(&mut self, keys: &mut EventStream) -> anyhow::Result<Next> {
        let mut has_more = false;
        while let Some(Some(Ok(event))) = keys.next().now_or_never() {
            has_more = true;
            if self.event(event)? == Next::End {
                return Ok(Next::End);
            }
        }
        if has_more { Ok(Next::GoOn) } else { self.keys() }
    }

    /// Takes in the keys that have arrived together.
    fn keys(&mut self) -> anyhow::Result<Next> {
        self.tell_time();
        let arrived = self.arrivals.take();
        keys(&self.model, arrived).map_or(Ok(Next::GoOn), |message| self.take(message))
    }

    /// Takes a message into the core and does what it wants done.
    fn take(&mut self, message: Message) -> anyhow::Result<Next> {
        self.dirty = true;
        let mut next = Next::GoOn;
        for effect in update(&mut self.model, message) {
            match effect {
                Effect::Ask { id, topic, question, pause } => {
                    self.worker.ask((id, topic), question, pause, self.model.language);
                }
                Effect::Cancel(topic) => self.worker.cancel(topic),
                Effect::BreakOff => self.worker.break_off(),
                Effect::ForbidChanges => self.worker.forbid_changes(),
                Effect::Copy(text) => self.screen.copy(&text)?,
                // An account's file is not for what each of its operators likes, nor is there a shell behind it.
                Effect::Keep(_) | Effect::Suspend if self.settings.confined => {}
                Effect::Keep(choice) => self.keep(choice),
                Effect::Mouse(wanted) => self.screen.take_mouse(wanted)?,
                Effect::Operator(operator) => self.worker.act_as(operator),
                Effect::Redraw => self.screen.redraw()?,
                Effect::Suspend => next = self.suspend()?,
                Effect::Quit => next = Next::End,
            }
        }
        Ok(next)
    }

    /// Tells the core the time before something happens to it.
    fn tell_time(&mut self) {
        self.model.now = Utc::now();
    }

    fn tick(&mut self) -> anyhow::Result<Next> {
        // A dropped line does not always come with a signal, as when we were started with nohup.
        if !rustix::termios::isatty(rustix::stdio::stdin()) {
            return Ok(Next::End);
        }
        let was_dirty = self.dirty || self.model.is_lively();
        let now: DateTime<Utc> = Utc::now();
        let next = self.take(Message::Tick(now))?;
        let minute = (self.model.server_now().timestamp()).div_euclid(60);
        self.dirty = was_dirty || self.model.is_lively() || self.shown_minute != Some(minute);
        Ok(next)
    }

    fn draw(&mut self) -> io::Result<()> {
        let model = &self.model;
        self.screen.draw(|frame| view(model, frame))?;
        self.shown_minute = Some(model.server_now().timestamp().div_euclid(60));
        self.dirty = false;
        Ok(())
    }

    fn suspend(&mut self) -> anyhow::Result<Next> {
        self.screen.suspend()?;
        Ok(Next::GoOn)
    }

    fn resumed(&mut self) -> anyhow::Result<Next> {
        self.screen.reclaim()?;
        self.tell_time();
        // The terminal may have another size than when it was left.
        let (columns, rows) = terminal_size();
        self.take(Message::Resized(columns, rows))?;
        self.take(Message::Resumed)
    }

    fn keep(&mut self, choice: Choice) {
        if let Err(error) = Preferences::keep(&self.settings.paths.preferences, choice) {
            let words = error.words(self.model.language);
            self.model.say(Tone::Bad, words);
        }
    }
}

/// The stop that comes from outside, as by `kill -TSTP`; the keyboard's own comes as a key.
fn terminal_stop() -> io::Result<Signal> {
    signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))
}

/// The shell's `fg`.
fn resumed() -> io::Result<Signal> {
    signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))
}

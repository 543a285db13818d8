//! Starting a folder's server, whatever state the folder is in.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use super::error_log;
use super::find::{Server, servers};
use super::folder::Folder;
use super::initialise;
use super::launch::{Launched, Outcome, READY_TIME, launch};
use super::options::Options;
use super::release::Kind;
use super::settings::{Mode, Settings};
use crate::lock::{Attempt, Lock};
use crate::{Failure, interruption, random};

impl Folder {
    /// Starts the server of a folder, which is made and initialised when it is not there or empty, and returns its URL.
    /// One that runs stays as it is. A start that fails or is broken off leaves no server, no lock and no socket behind.
    pub fn start(path: &Path, options: &Options) -> Result<(Self, String), Failure> {
        let folder = Self::make(path)?;
        let lock = folder.lock()?;
        if folder.running().is_some() && !lock.was_broken() {
            let url = folder.url()?;
            return Ok((folder, url));
        }
        folder.kill()?; // one that a broken start left, or one that is still dying
        let mut settings = folder.prepare(options)?;
        folder.serve(&mut settings)?.keep();
        drop(lock);
        Ok((folder, settings.url()))
    }

    // Two starts of one folder at once: the second waits, then finds it running.
    fn lock(&self) -> Result<Lock, Failure> {
        let link = self.file("lock");
        let end = Instant::now() + READY_TIME + Duration::from_mins(1);
        loop {
            let holder = match Lock::attempt(Path::new(&link)) {
                Attempt::Taken(lock) => return Ok(lock),
                Attempt::Held(holder) => holder,
            };
            if Instant::now() >= end {
                let holder = holder.map_or("?".to_owned(), |pid| pid.as_raw_nonzero().to_string());
                return Err(Failure::new(format!(
                    "process {holder} has been starting {} for minutes: wait for it or end it",
                    self.path()
                )));
            }
            interruption::pause()?;
        }
    }

    // The settings that the folder has and the options change, and data.
    fn prepare(&self, options: &Options) -> Result<Settings, Failure> {
        let is_new = !self.has_data();
        let mut settings = if is_new { Settings::default() } else { self.settings() };
        if is_new {
            drop(fs::remove_file(self.file("settings")));
            drop(fs::remove_file(self.file("init.sql")));
        }
        let server = self.choose(options, &settings)?;
        settings.server.clone_from(&server.path);
        settings.kind = Some(server.release.kind);
        settings.fast |= options.fast;
        if let Some(zone) = &options.time_zone {
            settings.time_zone.clone_from(zone);
        }
        if !options.extra.is_empty() {
            settings.extra.clone_from(&options.extra);
        }
        if is_new {
            if options.wants_port() {
                settings.mode = Mode::Tcp;
                settings.password =
                    random::word().map_err(|_| Failure::new("/dev/urandom gives no random bytes"))?;
            }
            self.save_settings(&settings)?;
            initialise::write_init_file(self, &server, &settings)?;
            initialise::initialise(self, &server, &settings)?;
        } else if options.wants_port() && settings.mode == Mode::Socket {
            return Err(Failure::new(format!(
                "{} was made for a Unix socket, so it can have no port",
                self.path()
            )));
        }
        settings.port = options.port.or(settings.port);
        Ok(settings)
    }

    fn choose(&self, options: &Options, settings: &Settings) -> Result<Server, Failure> {
        let (asked, made_with) = (options.server()?, Path::new(&settings.server));
        let path = match asked {
            Some(path) => path,
            None if made_with.is_file() => settings.server.clone(),
            None => return self.first_found(settings.kind),
        };
        let server = Server::at(&path).ok_or_else(|| {
            Failure::new(format!("{path} is no MySQL 8.0+ or MariaDB 10.11+ server that runs here"))
        })?;
        match settings.kind {
            Some(kind) if kind != server.release.kind => Err(Failure::new(format!(
                "{} was made by {}, but {path} is {}",
                self.path(),
                kind.word(),
                server.release
            ))),
            _ => Ok(server),
        }
    }

    fn first_found(&self, kind: Option<Kind>) -> Result<Server, Failure> {
        let found = servers()?;
        let none_at_all = found.is_empty();
        found.into_iter().find(|server| kind.is_none_or(|kind| kind == server.release.kind)).ok_or_else(
            || {
                Failure::new(match kind {
                    Some(kind) if !none_at_all => format!(
                        "{} was made by {}, of which no usable server is on this machine",
                        self.path(),
                        kind.word()
                    ),
                    _ => "neither MySQL 8.0+ nor MariaDB 10.11+ is on this machine".to_owned(),
                })
            },
        )
    }

    fn serve(&self, settings: &mut Settings) -> Result<Launched<'_>, Failure> {
        let launched = if settings.mode == Mode::Tcp && settings.port.is_none() {
            self.serve_on_free_port(settings)?
        } else {
            if let Some(port) = settings.port.filter(|port| settings.mode == Mode::Tcp && !is_free(*port)) {
                let server = &settings.server;
                return Err(Failure::new(format!("port {port} is taken, so {server} cannot serve on it")));
            }
            match launch(self, settings)? {
                Outcome::Serves(launched) => launched,
                Outcome::Ended(said) => return Err(self.did_not_start(settings, &said)),
            }
        };
        drop(fs::remove_file(self.file("init.sql")));
        self.write("url", &format!("{}\n", settings.url()))?;
        Ok(launched)
    }

    // Another process may take the port before the server does.
    fn serve_on_free_port(&self, settings: &mut Settings) -> Result<Launched<'_>, Failure> {
        for attempt in 1.. {
            settings.port = Some(free_port()?);
            match launch(self, settings)? {
                Outcome::Serves(launched) => return Ok(launched),
                Outcome::Ended(said) if attempt == 5 || !error_log::is_address_in_use(&said) => {
                    return Err(self.did_not_start(settings, &said));
                }
                Outcome::Ended(_) => {}
            }
        }
        Err(no_free_port())
    }

    fn did_not_start(&self, settings: &Settings, said: &str) -> Failure {
        let reason = error_log::reason(said);
        Failure::new(format!(
            "{} did not start: {reason}{}; its log is {}",
            settings.server,
            error_log::hint(reason),
            self.file("error.log")
        ))
    }
}

fn is_free(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err()
}

// Below the ports that systems give to outgoing connections, so that it is free after a restart too.
fn free_port() -> Result<u16, Failure> {
    for _ in 0..10 {
        let mut bytes = [0; 2];
        random::fill(&mut bytes).map_err(|error| Failure::of("/dev/urandom", &error))?;
        let port = 10_000 + u16::from_ne_bytes(bytes) % 20_000;
        if is_free(port) {
            return Ok(port);
        }
    }
    Err(no_free_port())
}

fn no_free_port() -> Failure {
    Failure::new("no free port was found between 10000 and 30000")
}

//! `kami doctor`: whether kami can work with its database, and how to fix what is wrong.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;
use kami_common::settings::everybody_reads;
use kami_common::shown::whole_moment;
use kami_common::words::{Language, number, say};
use kami_common::{key_file, reason, schema};
use kami_core::code::{GUESSES_A_SECOND, shortest_hard};
use kami_core::misses::{ALL, NEIGHBOURHOOD};
use kami_store::protection::Protection;
use kami_store::{Inspection, Role, RoutineFault, ServerKind, StoreError, Takeover, rights_in_words, socket};
use kami_trust::online::WARNED_BEFORE;
use serde_json::json;

use super::failure::Failure;
use super::grants::RoleName;
use super::output::{Output, Table};
use super::releases::{Standing, standing, tested_in_words};
use super::session::Session;

/// How far apart the clocks of server and machine may be, in seconds.
const CLOCK: u64 = 5;

/// More cards than most shops ever have in circulation.
const MANY_CARDS: u64 = 10_000_000;

/// The plugin by which the password itself has to be sent whenever the server does not have the account in its cache.
const SENT_ITSELF: &str = "caching_sha2_password";

/// Check connection, protection, version, rights, schema and clock of the database
///
/// Says how to fix what is wrong, and then ends with code 1.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami doctor\n  kami --env-file api.env doctor --for function\n  \
                  kami -e prod doctor --json | jq '.checks[] | select(.ok | not)'")]
pub(super) struct Doctor {
    /// What the account is for; by default operator, and with --read-only viewer
    #[arg(long = "for", value_name = "ROLE")]
    role: Option<RoleName>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
struct Check {
    name: &'static str,
    /// What was found.
    found: String,
    /// How to fix it; none when nothing is wrong.
    fix: Option<String>,
}

impl Doctor {
    /// Looks at everything and tells.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let reads = if session.settings.read_only { Role::Viewer } else { Role::Operator };
        let role = self.role.map_or(reads, Into::into);
        let checks = match session.store.inspect().await {
            Ok(inspection) => {
                // before the tables are looked at, which takes its time
                let now = Utc::now();
                let tables = tables(session.language, session.store.inspect_tables().await);
                checks(session, &inspection, role, now, tables)
            }
            Err(error) => vec![Check {
                name: "connection",
                found: reason::store_error(session.language, &error),
                fix: Some(say!(session.language, "command.doctor.fix_connection")),
            }],
        };
        let wrong = checks.iter().filter(|check| check.fix.is_some()).count();
        let mut out = Output::open();
        if self.json {
            let checks: Vec<_> = checks
                .iter()
                .map(|Check { name, found, fix }| {
                    json!({ "name": name, "ok": fix.is_none(), "found": found, "mend": fix })
                })
                .collect();
            out.json(&json!({ "ok": wrong == 0, "checks": checks }))?;
        } else {
            print(session, &mut out, &checks)?;
        }
        out.flush()?;
        if wrong == 0 {
            return Ok(());
        }
        let wrong = kami_common::words::counted(session.language, "command.doctor.wrong", wrong as u64);
        Err(Failure::Failed(anyhow::Error::msg(wrong)))
    }
}

fn print(session: &Session, out: &mut Output, checks: &[Check]) -> Result<(), Failure> {
    let mut table = Table::default();
    for Check { name, found, fix } in checks {
        let sign = if fix.is_none() { "✓" } else { "✗" };
        let name = say!(session.language, format!("command.doctor.{name}"));
        table.push([sign.to_owned(), name, found.clone()]);
        if let Some(fix) = fix {
            table.push([String::new(), String::new(), format!("→ {fix}")]);
        }
    }
    Ok(out.table(&table)?)
}

fn checks(
    session: &Session,
    seen: &Inspection,
    role: Role,
    now: DateTime<Utc>,
    tables: Vec<Check>,
) -> Vec<Check> {
    let of_server = [
        Check {
            name: "connection",
            found: format!("{}, {}", session.settings.connection.url, seen.account),
            fix: None,
        },
        tls(session, seen),
        password(session, seen),
        version(session, seen),
        grants(session, seen, role),
        schema(session, seen, role),
    ];
    let others = [clock(session, seen, now), brake(session.language), codes(session.language)];
    of_server
        .into_iter()
        .chain(tables)
        .chain(others)
        .chain(secret(session))
        .chain(signing(session, now))
        .collect()
}

/// What is not as it should be with the tables, column by column, and the statement that fixes it.
fn tables(language: Language, seen: Result<Option<Takeover>, StoreError>) -> Vec<Check> {
    let check = |found, fix| Check { name: "tables", found, fix };
    let takeover = match seen {
        Ok(Some(takeover)) => takeover,
        Ok(None) => return vec![check(say!(language, "takeover.unseen"), None)],
        Err(error) => {
            let fix = say!(language, "takeover.no_time");
            return vec![check(reason::store_error(language, &error), Some(fix))];
        }
    };
    let refusals = takeover.refusals.iter().map(|refusal| schema::refusal(language, refusal));
    let refusals = refusals.map(|refusal| match refusal.split_once([':', '：']) {
        Some((found, fix)) => check(found.to_owned(), Some(fix.trim_start().to_owned())),
        None => check(refusal, Some("kami migrate".to_owned())),
    });
    let faults = schema::faults(language, &takeover).into_iter().map(|(found, statement)| {
        let statement = statement.map_or(String::new(), |statement| format!(": {statement}"));
        check(found, Some(format!("kami migrate{statement}")))
    });
    let wrong: Vec<_> = refusals.chain(faults).collect();
    if wrong.is_empty() { vec![check(say!(language, "takeover.as_they_should"), None)] } else { wrong }
}

/// Who may read the file that the password comes from, if it comes from one.
fn secret(session: &Session) -> Option<Check> {
    let language = session.language;
    let file = session.settings.connection.secret_file.as_deref()?;
    // It was read a moment ago; one that is gone since then shows nothing to anybody.
    let is_open = everybody_reads(file).unwrap_or(false);
    let key = if is_open { "command.doctor.open_secret" } else { "command.doctor.closed_secret" };
    let file = file.display().to_string();
    let fix = is_open.then(|| format!("chmod go= {}", quoted(&file)));
    Some(Check { name: "secret", found: say!(language, key, file = file), fix })
}

/// How long answers are signed, where this machine's environment says with what.
fn signing(session: &Session, now: DateTime<Utc>) -> Option<Check> {
    let language = session.language;
    let file = std::env::var_os(key_file::VARIABLE).filter(|file| !file.is_empty()).map(PathBuf::from)?;
    let check = |found, fix| Some(Check { name: "signing", found, fix });
    let keys = match key_file::online(&file) {
        Ok(keys) => keys,
        Err(problem) => {
            let (file, why) = (file.display(), problem.words(language));
            let fix = say!(language, "command.doctor.fix_key_file", variable = key_file::VARIABLE);
            return check(say!(language, "keys.unusable", file = file, why = why), Some(fix));
        }
    };
    let now = now.timestamp();
    let end = keys.all_signed_until(now)?;
    let until = whole_moment(session.zone, DateTime::from_timestamp(end, 0).unwrap_or_default());
    let key = if end <= now { "command.doctor.signs_no_more" } else { "command.doctor.signs_until" };
    let fix = (end - now < WARNED_BEFORE)
        .then(|| say!(language, "command.doctor.fix_signing", file = file.display()));
    check(say!(language, key, until = until), fix)
}

/// What the API makes of those who guess codes.
fn brake(language: Language) -> Check {
    let (free, all) = (u64::from(NEIGHBOURHOOD.burst), u64::from(ALL.burst));
    let (seconds, rate) = (NEIGHBOURHOOD.interval.as_secs(), 1_000 / ALL.interval.as_millis());
    let found = say!(
        language,
        "command.doctor.braked",
        free = free,
        seconds = seconds,
        all = number(all),
        rate = rate
    );
    Check { name: "brake", found, fix: None }
}

/// What makes guessing hopeless, which the brake does not.
fn codes(language: Language) -> Check {
    let (rate, length) = (GUESSES_A_SECOND, shortest_hard(MANY_CARDS));
    let cards = number(MANY_CARDS);
    let found = say!(language, "command.doctor.hard", length = length, cards = cards, rate = rate);
    Check { name: "codes", found, fix: None }
}

fn tls(session: &Session, seen: &Inspection) -> Check {
    let language = session.language;
    let server = session.settings.connection.server.as_str();
    let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
    let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let (found, fix) = match (&seen.tls_version, &seen.tls_cipher) {
        (Some(version), Some(cipher)) => (format!("{version}, {cipher}"), None),
        (None, Some(cipher)) => (cipher.clone(), None),
        (_, None) if is_here => (say!(language, "command.doctor.no_tls_here"), None),
        (_, None) => {
            (say!(language, "command.doctor.no_tls"), Some(say!(language, "command.doctor.fix_tls")))
        }
    };
    Check { name: "tls", found, fix }
}

/// What keeps the password from a stranger who answers in the server's place.
fn password(session: &Session, seen: &Inspection) -> Check {
    let language = session.language;
    let protection = session.settings.connection.url.protection();
    let found = match &protection {
        Protection::Socket(path) => {
            let owner = socket::owner(path).map_or_else(|_| "?".to_owned(), user_name);
            say!(language, "command.doctor.by_socket", path = path.display(), owner = owner)
        }
        Protection::VerifiedTls(None) => say!(language, "command.doctor.by_system"),
        Protection::VerifiedTls(Some(file)) => {
            say!(language, "command.doctor.by_authority", file = file.display())
        }
        Protection::PinnedKey(file) => say!(language, "command.doctor.by_key", file = file.display()),
        Protection::RetrievedKey => say!(language, "command.doctor.by_nothing"),
        Protection::UnverifiedTls => say!(language, "command.doctor.withheld_in_tls"),
        Protection::Plain => say!(language, "command.doctor.withheld"),
    };
    let is_cut_off = !protection.sends_passwords() && seen.login_plugin == SENT_ITSELF;
    let fix = is_cut_off.then(|| say!(language, "command.doctor.fix_withheld", plugin = SENT_ITSELF));
    Check { name: "password", found, fix }
}

/// The name of a user of this machine, or his number where he has none here.
fn user_name(number: u32) -> String {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut users = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let name = users.find_map(|user| match user[..] {
        [name, _, id, ..] if id.parse() == Ok(number) => Some(name.to_owned()),
        _ => None,
    });
    name.unwrap_or_else(|| number.to_string())
}

fn version(session: &Session, seen: &Inspection) -> Check {
    let kind = match seen.kind {
        ServerKind::MySql => "MySQL",
        ServerKind::MariaDb => "MariaDB",
    };
    let (language, tested) = (session.language, tested_in_words(seen.kind));
    let standing = standing(seen.kind, &seen.version);
    let note = match standing {
        Standing::Tested | Standing::TooOld => String::new(),
        Standing::Older => say!(language, "command.doctor.older_release", tested = tested),
        Standing::Between => say!(language, "command.doctor.other_release", tested = tested),
        Standing::Newer => say!(language, "command.doctor.newer_release", tested = tested),
    };
    let fix = (standing == Standing::TooOld).then(|| say!(language, "command.doctor.fix_version"));
    Check { name: "version", found: format!("{kind} {}{note}", seen.version), fix }
}

fn grants(session: &Session, seen: &Inspection, role: Role) -> Check {
    let language = session.language;
    let missing = seen.grants.missing(role);
    let outgrown = seen.grants.outgrown(role);
    let database = session.settings.connection.url.database();
    let fix = |how: &str, role: Role, account: &str| {
        let (role, account, database) = (role.name(), quoted(account), quoted(&database));
        let command = format!("kami grants {how}--for {role} {account} --database {database} | mysql");
        Some(say!(language, "command.doctor.fix_grants", command = command))
    };
    let (found, fix) = if seen.takes_no_writes && role != Role::Viewer {
        (say!(language, "command.doctor.replica"), Some(say!(language, "command.doctor.fix_replica")))
    } else if let (true, Some(RoutineFault { maker, is_gone })) = (missing.is_empty(), &seen.routine_fault) {
        let (key, how) = if *is_gone { ("no_maker", "") } else { ("poor_maker", "--existing ") };
        let found = say!(language, format!("command.doctor.{key}"), account = maker);
        (found, fix(how, Role::Migrate, maker))
    } else if missing.is_empty() && outgrown.is_empty() {
        (say!(language, "command.doctor.may", role = role.name()), None)
    } else if missing.is_empty() {
        let rights = rights_in_words(&outgrown);
        (
            say!(language, "command.doctor.outgrown", role = role.name(), rights = rights),
            fix("--narrow ", role, &seen.account),
        )
    } else {
        let found =
            say!(language, "command.doctor.lacks", role = role.name(), rights = rights_in_words(&missing));
        (found, fix("--existing ", role, &seen.account))
    };
    Check { name: "grants", found, fix }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn schema(session: &Session, seen: &Inspection, role: Role) -> Check {
    let language = session.language;
    let known = seen.known_schema;
    let (found, fix) = match seen.schema_version {
        None if matches!(role, Role::Function | Role::Expire) => {
            (say!(language, "command.doctor.unseen_schema"), None)
        }
        None => (say!(language, "command.doctor.no_schema"), Some("kami migrate".to_owned())),
        Some(version) if version < known => {
            (say!(language, "command.doctor.schema_of", n = version), Some("kami migrate".to_owned()))
        }
        Some(version) if version > known => {
            let fix = say!(language, "command.doctor.fix_newer", n = known);
            (say!(language, "command.doctor.schema_of", n = version), Some(fix))
        }
        Some(version) => (say!(language, "command.doctor.schema_of", n = version), None),
    };
    Check { name: "schema", found, fix }
}

fn clock(session: &Session, seen: &Inspection, now: DateTime<Utc>) -> Check {
    let apart = (seen.clock - now).num_seconds().unsigned_abs();
    let moment = whole_moment(session.zone, seen.clock);
    let fix = (apart > CLOCK).then(|| say!(session.language, "command.doctor.fix_clock", n = number(apart)));
    Check { name: "clock", found: format!("{moment} {}", session.zone.name()), fix }
}

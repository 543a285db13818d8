//! `private-server` on a real server, the one of `KAMI_TEST_SERVER`.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

#[path = "../src/scratch.rs"]
mod scratch;

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use self::scratch::Scratch;

const PATIENCE: Duration = Duration::from_mins(2);

/// A folder in which servers are started by the program; what still runs in it is killed when dropped.
struct Tried {
    scratch: Scratch,
    folder: PathBuf,
}

impl Tried {
    fn new(name: &str) -> Self {
        let scratch = Scratch::new(&name.replace('/', "_"));
        let folder = scratch.path().join(name);
        Self { scratch, folder }
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["private-server", verb]).arg(&self.folder).stdin(Stdio::null());
        command
    }

    fn first_start(&self) -> Command {
        let mut command = self.command("start");
        command.args(["--server", &server(), "--fast"]);
        command
    }

    fn run(&self, verb: &str) -> Said {
        said(&mut self.command(verb))
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap_or_default()
    }

    fn pid(&self) -> Option<Pid> {
        Pid::from_raw(self.file("pid").trim().parse().ok()?)
    }

    fn names(&self) -> Vec<String> {
        let files = fs::read_dir(&self.folder).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Tried {
    fn drop(&mut self) {
        self.run("kill");
        assert!(self.scratch.path().exists());
    }
}

fn server() -> String {
    std::env::var("KAMI_TEST_SERVER").expect("the tests need a server: run them with ./test.sh")
}

/// Standard output, the last line of standard error, and the exit status.
type Said = (String, String, i32);

fn said(command: &mut Command) -> Said {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let errors = String::from_utf8(stderr).unwrap();
    let last = errors.lines().last().unwrap_or_default().to_owned();
    (String::from_utf8(stdout).unwrap(), last, status.code().unwrap_or(-1))
}

fn done(output: &str) -> Said {
    (output.to_owned(), String::new(), 0)
}

fn stopped() -> Said {
    ("stopped\n".to_owned(), String::new(), 3)
}

fn eventually(what: &str, mut happens: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !happens() {
        assert!(Instant::now() < end, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// What a server sends first, as both kinds do; it names its version.
fn greeting(mut stream: impl std::io::Read) -> String {
    let mut bytes = [0; 64];
    let length = stream.read(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

fn runs(pid: Pid) -> bool {
    test_kill_process(pid).is_ok()
        && fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).is_ok_and(|line| !line.is_empty())
}

#[test]
fn server_on_a_socket_lives_from_its_start_to_its_stop() {
    let tried = Tried::new("数据 库");
    let (url, error, status) = said(&mut tried.first_start());
    assert_eq!((error.as_str(), status), ("", 0));
    let (folder, encoded) = url.trim_end().split_once("?socket=").unwrap();
    assert_eq!(folder, "mysql://kami@localhost/kamisystem");
    assert!(encoded.ends_with("/%e6%95%b0%e6%8d%ae%20%e5%ba%93/mysql.sock"), "{encoded}");
    greeting(UnixStream::connect(tried.folder.join("mysql.sock")).unwrap());
    assert_eq!(fs::metadata(&tried.folder).unwrap().permissions().mode() & 0o777, 0o700);

    assert_eq!(tried.run("url"), done(&url));
    let pid = tried.pid().unwrap();
    let (status, ..) = tried.run("status");
    let words: Vec<_> = status.split_whitespace().collect();
    assert_eq!(words[..2], ["running", &pid.as_raw_nonzero().to_string()]);
    assert!(["mysql", "mariadb"].contains(&words[2]) && words[3].split('.').count() == 3, "{status}");

    assert_eq!(tried.run("start"), done(&url), "a second start finds it running");
    assert_eq!(tried.pid(), Some(pid));

    assert_eq!(tried.run("stop"), done(""));
    assert!(!runs(pid));
    assert_eq!(tried.run("status"), stopped());
    assert_eq!(tried.names(), ["data", "error.log", "settings", "tmp", "url"]);
    assert_eq!(tried.run("stop"), done(""), "what does not run can be stopped");
    let mut with_port = tried.command("start");
    let (_, error, status) = said(with_port.arg("--free-port"));
    assert!(error.ends_with("was made for a Unix socket, so it can have no port") && status == 1, "{error}");
}

#[test]
fn server_that_was_killed_starts_again_at_the_same_port() {
    let tried = Tried::new("port");
    let (url, ..) =
        said(tried.first_start().args(["--free-port", "--time-zone", "+08:00", "--", "--max-connections=7"]));
    let port: u16 = url.split(['@', '/']).nth(3).unwrap().split(':').nth(1).unwrap().parse().unwrap();
    let settings = tried.file("settings");
    for line in
        [&format!("port={port}"), "mode=tcp", "fast=1", "time_zone=+08:00", "extra=--max-connections=7"]
    {
        assert!(settings.lines().any(|it| it == line), "{line} in {settings}");
    }
    greeting(TcpStream::connect(("127.0.0.1", port)).unwrap());
    let first = tried.pid().unwrap();
    assert_eq!(tried.run("kill"), done(""));
    assert!(!runs(first) && TcpStream::connect(("127.0.0.1", port)).is_err());
    assert_eq!(tried.run("start"), done(&url));
    assert_ne!(tried.pid(), Some(first));
    assert_eq!(tried.file("settings"), settings);
    greeting(TcpStream::connect(("127.0.0.1", port)).unwrap());
}

#[test]
fn two_starts_at_once_make_one_server() {
    let tried = Tried::new("both");
    let starts = [0, 1].map(|_| tried.first_start().stdout(Stdio::piped()).spawn().unwrap());
    let urls = starts.map(|start| start.wait_with_output().unwrap()).map(|output| {
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    });
    assert_eq!(urls[0], urls[1]);
    assert_eq!(tried.file("error.log").matches("ready for connections").count(), 1);
}

#[test]
fn start_that_is_broken_off_leaves_nothing_running() {
    for (signal, status) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let tried = Tried::new("broken off");
        let mut start = tried.first_start().stdout(Stdio::null()).spawn().unwrap();
        eventually("the server is launched", || tried.pid().is_some_and(runs));
        let server = tried.pid().unwrap();
        kill_process(Pid::from_child(&start), signal).unwrap();
        // it may have been ready by then
        let ended = start.wait().unwrap();
        if !ended.success() {
            assert_eq!(ended.code(), Some(status));
            assert!(!runs(server), "the server went with its start");
            assert_eq!(tried.run("status"), stopped());
        }
        assert!(fs::symlink_metadata(tried.folder.join("lock")).is_err(), "no lock is left");
    }
}

#[test]
fn start_that_was_killed_hinders_no_later_one() {
    let tried = Tried::new("killed");
    let mut start = tried.first_start().stdout(Stdio::null()).spawn().unwrap();
    eventually("the server is launched", || tried.pid().is_some_and(runs));
    let left = tried.pid().unwrap();
    start.kill().unwrap();
    start.wait().unwrap();
    let broken = fs::symlink_metadata(tried.folder.join("lock")).is_ok();
    let (url, error, status) = tried.run("start");
    assert_eq!((error.as_str(), status), ("", 0));
    assert_eq!(tried.run("url"), done(&url));
    if broken {
        assert_ne!(tried.pid(), Some(left), "what the dead one left is not trusted");
        assert!(!runs(left));
    }
    assert!(fs::symlink_metadata(tried.folder.join("lock")).is_err());
}

#[test]
fn initialisation_that_was_killed_is_done_again() {
    let tried = Tried::new("cut short");
    let mut start = tried.first_start().stdout(Stdio::null()).spawn().unwrap();
    eventually("it is initialised", || tried.folder.join("initialiser").exists());
    start.kill().unwrap();
    start.wait().unwrap();
    assert!(!tried.folder.join("data").exists());
    let (_, error, status) = said(&mut tried.first_start());
    assert_eq!((error.as_str(), status), ("", 0));
    assert!(!tried.folder.join("data.new").exists() && !tried.folder.join("initialiser").exists());
}

#[test]
fn pid_of_a_stranger_is_no_server_of_ours() {
    let tried = Tried::new("stranger");
    fs::create_dir(&tried.folder).unwrap();
    let mut stranger = Command::new("sleep").arg("1000").spawn().unwrap();
    fs::write(tried.folder.join("pid"), format!("{}\n", stranger.id())).unwrap();
    assert_eq!(tried.run("status"), stopped());
    assert_eq!(tried.run("kill"), done(""));
    fs::write(tried.folder.join("pid"), format!("{}\n", stranger.id())).unwrap();
    assert_eq!(tried.run("stop"), done(""));
    assert!(stranger.try_wait().unwrap().is_none(), "the stranger lives");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[test]
fn server_that_refuses_its_options_says_why() {
    let tried = Tried::new("options");
    let (output, error, status) = said(tried.first_start().args(["--", "--nonsense-of-a-test=1"]));
    assert_eq!((output.as_str(), status), ("", 1));
    assert!(error.contains("did not start") && error.contains("nonsense-of-a-test"), "{error}");
    assert_eq!(tried.run("status"), stopped());
    assert!(!tried.folder.join("lock").exists() && !tried.folder.join("pid").exists());
}

#[test]
fn taken_port_and_a_server_that_is_none_are_refused() {
    let tried = Tried::new("refused");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (_, error, status) = said(tried.first_start().args(["--port", &port]));
    assert_eq!(error, format!("private-server: port {port} is taken, so {} cannot serve on it", server()));
    assert_eq!(status, 1);
    let (_, error, status) = said(tried.command("start").args(["--server", "/bin/true"]));
    assert_eq!(error, "private-server: /bin/true is no MySQL 8.0+ or MariaDB 10.11+ server that runs here");
    assert_eq!(status, 1);
}

#[test]
fn servers_that_are_named_are_all_that_are_found() {
    let find = |named: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        said(command.args(["private-server", "find"]).env("KAMI_SERVERS", named))
    };
    let (found, _, status) = find(&server());
    assert_eq!((found.lines().count(), status), (1, 0));
    assert!(found.contains(&format!(" {} ", server())), "{found}");
    let (found, error, status) = find(&format!("{}:/bin/true", server()));
    assert_eq!((found.as_str(), status), ("", 1));
    let refusal =
        "KAMI_SERVERS names /bin/true, which is no MySQL 8.0+ or MariaDB 10.11+ server that runs here";
    assert_eq!(error, format!("private-server: {refusal}"));
}

#[test]
fn server_lies_elsewhere_when_the_folder_s_name_is_too_long_for_a_socket() {
    let tried = Tried::new(&"deep".repeat(40));
    let (url, error, status) = said(&mut tried.first_start());
    assert_eq!((error.as_str(), status), ("", 0));
    let socket = url.trim_end().split_once("?socket=").unwrap().1.to_owned();
    assert!(!socket.contains("deep"), "{socket}");
    greeting(UnixStream::connect(&socket).unwrap());
    assert_eq!(tried.run("stop"), done(""));
    assert!(!Path::new(&socket).parent().unwrap().exists(), "nothing is left of it");
}

#[test]
fn another_user_has_servers_of_its_own() {
    const NOBODY: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let as_nobody = |program: &Path, arguments: &[&str]| {
        let mut command = Command::new(NOBODY[0]);
        command
            .args(&NOBODY[1..])
            .arg(program)
            .args(arguments)
            .env("HOME", "/nonexistent")
            .env("TMPDIR", "/tmp");
        said(command.stdin(Stdio::null()))
    };
    if !rustix::process::geteuid().is_root() || !Path::new("/usr/bin/setpriv").exists() {
        return eprintln!("left out: only root can become somebody else");
    }
    if as_nobody(Path::new(&server()), &["--no-defaults", "--version"]).2 != 0 {
        return eprintln!("left out: this server is root's alone");
    }
    // among the folders that everybody may enter
    let elsewhere = PathBuf::from(format!("/tmp/kami-xtask-user-{}", std::process::id()));
    let (program, roots) = (elsewhere.join("xtask"), elsewhere.join("roots"));
    fs::create_dir_all(&roots).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_xtask"), &program).unwrap();
    for (path, mode) in [(&elsewhere, 0o777), (&program, 0o755), (&roots, 0o755)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let folder = elsewhere.join("db").display().to_string();
    let (url, error, status) =
        as_nobody(&program, &["private-server", "start", &folder, "--server", &server(), "--fast"]);
    assert_eq!((error.as_str(), status), ("", 0));
    assert_eq!(as_nobody(&program, &["private-server", "url", &folder]).0, url);
    assert_eq!(as_nobody(&program, &["private-server", "stop", &folder]), done(""));
    let (_, error, status) = as_nobody(&program, &["private-server", "start", &roots.display().to_string()]);
    let refusal = format!("private-server: {} cannot be made, or belongs to another user", roots.display());
    assert_eq!((error, status), (refusal, 1));
    fs::remove_dir_all(&elsewhere).unwrap();
}

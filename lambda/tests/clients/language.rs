//! The languages that there are examples in.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use kami_testkit::unique_name;
use serde_json::Value;

/// A language that there is an example in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Language {
    Shell,
    Python,
    Rust,
    JavaScript,
    CSharp,
}

impl Language {
    pub(crate) const ALL: [Self; 5] = [Self::Shell, Self::Python, Self::Rust, Self::JavaScript, Self::CSharp];

    /// The file that is pasted into an app.
    pub(crate) fn page(self) -> PathBuf {
        clients().join(match self {
            Self::Shell => "shell/kami.sh",
            Self::Python => "python/kami.py",
            Self::Rust => "rust/src/main.rs",
            Self::JavaScript => "javascript/kami.mjs",
            Self::CSharp => "csharp/Kami.cs",
        })
    }

    /// What runs the example as a command; built the first time, where it has to be.
    pub(crate) fn command(self) -> Vec<String> {
        static RUST: OnceLock<String> = OnceLock::new();
        static CSHARP: OnceLock<String> = OnceLock::new();
        let interpreted = |interpreter: &str, needed| {
            need(needed);
            vec![interpreter.to_owned(), self.page().display().to_string()]
        };
        match self {
            Self::Shell => interpreted("sh", "curl"),
            Self::Python => interpreted("python3", "python3"),
            Self::JavaScript => interpreted("node", "node"),
            Self::Rust => vec![RUST.get_or_init(build_rust).clone()],
            Self::CSharp => {
                vec!["mono".to_owned(), CSHARP.get_or_init(|| build_csharp(&self.page())).clone()]
            }
        }
    }
}

fn build_csharp(page: &Path) -> String {
    need("mcs");
    need("mono");
    // the tests may run as many processes, so that nobody may see half a program
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique_name("kami"));
    let program = built.with_file_name("Kami.exe");
    let mut compiler = Command::new("mcs");
    compiler.args(["-langversion:6", "-warnaserror", "-r:System.Net.Http"]);
    compiler.args(["-r:System.Runtime.Serialization", &format!("-out:{}", built.display())]);
    succeed(compiler.arg(page));
    std::fs::rename(built, &program).unwrap();
    program.display().to_string()
}

fn build_rust() -> String {
    // cargo builds binaries for the tests of their own package only; with the features of the whole
    // workspace, the dependencies are those that are built already
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--workspace", "--bin", "kami-client-example"]);
    cargo.arg("--message-format=json-render-diagnostics").current_dir(clients());
    let messages = succeed(&mut cargo);
    let executable = |line: &str| {
        let message: Value = serde_json::from_str(line).unwrap();
        message["executable"].as_str().map(str::to_owned)
    };
    messages.lines().find_map(executable).expect("cargo names the binary")
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients")
}

fn need(tool: &str) {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).any(|folder| folder.join(tool).exists());
    assert!(found, "the tests of the client examples need {tool}: ./test.sh installs it");
}

fn succeed(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

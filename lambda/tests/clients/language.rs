//! The languages that there are examples in.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use kami_testkit::unique_name;
use serde_json::Value;

use crate::proofs;

/// A language that there is an example in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Language {
    Shell,
    Python,
    Rust,
    JavaScript,
    CSharp,
    Go,
    Java,
    Cpp,
}

/// What there is to know of a language.
struct Row {
    language: Language,
    /// What is pasted into an app, below `clients/`.
    pages: &'static [&'static str],
    /// What has to be installed.
    tools: &'static [&'static str],
    /// What says the server, the waits and the pinned keys in a page, and what the tests make of it in their copy: there each is
    /// what a variable of the environment says.
    constants: &'static [(&'static str, &'static str)],
    /// Makes a command of the copies in this folder.
    build: fn(&Path) -> Vec<String>,
    /// What has its page check what a line says.
    driver: Driver,
}

/// What has a page check proofs, leases and signatures: `proofs.rs` says in which lines, and what it answers.
enum Driver {
    /// A file of `drivers/`, and what makes a command of it once it stands among the copies.
    Program(&'static str, fn(&Path) -> Vec<String>),
    /// The page is Rust, as the tests are.
    Page(fn(&str) -> String),
}

static ROWS: [Row; 8] = [
    Row {
        language: Language::Shell,
        pages: &["shell/kami.sh", "shell/kami_device.sh", "shell/kami_json.sh", "shell/kami_proof.sh"],
        tools: &["curl", "openssl"],
        constants: &[
            ("SERVER=http://127.0.0.1:5000", "SERVER=$KAMI_URL"),
            ("WAIT=1 TIMEOUT=10", "WAIT=$KAMI_WAIT TIMEOUT=$KAMI_TIMEOUT"),
            (r#"ROOT_KEYS="""#, "ROOT_KEYS=$KAMI_ROOT_KEYS"),
        ],
        build: |folder| interpreted("sh", folder, "kami.sh"),
        driver: Driver::Program("driver.sh", |folder| interpreted("sh", folder, "driver.sh")),
    },
    Row {
        language: Language::Python,
        pages: &["python/kami.py", "python/kami_device.py", "python/kami_proof.py"],
        tools: &["python3"],
        constants: &[
            (r#""http://127.0.0.1:5000""#, r#"os.environ["KAMI_URL"]"#),
            ("= 1, 10 ", r#"= float(os.environ["KAMI_WAIT"]), float(os.environ["KAMI_TIMEOUT"]) "#),
            ("ROOT_KEYS = []", r#"ROOT_KEYS = os.environ["KAMI_ROOT_KEYS"].split()"#),
        ],
        build: |folder| interpreted("python3", folder, "kami.py"),
        driver: Driver::Program("driver.py", |folder| interpreted("python3", folder, "driver.py")),
    },
    Row {
        language: Language::Rust,
        pages: &[
            "rust/src/main.rs",
            "rust/src/device.rs",
            "rust/src/lease.rs",
            "rust/src/machine.rs",
            "rust/src/proof.rs",
            "rust/src/watch.rs",
        ],
        tools: &[],
        // built where it stands: a build with debug assertions asks the environment
        constants: &[],
        build: |_| vec![build_rust()],
        driver: Driver::Page(proofs::of_the_rust_page),
    },
    Row {
        language: Language::JavaScript,
        pages: &["javascript/kami.mjs", "javascript/kami_device.mjs", "javascript/kami_proof.mjs"],
        tools: &["node"],
        constants: &[
            (r#""http://127.0.0.1:5000""#, "process.env.KAMI_URL"),
            ("= [1, 10]", "= [process.env.KAMI_WAIT, process.env.KAMI_TIMEOUT].map(Number)"),
            ("ROOT_KEYS = []", r#"ROOT_KEYS = process.env.KAMI_ROOT_KEYS.split(" ").filter(Boolean)"#),
        ],
        build: |folder| interpreted("node", folder, "kami.mjs"),
        driver: Driver::Program("driver.mjs", |folder| interpreted("node", folder, "driver.mjs")),
    },
    Row {
        language: Language::CSharp,
        pages: &["csharp/Kami.cs", "csharp/KamiDevice.cs", "csharp/KamiLease.cs", "csharp/KamiProof.cs"],
        tools: &["mcs", "mono"],
        constants: &[
            (
                r#"const string Server = "http://127.0.0.1:5000";"#,
                r#"static readonly string Server = Environment.GetEnvironmentVariable("KAMI_URL");"#,
            ),
            (
                "const double Wait = 1, Timeout = 10;",
                r#"static double Set(string name) =>
                    double.Parse(Environment.GetEnvironmentVariable(name),
                        System.Globalization.CultureInfo.InvariantCulture);
                static readonly double Wait = Set("KAMI_WAIT"), Timeout = Set("KAMI_TIMEOUT");"#,
            ),
            (
                "RootKeys = { };",
                r#"RootKeys = Environment.GetEnvironmentVariable("KAMI_ROOT_KEYS")
                    .Split(new[] { ' ' }, StringSplitOptions.RemoveEmptyEntries);"#,
            ),
        ],
        build: |folder| csharp(folder, "Kami", &[]),
        driver: Driver::Program("Driver.cs", |folder| csharp(folder, "Driver", &["Driver.cs"])),
    },
    Row {
        language: Language::Go,
        pages: &["go/kami.go", "go/device.go", "go/lease.go", "go/proof.go", "go/main.go"],
        tools: &["go"],
        constants: &[
            (r#""http://127.0.0.1:5000""#, r#"os.Getenv("KAMI_URL")"#),
            (
                "wait, timeout = 1.0, 10.0",
                r#"wait, timeout = set("KAMI_WAIT"), set("KAMI_TIMEOUT")
                func set(name string) float64 { set, _ := strconv.ParseFloat(os.Getenv(name), 64); return set }"#,
            ),
            ("[]string{} ", r#"strings.Fields(os.Getenv("KAMI_ROOT_KEYS"))"#),
        ],
        build: |folder| go(folder, "kami", &["kami.go", "device.go", "lease.go", "proof.go", "main.go"]),
        driver: Driver::Program("driver.go", |folder| {
            go(folder, "driver", &["kami.go", "device.go", "lease.go", "proof.go", "driver.go"])
        }),
    },
    Row {
        language: Language::Java,
        pages: &[
            "java/Kami.java",
            "java/KamiDevice.java",
            "java/KamiFiles.java",
            "java/KamiJson.java",
            "java/KamiProof.java",
            "java/KamiCommand.java",
        ],
        tools: &["javac", "jar", "java"],
        constants: &[
            (r#""http://127.0.0.1:5000""#, r#"System.getenv("KAMI_URL")"#),
            (
                "WAIT = 1, TIMEOUT = 10;",
                r#"WAIT = Double.parseDouble(System.getenv("KAMI_WAIT")),
                    TIMEOUT = Double.parseDouble(System.getenv("KAMI_TIMEOUT"));"#,
            ),
            (
                "ROOT_KEYS = List.of();",
                r#"ROOT_KEYS = Stream.of(System.getenv("KAMI_ROOT_KEYS").split(" "))
                    .filter(key -> !key.isEmpty()).collect(Collectors.toList());"#,
            ),
        ],
        build: |folder| java(folder, "KamiCommand"),
        driver: Driver::Program("Driver.java", |folder| java(folder, "Driver")),
    },
    Row {
        language: Language::Cpp,
        pages: &["cpp/kami.hpp", "cpp/device.hpp", "cpp/lease.hpp", "cpp/proof.hpp", "cpp/main.cpp"],
        tools: &["c++"],
        constants: &[
            (r#""http://127.0.0.1:5000""#, r#"std::getenv("KAMI_URL")"#),
            (
                "WAIT = 1, TIMEOUT = 10;",
                r#"WAIT = std::atof(std::getenv("KAMI_WAIT")), TIMEOUT = std::atof(std::getenv("KAMI_TIMEOUT"));"#,
            ),
            (
                "ROOT_KEYS = {};",
                r#"ROOT_KEYS = [] {
                    std::istringstream keys(std::getenv("KAMI_ROOT_KEYS"));
                    return std::vector<std::string>(std::istream_iterator<std::string>(keys), {});
                }();"#,
            ),
            ("#include <functional>", "#include <functional>\n#include <iterator>\n#include <sstream>"),
        ],
        build: |folder| cpp(folder, "main.cpp"),
        driver: Driver::Program("driver.cpp", |folder| cpp(folder, "driver.cpp")),
    },
];

impl Language {
    pub(crate) const ALL: [Self; ROWS.len()] = [
        Self::Shell,
        Self::Python,
        Self::Rust,
        Self::JavaScript,
        Self::CSharp,
        Self::Go,
        Self::Java,
        Self::Cpp,
    ];

    fn row(self) -> &'static Row {
        ROWS.iter().find(|row| row.language as usize == self as usize).unwrap()
    }

    /// The files that are pasted into an app.
    pub(crate) fn pages(self) -> impl Iterator<Item = PathBuf> {
        self.row().pages.iter().map(|page| clients().join(page))
    }

    /// What runs the example as a command; made the first time.
    pub(crate) fn command(self) -> Vec<String> {
        static COMMANDS: [OnceLock<Vec<String>>; ROWS.len()] = [const { OnceLock::new() }; ROWS.len()];
        let command = || {
            self.row().tools.iter().for_each(|tool| need(tool));
            (self.row().build)(&self.copy())
        };
        COMMANDS[self as usize].get_or_init(command).clone()
    }

    /// What its page answers to each of these lines.
    pub(crate) fn checked(self, lines: &[String]) -> Vec<String> {
        let (file, build) = match &self.row().driver {
            Driver::Program(file, build) => (*file, build),
            Driver::Page(answer) => return lines.iter().map(|line| answer(line)).collect(),
        };
        self.row().tools.iter().for_each(|tool| need(tool));
        let folder = self.copy();
        let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/drivers").join(file);
        place(&folder, file, std::fs::read_to_string(driver).unwrap());
        let input = place(&folder, &unique_name("lines"), lines.join("\n") + "\n");
        let command = build(&folder);
        let mut driver = Command::new(&command[0]);
        let printed = finish(driver.args(&command[1..]).stdin(File::open(&input).unwrap()));
        std::fs::remove_file(input).unwrap();
        printed.lines().map(str::to_owned).collect()
    }

    /// The folder with copies of its pages that do as the environment says.
    fn copy(self) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("clients/{self:?}"));
        std::fs::create_dir_all(&folder).unwrap();
        let mut left: Vec<_> = self.row().constants.iter().collect();
        for page in self.pages() {
            let mut text = std::fs::read_to_string(&page).unwrap();
            left.retain(|(said, tried)| {
                let times = text.matches(said).count();
                assert!(times < 2, "{self:?} says {said} {times} times");
                text = text.replace(said, tried);
                times == 0
            });
            place(&folder, page.file_name().unwrap().to_str().unwrap(), text);
        }
        assert!(left.is_empty(), "{self:?} does not say {left:?}");
        folder
    }
}

/// Writes a file of a folder at once: the tests may run as many processes, and none may see half a page.
fn place(folder: &Path, name: &str, text: String) -> PathBuf {
    let (written, file) = (folder.join(unique_name("page")), folder.join(name));
    std::fs::write(&written, text).unwrap();
    std::fs::rename(written, &file).unwrap();
    file
}

fn interpreted(interpreter: &str, folder: &Path, page: &str) -> Vec<String> {
    vec![interpreter.to_owned(), folder.join(page).display().to_string()]
}

/// A program in C# that begins in this class, of the pages in a folder and more.
fn csharp(folder: &Path, class: &str, more: &[&str]) -> Vec<String> {
    let built = folder.join(unique_name("built"));
    let program = folder.join(class).with_extension("exe");
    let mut compiler = Command::new("mcs");
    compiler.args([
        "-langversion:6",
        "-warnaserror",
        &format!("-main:{class}"),
        &format!("-out:{}", built.display()),
    ]);
    compiler.arg("-r:System.Net.Http,System.Numerics,System.Runtime.Serialization,System.Xml");
    let pages = ["Kami.cs", "KamiDevice.cs", "KamiLease.cs", "KamiProof.cs"];
    succeed(compiler.args(pages.iter().chain(more).map(|page| folder.join(page))));
    std::fs::rename(built, &program).unwrap();
    vec!["mono".to_owned(), program.display().to_string()]
}

/// A program in Go of these pages of a folder.
fn go(folder: &Path, name: &str, pages: &[&str]) -> Vec<String> {
    let (built, program) = (folder.join(unique_name("built")), folder.join(name));
    succeed(Command::new("go").args(["build", "-o"]).arg(&built).args(pages).current_dir(folder));
    std::fs::rename(built, &program).unwrap();
    vec![program.display().to_string()]
}

/// A program in Java of this class and the pages of a folder. It takes its arguments in the encoding of the system, and starts
/// sooner without what makes a long run fast.
fn java(folder: &Path, class: &str) -> Vec<String> {
    let (built, program) = (folder.join(unique_name("built")), folder.join(class).with_extension("jar"));
    let (classes, source) = (built.with_extension("classes"), format!("{class}.java"));
    let mut compiler = Command::new("javac");
    compiler.args(["-Xlint:all", "-Werror", "--release", "11", "-d"]).arg(&classes);
    let pages = ["Kami.java", "KamiDevice.java", "KamiFiles.java", "KamiJson.java", "KamiProof.java"];
    succeed(compiler.args(pages).arg(&source).current_dir(folder));
    succeed(Command::new("jar").args(["--create", "--file"]).arg(&built).arg("-C").arg(&classes).arg("."));
    std::fs::remove_dir_all(classes).unwrap();
    std::fs::rename(built, &program).unwrap();
    let started = "env LC_ALL=C.UTF-8 java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp";
    let program = program.display().to_string();
    started.split(' ').map(str::to_owned).chain([program, class.to_owned()]).collect()
}

/// A program in C++ of this page and those that it includes.
fn cpp(folder: &Path, page: &str) -> Vec<String> {
    let (built, program) = (folder.join(unique_name("built")), folder.join(page).with_extension(""));
    let mut compiler = Command::new("c++");
    compiler.args(["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o"]).arg(&built);
    succeed(compiler.args([page, "-lcurl", "-lcrypto"]).current_dir(folder));
    std::fs::rename(built, &program).unwrap();
    vec![program.display().to_string()]
}

fn build_rust() -> String {
    // cargo builds binaries for the tests of their own package only; with the features of the whole
    // workspace, the dependencies are those that are built already
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--workspace", "--bin", "kami-client-example"]);
    cargo.arg("--message-format=json-render-diagnostics").current_dir(clients());
    // What cargo tells this test of its package would have ring, whose build asks for such names, built anew, and for the next
    // tests once more.
    let is_of_package = |name: &OsString| {
        let name = name.to_string_lossy();
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "OUT_DIR"].iter().any(|part| name.starts_with(part))
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_package(name)) {
        cargo.env_remove(name);
    }
    let messages = succeed(&mut cargo);
    let executable = |line: &str| {
        let message: Value = serde_json::from_str(line).unwrap();
        message["executable"].as_str().map(str::to_owned)
    };
    messages.lines().find_map(executable).expect("cargo names the binary")
}

pub(crate) fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients")
}

fn need(tool: &str) {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).any(|folder| folder.join(tool).exists());
    assert!(found, "the tests of the client examples need {tool}: ./test.sh installs it");
}

fn succeed(command: &mut Command) -> String {
    finish(command.stdin(Stdio::null()))
}

fn finish(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

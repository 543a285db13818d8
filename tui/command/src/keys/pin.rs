//! `kami keys pin`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use kami_common::key_file;
use kami_common::words::say;
use serde_json::json;

use super::super::failure::Failure;
use super::super::output::Output;
use super::Surroundings;

/// Print what to paste into the app, so that it knows the root key
///
/// Name the root key in use and the next one, so that the first can be replaced without an update of the app.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami keys pin root.pem next-root.pem\n  kami keys pin root.pem --language python"
)]
pub(super) struct Pin {
    /// The files of one or two root keys
    #[arg(value_name = "ROOT", required = true, num_args = 1..=2)]
    roots: Vec<PathBuf>,
    /// For an app in this language alone
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<AppLanguage>,
    /// Print one JSON object
    #[arg(long, conflicts_with = "language")]
    json: bool,
}

/// A language that an app is written in, as the examples in clients/ are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AppLanguage {
    Shell,
    Python,
    Javascript,
    Csharp,
    Rust,
    Go,
    Java,
    Cpp,
}

impl AppLanguage {
    /// The constant of the example's page with these keys.
    fn constant(self, pins: &[String]) -> String {
        let listed = pins.iter().map(|pin| format!("\"{pin}\"")).collect::<Vec<_>>().join(", ");
        match self {
            Self::Shell => format!("ROOT_KEYS=\"{}\"", pins.join(" ")),
            Self::Python => format!("ROOT_KEYS = [{listed}]"),
            Self::Javascript => format!("const ROOT_KEYS = [{listed}];"),
            Self::Csharp => format!("static readonly string[] RootKeys = {{ {listed} }};"),
            Self::Rust => format!("const ROOT_KEYS: &[&str] = &[{listed}];"),
            Self::Go => format!("var rootKeys = []string{{{listed}}}"),
            Self::Java => format!("static final List<String> ROOT_KEYS = List.of({listed});"),
            Self::Cpp => format!("const std::vector<std::string> ROOT_KEYS = {{{listed}}};"),
        }
    }

    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

impl Pin {
    pub(super) fn run(self, at: &Surroundings<'_>) -> Result<(), Failure> {
        let mut pins = Vec::new();
        for file in &self.roots {
            let root = key_file::root(file).map_err(|problem| at.unusable(file, &problem))?;
            pins.push(root.public().pin());
        }
        if let [one, other] = &pins[..]
            && one == other
        {
            return Err(Failure::Usage(say!(at.language, "keys.same_root")));
        }
        let mut out = Output::open();
        if self.json {
            out.json(&json!({ "pins": pins }))?;
        } else if let Some(language) = self.language {
            out.line(&language.constant(&pins))?;
        } else {
            for language in AppLanguage::value_variants() {
                out.line(&format!("{:<11} {}", language.name(), language.constant(&pins)))?;
            }
        }
        Ok(out.flush()?)
    }
}

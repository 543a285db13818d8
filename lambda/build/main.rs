//! Makes constants of the languages in `locales/`, or says what is wrong with them.

#![expect(clippy::print_stdout, reason = "this is how a build script talks to cargo")]

mod constants;
mod locale;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

use self::locale::Locale;

const FOLDER: &str = "locales";

fn main() -> io::Result<ExitCode> {
    println!("cargo::rerun-if-changed={FOLDER}");
    match Locale::all(&files()?) {
        Ok(locales) => {
            let out = env::var("OUT_DIR").map_err(io::Error::other)?;
            fs::write(Path::new(&out).join("locales.rs"), constants::of(&locales))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            for problem in problems {
                println!("cargo::error={FOLDER}/{problem}");
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The name and the text of each file, by name; those that systems and editors hide are passed over.
fn files() -> io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(FOLDER)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            let text =
                fs::read_to_string(&path).map_err(|error| io::Error::other(format!("{name}: {error}")))?;
            files.push((name, text));
        }
    }
    files.sort();
    Ok(files)
}

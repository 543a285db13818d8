//! Finds the languages: the files of `locales/`, the one that the sources are written in first.

use std::path::Path;
use std::{env, fs, io};

/// The language that the sources are written in.
const SOURCE: &str = "en";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=locales");
    let mut tags = Vec::new();
    for file in fs::read_dir("locales")? {
        let name = file?.file_name().to_string_lossy().into_owned();
        tags.extend(name.strip_suffix(".yml").filter(|tag| !tag.starts_with('.')).map(str::to_owned));
    }
    tags.sort_by_key(|tag| (tag != SOURCE, tag.clone()));
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let code = format!("const TAGS: [&str; {}] = {tags:?};\n", tags.len());
    fs::write(Path::new(&out).join("tags.rs"), code)
}

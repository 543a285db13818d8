//! The migrations and the tables of `sql/`, as the files say them.

use std::path::Path;

/// The migrations that this version knows, by number and name, the oldest first.
pub fn migrations() -> Vec<(i32, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sql");
    let files = std::fs::read_dir(folder).expect("the folder sql");
    let mut migrations: Vec<(i32, String)> = files
        .filter_map(|file| {
            let name = file.expect("a file of sql").file_name().into_string().ok()?;
            let (version, name) = name.strip_prefix('V')?.strip_suffix(".sql")?.split_once("__")?;
            Some((version.parse().ok()?, name.to_owned()))
        })
        .collect();
    migrations.sort_unstable();
    migrations
}

/// The schema's version once all of them are applied.
pub fn schema_version() -> i32 {
    migrations().last().map_or(0, |(version, _)| *version)
}

/// The tables that kami writes.
pub fn tables() -> impl Iterator<Item = &'static str> {
    let names = include_str!("../../sql/form.sql").lines().filter_map(|line| line.strip_prefix("-- table: "));
    names.filter(|name| *name != "refinery_schema_history")
}

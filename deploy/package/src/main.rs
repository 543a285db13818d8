//! Lays out what the packages of a release hold, as trees of files that `scripts/package` then packs: the `.deb` with
//! what dpkg has to know, and the folder of the static tarball.

mod completions;
mod debian;
mod manual;
mod place;
mod tree;
mod units;

use std::path::PathBuf;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::{Command, CommandFactory as _, Parser};
use kami_command::Arguments;
use kami_lambda::{ApiArguments, ExpiryArguments};

use self::place::Place;
use self::tree::Tree;

/// Lays out the packages of a release: FOLDER/deb, and FOLDER/NAME-OF-THE-TARBALL
#[derive(Debug, Parser)]
#[command(version)]
struct Wishes {
    /// The folder with the programs kami, kami-api and kami-expire
    #[arg(long, value_name = "FOLDER")]
    programs: PathBuf,
    /// The project's folder
    #[arg(long, value_name = "FOLDER")]
    project: PathBuf,
    /// The folder to lay them out in
    #[arg(long, value_name = "FOLDER")]
    into: PathBuf,
    /// The processor, as uname -m calls it
    #[arg(long, value_name = "NAME")]
    machine: String,
    /// The moment of the release, in seconds since 1970
    #[arg(long, value_name = "SECONDS")]
    moment: i64,
}

/// The version of kami, which all of its programs have.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The programs of a release with the section of the manual that each is in: 1 for users, 8 for who runs a machine.
fn programs() -> [(Command, &'static str); 3] {
    [(Arguments::command(), "1"), (ApiArguments::command(), "8"), (ExpiryArguments::command(), "8")]
}

fn main() -> anyhow::Result<()> {
    let Wishes { programs: built, project, into, machine, moment } = Wishes::parse();
    let moment = DateTime::<Utc>::from_timestamp(moment, 0).context("no such moment")?;
    let tarball = into.join(format!("kami-{VERSION}-{machine}-linux-musl"));
    for (folder, place) in [(tarball.as_path(), &Place::TARBALL), (&into.join("deb"), &Place::DEBIAN)] {
        let tree = Tree::new(folder);
        for (mut program, section) in programs() {
            let name = program.get_name().to_owned();
            tree.program(&format!("{}/{name}", place.programs), &built.join(&name))?;
            completions::lay(&tree, place, &mut program)?;
            manual::lay(&tree, place, program, section, moment)?;
        }
        units::lay(&tree, place, &project.join("deploy/systemd"))?;
        tree.text(place.settings, include_str!("../debian/settings"))?;
        for document in place.documents {
            tree.copy(&format!("{}/{document}", place.folder_of_documents), &project.join(document))?;
        }
    }
    debian::lay(&Tree::new(&into.join("deb")), &project, &machine, moment)
}

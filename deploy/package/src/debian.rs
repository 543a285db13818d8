//! What dpkg has to know of the package, and what Debian's policy asks for beside the files.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};

use crate::VERSION;
use crate::place::Place;
use crate::tree::Tree;

/// The revision of the package of one version of kami.
const REVISION: u32 = 1;

/// Where the documents of the package are.
const DOCUMENTS: &str = Place::DEBIAN.folder_of_documents;

/// Lays the documents that only Debian has, and then what dpkg has to know of all that is there.
pub(crate) fn lay(tree: &Tree, project: &Path, machine: &str, moment: DateTime<Utc>) -> anyhow::Result<()> {
    let licence = fs::read_to_string(project.join("LICENSE")).context("LICENSE")?;
    tree.text(&format!("{DOCUMENTS}/copyright"), copyright(&licence))?;
    tree.copy(&format!("{DOCUMENTS}/changelog"), &project.join("CHANGELOG.md"))?;
    tree.text(&format!("{DOCUMENTS}/changelog.Debian"), changelog(moment))?;

    let size = tree.kibibytes()?;
    tree.text("DEBIAN/control", control(machine, size)?)?;
    tree.text("DEBIAN/conffiles", format!("/{}\n", Place::DEBIAN.settings))?;
    tree.script("DEBIAN/postinst", include_str!("../debian/postinst"))?;
    tree.script("DEBIAN/prerm", include_str!("../debian/prerm"))?;
    tree.script("DEBIAN/postrm", include_str!("../debian/postrm"))
}

/// The processor as Debian calls it.
fn architecture(machine: &str) -> anyhow::Result<&'static str> {
    Ok(match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        _ => bail!("no package is made for {machine}"),
    })
}

fn control(machine: &str, size: u64) -> anyhow::Result<String> {
    let architecture = architecture(machine)?;
    Ok(format!(
        include_str!("../debian/control"),
        version = VERSION,
        revision = REVISION,
        architecture = architecture,
        size = size
    ))
}

/// The licence in the form that programs can read.
fn copyright(licence: &str) -> String {
    let (_, rest) = licence.split_once("Copyright (c) ").unwrap_or_default();
    let (holder, text) = rest.split_once('\n').unwrap_or_default();
    let lines = text
        .trim()
        .lines()
        .map(|line| if line.is_empty() { " .\n".to_owned() } else { format!(" {line}\n") });
    let head = format!(include_str!("../debian/copyright"), holder = holder);
    head + &lines.collect::<String>()
}

fn changelog(moment: DateTime<Utc>) -> String {
    format!(
        "kami ({VERSION}-{REVISION}) unstable; urgency=medium\n\n  * Version {VERSION}; changelog.gz says what changed.\n\n \
         -- the kami authors <kami@localhost>  {}\n",
        moment.to_rfc2822()
    )
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{changelog, control, copyright};

    #[test]
    fn the_control_file_names_the_processor_as_debian_does() {
        for (machine, architecture) in [("x86_64", "amd64"), ("aarch64", "arm64")] {
            let control = control(machine, 5).unwrap();
            assert!(control.contains(&format!("\nArchitecture: {architecture}\n")), "{control}");
            assert!(control.contains("\nInstalled-Size: 5\n"), "{control}");
        }
        assert!(control("pdp11", 5).is_err());
    }

    #[test]
    fn the_licence_is_whole_in_the_copyright_file() {
        let copyright = copyright("MIT License\n\nCopyright (c) 2030 somebody\n\nOne.\n\nOther.\n");
        assert!(copyright.contains("\nCopyright: 2030 somebody\n"), "{copyright}");
        assert!(copyright.ends_with("\nLicense: MIT\n One.\n .\n Other.\n"), "{copyright}");
    }

    #[test]
    fn the_changelog_ends_with_the_moment_of_the_release() {
        let changelog = changelog(DateTime::UNIX_EPOCH);
        assert!(changelog.ends_with(">  Thu, 1 Jan 1970 00:00:00 +0000\n"), "{changelog}");
    }
}

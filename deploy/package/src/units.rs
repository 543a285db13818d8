//! The units of systemd, with the programs where the package has them.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::place::Place;
use crate::tree::Tree;

/// Where the units of `deploy/systemd` have the programs.
const PROGRAMS: &str = "/usr/local/bin";

/// Lays each unit of a folder, and the drop-ins in the folders below.
pub(crate) fn lay(tree: &Tree, place: &Place, folder: &Path) -> anyhow::Result<()> {
    lay_folder(tree, place, folder, place.units)
}

fn lay_folder(tree: &Tree, place: &Place, folder: &Path, into: &str) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).context("a unit without a name")?;
        let into = format!("{into}/{name}");
        if path.is_dir() {
            lay_folder(tree, place, &path, &into)?;
        } else {
            let unit = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let unit =
                starting_from(place.installed_programs, &unit).with_context(|| path.display().to_string())?;
            tree.text(&into, unit)?;
        }
    }
    Ok(())
}

/// The unit with its programs in another folder; an error where it starts one that is elsewhere.
fn starting_from(folder: &str, unit: &str) -> anyhow::Result<String> {
    let lines: Vec<_> =
        unit.lines().map(|line| line_starting_from(folder, line)).collect::<Result<_, _>>()?;
    Ok(lines.concat())
}

fn line_starting_from(folder: &str, line: &str) -> anyhow::Result<String> {
    if !line.starts_with("Exec") {
        return Ok(format!("{line}\n"));
    }
    let (setting, command) = line.split_once('=').context("no command")?;
    let program = command.strip_prefix(PROGRAMS).and_then(|program| program.strip_prefix('/'));
    let program = program.with_context(|| format!("{line} starts nothing in {PROGRAMS}"))?;
    Ok(format!("{setting}={folder}/{program}\n"))
}

#[cfg(test)]
mod tests {
    use super::starting_from;

    #[test]
    fn a_unit_starts_its_program_where_the_package_has_it() {
        let unit = "[Service]\n# of /usr/local/bin\nExecStart=/usr/local/bin/kami-api --flag\n";
        assert_eq!(
            starting_from("/usr/bin", unit).unwrap(),
            "[Service]\n# of /usr/local/bin\nExecStart=/usr/bin/kami-api --flag\n"
        );
    }

    #[test]
    fn a_unit_that_starts_a_program_of_somewhere_else_is_refused() {
        let wrong = starting_from("/usr/bin", "ExecStartPre=/opt/kami-api\n").unwrap_err();
        assert!(wrong.to_string().contains("/opt/kami-api"), "{wrong}");
    }
}

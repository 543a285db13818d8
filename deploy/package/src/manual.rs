//! Pages of the manual, from the command lines themselves.

use chrono::{DateTime, Utc};
use clap::Command;
use clap_mangen::Man;

use crate::VERSION;
use crate::place::Place;
use crate::tree::Tree;

/// Lays a page for a program, and one for each of its subcommands, such as kami-list(1).
pub(crate) fn lay(
    tree: &Tree,
    place: &Place,
    program: Command,
    section: &str,
    moment: DateTime<Utc>,
) -> anyhow::Result<()> {
    for (name, page) in pages(program, section, moment)? {
        tree.text(&format!("{}/man{section}/{name}.{section}", place.manual), page)?;
    }
    Ok(())
}

/// The pages with their names, the program's first. What its help ends with, examples and variables, are its notes.
fn pages(program: Command, section: &str, moment: DateTime<Utc>) -> anyhow::Result<Vec<(String, String)>> {
    let mut program = program.disable_help_subcommand(true);
    program.build();
    let mut commands = vec![&program];
    let mut pages = Vec::new();
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().filter(|command| !command.is_hide_set()));
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
        let mut page = Vec::new();
        Man::new(command.clone())
            .title(name.to_uppercase())
            .section(section)
            .date(moment.format("%F").to_string())
            .source(format!("kami {VERSION}"))
            .manual("kami")
            .render(&mut page)?;
        pages.push((name, String::from_utf8(page)?.replace("\n.SH EXTRA\n", "\n.SH NOTES\n")));
    }
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::pages;
    use crate::programs;

    #[test]
    fn each_program_and_each_subcommand_has_a_page_of_its_own() {
        let mut names = Vec::new();
        for (program, section) in programs() {
            for (name, page) in pages(program, section, DateTime::UNIX_EPOCH).unwrap() {
                let heading = format!(".TH {} {section} 1970-01-01", name.to_uppercase());
                assert!(page.contains(&heading), "{heading}: {page}");
                names.push(name);
            }
        }
        for name in ["kami", "kami-list", "kami-completions", "kami-api", "kami-expire"] {
            assert!(names.iter().any(|known| known == name), "{name}: {names:?}");
        }
        assert!(!names.iter().any(|name| name.ends_with("-help")), "{names:?}");
    }
}

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
        let page = String::from_utf8(page)?.replace("\n.SH EXTRA\n", "\n.SH NOTES\n");
        pages.push((name, breakable(&page)));
    }
    Ok(pages)
}

/// A page whose synopsis may be broken between options of which one is enough, and is not spread over the line: these are one
/// word to troff, longer than a line.
fn breakable(page: &str) -> String {
    const HEADING: &str = "\n.SH SYNOPSIS\n";
    let Some((before, rest)) = page.split_once(HEADING) else { return page.to_owned() };
    let (synopsis, after) = rest.split_once('\n').unwrap_or((rest, ""));
    let synopsis = synopsis.replace("|\\fB\\-\\-", "|\\:\\fB\\-\\-");
    format!("{before}{HEADING}.ad l\n{synopsis}\n.ad\n{after}")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{breakable, pages};
    use crate::programs;

    #[test]
    fn a_long_choice_of_options_may_be_broken() {
        let page = ".TH A 1\n.SH SYNOPSIS\n<\\fB\\-\\-one\\fR|\\fB\\-\\-other\\fR>\n.SH OPTIONS\n";
        let broken =
            ".TH A 1\n.SH SYNOPSIS\n.ad l\n<\\fB\\-\\-one\\fR|\\:\\fB\\-\\-other\\fR>\n.ad\n.SH OPTIONS\n";
        assert_eq!(breakable(page), broken);
        assert_eq!(breakable(".TH A 1\n"), ".TH A 1\n");
    }

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

//! Each page held against the same page in Chinese: headings, commands, tables, lists, code, links and figures.

use super::figures::Figures;
use super::page::{Block, Page, Section};
use super::site::{Site, english_name};

/// Everything in which a page and its Chinese page differ, a sentence each.
pub(crate) fn complaints(site: &Site) -> Vec<String> {
    let mut complaints = site.unpaired();
    for (english, chinese) in site.pairs() {
        complaints.extend(compare(site, english, chinese));
    }
    complaints
}

fn compare(site: &Site, english: &str, chinese: &str) -> Vec<String> {
    let (Page { sections: left }, Page { sections: right }) = (site.page(english), site.page(chinese));
    let levels = |sections: &[Section]| sections.iter().map(|section| section.level).collect::<Vec<_>>();
    if levels(left) != levels(right) {
        let (missing, extra) = (outline(left), outline(right));
        return vec![format!(
            "{chinese}: its headings are not those of {english}:\n{missing}\n  but\n{extra}"
        )];
    }
    let mut complaints = Vec::new();
    for (path, other) in [(english, chinese), (chinese, english)] {
        if !site.links(path).iter().any(|link| link.section == 0 && link.page.as_deref() == Some(other)) {
            complaints.push(format!("{path}: no link at its top leads to {other}"));
        }
    }
    for (number, (left, right)) in left.iter().zip(right).enumerate() {
        let place = format!("{chinese}, {:?}", right.title);
        let mut say = |what: String| complaints.push(format!("{place}: {what}"));
        blocks(&left.blocks, &right.blocks).into_iter().for_each(&mut say);
        let widths = |section: &Section| section.cells.iter().map(Vec::len).collect::<Vec<_>>();
        if widths(left) != widths(right) {
            say(format!("its tables have rows of {:?} cells, not {:?}", widths(right), widths(left)));
        }
        if left.entries != right.entries {
            say(format!("its lists have {} entries, not {}", right.entries, left.entries));
        }
        code(&left.code, &right.code).into_iter().for_each(&mut say);
        let goals = |path: &str| {
            let links = site.links(path).into_iter().filter(|link| link.section == number);
            let mut goals: Vec<_> = links.map(|link| link.goal).collect();
            goals.sort();
            goals
        };
        if goals(english) != goals(chinese) {
            say(format!("its links lead to {:?}, not {:?}", goals(chinese), goals(english)));
        }
        let (left, right) = (Figures::of(&left.prose), Figures::of(&right.prose));
        for figure in left.missing_from(&right) {
            say(format!("the figure {figure} of {english} is missing"));
        }
        for figure in right.missing_from(&left) {
            say(format!("the figure {figure} is not in {english}"));
        }
    }
    complaints
}

fn outline(sections: &[Section]) -> String {
    let line = |section: &Section| format!("    {} {}", "#".repeat(section.level), section.title);
    sections.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn blocks(left: &[Block], right: &[Block]) -> Vec<String> {
    if left.len() != right.len() {
        return vec![format!("it has {} blocks of code, not {}", right.len(), left.len())];
    }
    let differ = left.iter().zip(right).filter(|(left, right)| {
        left.mark != right.mark
            || left.lines.len() != right.lines.len()
            || !left.lines.iter().zip(&right.lines).all(|(left, right)| same_words(left, right))
    });
    differ.map(|(left, right)| format!("a block differs:\n{left:#?}\n  is here\n{right:#?}")).collect()
}

fn code(left: &[String], right: &[String]) -> Vec<String> {
    let missing = left.iter().filter(|span| !right.iter().any(|other| same_words(span, other)));
    let extra = right.iter().filter(|span| !left.iter().any(|other| same_words(other, span)));
    missing
        .map(|span| format!("`{span}` is missing"))
        .chain(extra.map(|span| format!("`{span}` is too much")))
        .collect()
}

/// Whether both are the same but for words that are translated, such as a note's, and names of pages.
fn same_words(english: &str, chinese: &str) -> bool {
    let (mut left, mut right) = (english.split(' '), chinese.split(' '));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(left), Some(right)) if same_word(left, right) => {}
            _ => return false,
        }
    }
}

fn same_word(english: &str, chinese: &str) -> bool {
    let han = |character: char| ('\u{4e00}'..='\u{9fff}').contains(&character);
    let translated =
        chinese.chars().all(han) && english.chars().all(|character| character.is_ascii_lowercase());
    english == chinese || english == english_name(chinese) || translated
}

//! The pages for readers: each one in English and in Chinese, which say the same; their links, and the glossary.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

mod figures;
mod glossary;
mod mistakes;
mod page;
mod pairs;
mod site;

use std::path::Path;

use self::glossary::Sources;
use self::site::Site;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Fails with everything that is wrong, one below the other.
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn each_guide_and_its_chinese_page_have_the_same_headings_commands_and_figures() {
    let site = Site::of_project(root());
    assert!(site.pairs().len() >= 9, "only {} pairs were found", site.pairs().len());
    assert_none(&pairs::complaints(&site));
}

#[test]
fn each_link_leads_somewhere_and_stays_in_its_language() {
    assert_none(&Site::of_project(root()).lost_links());
}

#[test]
fn what_the_glossary_says_that_the_code_calls_a_thing_is_defined_there() {
    let site = Site::of_project(root());
    let sources = Sources::of_project(root());
    for page in ["docs/glossary.md", "docs/glossary.zh-CN.md"] {
        assert!(
            site.page(page).sections.iter().any(|section| section.cells.len() > 10),
            "{page} has no table"
        );
        assert_none(&glossary::complaints(site.page(page), &sources));
    }
}

//! The pages for readers: each one in English and in Chinese, which say the same, and each link of them.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

mod figures;
mod mistakes;
mod page;
mod pairs;
mod site;

use std::path::Path;

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

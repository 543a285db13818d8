//! All pages, and where their links lead.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::page::Page;

/// The pages of the project, by their paths in it.
pub(crate) struct Site {
    pages: BTreeMap<String, Page>,
    /// Where the files lie that are no pages.
    root: PathBuf,
}

/// A link of a page.
pub(crate) struct Link {
    /// The number of the heading under which it stands.
    pub(crate) section: usize,
    /// Where it leads, alike in both languages.
    pub(crate) goal: String,
    /// The page that it leads to, if it is one.
    pub(crate) page: Option<String>,
    /// Why it leads nowhere.
    pub(crate) fault: Option<String>,
}

impl Site {
    /// The pages of the project: those of its folder, of `docs` and of `clients`.
    pub(crate) fn of_project(root: &Path) -> Self {
        let mut pages = BTreeMap::new();
        for folder in ["", "docs/", "clients/"] {
            for entry in fs::read_dir(root.join(folder)).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
                    let text = fs::read_to_string(root.join(folder).join(&name)).unwrap();
                    pages.insert(format!("{folder}{name}"), Page::parse(&text));
                }
            }
        }
        Self { pages, root: root.to_owned() }
    }

    /// Pages made up by a test.
    pub(crate) fn of_texts(texts: &[(&str, &str)]) -> Self {
        let pages = texts.iter().map(|(path, text)| ((*path).to_owned(), Page::parse(text))).collect();
        Self { pages, root: PathBuf::new() }
    }

    pub(crate) fn page(&self, path: &str) -> &Page {
        &self.pages[path]
    }

    /// Each page that has a Chinese one, with it.
    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        let pair = |english: &String| self.pages.get_key_value(&chinese_name(english));
        let english = self.pages.keys().filter(|path| **path == english_name(path));
        english.filter_map(|english| Some((english.as_str(), pair(english)?.0.as_str()))).collect()
    }

    /// The guides and READMEs that are there in one language only, a sentence each.
    pub(crate) fn unpaired(&self) -> Vec<String> {
        let guide = |path: &str| path.starts_with("docs/") || path.ends_with("README.md");
        let mut complaints = Vec::new();
        for path in self.pages.keys() {
            let (english, chinese) = (english_name(path), chinese_name(path));
            if *path == english && guide(path) && !self.pages.contains_key(&chinese) {
                complaints.push(format!("{path}: there is no {chinese}"));
            } else if *path != english && !self.pages.contains_key(&english) {
                complaints.push(format!("{path}: there is no {english}"));
            }
        }
        complaints
    }

    /// The links that lead nowhere, or to a page in the other language, a sentence each.
    pub(crate) fn lost_links(&self) -> Vec<String> {
        let faults = |path: &String| {
            let faults = self.links(path).into_iter().filter_map(|link| link.fault);
            faults.map(|fault| format!("{path}: {fault}")).collect::<Vec<_>>()
        };
        self.pages.keys().flat_map(faults).collect()
    }

    pub(crate) fn links(&self, path: &str) -> Vec<Link> {
        let sections = self.pages[path].sections.iter().enumerate();
        let links =
            sections.flat_map(|(number, section)| section.links.iter().map(move |target| (number, target)));
        links.map(|(section, target)| self.link(path, section, target)).collect()
    }

    fn link(&self, from: &str, section: usize, target: &str) -> Link {
        let plain = |goal: &str, fault| Link { section, goal: goal.to_owned(), page: None, fault };
        if target.contains("://") {
            return plain(target, None);
        }
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let path = if file.is_empty() { from.to_owned() } else { beside(from, file) };
        let Some(page) = self.pages.get(&path) else {
            let fault = (!self.root.join(&path).exists()).then(|| format!("there is no {path}"));
            return plain(&path.replace(".zh.", ".en."), fault);
        };
        let heading = page.sections.iter().position(|section| section.anchor == anchor);
        let other_language = (from == english_name(from)) != (path == english_name(&path));
        let fault = if !anchor.is_empty() && heading.is_none() {
            Some(format!("{path} has no heading #{anchor}"))
        } else if other_language
            && english_name(from) != english_name(&path)
            && self.has_both(from)
            && self.has_both(&path)
        {
            Some(format!("its link to {path} leaves its language"))
        } else {
            None
        };
        let place = heading.map(|number| format!(", heading {number}")).unwrap_or_default();
        Link { section, goal: format!("{}{place}", english_name(&path)), page: Some(path), fault }
    }

    fn has_both(&self, path: &str) -> bool {
        let english = english_name(path);
        self.pages.contains_key(&chinese_name(&english)) && self.pages.contains_key(&english)
    }
}

/// The name of a page in English, whichever language it is in.
pub(crate) fn english_name(path: &str) -> String {
    path.replace(".zh-CN.md", ".md")
}

fn chinese_name(path: &str) -> String {
    english_name(path).replace(".md", ".zh-CN.md")
}

/// The path of `file` as the page `from` names it.
fn beside(from: &str, file: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in file.trim_end_matches('/').split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

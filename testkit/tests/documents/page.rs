//! A page of Markdown, taken apart into what the pages of two languages have in common.

/// A page: the texts under its headings, in order.
pub(crate) struct Page {
    pub(crate) sections: Vec<Section>,
}

/// What stands under one heading.
#[derive(Default)]
pub(crate) struct Section {
    pub(crate) level: usize,
    pub(crate) title: String,
    pub(crate) anchor: String,
    /// The text without blocks, code and targets of links.
    pub(crate) prose: String,
    /// What stands between backticks.
    pub(crate) code: Vec<String>,
    pub(crate) links: Vec<String>,
    pub(crate) blocks: Vec<Block>,
    /// The cells of its tables, row by row.
    pub(crate) cells: Vec<Vec<String>>,
    /// How many entries its lists have.
    pub(crate) entries: usize,
    text: String,
}

/// A block of code; what its comments say counts as prose.
#[derive(Debug, PartialEq)]
pub(crate) struct Block {
    /// What follows the backticks that open it.
    pub(crate) mark: String,
    pub(crate) lines: Vec<String>,
}

impl Page {
    pub(crate) fn parse(text: &str) -> Self {
        let mut sections = Vec::new();
        let mut section = Section::default();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(mark) = line.trim_start().strip_prefix("```") {
                let mut block = Block { mark: mark.to_owned(), lines: Vec::new() };
                for line in lines.by_ref().take_while(|line| !line.trim_start().starts_with("```")) {
                    let (code, comment) = line.split_at(comment_at(line));
                    section.take_in(comment);
                    if !code.trim().is_empty() {
                        block.lines.push(code.trim_end().to_owned());
                    }
                }
                section.blocks.push(block);
            } else if let Some((level, title)) = heading(line) {
                if section.level > 0 {
                    sections.push(section);
                }
                let (anchor, text) = (anchor(title, &sections), format!("{title}\n"));
                section = Section { level, title: title.to_owned(), anchor, text, ..Section::default() };
            } else {
                section.take_in(line);
            }
        }
        sections.push(section);
        for section in &mut sections {
            section.take_apart();
        }
        Self { sections }
    }
}

impl Section {
    fn take_in(&mut self, line: &str) {
        let start = line.trim_start();
        if start.starts_with('|') {
            let cells = start.trim_end().trim_matches('|').split('|');
            self.cells.push(cells.map(|cell| cell.trim().to_owned()).collect());
        }
        let number = start.trim_start_matches(|character: char| character.is_ascii_digit());
        if start.starts_with("- ") || (number.len() < start.len() && number.starts_with(". ")) {
            self.entries += 1;
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn take_apart(&mut self) {
        let mut plain = String::new();
        for (number, part) in self.text.split('`').enumerate() {
            if number % 2 == 0 {
                plain.push_str(part);
            } else {
                self.code.push(part.split_whitespace().collect::<Vec<_>>().join(" "));
                plain.push(' ');
            }
        }
        for line in plain.lines() {
            if let Some(target) = reference(line) {
                self.links.push(target.to_owned());
                continue;
            }
            let mut parts = line.split("](");
            self.prose.push_str(parts.next().unwrap_or_default());
            for part in parts {
                let (target, rest) = part.split_once(')').unwrap_or((part, ""));
                self.links.push(target.to_owned());
                self.prose.push_str("] ");
                self.prose.push_str(rest);
            }
            self.prose.push('\n');
        }
    }
}

/// Where the comment of a line of code begins.
fn comment_at(line: &str) -> usize {
    let mut starts = line.match_indices('#').map(|(start, _)| start);
    let comment = starts.find(|start| {
        let (before, after) = (&line[..*start], &line[start + 1..]);
        (before.is_empty() || before.ends_with(char::is_whitespace))
            && (after.is_empty() || after.starts_with(' '))
    });
    comment.unwrap_or(line.len())
}

/// Where a line such as `[name]: target` leads.
fn reference(line: &str) -> Option<&str> {
    let (name, target) = line.strip_prefix('[')?.split_once("]: ")?;
    (!name.contains(']')).then_some(target)
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let title = line.trim_start_matches('#');
    let level = line.len() - title.len();
    Some((level, title.strip_prefix(' ')?)).filter(|_| level > 0)
}

/// The name by which a link finds a heading, as GitHub makes it.
fn anchor(title: &str, before: &[Section]) -> String {
    let kept =
        title.chars().filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'));
    let name: String = kept
        .flat_map(char::to_lowercase)
        .map(|character| if character == ' ' { '-' } else { character })
        .collect();
    let alike = |anchor: &str| {
        anchor == name
            || anchor
                .rsplit_once('-')
                .is_some_and(|(stem, number)| stem == name && number.parse::<u32>().is_ok())
    };
    match before.iter().filter(|section| alike(&section.anchor)).count() {
        0 => name,
        earlier => format!("{name}-{earlier}"),
    }
}

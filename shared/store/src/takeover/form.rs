//! The form that tables have to be in, as `sql/form.sql` says it.

/// The file that says it.
const FORM: &str = include_str!("../../../../sql/form.sql");

/// What stands before the name of a table there.
const HEADING: &str = "-- table: ";

/// The table that a Flask installation brings along; the others kami has made itself.
pub(super) const CARDS: &str = "cards";

/// The form of one table.
#[derive(Debug)]
pub(super) struct TableForm {
    pub(super) name: &'static str,
    pub(super) columns: Vec<ColumnForm>,
    pub(super) indexes: Vec<IndexForm>,
    /// Indexes that older programs made and none needs any more.
    pub(super) retired: Vec<IndexForm>,
}

/// The form of one column.
#[derive(Debug)]
pub(super) struct ColumnForm {
    pub(super) name: &'static str,
    /// What follows the name where the column is added.
    pub(super) addition: &'static str,
    /// What follows it where the column stays in its place.
    pub(super) definition: &'static str,
    /// The type alone, as [`normal_type`] writes it.
    pub(super) kind: String,
    pub(super) is_nullable: bool,
    pub(super) collation: Option<&'static str>,
    /// The default, as [`normal_default`] writes it.
    pub(super) default: Option<String>,
    /// Whether the server counts it up, or dates it at each change.
    pub(super) extra: Extra,
    /// The migration that adds it to a table that there is.
    pub(super) since: Option<i32>,
}

/// What the server does by itself with a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extra {
    pub(super) counts_up: bool,
    pub(super) dates_changes: bool,
}

/// The form of one index.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct IndexForm {
    pub(super) name: &'static str,
    pub(super) is_unique: bool,
    pub(super) columns: Vec<&'static str>,
    /// The migration that adds it to a table that there is.
    pub(super) since: Option<i32>,
}

impl IndexForm {
    /// The clause of ALTER TABLE that adds it.
    pub(super) fn addition(&self) -> String {
        let columns = self.columns.join(", ");
        match (self.name, self.is_unique) {
            (PRIMARY, _) => format!("ADD PRIMARY KEY ({columns})"),
            (name, true) => format!("ADD UNIQUE INDEX {name} ({columns})"),
            (name, false) => format!("ADD INDEX {name} ({columns})"),
        }
    }
}

/// The name that servers give the primary key.
pub(super) const PRIMARY: &str = "PRIMARY";

/// The form of every table.
pub(super) fn forms() -> Vec<TableForm> {
    FORM.split(HEADING).skip(1).filter_map(table).collect()
}

fn table(part: &'static str) -> Option<TableForm> {
    let (name, lines) = part.split_once('\n')?;
    let mut form = TableForm { name, columns: Vec::new(), indexes: Vec::new(), retired: Vec::new() };
    for line in lines.lines().filter(|line| !line.is_empty() && !line.starts_with("--")) {
        if let Some(index) = line.strip_prefix("RETIRED ") {
            form.retired.extend(self::index(index));
        } else if let Some(index) = index(line) {
            form.indexes.push(index);
        } else {
            form.columns.push(column(line)?);
        }
    }
    Some(form)
}

/// What a line says, and the migration that brings it.
fn dated(line: &'static str) -> (&'static str, Option<i32>) {
    let dated = line.rsplit_once(" SINCE ").and_then(|(said, version)| Some((said, version.parse().ok()?)));
    dated.map_or((line, None), |(said, version)| (said, Some(version)))
}

fn index(line: &'static str) -> Option<IndexForm> {
    let (line, since) = dated(line);
    let (head, columns) = line.strip_suffix(')')?.rsplit_once(" (")?;
    let columns = columns.split(", ").collect();
    if head == "PRIMARY KEY" {
        return Some(IndexForm { name: PRIMARY, is_unique: true, columns, since });
    }
    let is_unique = head.starts_with("UNIQUE ");
    let name = head.trim_start_matches("UNIQUE ").strip_prefix("KEY ")?;
    Some(IndexForm { name, is_unique, columns, since })
}

fn column(line: &'static str) -> Option<ColumnForm> {
    let (line, since) = dated(line);
    let (name, addition) = line.split_once(' ')?;
    let definition = before(addition, &[" AFTER "]);
    let kind = normal_type(before(definition, &[" CHARACTER SET ", " NOT NULL", " NULL"]));
    let after = |word: &str| definition.split_once(word).map(|(_, rest)| rest);
    let default = after(" DEFAULT ").and_then(|default| normal_default(before(default, &[" ON UPDATE"])));
    Some(ColumnForm {
        name,
        addition,
        definition,
        kind,
        is_nullable: !definition.contains(" NOT NULL"),
        collation: after(" COLLATE ").and_then(|rest| rest.split(' ').next()),
        default,
        extra: Extra {
            counts_up: definition.contains(" AUTO_INCREMENT"),
            dates_changes: definition.contains(" ON UPDATE"),
        },
        since,
    })
}

/// The part of a text before the first of these words.
fn before(text: &'static str, words: &[&str]) -> &'static str {
    let end = words.iter().filter_map(|word| text.find(word)).min();
    end.map_or(text, |end| &text[..end])
}

/// A type as both servers' catalogues may write it: small letters outside of quotes, and no width where it is one of
/// display.
pub(super) fn normal_type(kind: &str) -> String {
    let words = kind.find('\'').unwrap_or(kind.len());
    let kind = kind[..words].to_lowercase() + &kind[words..];
    let is_whole_number = kind.split(['(', ' ']).next().is_some_and(|word| word.ends_with("int"));
    match (kind.split_once('('), is_whole_number) {
        (Some((word, rest)), true) => format!("{word}{}", rest.split_once(')').map_or("", |(_, rest)| rest)),
        _ => kind,
    }
}

/// A default as both servers' catalogues may write it, NULL being none.
pub(super) fn normal_default(default: &str) -> Option<String> {
    let plain: String = default.to_lowercase().chars().filter(|letter| !"()'".contains(*letter)).collect();
    (plain != "null").then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_says_a_column_or_an_index() {
        let forms = forms();
        let names: Vec<_> = forms.iter().map(|form| form.name).collect();
        let headings: Vec<_> = FORM.lines().filter_map(|line| line.strip_prefix(HEADING)).collect();
        assert_eq!((names[0], &names), (CARDS, &headings));
        let lines = FORM.lines().filter(|line| !line.is_empty() && !line.starts_with("--")).count();
        let read = |form: &TableForm| form.columns.len() + form.indexes.len() + form.retired.len();
        assert_eq!(forms.iter().map(read).sum::<usize>(), lines);
        let status = forms[0].columns.iter().find(|column| column.name == "status").unwrap();
        assert_eq!(status.kind, "enum('UNUSED','ACTIVE','EXPIRED','DISABLED')");
        assert_eq!((status.collation, status.is_nullable), (Some("utf8mb4_unicode_ci"), false));
        assert_eq!(status.default.as_deref(), Some("unused"));
        let batch = forms[0].columns.iter().find(|column| column.name == "batch_id").unwrap();
        assert_eq!(batch.definition, "BIGINT UNSIGNED NULL");
    }

    #[test]
    fn the_two_servers_ways_of_writing_are_one() {
        for (written, normal) in [
            ("int(11)", "int"),
            ("bigint(20) unsigned", "bigint unsigned"),
            ("BIGINT UNSIGNED", "bigint unsigned"),
            ("varchar(64)", "varchar(64)"),
            ("ENUM('UNUSED','a')", "enum('UNUSED','a')"),
        ] {
            assert_eq!(normal_type(written), normal);
        }
        for (written, normal) in [
            ("current_timestamp()", Some("current_timestamp")),
            ("CURRENT_TIMESTAMP", Some("current_timestamp")),
            ("'UNUSED'", Some("unused")),
            ("NULL", None),
        ] {
            assert_eq!(normal_default(written).as_deref(), normal);
        }
    }
}

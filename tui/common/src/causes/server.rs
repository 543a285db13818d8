//! What a server refuses, in the reader's language: found by the number, which stays for searching, and never in its own
//! words, which are English and may quote a value.

use crate::cells::{cut_end, harmless};
use crate::words::{Language, say};

/// The most cells of a name that is shown.
const NAME: usize = 64;

/// What is said of some numbers.
struct Meaning {
    /// The end of its key in the locale files.
    key: &'static str,
    /// Whether such a refusal names no more than tables, accounts, rights and options, which then stand behind it.
    names: bool,
    /// By which a server says it.
    numbers: &'static [u16],
}

const fn naming(key: &'static str, numbers: &'static [u16]) -> Meaning {
    Meaning { key, names: true, numbers }
}

const fn silent(key: &'static str, numbers: &'static [u16]) -> Meaning {
    Meaning { key, names: false, numbers }
}

/// Every number that is known:
/// <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html> and
/// <https://mariadb.com/docs/server/reference/error-codes/mariadb-error-code-reference>.
const MEANINGS: &[Meaning] = &[
    naming("login", &[1045, 1698]),
    naming("locked", &[3118, 4151]),
    naming("password_expired", &[1820, 1862]),
    silent("tls_required", &[3159]),
    naming("login_method", &[1251, 1275, 1524]),
    naming("host_refused", &[1130]),
    naming("host_blocked", &[1129]),
    naming("database_denied", &[1044]),
    naming("denied", &[1142, 1143, 1227, 1370, 1410, 1419]),
    naming("account", &[1133, 1141, 1396]),
    silent("password_weak", &[1819]),
    naming("no_database", &[1046, 1049]),
    naming("no_table", &[1051, 1109, 1146, 1812, 1932]),
    naming("no_column", &[1054]),
    naming("no_routine", &[1305]),
    naming("no_maker", &[1449]),
    silent("read_only", &[1036, 1792, 1836, 1874]),
    naming("option", &[1290]),
    silent("offline", &[3032, 3168]),
    silent("cluster", &[1047, 3100]),
    silent("proxy", &[9001]),
    silent("shutdown", &[1053]),
    silent("killed", &[1317, 1927, 3169]),
    silent("idle", &[4031]),
    silent("line", &[1152, 1158, 1159, 1160, 1161, 1184, 2006, 2013]),
    naming("disk_full", &[1021, 1114]),
    silent("memory", &[1037, 1038, 1041, 1135]),
    silent("connections", &[1040, 1203]),
    naming("quota", &[1226]),
    silent("statements", &[1461]),
    silent("lock", &[1205, 1222, 3572]),
    silent("deadlock", &[1020, 1180, 1213, 3101]),
    silent("time", &[1969, 3024]),
    silent("packet", &[1153]),
    silent("prepared", &[1243, 1615]),
    silent("duplicate", &[1022, 1062, 1169, 1586]),
    silent("foreign_key", &[1216, 1217, 1451, 1452]),
    silent("rule", &[1644, 3819, 4025]),
    silent("value", &[1048, 1264, 1265, 1292, 1364, 1366, 1367, 1406, 1411, 1525, 1690]),
    silent("charset", &[1115, 1253, 1267, 1270, 1271, 1273, 1300, 3854, 3988]),
    silent("statement", &[1064, 1128, 1149, 1193, 1210, 1231, 1235, 1238, 1295, 1327]),
    silent("binary_log", &[1418, 1598, 1665]),
    naming("engine", &[1005, 1015, 1016, 1017, 1026, 1030, 1034, 1035, 1194, 1195, 1712, 1877, 1878]),
    silent("bounds", &[1069, 1070, 1071, 1117, 1118]),
    silent("fulltext", &[1283]),
    silent(
        "form",
        &[
            1050, 1060, 1061, 1067, 1068, 1072, 1075, 1091, 1101, 1138, 1171, 1709, 1831, 1832, 1833, 1834,
            1845, 1846,
        ],
    ),
];

/// Numbers of the storage engine behind 1026 and 1030, and of the system below it, that mean a full disk.
const DISK_FULL: [&str; 4] = ["28", "122", "134", "135"];

/// Why a server refused, and its number; `names` is what its words name or quote.
pub(super) fn refusal(language: Language, number: u16, names: &[String]) -> String {
    let meaning = MEANINGS.iter().find(|meaning| meaning.numbers.contains(&number));
    let names = names.iter().map(String::as_str);
    let key = match meaning.map_or("unknown", |meaning| meaning.key) {
        "option" if names.clone().any(|name| name.contains("read-only")) => "read_only",
        "engine" if names.clone().any(|name| DISK_FULL.contains(&name)) => "disk_full",
        key => key,
    };
    // A name has no space, but for a right such as CREATE USER: what has is a sentence of the server's.
    let is_sentence = |name: &str| name.contains(char::is_whitespace) && name.chars().any(char::is_lowercase);
    let is_shown = |name: &&str| meaning.is_some_and(|meaning| meaning.names) && !is_sentence(name);
    let shown = names.filter(is_shown);
    let shown: Vec<_> = shown.map(|name| cut_end(&harmless(name), NAME).into_owned()).collect();
    let words = say!(language, format!("server.{key}"));
    if shown.is_empty() {
        say!(language, "server.number", words = words, number = number)
    } else {
        let names = say!(language, "server.names", names = shown.join(", "));
        say!(language, "server.number", words = words, number = format!("{number}{names}"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn is_chinese(character: char) -> bool {
        matches!(character, '\u{3000}'..='\u{303f}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')
    }

    #[test]
    fn each_number_has_one_meaning_and_each_meaning_its_words_in_both_languages() {
        let mut numbers = HashSet::new();
        let mut said = HashSet::new();
        for meaning in MEANINGS {
            for number in meaning.numbers {
                assert!(numbers.insert(number), "{number} twice");
                let english = refusal(Language::ENGLISH, *number, &[]);
                let chinese = refusal(Language::of_locale("zh"), *number, &[]);
                assert!(english.ends_with(&format!(" (MySQL {number})")), "{english}");
                assert!(chinese.ends_with(&format!("（MySQL {number}）")), "{chinese}");
                assert!(!english.contains("server.") && !english.chars().any(is_chinese), "{english}");
                assert!(!chinese.contains("server.") && chinese.chars().any(is_chinese), "{chinese}");
            }
            for language in Language::all() {
                let words = say!(language, format!("server.{}", meaning.key));
                assert!(said.insert(words), "{} says what another says", meaning.key);
            }
        }
    }

    #[test]
    fn what_a_refusal_names_stands_behind_its_number_and_what_it_quotes_does_not() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        for (number, quoted, end) in [
            (1045, &["kami@10.0.0.7"][..], " (MySQL 1045: kami@10.0.0.7)"),
            (1142, &["SELECT", "u@%", "db.\u{1b}cards"], " (MySQL 1142: SELECT, u@%, db.␛cards)"),
            (1227, &["CREATE USER"], " (MySQL 1227: CREATE USER)"),
            (1062, &["VIP-SECRET", "cards.full_code"], " (MySQL 1062)"),
            (1129, &["10.0.0.7", "mysqladmin flush-hosts"], " (MySQL 1129: 10.0.0.7)"),
            (65_000, &["VIP-SECRET"], " (MySQL 65000)"),
        ] {
            let said = refusal(Language::ENGLISH, number, &names(quoted));
            assert!(said.ends_with(end), "{said}");
        }
    }

    #[test]
    fn an_option_and_an_engine_are_told_apart_by_what_they_name() {
        for language in Language::all() {
            let said = |number, name: &str| refusal(language, number, &[name.to_owned()]);
            let words = |key: &str| say!(language, format!("server.{key}"));
            assert!(said(1290, "--super-read-only").starts_with(&words("read_only")));
            assert!(said(1290, "--secure-file-priv").starts_with(&words("option")));
            assert!(said(1030, "28").starts_with(&words("disk_full")));
            assert!(said(1030, "194").starts_with(&words("engine")));
            assert!(said(65_000, "28").starts_with(&words("unknown")));
        }
    }
}

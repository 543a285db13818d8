//! Each check against pages that it must refuse.

use super::glossary::{self, Sources};
use super::page::Page;
use super::pairs;
use super::site::Site;

const ENGLISH: &str = "# Cards

[中文](cards.zh-CN.md)

## Make some

Of 6.7 million cards 1,500 are sold in ten days, one by one: see [below](#sell).

```sh
kami generate --count 100    # a hundred
kami note --set refunded CODE
```

| form | cards |
| --- | --- |
| `txt` | 64 |

- each with `--prefix`

## Sell

IPv6 and 6 × 10¹⁹ are [there](#make-some).
";

const CHINESE: &str = "# 卡密

[English](cards.md)

## 生成

670 万张卡中，十天里卖出 1500 张，一张一张卖：见[下文](#出售)。

```sh
kami generate --count 100    # 一百张
kami note --set 已退款 CODE
```

| 格式 | 卡密 |
| --- | --- |
| `txt` | 64 |

- 都带 `--prefix`

## 出售

IPv6 和 6 × 10¹⁹ 在[那里](#生成)。
";

/// What is said of the pair once `from` of the Chinese page is `to`.
fn complaints_once(from: &str, to: &str) -> Vec<String> {
    assert!(CHINESE.contains(from), "{from}");
    let site = Site::of_texts(&[
        ("docs/cards.md", ENGLISH),
        ("docs/cards.zh-CN.md", &CHINESE.replacen(from, to, 1)),
    ]);
    [pairs::complaints(&site), site.lost_links()].concat()
}

#[test]
fn pages_that_say_the_same_in_two_languages_are_left_alone() {
    assert_eq!(complaints_once("卡", "卡"), Vec::<String>::new());
}

#[test]
fn whatever_one_page_says_otherwise_is_found() {
    for (what, from, to, complaint) in [
        ("a heading less", "## 出售\n", "", "its headings are not those of"),
        ("a heading of another level", "## 出售\n", "### 出售\n", "its headings are not those of"),
        ("another command", "--count 100", "--count 10", "a block differs"),
        ("a command less", "kami note --set 已退款 CODE\n", "", "a block differs"),
        ("another option", "--set 已退款", "--unset 已退款", "a block differs"),
        ("a block that is not run", "```sh\n", "```sh notrun\n", "a block differs"),
        ("another figure", "1500 张", "1600 张", "the figure 1500 of docs/cards.md is missing"),
        ("another magnitude", "670 万", "67 万", "the figure 6700000 of docs/cards.md is missing"),
        ("another figure in words", "十天", "九天", "the figure 10 of docs/cards.md is missing"),
        ("another exponent", "¹⁹", "¹⁸", "the figure ^¹⁹ of docs/cards.md is missing"),
        ("another figure in a comment", "# 一百张", "# 两百张", "the figure 200 is not in docs/cards.md"),
        ("a figure more", "都带", "3 个都带", "the figure 3 is not in docs/cards.md"),
        ("another figure in a table", "| 64 |", "| 46 |", "the figure 64 of docs/cards.md is missing"),
        ("another name with a figure", "IPv6", "IPv4", "the figure IPv6 of docs/cards.md is missing"),
        ("a row less", "| `txt` | 64 |\n", "", "its tables have rows of [2, 2] cells, not [2, 2, 2]"),
        ("an entry less", "- 都带", "都带", "its lists have 0 entries, not 1"),
        ("other code", "`--prefix`", "`--weak`", "`--prefix` is missing"),
        ("a link to another heading", "(#生成)", "(#出售)", "its links lead to"),
        ("a link less", "[那里](#生成)", "那里", "its links lead to"),
        ("a link to no heading", "(#生成)", "(#make-some)", "has no heading #make-some"),
        (
            "no way to the other language",
            "[English](cards.md)",
            "",
            "no link at its top leads to docs/cards.md",
        ),
    ] {
        let complaints = complaints_once(from, to);
        assert!(complaints.iter().any(|found| found.contains(complaint)), "{what}: {complaints:#?}");
    }
}

#[test]
fn a_guide_that_is_there_in_one_language_only_is_found() {
    let english = Site::of_texts(&[("docs/cards.md", ENGLISH)]);
    assert_eq!(pairs::complaints(&english), ["docs/cards.md: there is no docs/cards.zh-CN.md"]);
    let chinese = Site::of_texts(&[("clients/README.zh-CN.md", CHINESE)]);
    assert_eq!(pairs::complaints(&chinese), ["clients/README.zh-CN.md: there is no clients/README.md"]);
    let readme = Site::of_texts(&[("README.md", ENGLISH)]);
    assert_eq!(pairs::complaints(&readme), ["README.md: there is no README.zh-CN.md"]);
}

#[test]
fn a_chinese_page_that_leads_to_an_english_one_is_found() {
    let page = |to: &str, link: &str| format!("# A\n\n[x]({to})\n\n[y]({link})\n");
    let site = Site::of_texts(&[
        ("docs/a.md", &page("a.zh-CN.md", "b.md")),
        ("docs/a.zh-CN.md", &page("a.md", "b.md")),
        ("docs/b.md", &page("b.zh-CN.md", "a.md")),
        ("docs/b.zh-CN.md", &page("b.md", "a.zh-CN.md")),
    ]);
    assert_eq!(site.lost_links(), ["docs/a.zh-CN.md: its link to docs/b.md leaves its language"]);
}

#[test]
fn a_link_to_a_file_that_is_not_there_is_found() {
    let site = Site::of_texts(&[("README.md", "# A\n\n[x](docs/nothing.md)\n")]);
    assert_eq!(site.lost_links(), ["README.md: there is no docs/nothing.md"]);
}

#[test]
fn a_word_of_the_glossary_that_the_code_does_not_have_is_found() {
    let sources = Sources::of_text(
        "pub struct Card;\npub enum Act {\n    Unbind,\n}\nimpl Act {\n    pub fn word(self) {}\n}\nCREATE PROCEDURE bind_card(\n",
    );
    let found = |names: &str| {
        let table =
            format!("# Glossary\n\n| a | b | c | d |\n| --- | --- | --- | --- |\n| x | y | {names} | z |\n");
        glossary::complaints(&Page::parse(&table), &sources)
    };
    assert_eq!(found("`Card`, `Act::Unbind`, `Act::word`, `bind_card`"), Vec::<String>::new());
    assert_eq!(found("–"), Vec::<String>::new());
    assert_eq!(found("`Car`, `Card`"), ["x: nothing in the code is called Car"]);
    assert_eq!(found("`Act::Free`"), ["x: nothing in the code is called Act::Free"]);
    assert_eq!(found("`Card::Unbinding`"), ["x: nothing in the code is called Card::Unbinding"]);
    assert_eq!(found("a card"), ["x: it says neither what the code calls it nor –"]);
}

//! The texts of every language: none is missing, none is left over, and all fill in the same values.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use kami_common::words::Language;
use kami_console::input::keymap::BINDINGS;

/// The headings whose texts stand under the English of the sources, which English itself has no need of.
const TRANSLATIONS: [&str; 3] = ["help", "reason_of_value", "usage"];

/// Texts by their keys.
type Texts = BTreeMap<String, String>;

/// Every text of a language: a line each, those under a heading by the heading, a full stop and their own key.
fn texts(language: Language) -> Texts {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("common/locales");
    let file = fs::read_to_string(folder.join(format!("{}.yml", language.code()))).unwrap();
    let (mut texts, mut heading) = (Texts::new(), String::new());
    let is_text = |line: &&str| !line.is_empty() && !line.trim_start().starts_with('#');
    for line in file.lines().filter(is_text).filter(|line| *line != "_version: 1") {
        if let Some(next) = line.strip_suffix(':').filter(|next| !next.starts_with(' ')) {
            heading = format!("{next}.");
            continue;
        }
        let (key, text) = pair(line).unwrap_or_else(|| panic!("{language:?}: {line}"));
        let key = if line.starts_with(' ') { format!("{heading}{key}") } else { key };
        assert!(texts.insert(key.clone(), text).is_none(), "{language:?}: {key} twice");
    }
    texts
}

/// The key and the text of a line.
fn pair(line: &str) -> Option<(String, String)> {
    let line = line.trim_start();
    let quoted = if line.starts_with('"') {
        line.to_owned()
    } else {
        let (key, text) = line.split_once(": ")?;
        format!("\"{key}\": {text}")
    };
    let pair: BTreeMap<String, String> = serde_json::from_str(&format!("{{{quoted}}}")).ok()?;
    pair.into_iter().next()
}

/// Whether a text stands for what the sources say in English.
fn is_translation(key: &str) -> bool {
    key.split_once('.').is_some_and(|(heading, _)| TRANSLATIONS.contains(&heading))
}

/// The languages beside English.
fn others() -> impl Iterator<Item = Language> {
    Language::all().filter(|language| !language.is_source())
}

/// The program's sources, one after another.
fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.push_str(&sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    all
}

fn program() -> String {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["common/src", "console/src", "command/src"].map(|folder| sources(&crates.join(folder))).concat()
}

/// What is filled into a text.
fn values(text: &str) -> BTreeSet<&str> {
    text.split("%{").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn there_are_three_languages_and_each_says_what_it_is() {
    let names: Vec<_> = Language::all().map(|language| (language.code(), language.name())).collect();
    let expected = [("en", "English"), ("zh", "简体中文"), ("zh-Hant", "繁體中文")];
    assert_eq!(names, expected.map(|(code, name)| (code, name.to_owned())));
}

#[test]
fn no_language_lacks_a_text_and_none_has_one_that_the_others_lack() {
    let english = texts(Language::ENGLISH);
    assert!(!english.keys().any(|key| is_translation(key)), "the sources are English");
    let mut translated: Option<BTreeSet<String>> = None;
    for language in others() {
        let (own, shared): (BTreeSet<String>, BTreeSet<String>) =
            texts(language).into_keys().partition(|key| is_translation(key));
        let lacking: Vec<_> = english.keys().filter(|key| !shared.contains(*key)).collect();
        assert!(lacking.is_empty(), "{language:?} lacks {lacking:?}");
        let unknown: Vec<_> = shared.iter().filter(|key| !english.contains_key(*key)).collect();
        assert!(unknown.is_empty(), "{language:?} has {unknown:?}, which English has not");
        let first = translated.get_or_insert_with(|| own.clone());
        let differing: Vec<_> = own.symmetric_difference(first).collect();
        assert!(differing.is_empty(), "{language:?} and another do not both translate {differing:?}");
    }
}

#[test]
fn all_languages_fill_in_the_same_values() {
    let english = texts(Language::ENGLISH);
    let mut translated = Texts::new();
    for language in Language::all() {
        for (key, text) in texts(language) {
            assert!(!text.is_empty(), "{language:?}: {key} says nothing");
            let other =
                english.get(&key).unwrap_or_else(|| translated.entry(key.clone()).or_insert(text.clone()));
            assert_eq!(values(&text), values(other), "{language:?}: {key}");
        }
    }
}

/// Characters of which Traditional Chinese has another form, which is none of its own.
const SIMPLIFIED: &str = "这个们为从众优会伤伦华单卖卫厂厅历压县发变叠号吗启员响团园围国图圆块坏坚声处备复够头夹夺奖妇孙宁宝实审宽对导将尔尝层岁帐带帮广庆库应开异弃张弹强归当录彻忆态总战户执扩扫护报担择拥损换据摄数断无旧时显晓术机杀杂权条来标树样检横欢残毁毕汇没况测济浏润渐温满灭灯点热爱状独环现电画疗监盖盘码确离种积称稳穷窃竞笔签简类粮紧纠红级纪约纯纲纳纵线组细终经结给络绝统继续维综绿缓编缘缩网罗罚职联脑脚节范获营蓝虑蚀装见观规视览觉计订认讨让训议记许论设访证评识诉词译试话询该详语误说请诸读课调谁谈谢账货质购贴费资赛赶跃踪车转轮软轻载较辑输边达过运还进远连迟适选递遗邮释里钟钱钥链锁错键长门闭问闲间闻阅队阳阶际陆陈险随隐难预领频题颜风飞马验鱼齐龙";

#[test]
fn each_language_is_written_in_its_own_script() {
    let is_chinese = |character: char| matches!(character, '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}');
    for (key, text) in texts(Language::ENGLISH) {
        assert!(!text.chars().any(is_chinese), "{key}: {text}");
    }
    let bare = ["command.yes_no", "command.doctor.tls", "language.locales"];
    for language in others() {
        for (key, text) in texts(language) {
            let said = text.split("%{").map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
            let words = said.collect::<String>();
            let is_told =
                words.chars().any(is_chinese) || !words.chars().any(|letter| letter.is_ascii_lowercase());
            assert!(is_told || bare.contains(&&*key), "{language:?}: {key}: {text}");
            let strange = text.chars().find(|letter| SIMPLIFIED.contains(*letter));
            assert!(language.code() != "zh-Hant" || strange.is_none(), "{key}: {strange:?} in {text}");
        }
    }
}

#[test]
fn every_text_is_said_somewhere() {
    let program = program();
    let composed: BTreeSet<&str> = program
        .split('"')
        .filter_map(|literal| literal.split_once('{').map(|(beginning, _)| beginning))
        .filter(|beginning| beginning.ends_with('.') && !beginning.contains(' '))
        .collect();
    for key in Language::all().flat_map(|language| texts(language).into_keys()).collect::<BTreeSet<_>>() {
        let stem = key.strip_suffix(".one").or_else(|| key.strip_suffix(".many")).unwrap_or(&key);
        let is_said = [key.as_str(), stem].iter().any(|key| program.contains(&format!("\"{key}\"")))
            || composed.iter().any(|beginning| key.starts_with(beginning))
            || is_hint(&key);
        assert!(is_said, "nothing says {key}");
    }
}

/// Whether a binding shows it in the hint bar.
fn is_hint(key: &str) -> bool {
    let act = key.replacen("hint.", "act.", 1);
    BINDINGS.iter().any(|binding| binding.hint > 0 && binding.act.key() == act)
}

#[test]
fn every_key_that_is_said_has_its_text() {
    let (program, mut known) = (program(), texts(Language::ENGLISH));
    known.extend(others().flat_map(texts).filter(|(key, _)| is_translation(key)));
    for call in program.split("say!(").skip(1) {
        let key =
            call.split_once('"').map(|(before, rest)| (before, rest.split('"').next().unwrap_or_default()));
        let Some((before, key)) = key else { continue };
        let is_plain = key.contains('.') && !key.contains(['{', '%', ' ']) && !before.contains([')', '!']);
        assert!(!is_plain || known.contains_key(key), "{key} has no text");
    }
    for call in program.split("counted(").skip(1) {
        let key = call.split('"').nth(1).unwrap_or_default();
        let is_plain = key.contains('.') && !key.contains(['{', ' ']) && call.find('"') < call.find(')');
        assert!(!is_plain || known.contains_key(&format!("{key}.one")), "{key}.one has no text");
    }
    for binding in BINDINGS {
        assert!(known.contains_key(binding.act.key()), "{}", binding.act.key());
        let hint = binding.act.key().replacen("act.", "hint.", 1);
        assert!(binding.hint == 0 || known.contains_key(&hint), "{hint}");
    }
}

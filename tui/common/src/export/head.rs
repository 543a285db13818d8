//! The head of a file of codes, in the language of whoever writes it: comments, which every reader of kami's passes over.

use kami_core::card::CardStatus;
use kami_transfer::txt::one_line;

use super::{ExportOrder, Source};
use crate::words::{find, say};

/// The head of a file with so many cards, and the empty line behind it.
pub(super) fn of(order: &ExportOrder, count: u64) -> String {
    let ExportOrder { source, at, zone, language, .. } = order;
    let language = *language;
    let (is_unused, prefix) = match source {
        Source::Filter(filter) => (filter.status == Some(CardStatus::Unused), filter.prefix.as_deref()),
        Source::Ids(_) => (false, None),
    };
    let title = if is_unused { "head.unused" } else { "head.cards" };
    let zone_name =
        find(language, &format!("zone.{}", zone.name())).unwrap_or_else(|| zone.name().to_owned());
    let moment = zone.format(*at, "%Y-%m-%d %H:%M:%S");
    let lines = [
        Some(say!(language, title)),
        Some(say!(language, "head.at", moment = moment, zone = zone_name)),
        prefix.map(|prefix| match prefix {
            "" => say!(language, "head.no_prefix"),
            prefix => say!(language, "head.prefix", prefix = one_line(prefix)),
        }),
        Some(say!(language, "head.total", n = count)),
        Some(say!(language, "head.form")),
        Some("=".repeat(50)),
    ];
    lines.into_iter().flatten().map(|line| format!("# {line}\n")).chain(["\n".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use kami_core::duration::CardDuration;
    use kami_core::filter::Filter;
    use kami_transfer::import::parse_txt;
    use kami_transfer::{Defaults, Format};

    use super::*;
    use crate::export::unused;
    use crate::words::Language;

    fn order(source: Source, language: Language, zone: &str) -> ExportOrder {
        let (at, zone) = ("2026-01-01T04:00:00Z".parse().unwrap(), zone.parse().unwrap());
        ExportOrder { source, format: Format::Txt, path: "codes.txt".into(), at, zone, language }
    }

    #[test]
    fn the_head_that_sellers_tools_read_is_in_the_language_of_whoever_exports() {
        let ruler = "=".repeat(50);
        let vip = Source::Filter(unused(Some("VIP".to_owned())));
        assert_eq!(
            of(&order(vip.clone(), Language::of_locale("zh"), "Asia/Shanghai"), 2),
            format!(
                "# 未使用卡密导出\n# 导出时间: 2026-01-01 12:00:00 (上海时区)\n# 前缀筛选: VIP\n# 总计: 2 个\n\
                 # 格式: 卡密代码\n# {ruler}\n\n"
            )
        );
        assert_eq!(
            of(&order(vip, Language::ENGLISH, "Asia/Shanghai"), 2),
            format!(
                "# Unused card codes\n# Exported: 2026-01-01 12:00:00 (Asia/Shanghai)\n# Prefix: VIP\n# Total: 2\n\
                 # Form: one code a line\n# {ruler}\n\n"
            )
        );
        for (language, line) in
            [(Language::ENGLISH, "# Prefix: none\n"), (Language::of_locale("zh"), "# 前缀筛选: 无\n")]
        {
            let without = Source::Filter(unused(Some(String::new())));
            assert!(of(&order(without, language, "UTC"), 1).contains(line));
        }
        assert!(
            of(&order(Source::Ids(vec![1]), Language::of_locale("zh"), "UTC"), 1)
                .contains("04:00:00 (UTC时区)")
        );
    }

    #[test]
    fn an_import_passes_over_the_head_and_takes_none_of_it_for_a_code() {
        for language in Language::all() {
            let order = order(Source::Filter(unused(Some("VIP".to_owned()))), language, "Asia/Shanghai");
            let text = of(&order, 12_345_678) + "VIP-A1B2C3D4\n";
            let defaults = Defaults::lasting(CardDuration::Forever);
            let parsed = parse_txt(text.as_bytes(), &defaults).unwrap();
            assert_eq!((parsed.cards.len(), parsed.malformed.len()), (1, 0), "{text}");
            assert_eq!(parsed.notices, [], "{text}");
        }
    }

    #[test]
    fn only_a_file_of_unused_cards_is_called_one() {
        for (language, title) in
            [(Language::ENGLISH, "# Card codes\n"), (Language::of_locale("zh"), "# 卡密导出\n")]
        {
            for source in [Source::Ids(vec![1]), Source::Filter(Filter::default())] {
                assert!(of(&order(source, language, "UTC"), 1).starts_with(title));
            }
        }
    }
}

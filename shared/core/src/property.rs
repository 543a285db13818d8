//! The one table of what a card has. Each row says of one property under which names it is kept, exported and imported,
//! whether it is logged and edited, and how it is shown; whatever reads, writes or shows cards goes by it, so that the
//! compiler names what a new row still needs.

use crate::app::AppName;
use crate::card::MAX_TEXT_CHARS;
use crate::operator::Note;
use crate::policy::PolicyPart;
use crate::prefix::Prefix;
use crate::record::CardRecord;
use crate::value::{Kind, Value, WrongValue};

/// What the table says of a property.
#[derive(Clone, Copy, Debug)]
pub struct Traits {
    /// Its column in the database, which is its key in the operator log as well.
    pub column: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Its word: its label is under `property.WORD` in the languages, and the settings know its column by it. Nobody is
    /// shown what has none.
    pub word: Option<&'static str>,
    /// Its name in exported files and in what `--json` prints.
    pub export: Option<&'static str>,
    /// The titles that its column has in tables that are imported, the surest first, in lower case and without spaces
    /// and signs. None for what no file says.
    pub titles: &'static [&'static str],
    /// Whether the operator log keeps it, and so an undo brings it back.
    pub is_logged: bool,
    /// Whether an operator may edit it.
    pub is_edited: bool,
    /// The most characters that an operator may type for it.
    pub most_chars: usize,
}

macro_rules! properties {
    ($($(#[doc = $doc:literal])* $name:ident { $($key:ident: $value:expr,)* })*) => {
        /// One of the things that a card has, each a column of the database.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Property {
            $($(#[doc = $doc])* $name,)*
        }

        impl Property {
            /// Every property, in the order of the columns.
            pub const ALL: [Self; [$(Self::$name),*].len()] = [$(Self::$name),*];

            /// Its row in the table.
            pub const fn traits(self) -> &'static Traits {
                match self {
                    $(Self::$name => &Traits { $($key: $value,)* },)*
                }
            }
        }
    };
}

properties! {
    /// The primary key.
    Id {
        column: "id", kind: Kind::Number, word: Some("id"), export: Some("id"), titles: &[],
        is_logged: false, is_edited: false, most_chars: 0,
    }
    /// The seller's name for this kind of card.
    Prefix {
        column: "prefix", kind: Kind::Text, word: Some("prefix"), export: Some("prefix"),
        titles: &[
            "前缀", "卡密前缀", "前綴", "卡密前綴", "prefix",
        ],
        is_logged: true, is_edited: true, most_chars: Prefix::MAX_CHARS,
    }
    /// The part of the code behind the prefix.
    Code {
        column: "code", kind: Kind::Text, word: None, export: None, titles: &[],
        is_logged: true, is_edited: false, most_chars: 0,
    }
    /// The code that the customer types.
    FullCode {
        column: "full_code", kind: Kind::Text, word: Some("code"), export: Some("code"),
        // Who has a card number beside a code types the code.
        titles: &[
            "fullcode", "卡密", "卡密代码", "卡密内容", "激活码", "兑换码", "授权码", "注册码", "充值码", "密钥", "卡密代碼", "卡密內容", "啟用碼",
            "激活碼", "兌換碼", "授權碼", "註冊碼", "儲值碼", "金鑰", "code", "codes", "cardcode", "activationcode", "redeemcode",
            "cdkey", "cdk", "licensekey", "licencekey", "cardkey", "key", "keys", "license", "licence", "序列号",
            "序列號", "serialnumber", "serial", "sn", "卡号", "卡號", "cardnumber", "cardno", "card",
        ],
        is_logged: true, is_edited: false, most_chars: 0,
    }
    /// Where the card is in its life.
    Status {
        column: "status", kind: Kind::Status, word: Some("status"), export: Some("status"), titles: &[],
        is_logged: true, is_edited: true, most_chars: 0,
    }
    /// How long the card lasts from its activation.
    Duration {
        column: "duration_seconds", kind: Kind::Duration, word: Some("duration"), export: Some("duration"),
        // A unit may follow: of those that begin alike, the longer one stands first.
        titles: &[
            "有效期限", "有效期", "有效時長", "有效時間", "使用時長", "使用時間", "有效时长", "有效时间", "使用期限", "使用时长", "使用时间", "时长", "時長",
            "期限", "duration", "validity", "validfor", "validperiod", "period", "lifetime", "term",
        ],
        is_logged: true, is_edited: true, most_chars: 0,
    }
    /// The machine that the card is bound to.
    Machine {
        column: "machine_code", kind: Kind::Text, word: Some("machine"), export: Some("machine"), titles: &[],
        is_logged: true, is_edited: true, most_chars: MAX_TEXT_CHARS,
    }
    /// The batch that the card was generated or imported with.
    Batch {
        column: "batch_id", kind: Kind::Number, word: Some("batch"), export: Some("batch"), titles: &[],
        is_logged: true, is_edited: false, most_chars: 0,
    }
    /// What an operator wrote down about the card.
    Note {
        column: "note", kind: Kind::Text, word: Some("note"), export: Some("note"),
        titles: &[
            "备注", "备注信息", "備註", "說明", "说明", "注释", "note", "notes", "remark", "remarks", "comment", "memo",
        ],
        is_logged: true, is_edited: true, most_chars: Note::MAX_CHARS,
    }
    /// When the card was generated.
    CreatedAt {
        column: "created_at", kind: Kind::Moment, word: Some("created"), export: Some("created_at"), titles: &[],
        is_logged: true, is_edited: false, most_chars: 0,
    }
    /// When the card was activated.
    UsedAt {
        column: "used_at", kind: Kind::Moment, word: Some("used"), export: Some("used_at"), titles: &[],
        is_logged: true, is_edited: false, most_chars: 0,
    }
    /// The last second in which the card is valid.
    ExpireAt {
        column: "expire_at", kind: Kind::Moment, word: Some("expires"), export: Some("expire_at"), titles: &[],
        is_logged: true, is_edited: false, most_chars: 0,
    }
    /// The app that the card belongs to.
    App {
        column: "app", kind: Kind::Text, word: Some("app"), export: Some("app"),
        // Read in tables of ours alone: what others put under it is no name of ours.
        titles: &["app"],
        is_logged: true, is_edited: false, most_chars: AppName::MAX_CHARS,
    }
    /// How many machines may use the card at once.
    Seats {
        column: "seats", kind: Kind::Number, word: Some("seats"), export: Some("seats"),
        titles: &[
            "seats", "席位", "席位数", "席位數", "设备数", "設備數", "裝置數", "最大设备数", "maxdevices", "maxmachines",
        ],
        is_logged: true, is_edited: true, most_chars: 4,
    }
    /// How many points are left of it.
    Points {
        column: "points", kind: Kind::Number, word: Some("points"), export: Some("points"),
        titles: &[
            "points", "点数", "點數", "可用点数", "可用點數", "剩余点数", "剩餘點數", "次数", "次數", "可用次数", "可用次數", "剩余次数",
            "剩餘次數", "credits",
        ],
        is_logged: true, is_edited: true, most_chars: 13,
    }
    /// The last moment that no activation outlasts.
    ValidUntil {
        column: "valid_until", kind: Kind::Moment, word: Some("valid_until"), export: Some("valid_until"),
        // Read in tables of ours alone: what others call by such a name is the end of a card in use.
        titles: &["validuntil"],
        is_logged: true, is_edited: true, most_chars: 32,
    }
    /// Where the card departs from the policy of its app.
    Policy {
        column: "policy", kind: Kind::Text, word: Some("policy"), export: Some("policy"),
        // Read in tables of ours alone.
        titles: &["policy"],
        is_logged: true, is_edited: true, most_chars: PolicyPart::MAX_BYTES,
    }
    /// When the row last changed.
    UpdatedAt {
        column: "updated_at", kind: Kind::Moment, word: Some("updated"), export: None, titles: &[],
        is_logged: false, is_edited: false, most_chars: 0,
    }
}

impl Property {
    /// The columns of an exported table, in their order: programs read them by their places, so new ones come last.
    pub const TABLE: [Self; 15] = [
        Self::FullCode,
        Self::Status,
        Self::Machine,
        Self::Duration,
        Self::CreatedAt,
        Self::UsedAt,
        Self::ExpireAt,
        Self::Batch,
        Self::Note,
        Self::Prefix,
        Self::App,
        Self::Seats,
        Self::Policy,
        Self::Points,
        Self::ValidUntil,
    ];

    /// What the form that edits a card asks for, in its order.
    pub const FORM: [Self; 9] = [
        Self::Prefix,
        Self::Status,
        Self::Machine,
        Self::Duration,
        Self::ValidUntil,
        Self::Points,
        Self::Seats,
        Self::Policy,
        Self::Note,
    ];

    /// What is told of a card under its code, in the order of reading; the note, which may be long, is the last.
    pub const DETAIL: [Self; 16] = [
        Self::Status,
        Self::Machine,
        Self::Duration,
        Self::ValidUntil,
        Self::Points,
        Self::UsedAt,
        Self::ExpireAt,
        Self::CreatedAt,
        Self::UpdatedAt,
        Self::App,
        Self::Seats,
        Self::Policy,
        Self::Prefix,
        Self::Batch,
        Self::Id,
        Self::Note,
    ];

    /// The property that has this column.
    pub fn of_column(column: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|property| property.traits().column == column)
    }

    /// Its value of `card`, as people and files are shown it.
    pub fn value(self, card: &CardRecord) -> Value<'_> {
        match self {
            Self::Id => Value::Number(card.id),
            Self::Prefix => Value::text(&card.prefix),
            Self::Code => Value::text(&card.code),
            Self::FullCode => Value::text(&card.full_code),
            Self::Status => Value::Status(card.status),
            Self::Duration => Value::Duration(card.duration),
            Self::Machine => Value::maybe(card.machine_code.as_deref(), Value::text),
            Self::Batch => Value::maybe(card.batch_id, Value::Number),
            Self::Note => Value::maybe(card.note.as_deref(), Value::text),
            Self::CreatedAt => Value::Moment(card.created_at),
            Self::UsedAt => Value::maybe(card.used_at, Value::Moment),
            Self::ExpireAt => Value::maybe(card.expire_at, Value::Moment),
            Self::App => Value::text(&card.app),
            Self::Seats => Value::Number(card.seats.into()),
            Self::Points => Value::maybe(card.points.map(u64::from), Value::Number),
            Self::ValidUntil => Value::maybe(card.valid_until, Value::Moment),
            Self::Policy => {
                Value::maybe(card.policy.as_deref(), |policy| match policy.parse::<PolicyPart>() {
                    Ok(part) => Value::Text(part.spoken().into()),
                    Err(_) => Value::text(policy),
                })
            }
            Self::UpdatedAt => Value::maybe(card.updated_at, Value::Moment),
        }
    }

    /// Its value as the row of `card` says it, which may not know yet that the card has expired, and says a policy in
    /// seconds.
    pub fn stored(self, card: &CardRecord) -> Value<'_> {
        match self {
            Self::Status => Value::Status(card.stored_status),
            Self::Policy => Value::maybe(card.policy.as_deref(), Value::text),
            _ => self.value(card),
        }
    }

    /// Gives `card` a value, a status as stored and as shown.
    pub fn set(self, card: &mut CardRecord, value: Value<'_>) -> Result<(), WrongValue> {
        match self {
            Self::Id => card.id = value.into_number()?,
            Self::Prefix => card.prefix = value.into_text()?,
            Self::Code => card.code = value.into_text()?,
            Self::FullCode => card.full_code = value.into_text()?,
            Self::Status => {
                card.stored_status = value.into_status()?;
                card.status = card.stored_status;
            }
            Self::Duration => card.duration = value.into_duration()?,
            Self::Machine => card.machine_code = value.if_any(Value::into_text)?,
            Self::Batch => card.batch_id = value.if_any(Value::into_number)?,
            Self::Note => card.note = value.if_any(Value::into_text)?,
            Self::CreatedAt => card.created_at = value.into_moment()?,
            Self::UsedAt => card.used_at = value.if_any(Value::into_moment)?,
            Self::ExpireAt => card.expire_at = value.if_any(Value::into_moment)?,
            Self::App => card.app = value.into_text()?,
            Self::Seats => card.seats = value.into_number()?.try_into().map_err(|_| WrongValue)?,
            Self::Points => {
                let points = value.if_any(Value::into_number)?;
                card.points = points.map(u32::try_from).transpose().map_err(|_| WrongValue)?;
            }
            Self::ValidUntil => card.valid_until = value.if_any(Value::into_moment)?,
            Self::Policy => card.policy = value.if_any(Value::into_text)?,
            Self::UpdatedAt => card.updated_at = value.if_any(Value::into_moment)?,
        }
        Ok(())
    }
}

/// How often a list names a property.
const fn times(list: &[Property], property: Property) -> usize {
    let (mut times, mut place) = (0, 0);
    while place < list.len() {
        times += (list[place] as usize == property as usize) as usize;
        place += 1;
    }
    times
}

/// Each list holds what the table says belongs there, once.
const _: () = {
    let mut place = 0;
    while place < Property::ALL.len() {
        let property = Property::ALL[place];
        let Traits { word, export, is_edited, .. } = property.traits();
        // The number of a card means nothing to a spreadsheet.
        let is_in_table = export.is_some() && !matches!(property, Property::Id);
        assert!(times(&Property::TABLE, property) == is_in_table as usize, "Property::TABLE");
        assert!(times(&Property::FORM, property) == *is_edited as usize, "Property::FORM");
        // The code stands above.
        let is_in_detail = word.is_some() && !matches!(property, Property::FullCode);
        assert!(times(&Property::DETAIL, property) == is_in_detail as usize, "Property::DETAIL");
        place += 1;
    }
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::card::CardStatus;
    use crate::duration::CardDuration;
    use crate::testing::{any_card, at};

    #[test]
    fn no_two_properties_have_a_name_in_common() {
        let names = |name: fn(&Traits) -> Option<&'static str>| {
            let names: Vec<_> = Property::ALL.iter().filter_map(|property| name(property.traits())).collect();
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        };
        names(|traits| Some(traits.column));
        names(|traits| traits.word);
        names(|traits| traits.export);
        let titles = Property::ALL.iter().flat_map(|property| property.traits().titles);
        assert_eq!(titles.clone().collect::<BTreeSet<_>>().len(), titles.count());
    }

    #[test]
    fn a_property_takes_no_value_of_another_kind() {
        for property in Property::ALL {
            let mut card = CardRecord::blank(1);
            let wrong =
                if property.traits().kind == Kind::Number { Value::text("x") } else { Value::Number(7) };
            assert_eq!(property.set(&mut card, wrong), Err(WrongValue), "{property:?}");
            assert_eq!(card, CardRecord::blank(1));
        }
    }

    #[test]
    fn a_value_is_kept_by_the_property_that_it_was_given_to_and_by_no_other() {
        let blank = CardRecord::blank(1);
        for property in Property::ALL {
            let value = match property.traits().kind {
                Kind::Number => Value::Number(7),
                Kind::Text => Value::text("x"),
                Kind::Status => Value::Status(CardStatus::Disabled),
                Kind::Duration => Value::Duration(CardDuration::Seconds(7)),
                Kind::Moment => Value::Moment(at(7)),
            };
            let mut card = blank.clone();
            property.set(&mut card, value.clone()).unwrap();
            for any in Property::ALL {
                let expected = if any == property { value.clone() } else { any.stored(&blank) };
                assert_eq!(any.stored(&card), expected, "{property:?} {any:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_card_is_no_more_than_its_properties(card in any_card()) {
            let mut copy = CardRecord::blank(0);
            for property in Property::ALL {
                property.set(&mut copy, property.stored(&card)).unwrap();
            }
            prop_assert_eq!(copy, CardRecord { status: card.stored_status, ..card });
        }
    }
}

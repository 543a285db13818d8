//! The values of a card as the operator log keeps them: as JSON, under the columns of the database.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::Value as Json;

use crate::duration::CardDuration;
use crate::value::{Kind, Value};

/// How moments are written: as the database reads them, in UTC.
const MOMENT: &str = "%Y-%m-%d %H:%M:%S";

/// A value as the log keeps it.
pub fn written(value: &Value<'_>) -> Json {
    match value {
        Value::Missing => Json::Null,
        Value::Number(number) => (*number).into(),
        Value::Text(text) => text.as_ref().into(),
        Value::Status(status) => status.as_str().into(),
        Value::Duration(duration) => duration.seconds().into(),
        Value::Moment(moment) => moment_written(*moment),
    }
}

/// A moment as the log keeps it.
pub fn moment_written(moment: DateTime<Utc>) -> Json {
    moment.format(MOMENT).to_string().into()
}

/// What the log kept of a value of `kind`; nothing where it is none of that kind.
pub fn read(kind: Kind, kept: &Json) -> Option<Value<'_>> {
    match (kind, kept) {
        (Kind::Duration, Json::Null) => Some(Value::Duration(CardDuration::Forever)),
        (_, Json::Null) => Some(Value::Missing),
        (Kind::Number, _) => kept.as_u64().map(Value::Number),
        (Kind::Text, _) => kept.as_str().map(Value::text),
        (Kind::Status, _) => kept.as_str()?.parse().ok().map(Value::Status),
        (Kind::Duration, _) => {
            let seconds = kept.as_u64()?.try_into().ok()?;
            Some(Value::Duration(CardDuration::from_seconds(Some(seconds))))
        }
        (Kind::Moment, _) => moment(kept.as_str()?).map(Value::Moment),
    }
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text, MOMENT).ok().map(|moment| moment.and_utc())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::property::Property;
    use crate::testing::any_card;

    #[test]
    fn what_is_of_another_kind_is_not_taken_for_a_value() {
        for (kind, kept) in [
            (Kind::Number, json!(-1)),
            (Kind::Text, json!(7)),
            (Kind::Status, json!("lost")),
            (Kind::Duration, json!(4_294_967_296_u64)),
            (Kind::Moment, json!("2026-01-01")),
        ] {
            assert_eq!(read(kind, &kept), None, "{kind:?} {kept}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(card in any_card()) {
            for property in Property::ALL {
                let value = property.stored(&card);
                let kept = written(&value);
                prop_assert_eq!(read(property.traits().kind, &kept), Some(value));
            }
        }
    }
}

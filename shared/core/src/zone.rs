//! The zone in which moments are shown; everything is stored and decided in UTC.

use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::{DateTime, Datelike as _, SecondsFormat, Utc};
use chrono_tz::Tz;
use thiserror::Error;

/// The years that ISO 8601 writes without a sign, and that the calendars of all clients have.
const YEARS: RangeInclusive<i32> = 1..=9_999;

/// A zone of the IANA time zone database, Asia/Shanghai by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(Tz);

impl Default for Zone {
    fn default() -> Self {
        Self(Tz::Asia__Shanghai)
    }
}

/// A name that the IANA time zone database does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a time zone: use an IANA name such as Asia/Shanghai, Europe/Berlin or UTC")]
pub struct UnknownZone;

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        name.parse().map(Self).map_err(|_| UnknownZone)
    }
}

impl Zone {
    /// The moment in ISO 8601 with this zone's offset, to the second: `2026-01-01T15:00:00+08:00`. One that this zone
    /// has in a year without four digits, which few clients can read, is written in UTC: `9999-12-31T23:59:59+00:00`.
    pub fn iso8601(self, moment: DateTime<Utc>) -> String {
        // Not by a form, whose reading alone would be a hundredth of a client's request.
        let local = moment.with_timezone(&self.0);
        if YEARS.contains(&local.year()) {
            local.to_rfc3339_opts(SecondsFormat::Secs, false)
        } else {
            moment.to_rfc3339_opts(SecondsFormat::Secs, false)
        }
    }

    /// The moment in this zone, in a form of chrono's: `%Y-%m-%d %H:%M`; in UTC where [`Zone::iso8601`] is.
    pub fn format(self, moment: DateTime<Utc>, form: &str) -> String {
        let local = moment.with_timezone(&self.0);
        if YEARS.contains(&local.year()) { local.format(form) } else { moment.format(form) }.to_string()
    }

    /// Every zone that the IANA time zone database has, in the order of their names.
    pub fn all() -> impl Iterator<Item = Self> {
        chrono_tz::TZ_VARIANTS.iter().copied().map(Self)
    }

    /// Its name in the IANA time zone database.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_carry_the_offset_of_their_zone_and_season() {
        let winter: DateTime<Utc> = "2026-01-01T07:00:00Z".parse().unwrap();
        let summer: DateTime<Utc> = "2026-07-01T07:00:00Z".parse().unwrap();
        assert_eq!(Zone::default().iso8601(winter), "2026-01-01T15:00:00+08:00");
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        assert_eq!(berlin.iso8601(winter), "2026-01-01T08:00:00+01:00");
        assert_eq!(berlin.iso8601(summer), "2026-07-01T09:00:00+02:00");
        assert_eq!(berlin.format(summer, "%d.%m. %H:%M"), "01.07. 09:00");
        assert_eq!(Zone::default().name(), "Asia/Shanghai");
        assert_eq!("UTC".parse::<Zone>().unwrap().iso8601(winter), "2026-01-01T07:00:00+00:00");
        assert_eq!("Mars/Olympus".parse::<Zone>(), Err(UnknownZone));
        assert_eq!("+08:00".parse::<Zone>(), Err(UnknownZone));
    }

    #[test]
    fn a_moment_is_written_as_its_form_says() {
        for zone in Zone::all() {
            for seconds in (-62_135_596_800..253_402_300_800).step_by(9_876_543_211) {
                let moment = DateTime::from_timestamp(seconds, 999_999_999).unwrap();
                assert_eq!(zone.iso8601(moment), zone.format(moment, "%Y-%m-%dT%H:%M:%S%:z"), "{zone:?}");
            }
        }
    }

    #[test]
    fn no_year_has_a_sign_or_a_fifth_digit() {
        let honolulu: Zone = "Pacific/Honolulu".parse().unwrap();
        for (moment, zone, shown) in [
            ("9999-12-31T15:59:59Z", Zone::default(), "9999-12-31T23:59:59+08:00"),
            ("9999-12-31T16:00:00Z", Zone::default(), "9999-12-31T16:00:00+00:00"),
            ("9999-12-31T23:59:59Z", Zone::default(), "9999-12-31T23:59:59+00:00"),
            ("9999-12-31T23:59:59Z", honolulu, "9999-12-31T13:59:59-10:00"),
            ("0001-01-01T00:00:00Z", honolulu, "0001-01-01T00:00:00+00:00"),
        ] {
            let moment = moment.parse().unwrap();
            assert_eq!(zone.iso8601(moment), shown);
            assert_eq!(DateTime::parse_from_rfc3339(shown).unwrap(), moment);
        }
    }
}

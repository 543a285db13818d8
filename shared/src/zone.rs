//! The zone in which moments are shown; everything is stored and decided in UTC.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use thiserror::Error;

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
    /// The moment in ISO 8601 with this zone's offset, to the second: `2026-01-01T15:00:00+08:00`.
    pub fn iso8601(self, moment: DateTime<Utc>) -> String {
        self.format(moment, "%Y-%m-%dT%H:%M:%S%:z")
    }

    /// The moment in this zone, in a form of chrono's: `%Y-%m-%d %H:%M`.
    pub fn format(self, moment: DateTime<Utc>, form: &str) -> String {
        moment.with_timezone(&self.0).format(form).to_string()
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
}

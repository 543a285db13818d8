//! The units of `deploy/systemd`; `scripts/check-systemd` holds them against systemd itself.

use crate::compose::Compose;
use crate::contained::programs_of_the_image;
use crate::read;

/// The values of a setting in a unit.
fn values<'a>(unit: &'a str, name: &str) -> Vec<&'a str> {
    unit.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')).collect()
}

/// `kami-api` tells its manager when it listens, so that starting it waits for that and says if it failed.
#[test]
fn starting_the_api_waits_until_it_listens() {
    assert_eq!(values(&read("deploy/systemd/kami-api.service"), "Type"), ["notify"]);
    let contained = read("deploy/systemd/kami-.service.d/contained.conf");
    let families: Vec<_> = values(&contained, "RestrictAddressFamilies")[0].split(' ').collect();
    assert!(families.contains(&"AF_UNIX"), "the manager's socket is out of reach");
}

#[test]
fn the_units_start_programs_that_there_are_with_the_credential_that_they_read() {
    let programs = programs_of_the_image();
    for name in ["kami-api", "kami-expire"] {
        let unit = read(&format!("deploy/systemd/{name}.service"));
        let command = format!("/usr/local/bin/{name}");
        assert!(programs.contains(name));
        assert_eq!(values(&unit, "ExecStart"), [command]);
    }
    let contained = read("deploy/systemd/kami-.service.d/contained.conf");
    let credential = values(&contained, "LoadCredential")[0].split_once(':').unwrap().0;
    assert_eq!(values(&contained, "Environment"), [format!("DATABASE_URL_FILE=%d/{credential}")]);
}

/// Each connection is a file, and systemd's default is 1,024 of them.
#[test]
fn the_api_may_open_more_files_than_it_takes_connections() {
    let limits = values(&read("deploy/systemd/kami-api.service"), "LimitNOFILE").join(" ");
    assert!(limits.parse::<u64>().unwrap() >= 2 * 4096);
    assert!(Compose::read().service("api").ulimits["nofile"] >= 2 * 4096);
}

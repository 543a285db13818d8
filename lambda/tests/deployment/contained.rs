//! What each container may do, and that what it names is there.

use std::collections::BTreeSet;
use std::path::Path;

use kami_core::span;
use kami_lambda::{HEALTH_LIMIT, STOP_LIMIT};

use crate::compose::{Compose, Condition, variables};
use crate::{project_file, read};

/// Where the passwords lie in every container.
pub(crate) const SECRETS: &str = "/run/kami/";

/// The programs that the image's last stage takes over from the stage that builds them.
pub(crate) fn programs_of_the_image() -> BTreeSet<String> {
    let dockerfile = read("Dockerfile");
    let (builder, image) = dockerfile.rsplit_once("\nFROM ").unwrap();
    assert!(image.starts_with("scratch\n"), "{image}");
    assert!(image.contains("\nCOPY --from=build /image/bin /usr/local/bin\n"), "{image}");
    assert!(builder.contains("\n    scripts/build-static /image/bin && "), "{builder}");
    let script = read("scripts/build-static");
    let (_, programs) = script.split_once("\nfor program in ").unwrap();
    let (programs, _) = programs.split_once("; do\n").unwrap();
    // One of them goes by a second name.
    let (_, link) = script.split_once("\nln -sf kami-api \"$into/").unwrap();
    let (link, _) = link.split_once("\"\n").unwrap();
    programs.split(' ').chain([link]).map(str::to_owned).collect()
}

/// The files of passwords that a text names.
fn secrets_in(text: &str) -> BTreeSet<&str> {
    let ends = |letter: char| !(letter.is_ascii_alphanumeric() || "-.".contains(letter));
    text.split(SECRETS).skip(1).map(|rest| rest.split(ends).next().unwrap()).collect()
}

#[test]
fn the_image_has_every_program_and_nothing_that_is_none() {
    let programs = programs_of_the_image();
    assert_eq!(programs, ["kami", "kami-api", "kami-expire"].map(str::to_owned).into());
    let compose = Compose::read();
    let builders = compose.services.iter().filter(|(_, service)| service.build.is_some());
    let builders: Vec<_> = builders.map(|(name, _)| name.as_str()).collect();
    assert_eq!(builders, ["migrate"], "two that build one image at once disturb each other");
    for (name, service) in compose.services.iter().filter(|(_, service)| service.is_kami()) {
        assert_eq!(service.pull_policy.as_deref(), Some("never"), "{name} asks a registry for our own image");
        let checked = service.healthcheck.as_ref().map(|check| check.command_line()[0]);
        for program in [service.command_line()[0]].into_iter().chain(checked) {
            assert!(programs.contains(program), "{name} runs {program}, which is not in the image");
        }
    }
    assert!(read("Dockerfile").contains("\nUSER 65532:65532\n"), "the image is not root's");
}

#[test]
fn what_cargo_builds_from_goes_to_the_builder_and_secrets_do_not() {
    let ignored = read(".dockerignore");
    let let_in: Vec<_> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    assert!(ignored.lines().any(|line| line == "*"), "nothing goes there unless it is named");
    for path in &let_in {
        assert!(project_file(path).exists(), "{path}");
    }
    let manifest = read("Cargo.toml");
    let members = manifest.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    for needed in members.split('"').skip(1).step_by(2).chain(["Cargo.toml", "Cargo.lock", "sql", "vendor"]) {
        let goes = let_in.iter().any(|path| Path::new(needed).starts_with(path));
        assert!(goes, "{needed} does not go to the builder");
    }
}

#[test]
fn every_container_is_contained() {
    let compose = Compose::read();
    for (name, service) in &compose.services {
        assert_eq!(service.cap_drop, ["ALL"], "{name}");
        assert_eq!(service.security_opt, ["no-new-privileges:true"], "{name}");
        assert!(service.cap_add.is_empty() || name == "prepare", "{name} adds capabilities");
        assert!(service.image.contains(':') && !service.image.ends_with(":latest"), "{name} is not pinned");
        if service.is_kami() {
            assert!(service.read_only, "{name} can write to its root");
            assert_ne!(service.user.as_deref(), Some("root"), "{name}");
        }
        let secrets = if name == "prepare" { "secrets:/run/kami" } else { "secrets:/run/kami:ro" };
        assert!(service.volumes.iter().any(|volume| volume == secrets), "{name} has no passwords");
        for volume in service.volumes.iter().filter(|volume| !volume.starts_with('.')) {
            assert!(compose.volumes.contains_key(volume.split_once(':').unwrap().0), "{name}: {volume}");
        }
    }
    for (name, restarts) in [("api", true), ("expire", true), ("mysql", true), ("migrate", false)] {
        assert_eq!(compose.service(name).restart.as_deref(), restarts.then_some("unless-stopped"), "{name}");
    }
}

#[test]
fn only_the_api_is_reached_from_outside() {
    let compose = Compose::read();
    assert!(compose.networks["database"].internal);
    for (name, service) in &compose.services {
        let expected: &[&str] = match name.as_str() {
            "api" => &["database", "public"],
            "prepare" => &[],
            _ => &["database"],
        };
        assert_eq!(service.networks, expected, "{name}");
        assert_eq!(service.ports.is_empty(), name != "api", "{name} publishes {:?}", service.ports);
    }
    assert_eq!(compose.service("prepare").network_mode.as_deref(), Some("none"));
    let mut published = compose.service("api").ports.iter();
    assert!(published.all(|port| port.starts_with("127.0.0.1:")), "by default this machine alone");
}

#[test]
fn compose_waits_longer_than_kami_takes() {
    let compose = Compose::read();
    let api = compose.service("api");
    let grace = span::parse(api.stop_grace_period.as_deref().unwrap()).unwrap();
    assert!(grace > STOP_LIMIT, "{grace:?} cuts requests off");
    let timeout = span::parse(&api.healthcheck.as_ref().unwrap().timeout).unwrap();
    assert!(timeout > HEALTH_LIMIT, "{timeout:?} ends kami-api --health before it says what is wrong");
}

#[test]
fn each_waits_for_what_it_needs() {
    use Condition::{ServiceCompletedSuccessfully as Done, ServiceHealthy as Healthy};
    let compose = Compose::read();
    for (name, needed, condition) in [
        ("mysql", "prepare", Done),
        ("migrate", "mysql", Healthy),
        ("api", "migrate", Done),
        ("expire", "migrate", Done),
        ("console", "migrate", Done),
    ] {
        assert_eq!(compose.service(name).depends_on[needed].condition, condition, "{name}");
    }
    assert_eq!(compose.service("console").profiles, ["console"], "it does not start with the others");
}

#[test]
fn every_password_file_is_made_and_belongs_to_who_reads_it() {
    let compose = Compose::read();
    let script = compose.service("prepare").command.concat();
    for (name, service) in compose.services.iter().filter(|(name, _)| *name != "prepare") {
        let environment = service.environment.values().flatten();
        let check = service.healthcheck.iter().flat_map(|check| &check.test);
        let words = service.entrypoint.iter().chain(&service.command).chain(environment).chain(check);
        let read: Vec<_> = words.flat_map(|word| secrets_in(word)).collect();
        assert!(!read.is_empty(), "{name} reads no password");
        let reader = match service.user.as_deref() {
            None => "65532:65532",
            Some("mysql") => "mysql:mysql",
            Some(user) => {
                assert_eq!(compose.service("prepare").environment["CONSOLE_USER"].as_deref(), Some(user));
                "\"$CONSOLE_USER\""
            }
        };
        let given = |file: &str| {
            let lines = script.lines().filter_map(|line| line.trim().strip_prefix("chown "));
            lines
                .filter_map(|line| line.strip_prefix(reader))
                .any(|files| files.split(' ').any(|it| it == file))
        };
        for file in read {
            assert!(given(file), "{file}, which {name} reads, is not given to {reader}");
        }
    }
}

#[test]
fn the_example_of_settings_names_each_variable_with_its_default() {
    let example = read(".env.example");
    let named: BTreeSet<_> = example
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap())
        .collect();
    let mut used = variables(&read("docker-compose.yml"));
    used.retain(|(name, _)| name != "TERM");
    assert_eq!(named, used);
}

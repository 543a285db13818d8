//! What tells about cards and kami itself: log, statistics, info, doctor, completions and help.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use kami_testkit::{Demand, RogueServer, unique_name};
use serde_json::json;

use super::fixtures::{Kami, ran};

#[tokio::test]
async fn the_log_lists_acts_and_each_card_of_one() {
    let kami = Kami::with_cards().await;
    kami.run(&["log"]).ends(3);
    kami.run(&["disable", "--prefix", "VIP", "--all"]).ends(0);
    kami.run(&["undo"]).ends(0);
    let ran = kami.run(&["log"]).ends(0);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[0].starts_with("act  time"), "{ran:?}");
    let account = kami.account().await;
    for (line, id, act, undo) in
        [(lines[1], "#2 ", "undone  ", "undoes #1"), (lines[2], "#1 ", "disabled", "undone by #2")]
    {
        let end = format!("{act}  tester    {account}  2      -      {undo}");
        assert!(line.starts_with(id) && line.ends_with(&end), "{line}");
    }
    let acts = kami.run(&["log", "--act", "disable", "--operator", "tester", "--json"]).ends(0).json();
    assert_eq!((acts.len(), &acts[0]["act_id"], &acts[0]["undone_by"]), (1, &json!(1), &json!(2)));
    assert!(acts[0]["done_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(acts[0]["account"], *account);
    let cards = kami.run(&["log", "1", "--json"]).ends(0).json();
    assert_eq!((cards.len(), &cards[0]["after"]["status"]), (2, &json!("disabled")));
    assert_eq!(cards[0]["account"], *account);
    assert_eq!(kami.run(&["log", "1", "--limit", "1", "--json"]).json().len(), 1);
    let ran = kami.run(&["log", "--code", "VIP-A"]).ends(0);
    assert!(ran.out.contains("VIP-A  status unused → disabled\n"), "{ran:?}");
    kami.run(&["log", "--operator", "nobody"]).ends(3);
}

#[tokio::test]
async fn statistics_count_what_there_is() {
    let kami = Kami::with_cards().await;
    kami.run(&["edit", "VIP-A", "--status", "active", "--machine", "PC"]).ends(0);
    let stats = kami.run(&["stats", "--days", "7", "--json"]).ends(0).json().remove(0);
    assert_eq!(stats["cards"], json!({ "all": 3, "unused": 2, "active": 1, "expired": 0, "disabled": 0 }));
    assert_eq!(
        stats["stock"],
        json!([
            { "prefix": "GOLD", "unused": 1, "activated": 0, "days_left": null },
            { "prefix": "VIP", "unused": 1, "activated": 1, "days_left": 7.0 },
        ])
    );
    let days = |name: &str| stats[name].as_array().unwrap().clone();
    assert_eq!((days("generated").len(), &days("generated")[6]["cards"]), (7, &json!(3)));
    assert_eq!(days("activated")[6]["cards"], 1);
    let soon: u64 = days("expiring").iter().map(|day| day["cards"].as_u64().unwrap()).sum();
    assert_eq!(soon, 1);
    let ran = kami.run(&["stats"]).ends(0);
    for part in ["status    cards  share\n", "unused    2      67%\n", "VIP     1       1          30\n"] {
        assert!(ran.out.contains(part), "{part:?} in {}", ran.out);
    }
}

#[tokio::test]
async fn info_says_where_everything_is_without_the_password() {
    let kami = Kami::new().await;
    let mut command = kami.command(&["info", "--json", "--read-only"]);
    let output = command.env("DATABASE_URL", "mysql://li:secret@db-1/kamisystem").output().unwrap();
    let info: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        info,
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "config": kami.folder.join(".config/kami/config.toml"),
            "preferences": kami.folder.join(".config/kami/preferences.toml"),
            "environment": null, "production": false, "database": info["database"], "read_only": true,
            "operator": "tester", "exports": kami.folder.join("exports"), "time_zone": "Asia/Shanghai",
            "language": "en",
        })
    );
    let database = info["database"].as_str().unwrap();
    assert!(
        database.contains("li") && database.contains("db-1") && !database.contains("secret"),
        "{database}"
    );
    let ran = kami.run(&["info"]).ends(0);
    assert!(ran.out.contains("operator       tester\n") && ran.out.contains("(not there yet)"), "{ran:?}");
}

#[tokio::test]
async fn the_doctor_finds_what_is_wrong_and_how_to_fix_it() {
    let kami = Kami::new().await;
    let ran = kami.run(&["doctor"]).ends(0);
    assert_eq!((ran.out.lines().count(), ran.err.as_str()), (10, ""), "{ran:?}");
    assert!(ran.out.lines().all(|line| line.starts_with("✓  ")), "{ran:?}");
    let name = kami.database.name();
    let user = unique_name("r");
    kami.database
        .execute(&format!(
            "DELETE FROM refinery_schema_history ORDER BY version DESC LIMIT 1; \
             CREATE USER '{user}'@'%' IDENTIFIED BY 'p'; GRANT SELECT ON {name}.* TO '{user}'@'%'"
        ))
        .await;
    let url = kami.database.as_account(&user, "p").url();
    let read_only = kami.command(&["--read-only", "doctor"]).env("DATABASE_URL", &url).output().unwrap();
    assert_eq!(String::from_utf8(read_only.stderr).unwrap(), "kami: one thing is wrong\n");
    let output = kami.command(&["doctor", "--json"]).env("DATABASE_URL", url).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "kami: 2 things are wrong\n");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let check = |name: &str| {
        let checks = report["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).unwrap().clone()
    };
    assert_eq!((&report["ok"], &check("schema")["mend"]), (&json!(false), &json!("kami migrate")));
    let fix = check("grants")["mend"].as_str().unwrap().to_owned();
    assert!(fix.contains(&format!("kami grants --existing --for operator '{user}@%' --database '{name}'")));
    let mut command = kami.command(&["doctor"]);
    let away = command.env("DATABASE_URL", "mysql://k:secret@127.0.0.1:1/d").output().unwrap();
    let words = String::from_utf8(away.stdout).unwrap();
    assert_eq!(away.status.code(), Some(1));
    assert!(words.starts_with("✗  connection  ") && words.contains("→ see with kami info"), "{words}");
}

#[tokio::test]
async fn the_doctor_says_what_protects_the_password() {
    let kami = Kami::new().await;
    let is_maria = kami.database.rows::<String>("SELECT VERSION()", ()).await[0].contains("MariaDB");
    let socket = kami.database.rows::<String>("SELECT @@socket", ()).await.remove(0);
    // To the server, who comes by a socket comes from elsewhere than who comes by TCP.
    let user = unique_name("r");
    for host in ["127.0.0.1", "localhost"] {
        let grant = format!("GRANT ALL ON {}.* TO '{user}'@'{host}'", kami.database.name());
        kami.database.execute(&format!("CREATE USER '{user}'@'{host}' IDENTIFIED BY 'p'; {grant}")).await;
    }
    let by_socket = format!("✓  password    goes over {socket} only, a socket of the user ");
    for (parameters, language, said) in [
        ("get-server-public-key=true", "en_US.UTF-8", "✓  password    whoever answers can have it"),
        ("get-server-public-key=true", "zh_CN.UTF-8", "✓  密码      任何应答者都能得到"),
        (
            "",
            "en_US.UTF-8",
            if is_maria {
                "✓  password    is not sent"
            } else {
                "✗  password    is not sent without TLS"
            },
        ),
        (
            "",
            "zh_CN.UTF-8",
            if is_maria {
                "✓  密码      没有 TLS 时不会发送"
            } else {
                "✗  密码      没有 TLS 时不会发送"
            },
        ),
        (&format!("socket={socket}"), "en_US.UTF-8", &by_socket),
    ] {
        let url = kami.database.as_account(&user, "p").url_with(parameters);
        let mut command = kami.command(&["doctor"]);
        command.env("LANG", language);
        let out = String::from_utf8(command.env("DATABASE_URL", url).output().unwrap().stdout).unwrap();
        assert!(out.lines().any(|line| line.starts_with(said)), "{parameters}: {out}");
    }
}

#[tokio::test]
async fn the_doctor_says_what_guessing_codes_meets() {
    let kami = Kami::new().await;
    for (language, brake, codes) in [
        (
            "en_US.UTF-8",
            "✓  guessing    the API lets an address miss 30 codes, then one each 5 s, and all together 1,000, then 50 a \
             second; on Lambda, each instance for itself",
            "✓  codes       existing cards are always answered, so their length protects them: 12 characters among \
             10,000,000 cards, at 200 guesses a second",
        ),
        (
            "zh_CN.UTF-8",
            "✓  防猜      API 允许每个地址猜错 30 次，之后每 5 秒 1 次；所有地址合计 1,000 次，之后每秒 50 次；",
            "✓  卡密长度  已有的卡总会得到应答，防猜靠长度：每秒猜 200 次、10,000,000 张卡时，12 个字符足够",
        ),
    ] {
        let ran = ran(kami.command(&["doctor"]).env("LANG", language).output().unwrap()).ends(0);
        for said in [brake, codes] {
            assert!(ran.out.lines().any(|line| line.starts_with(said)), "{said}: {}", ran.out);
        }
    }
}

#[tokio::test]
async fn the_doctor_finds_a_password_that_every_user_may_read() {
    let kami = Kami::new().await;
    // Not in the test's own folder, into which nobody else may be let.
    let file = Path::new("/tmp").join(unique_name("kami_url"));
    fs::write(&file, kami.database.url()).unwrap();
    let doctor = |mode, language| {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let mut command = kami.command(&["doctor"]);
        command.env_remove("DATABASE_URL").env("DATABASE_URL_FILE", &file).env("LANG", language);
        ran(command.output().unwrap())
    };
    let path = file.display();
    for (language, open, closed) in [
        (
            "en_US.UTF-8",
            "✗  secret file  every user of this machine may read",
            "✓  secret file  not every user",
        ),
        ("zh_CN.UTF-8", "✗  密码文件  本机任何用户都能读取", "✓  密码文件  并非本机任何用户"),
    ] {
        let (found, fixed) = (doctor(0o644, language).ends(1), doctor(0o640, language).ends(0));
        assert!(found.out.lines().any(|line| line.starts_with(open)), "{found:?}");
        assert!(found.out.contains(&format!("→ chmod go= '{path}'")), "{found:?}");
        assert!(fixed.out.lines().any(|line| line.starts_with(closed)), "{fixed:?}");
    }
    fs::remove_file(&file).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_in_the_servers_place_is_told_of_in_both_languages() {
    let kami = Kami::nowhere();
    let rogue = RogueServer::start(Demand::Password).await;
    let url = rogue.url_with("");
    for (language, said) in [
        ("en_US.UTF-8", "kami: the password was not sent: the server asks for the password itself"),
        ("zh_CN.UTF-8", "kami: 未发送密码：对方索要密码原文"),
    ] {
        let mut command = kami.command(&["list"]);
        command.env("LANG", language);
        let ran = command.env("DATABASE_URL", &url).output().unwrap();
        let words = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(1));
        assert!(words.starts_with(said) && !words.contains("sesame"), "{words}");
    }
    assert_eq!(rogue.told(), Vec::<Vec<u8>>::new());
}

#[tokio::test]
async fn every_command_has_help_with_examples_and_shells_can_complete_it() {
    let kami = Kami::new().await;
    let help = kami.run(&["--help"]).ends(0).out;
    let listed = help.split("Commands:\n").nth(1).unwrap().lines().take_while(|line| !line.is_empty());
    let commands: Vec<&str> = listed
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|command| !["", "help"].contains(command))
        .collect();
    assert!(commands.contains(&"list") && commands.contains(&"completions"), "{help}");
    for command in &commands {
        let help = kami.run(&[*command, "--help"]).ends(0);
        assert!(help.out.contains(&format!("Examples:\n  kami {command}")), "{}", help.out);
    }
    for shell in ["bash", "zsh", "fish"] {
        let output = kami.command(&["completions", shell]).env_remove("DATABASE_URL").output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(commands.iter().all(|command| script.contains(*command)), "{shell}");
    }
}

#[tokio::test]
async fn an_env_file_says_where_the_cards_are() {
    let kami = Kami::with_cards().await;
    let file = kami.folder.join("kami.env");
    fs::write(&file, format!("# the shop\nexport DATABASE_URL='{}'\n", kami.database.url())).unwrap();
    let arguments = ["--env-file", "kami.env", "list"];
    let mut command = kami.command(&arguments);
    // The file goes before the variable.
    command.env("DATABASE_URL", "mysql://kami:secret@127.0.0.1:1/kamisystem");
    let listed = ran(command.output().unwrap()).ends(0);
    assert!(listed.out.contains("VIP-A"), "{listed:?}");
    fs::write(&file, "KAMI_LOG=json\n").unwrap();
    let refused = kami.run(&arguments).ends(2);
    assert!(refused.err.contains("kami.env"), "{refused:?}");
    kami.run(&["--env-file", "none.env", "list"]).ends(1);
}

#[tokio::test]
async fn help_and_usage_errors_are_in_the_readers_language() {
    let kami = Kami::new().await;
    let said = |arguments: &[&str]| {
        let output = kami.command(arguments).env("LANG", "zh_CN.UTF-8").output().unwrap();
        (
            output.status.code().unwrap(),
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()),
        )
    };
    let home = kami.folder.join("home");
    fs::create_dir_all(home.join(".config/kami")).unwrap();
    fs::write(home.join(".config/kami/config.toml"), "language = \"zh\"\n").unwrap();
    let output = kami.command(&["--help"]).env("HOME", &home).env("LANG", "C.UTF-8").output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("用法：kami"), "as the configuration says");
    let (code, [out, err]) = said(&["generate", "--help"]);
    assert_eq!((code, &*err), (0, ""));
    assert!(out.contains("用法：kami generate") && out.contains("示例：\n  kami generate"), "{out}");
    assert_eq!(said(&["--version"]), (0, [format!("kami {}\n", env!("CARGO_PKG_VERSION")), String::new()]));
    let (code, [out, err]) = said(&["list", "--statos", "active"]);
    assert_eq!((code, &*out), (2, ""));
    assert_eq!(err, "kami: 没有 --statos 这个参数。您是不是想写 --status\n用 --help 查看用法\n");
    for (arguments, words) in [
        (&["--ssh", "list"][..], "--ssh 只打开控制台，不能带命令"),
        (&["edit", "VIP-1", "--note", &"x".repeat(256)], "备注最多 255 个字符"),
        (&["grants", "--for", "viewer", "--database", "kamisystem", "@%"], "账号名为 1 到 32 个字符"),
    ] {
        let (code, [_, err]) = said(arguments);
        assert_eq!(code, 2, "{err}");
        assert!(err.starts_with(&format!("kami: {words}")), "{err}");
    }
}

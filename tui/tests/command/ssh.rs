//! `kami --ssh`, the only program of an account that many share.

use std::fs;

use super::fixtures::{Kami, ran};

#[test]
fn who_is_refused_has_run_no_command_of_the_configuration() {
    let kami = Kami::nowhere();
    let folder = kami.folder.join(".config/kami");
    fs::create_dir_all(&folder).unwrap();
    let marker = kami.folder.join("ran");
    let config = format!(
        "environment = \"shop\"\n[environments.shop]\nurl = \"mysql://nobody@127.0.0.1:1/nowhere\"\n\
         password_command = \"touch {}; echo sesame\"\n",
        marker.display()
    );
    fs::write(folder.join("config.toml"), config).unwrap();
    for (operator, command) in [
        (Some("alice"), Some("sh -c id")),
        (Some("alice"), Some("internal-sftp")),
        (Some("alice"), Some("")),
        (None, None),
    ] {
        let mut kami = kami.command(&["--ssh"]);
        kami.envs(operator.map(|operator| ("KAMI_OPERATOR", operator)));
        kami.envs(command.map(|command| ("SSH_ORIGINAL_COMMAND", command)));
        let refused = ran(kami.output().unwrap());
        assert!(refused.code != 0 && refused.out.is_empty(), "{refused:?}");
        assert!(refused.err.contains("connect without a command") || operator.is_none(), "{refused:?}");
        assert!(!marker.exists(), "{operator:?} {command:?}");
    }
    // The same configuration runs it for who is not refused.
    let mut usual = kami.command(&["list"]);
    usual.env_remove("DATABASE_URL");
    ran(usual.output().unwrap()).ends(1);
    assert!(marker.exists());
}

//! Servers with settings of their own.

use kami_testkit::{PrivateServer, TestDatabase};

use super::fixtures::Kami;

#[tokio::test(flavor = "multi_thread")]
async fn text_comes_back_as_it_went_in_from_a_server_that_ignores_the_character_set_of_its_clients() {
    let options = ["--loose-skip-character-set-client-handshake", "--character-set-server=latin1"];
    let server = tokio::task::spawn_blocking(move || PrivateServer::start(&options)).await.unwrap();
    let kami = Kami::on(TestDatabase::create_on(&server.url()).await);
    kami.run(&[
        "generate",
        "--prefix",
        "季卡",
        "--count",
        "1",
        "--duration",
        "1d",
        "--note",
        "给老王的 \u{1F381}",
    ])
    .ends(0);
    let listed = kami.run(&["list", "--prefix", "季卡", "--json"]).ends(0).json();
    let code = listed[0]["code"].as_str().unwrap();
    assert!(code.starts_with("季卡-"), "{code}");
    kami.run(&["edit", code, "--prefix", "年卡"]).ends(0);
    let renamed = code.replacen("季卡", "年卡", 1);
    let shown = &kami.run(&["show", &renamed, "--json"]).ends(0).json()[0];
    assert_eq!((&shown["note"], &shown["prefix"]), (&"给老王的 \u{1F381}".into(), &"年卡".into()));
    let acts = kami.run(&["log", "--code", code, "--json"]).ends(0).out;
    assert!(acts.contains("年卡") && acts.contains("季卡"), "{acts}");
    kami.run(&["doctor"]).ends(0);
}

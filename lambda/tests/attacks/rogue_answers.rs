//! A program in the database's place that lets everybody in and answers what it likes.

use std::fs;

use kami_testkit::{Function, RogueReply, unique_name};

use crate::connections::memory;
use crate::{API, figure};

/// How much more memory such an answer may take, in KiB: a packet of 16 MB is as large as one may be.
const MEMORY: u64 = 128 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_of_a_databases_reads_a_file_or_fills_the_memory() {
    let secret = std::env::temp_dir().join(unique_name("kami_secret"));
    fs::write(&secret, "open sesame").unwrap();
    for reply in [
        RogueReply::File(secret.to_str().unwrap().to_owned()),
        RogueReply::Packet(16 * 1024 * 1024 - 2),
        RogueReply::Rows,
    ] {
        let rogue = reply.start().await;
        let function = Function::start(API, &rogue.url()).await;
        let mut client = function.client().await;
        let (mut before, mut most) = (memory(&function), 0);
        for round in 0..12 {
            let answer = client.validate("VIP-ONE", "PC-1").await;
            assert!(answer.status.is_server_error(), "{reply:?}: {} {}", answer.status, answer.body);
            if round == 0 {
                before = before.min(memory(&function));
            }
            most = most.max(memory(&function));
        }
        let grown = most.saturating_sub(before);
        figure(
            &format!("a database that answers with {reply:?}"),
            format!("{grown} KiB more memory, {} bytes of files told", rogue.told()),
        );
        assert!(rogue.asked() > 0, "it was asked nothing: {}", function.program.output());
        assert!(grown < MEMORY, "{reply:?}: {grown} KiB");
        assert_eq!(rogue.told(), 0, "{reply:?}");
        assert!(!function.program.output().contains("open sesame"));
    }
    fs::remove_file(secret).unwrap();
}

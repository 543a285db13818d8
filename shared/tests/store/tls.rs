//! TLS to the database, by the parameters of its address.

use kami_shared::store::{Store, StoreError};
use kami_testkit::{Certificates, TestDatabase};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_trusted_by_its_authority_and_its_name() {
    let (certificates, server) = tokio::task::spawn_blocking(|| {
        let certificates = Certificates::make();
        let server = certificates.server();
        (certificates, server)
    })
    .await
    .unwrap();
    let strangers = Certificates::make();
    let database = TestDatabase::create_on(&server.url()).await;
    database.execute("CREATE USER secure@'127.0.0.1' IDENTIFIED BY 'pw' REQUIRE SSL").await;
    database.execute(&format!("GRANT SELECT ON {}.* TO secure@'127.0.0.1'", database.name())).await;

    let (ca, other) = (certificates.file("ca.pem"), strangers.file("ca.pem"));
    for (parameters, trusted) in [
        ("ssl-mode=DISABLED".to_owned(), false),
        ("ssl-mode=REQUIRED".to_owned(), true),
        (format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={ca}"), true),
        (format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={other}"), false),
        ("ssl-mode=VERIFY_IDENTITY".to_owned(), false),
        (format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={}", certificates.file("missing.pem")), false),
    ] {
        let ask = async |host: &str, more: &str| {
            let (port, name) = (database.port(), database.name());
            let url = format!("mysql://secure:pw@{host}:{port}/{name}?{parameters}{more}");
            Store::new(&url.parse().unwrap()).now().await
        };
        match ask("127.0.0.1", "").await {
            Ok(_) => assert!(trusted, "{parameters}"),
            Err(StoreError::Unavailable(_)) => assert!(!trusted, "{parameters}"),
            Err(error) => panic!("{parameters}: {error}"),
        }
        if trusted {
            // The certificate does not name localhost.
            assert_eq!(ask("localhost", "").await.is_ok(), !parameters.contains("IDENTITY"), "{parameters}");
            assert!(ask("localhost", "&ssl-name=127.0.0.1").await.is_ok(), "{parameters}");
            let wrong = ask("127.0.0.1", "&ssl-name=db.example.com").await;
            assert_eq!(wrong.is_ok(), !parameters.contains("IDENTITY"), "{parameters}");
        }
    }
}

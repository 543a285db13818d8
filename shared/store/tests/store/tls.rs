//! TLS to the database, by the parameters of its address.

use kami_store::{Store, StoreError};
use kami_testkit::{Certificates, PrivateServer, TestDatabase};

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
        // After this, MySQL knows the account, so that it may go without proof of its own.
        (format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={ca}"), true),
        ("ssl-mode=DISABLED".to_owned(), false),
        ("ssl-mode=REQUIRED".to_owned(), true),
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

/// What a store on that address says; nothing when it gets in.
async fn refusal(url: &str) -> Option<String> {
    match Store::new(&url.parse().unwrap()).now().await {
        Ok(_) => None,
        Err(StoreError::Unavailable(error)) => Some(StoreError::Unavailable(error).to_string()),
        Err(error) => panic!("{url}: {error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_the_protection_is_said_with_what_to_do() {
    let (certificates, server) = tokio::task::spawn_blocking(|| {
        let certificates = Certificates::make();
        let server = certificates.server();
        (certificates, server)
    })
    .await
    .unwrap();
    let database = TestDatabase::create_on(&server.url()).await;
    let ca = certificates.file("ca.pem");
    let missing = certificates.file("missing.pem");
    database.execute("SET GLOBAL require_secure_transport = ON").await;
    for (parameters, words) in [
        ("ssl-mode=DISABLED".to_owned(), "TLS is required"),
        ("ssl-mode=VERIFY_IDENTITY".to_owned(), "name its own with ssl-ca=FILE"),
        (
            format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={ca}&ssl-name=db.example.com"),
            "give that as ssl-name=NAME",
        ),
        (
            format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={missing}"),
            &format!("the database is unavailable: {missing}, named by ssl-ca, cannot be read: No such file"),
        ),
    ] {
        let said = refusal(&database.url_with(&parameters)).await.unwrap();
        assert!(said.contains(words), "{parameters}: {said}");
    }
    assert_eq!(refusal(&database.url_with("ssl-mode=REQUIRED")).await, None);
    assert_eq!(refusal(&database.url_with(&format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={ca}"))).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_tls_is_refused_where_tls_is_required() {
    // Each server takes one of the two.
    let options = ["--loose-skip-ssl", "--loose-tls-version="];
    let server = tokio::task::spawn_blocking(move || PrivateServer::start(&options)).await.unwrap();
    let database = TestDatabase::create_on(&server.url()).await;
    for mode in ["REQUIRED", "VERIFY_IDENTITY"] {
        let said = refusal(&database.url_with(&format!("ssl-mode={mode}"))).await.unwrap();
        assert!(said.contains("the server has no TLS") && said.contains("ssl-mode=DISABLED"), "{said}");
    }
    assert_eq!(refusal(&database.url()).await, None);
}

//! Whoever answers in the server's place does not get the password, and the server itself does.

use std::path::{Path, PathBuf};

use kami_store::socket::UntrustedSocket;
use kami_store::{Store, StoreError, Withheld};
use kami_testkit::{
    Certificates, Demand, PrivateServer, ROGUE_KEY, RogueServer, TestDatabase, eventually, skip_for_want_of,
};

/// Why a store on that address cannot log in; nothing where it can.
async fn refusal(url: &str) -> Option<StoreError> {
    Store::new(&url.parse().unwrap()).now().await.err()
}

fn is_unproven(refusal: Option<&StoreError>) -> bool {
    matches!(refusal, Some(StoreError::Withheld(Withheld::Unproven)))
}

/// A folder of a test's own; gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(kami_testkit::unique_name("kami_key"));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[tokio::test]
async fn a_stranger_is_not_told_the_password() {
    let folder = Folder::new();
    let (key, none) = (folder.file("key.pem", ROGUE_KEY), folder.file("none.pem", "no key"));
    let (key, none, missing) =
        (key.display(), none.display(), folder.0.join("missing.pem").display().to_string());
    for parameters in [
        "",
        "get-server-public-key=false",
        "ssl-mode=DISABLED",
        "ssl-mode=REQUIRED",
        &format!("server-public-key-path={none}"),
        &format!("server-public-key-path={missing}"),
    ] {
        let rogue = RogueServer::start(Demand::Password).await;
        let error = refusal(&rogue.url_with(parameters)).await.unwrap();
        let said = error.to_string();
        let words = match parameters {
            _ if parameters.ends_with("none.pem") => "the public key of the server is none",
            _ if parameters.ends_with("missing.pem") => "named by server-public-key-path, cannot be read",
            _ => "the password was not sent: the server asks for the password itself",
        };
        assert!(said.contains(words) && !said.contains("sesame"), "{parameters}: {said}");
        assert!(error.is_transient(), "clients try again, as with any database that is away");
        eventually("it hangs up", async || (rogue.ended() == 1).then_some(())).await;
        assert_eq!(rogue.told(), Vec::<Vec<u8>>::new(), "{parameters}");
    }
    // The same server gets it where the address says so, encrypted with its key.
    for (parameters, told) in [
        ("get-server-public-key=true".to_owned(), vec![1, 256]),
        (format!("server-public-key-path={key}"), vec![256]),
    ] {
        let rogue = RogueServer::start(Demand::Password).await;
        assert!(matches!(refusal(&rogue.url_with(&parameters)).await, Some(StoreError::Unavailable(_))));
        let lengths: Vec<_> = rogue.told().iter().map(Vec::len).collect();
        assert_eq!(lengths, told, "{parameters}");
    }
}

#[tokio::test]
async fn no_plugin_of_a_strangers_choice_gives_the_password_away() {
    for (demand, answer) in [
        (Demand::Plugin("mysql_clear_password"), None),
        (Demand::Plugin("mysql_old_password"), None),
        (Demand::OldPlugin, None),
        (Demand::Plugin("sha256_password"), Some(0)),
        (Demand::Plugin("dialog"), Some(0)),
        (Demand::Plugin("parsec"), Some(0)),
        (Demand::Plugin("mysql_native_password"), Some(20)),
        (Demand::Plugin("client_ed25519"), Some(64)),
        (Demand::Plugin("caching_sha2_password"), Some(32)),
    ] {
        for parameters in ["ssl-mode=DISABLED", "ssl-mode=REQUIRED", "get-server-public-key=true"] {
            let rogue = RogueServer::start(demand).await;
            assert!(refusal(&rogue.url_with(parameters)).await.is_some());
            eventually("it hangs up", async || (rogue.ended() == 1).then_some(())).await;
            let told = rogue.told();
            assert_eq!(told.first().map(Vec::len), answer, "{demand:?} {parameters}: {told:?}");
            assert!(told.len() <= 1 && !told.concat().windows(6).any(|part| part == b"sesame"), "{demand:?}");
        }
    }
}

#[tokio::test]
async fn a_socket_that_a_stranger_can_have_made_is_not_connected_to() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new();
    let mode = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    let (open, own) = (folder.0.join("open"), folder.0.join("own"));
    for directory in [&open, &own] {
        std::fs::create_dir(directory).unwrap();
    }
    mode(&open, 0o777);
    mode(&own, 0o755);
    let (strange, ours) = (open.join("mysql.sock"), own.join("mysql.sock"));
    let (to_strange, by_strange) = (own.join("to-strange.sock"), open.join("by-strange.sock"));
    symlink(&strange, &to_strange).unwrap();
    symlink("../own/mysql.sock", &by_strange).unwrap();
    let url = |socket: &Path, user: &str| format!("mysql://{user}@localhost/d?socket={}", socket.display());
    let away = refusal(&url(&ours, "k:open-sesame")).await.unwrap();
    assert!(
        away.to_string().contains("No such file"),
        "a server that is not up yet is one that is away: {away}"
    );

    let stranger = RogueServer::start_on(&strange, Demand::Password);
    let server = RogueServer::start_on(&ours, Demand::Password);
    for (socket, entry) in [(&strange, &strange), (&to_strange, &strange), (&by_strange, &by_strange)] {
        let error = refusal(&url(socket, "k:open-sesame")).await.unwrap();
        let StoreError::Withheld(Withheld::Socket(UntrustedSocket { entry: named, .. })) = &error else {
            panic!("{}: {error}", socket.display());
        };
        assert_eq!(named, entry, "{error}");
        assert!(error.is_transient());
    }
    assert_eq!((stranger.ended(), server.ended()), (0, 0), "nobody was connected to");
    // Without a password there is none to keep.
    assert!(matches!(refusal(&url(&strange, "k")).await, Some(StoreError::Unavailable(_))));
    // The server gets the password itself, which no one else can read there.
    assert!(matches!(refusal(&url(&ours, "k:open-sesame")).await, Some(StoreError::Unavailable(_))));
    assert_eq!(server.told(), [b"open-sesame\0"]);
}

/// A server with TLS, and its database.
async fn server() -> (Certificates, PrivateServer, TestDatabase, bool) {
    let (certificates, server) = tokio::task::spawn_blocking(|| {
        let certificates = Certificates::make();
        let server = certificates.server();
        (certificates, server)
    })
    .await
    .unwrap();
    let database = TestDatabase::create_on(&server.url()).await;
    let is_maria = database.rows::<String>("SELECT VERSION()", ()).await[0].contains("MariaDB");
    (certificates, server, database, is_maria)
}

/// The first login of an account of `caching_sha2_password` sends the password itself; later ones only prove that they
/// know it, until the server forgets whom it has seen. MariaDB's accounts never send it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_itself_is_logged_in_to() {
    let (certificates, _server, database, is_maria) = server().await;
    let name = database.name();
    let (plugin, by) = if is_maria {
        ("mysql_native_password", "USING PASSWORD('pw')")
    } else {
        ("caching_sha2_password", "BY 'pw'")
    };
    for host in ["127.0.0.1", "localhost"] {
        let account = format!("app@'{host}'");
        database
            .execute(&format!(
                "CREATE USER {account} IDENTIFIED WITH {plugin} {by}; GRANT SELECT ON {name}.* TO {account}"
            ))
            .await;
    }
    let folder = Folder::new();
    let key = "SHOW STATUS LIKE 'Caching_sha2_password_rsa_public_key'";
    let key = database.rows::<(String, String)>(key, ()).await.pop().map_or(String::new(), |(_, key)| key);
    let key = folder.file("key.pem", &key);
    let socket = database.rows::<String>("SELECT @@socket", ()).await.remove(0);
    for (parameters, proven) in [
        (String::new(), false),
        ("ssl-mode=REQUIRED".to_owned(), false),
        ("get-server-public-key=true".to_owned(), true),
        (format!("server-public-key-path={}", key.display()), true),
        (format!("socket={socket}"), true),
        (format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={}", certificates.file("ca.pem")), true),
    ] {
        let url = |password| database.as_account("app", password).url_with(&parameters);
        database.execute("FLUSH PRIVILEGES").await;
        let first = refusal(&url("pw")).await;
        if proven || is_maria {
            assert!(first.is_none(), "{parameters}: {first:?}");
        } else {
            assert!(is_unproven(first.as_ref()), "{parameters}: {first:?}");
            let trusting = database.as_account("app", "pw").url_with("get-server-public-key=true");
            assert!(refusal(&trusting).await.is_none());
        }
        assert!(refusal(&url("pw")).await.is_none(), "{parameters}: the server knows the account now");
        let wrong = refusal(&url("mistyped")).await.unwrap().to_string();
        assert!(!wrong.contains("mistyped"), "{wrong}");
        if proven || is_maria {
            assert!(wrong.contains("Access denied"), "{parameters}: {wrong}");
        }
    }
    if is_maria {
        // The other kind that never sends it, but a signature.
        match database.try_execute("INSTALL SONAME 'auth_ed25519'").await {
            Ok(()) => {}
            // a server that was unpacked without a folder for plugins, beside the system's, which tells
            Err(1126)
                if !Path::new(&database.rows::<String>("SELECT @@plugin_dir", ()).await[0]).exists() =>
            {
                return;
            }
            // a library that cannot be opened: Debian packs it apart from the server itself
            Err(1126) => return skip_for_want_of("MariaDB's plugin auth_ed25519"),
            Err(refusal) => panic!("the plugin auth_ed25519 is refused with {refusal}"),
        }
        database
            .execute(&format!(
                "CREATE USER signer@'127.0.0.1' IDENTIFIED VIA ed25519 USING PASSWORD('pw'); \
                 GRANT SELECT ON {name}.* TO signer@'127.0.0.1'"
            ))
            .await;
        assert!(refusal(&database.as_account("signer", "pw").url_with("")).await.is_none());
    }
}

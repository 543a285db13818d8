//! A database of a test's own on the server that `./test.sh` started.

use kami_store::Store;
use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, Error, FullAuthentication, Opts, OptsBuilder, Params};

use crate::copy;

/// Lets a server without TLS have the password itself, which MySQL asks for at an account's first login: it is ours.
const TRUSTING: &str = "get-server-public-key=true";

/// A database that no other test uses. It stays behind: the server is thrown away as a whole.
#[derive(Clone, Debug)]
pub struct TestDatabase {
    server: String,
    name: String,
}

impl TestDatabase {
    /// A new database with the schema of today.
    pub async fn create() -> Self {
        let database = Self::absent();
        let mut connection = connect(&test_server()).await;
        let name = &database.name;
        let empty =
            format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; USE {name}");
        connection.query_drop(empty).await.unwrap();
        copy::make(&mut connection, async || {
            let original = Self::absent();
            (original.store(), original.name)
        })
        .await;
        connection.disconnect().await.unwrap();
        database
    }

    /// The same by all migrations, on a server that is named by its address without a database:
    /// `mysql://user:password@host:port/`.
    pub async fn create_on(server: &str) -> Self {
        let database = Self::absent_on(server);
        database.store().migrate().await.unwrap();
        database
    }

    /// A new database without any table.
    pub async fn create_empty() -> Self {
        let database = Self::absent();
        let mut connection = connect(&test_server()).await;
        connection.query_drop(format!("CREATE DATABASE {}", database.name)).await.unwrap();
        connection.disconnect().await.unwrap();
        database
    }

    /// The name and address of a database that does not exist yet.
    pub fn absent() -> Self {
        Self::absent_on(&test_server())
    }

    /// A database that is there already, by its address.
    pub fn at(url: &str) -> Self {
        let (server, name) = url.split('?').next().unwrap().rsplit_once('/').unwrap();
        Self { server: format!("{server}/"), name: name.to_owned() }
    }

    fn absent_on(server: &str) -> Self {
        let server = server.split('?').next().unwrap().to_owned();
        Self { server, name: unique_name("kami_test") }
    }

    /// How the server calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address, by which an account can log in for the first time too.
    pub fn url(&self) -> String {
        self.url_with(TRUSTING)
    }

    /// Its address with these parameters and no others.
    pub fn url_with(&self, parameters: &str) -> String {
        format!("{}{}?{parameters}", self.server, self.name)
    }

    /// Its address as seen through a proxy that listens on another port of this machine.
    pub fn url_through(&self, port: u16) -> String {
        let own = format!(":{}/", self.port());
        self.url().replacen(&own, &format!(":{port}/"), 1)
    }

    /// The port of its server.
    pub fn port(&self) -> u16 {
        options(&self.server).tcp_port()
    }

    /// A store of its own, with a pool of its own.
    pub fn store(&self) -> Store {
        Store::new(&self.url().parse().unwrap())
    }

    /// The same, seen by another account of its server.
    #[must_use]
    pub fn as_account(&self, name: &str, password: &str) -> Self {
        let server = format!("mysql://{name}:{password}@127.0.0.1:{}/", self.port());
        Self { server, name: self.name.clone() }
    }

    /// Runs a statement that the server may refuse; the number of its refusal.
    pub async fn try_execute(&self, statement: &str) -> Result<(), u16> {
        let mut connection = self.connect().await;
        let done = match connection.query_drop(statement).await {
            Ok(()) => Ok(()),
            Err(Error::Server(refusal)) => Err(refusal.code),
            Err(error) => panic!("{statement}: {error}"),
        };
        connection.disconnect().await.unwrap();
        done
    }

    /// A new connection to it, for what a store does not do.
    pub async fn connect(&self) -> Conn {
        connect(&format!("{}{}", self.server, self.name)).await
    }

    /// Runs statements, as many as there are in the text.
    pub async fn execute(&self, statements: &str) {
        let mut connection = self.connect().await;
        connection.query_drop(statements).await.unwrap();
        connection.disconnect().await.unwrap();
    }

    /// The rows of a query.
    pub async fn rows<T: FromRow + Send + 'static>(
        &self,
        query: &str,
        params: impl Into<Params> + Send,
    ) -> Vec<T> {
        let mut connection = self.connect().await;
        let rows = connection.exec(query, params.into()).await.unwrap();
        connection.disconnect().await.unwrap();
        rows
    }

    /// Adds an unused card of 3 hours.
    pub async fn insert_card(&self, prefix: &str, code: &str) {
        let mut connection = self.connect().await;
        let statement = "INSERT INTO cards (prefix, code, full_code, created_at, updated_at) \
                         VALUES (?, ?, CONCAT(?, '-', ?), UTC_TIMESTAMP(), UTC_TIMESTAMP())";
        connection.exec_drop(statement, (prefix, code, prefix, code)).await.unwrap();
        connection.disconnect().await.unwrap();
    }
}

/// The driver's options for an address without parameters.
fn options(url: &str) -> Opts {
    OptsBuilder::from_opts(Opts::from_url(url).unwrap())
        .prefer_socket(false)
        .full_authentication(FullAuthentication::RetrieveKey)
        .into()
}

#[expect(clippy::disallowed_methods, reason = "it goes by TCP, to a server of the tests' own")]
async fn connect(url: &str) -> Conn {
    Conn::new(options(url)).await.unwrap()
}

/// The address of the server that `./test.sh` started.
pub fn test_server() -> String {
    std::env::var("KAMI_TEST_DATABASE_URL").expect("the tests need a database: run them with ./test.sh")
}

/// A name that nothing else has: `prefix` and 16 random hexadecimal digits.
pub fn unique_name(prefix: &str) -> String {
    format!("{prefix}_{:016x}", rand::random::<u64>())
}

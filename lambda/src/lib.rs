//! The function of kami: the HTTP API that client apps call, and the job that expires cards.
//!
//! Both run under AWS Lambda and by themselves. The binaries only say which of them they are.

#[cfg(target_env = "musl")]
mod allocator;
pub mod api;
mod arguments;
mod brake;
pub mod database;
mod error;
pub mod expire;
mod field;
mod forwarded;
pub mod gateway;
mod health;
mod language;
mod logging;
pub mod manager;
pub mod metrics;
mod peer;
pub mod programs;
pub mod prometheus;
mod proxies;
mod request_id;
pub mod secret;
mod server;
mod settings;
mod shutdown;
pub mod signing;
pub mod startup;

pub use self::arguments::{ApiArguments, ExpiryArguments};
pub use self::brake::Brake;
pub use self::health::LIMIT as HEALTH_LIMIT;
pub use self::proxies::{TrustedProxies, neighbourhood};
pub use self::server::{Bounds, Connections, STOP_LIMIT, bounds_for_files, listen, serve};
pub use self::settings::{ApiSettings, LogFormat, Settings, SettingsError};
pub use self::shutdown::on_request as stop_on_request;

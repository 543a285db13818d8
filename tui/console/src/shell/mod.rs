//! What runs the console: the loop, the terminal, the database and the clock.

pub mod backend;
mod line;
mod password;
mod run;
pub mod terminal;
mod tmux;
mod worker;

pub use self::password::ask_password;
pub use self::run::run;

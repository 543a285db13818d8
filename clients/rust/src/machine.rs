//! What tells this machine from others: goes beside main.rs.
use sha2::{Digest, Sha256};
use std::{env, error::Error, fs, path::PathBuf};

/// Where an app keeps what is of this machine.
pub fn folder(app: &str) -> Result<PathBuf, Box<dyn Error>> {
    let set = |name| env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let home = set("APPDATA").or(set("XDG_CONFIG_HOME")).or(env::home_dir().map(|home| home.join(".config")));
    Ok(home.ok_or("no home folder")?.join(app))
}

/// The same at every start, another on every machine, and hashed: it tells no more.
pub fn code(app: &str) -> Result<String, Box<dyn Error>> {
    let (system, own) = (fs::read_to_string("/etc/machine-id").ok(), folder(app)?.join("machine-id"));
    let found = [system, machine_uid::get().ok(), fs::read_to_string(&own).ok()];
    let mut id = found.iter().flatten().map(|id| id.trim()).find(|id| id.len() >= 32).map(String::from);
    if id.is_none() {
        fs::create_dir_all(folder(app)?)?; // a container, perhaps: make an id once and keep it
        fs::write(&own, id.insert(format!("{:032x}", rand::random::<u128>())))?;
    }
    Ok(format!("{:x}", Sha256::digest(format!("{app}:{}", id.unwrap_or_default()))))
}

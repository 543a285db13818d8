use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A crate of the workspace as cargo knows it.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) targets: Vec<Target>,
    /// What its manifest names for its own code, not for its tests or its build script.
    pub(crate) dependencies: Vec<String>,
}

/// What is built from one root file.
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) root: PathBuf,
    pub(crate) is_example: bool,
}

/// The folder of the workspace.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(1).unwrap().to_owned()
}

/// What cargo prints when it is asked this.
pub(crate) fn cargo(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO")).args(arguments).arg("--locked").current_dir(folder()).output().unwrap();
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Every crate of the workspace.
pub(crate) fn packages() -> Vec<Package> {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1"])).unwrap();
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

fn package(package: &Value) -> Package {
    let name = text(&package["name"]);
    let targets = package["targets"].as_array().unwrap();
    let dependencies = package["dependencies"].as_array().unwrap();
    Package {
        targets: targets.iter().filter_map(|target| self::target(&name, target)).collect(),
        dependencies: dependencies
            .iter()
            .filter(|dependency| dependency["kind"].is_null())
            .map(|dependency| text(&dependency["name"]))
            .collect(),
        name,
    }
}

/// The target, unless it is made of tests.
fn target(package: &str, target: &Value) -> Option<Target> {
    let kind = target["kind"][0].as_str()?;
    let name = match kind {
        "test" | "bench" => return None,
        "lib" => package.to_owned(),
        kind => format!("{package} ({kind} {})", text(&target["name"])),
    };
    Some(Target { name, root: PathBuf::from(text(&target["src_path"])), is_example: kind == "example" })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

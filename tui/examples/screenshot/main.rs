//! Draws the console of a made-up seller as pictures: `cargo run -p kami-tui --example screenshot -- docs`.

mod scene;
mod svg;

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder: PathBuf = std::env::args_os().nth(1).unwrap_or_else(|| "docs".into()).into();
    std::fs::create_dir_all(&folder)?;
    for (name, picture) in scene::pictures() {
        std::fs::write(folder.join(name), picture)?;
    }
    Ok(())
}

//! The pictures that the READMEs show are what the console looks like.

use std::path::Path;

#[path = "../../examples/screenshot/scene.rs"]
mod scene;
#[path = "../../examples/screenshot/svg.rs"]
mod svg;

#[test]
fn the_pictures_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    for (name, picture) in scene::pictures() {
        let kept = std::fs::read_to_string(folder.join(&name)).unwrap_or_default();
        assert!(
            kept == picture,
            "docs/{name} is not what is drawn: cargo run -p kami-tui --example screenshot -- docs"
        );
    }
}

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use crate::circles::circles;
use crate::sql::{is_statement, statements};
use crate::tree::Tree;

/// The sources of a crate in a folder of their own.
struct MadeUp {
    folder: PathBuf,
}

impl MadeUp {
    fn new(files: &[(&str, &str)]) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("kami-house-{}-{number}", process::id()));
        for (file, text) in files {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        Self { folder }
    }

    fn root(&self) -> PathBuf {
        self.folder.join("lib.rs")
    }
}

impl Drop for MadeUp {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The names of the circles in a crate of these files.
fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
    let crate_ = MadeUp::new(files);
    circles("made-up", &Tree::read(&crate_.root())).into_iter().map(|circle| circle.name).collect()
}

const NONE: [&str; 0] = [];
const A_AND_B: [&str; 1] = ["made-up: a, b"];

/// The circles of two modules `a` and `b`, of which `b` has the item `B` and takes `A` from `a`.
fn circles_with(a: &str) -> Vec<String> {
    circles_of(&[
        ("lib.rs", "mod a; mod b; pub use self::b::B;"),
        ("a.rs", &format!("pub struct A; {a}")),
        ("b.rs", "pub struct B; pub fn b() {} pub mod deep { pub fn f() {} } use crate::a::A;"),
    ])
}

#[test]
fn two_modules_that_import_each_other_are_a_circle() {
    assert_eq!(circles_with("use crate::b::B;"), A_AND_B);
    assert_eq!(circles_with("use super::b::B;"), A_AND_B);
    assert_eq!(circles_with("use crate::{b::{self, B as Other}};"), A_AND_B);
}

#[test]
fn an_arrow_of_one_direction_is_no_circle() {
    assert_eq!(circles_with(""), NONE);
    assert_eq!(circles_with("use other::b::B; use ::b::B; use std::fmt;"), NONE);
}

#[test]
fn a_circle_is_drawn_with_the_line_of_an_arrow_each() {
    let crate_ = MadeUp::new(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub struct A;\n\nuse crate::b::B;"),
        ("b.rs", "pub struct B(\n    crate::a::A,\n);"),
    ]);
    let found = circles("made-up", &Tree::read(&crate_.root()));
    let drawn = found[0].to_string();
    assert!(drawn.contains("a -> b (1): ") && drawn.contains("a.rs:3 crate::b::B"), "{drawn}");
    assert!(drawn.contains("b -> a (1): ") && drawn.contains("b.rs:2 crate::a::A"), "{drawn}");
}

#[test]
fn a_circle_of_three_is_found_whole() {
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "pub struct B; use crate::c::C;"),
        ("c.rs", "pub struct C; use crate::a; use crate::d::D;"),
        ("d.rs", "pub struct D;"),
    ]);
    assert_eq!(found, ["made-up: a, b, c"]);
}

#[test]
fn a_name_that_the_root_exports_leads_to_where_it_is_defined() {
    assert_eq!(circles_with("use crate::B;"), A_AND_B);
    assert_eq!(circles_with("use super::B;"), A_AND_B);
}

#[test]
fn a_name_that_a_module_beside_exports_leads_to_that_one_too() {
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::C;"),
        ("b.rs", "pub use crate::c::C; use crate::a;"),
        ("c.rs", "pub struct C;"),
    ]);
    assert_eq!(found, A_AND_B);
}

#[test]
fn what_a_function_names_in_its_body_counts() {
    for body in [
        "crate::b::b();",
        "let x: super::b::B = y;",
        "use super::b; b::b();",
        "use crate as top; top::b::b();",
        "let f = |x: crate::b::B| x;",
        "match x { crate::b::B => {} }",
        "g::<crate::b::B>();",
        "fn inner() { crate::b::deep::f() }",
    ] {
        assert_eq!(circles_with(&format!("fn a() {{ {body} }}")), A_AND_B, "{body}");
    }
    assert_eq!(circles_with("impl A { fn a(&self) { crate::b::b() } }"), A_AND_B);
    assert_eq!(circles_with("trait T { fn a() { crate::b::b() } }"), A_AND_B);
}

#[test]
fn what_a_block_names_for_itself_hides_what_is_outside() {
    assert_eq!(circles_with("use super::*; fn a() { struct B; B; }"), NONE);
    assert_eq!(circles_with("use super::*; fn a() { B; }"), A_AND_B);
    assert_eq!(circles_with("use super::*; fn a(b: u8) { b; }"), NONE);
}

#[test]
fn what_macros_and_attributes_name_counts() {
    assert_eq!(circles_with("fn a() { println!(\"{}\", crate::b::b()); }"), A_AND_B);
    assert_eq!(circles_with("fn a() { vec![x.crate_, (1, { [crate::b::B] })]; }"), A_AND_B);
    assert_eq!(circles_with("macro_rules! m { () => { $crate::b::b() } }"), A_AND_B);
    assert_eq!(circles_with("#[serde(with = \"crate::b\")] struct S;"), A_AND_B);
    assert_eq!(circles_with("#[arg(value_parser = crate::b::b)] struct S;"), A_AND_B);
    assert_eq!(circles_with("/// As [`crate::b::B`].\nstruct S;"), NONE);
    assert_eq!(circles_with("fn a() { println!(\"crate::b::B\"); }"), NONE);
}

#[test]
fn a_macro_by_example_leads_to_where_it_is_written() {
    let found = |a: &str| {
        let b = "#[macro_export] macro_rules! say { () => {} } use crate::a;";
        circles_of(&[("lib.rs", "#[macro_use] mod b; mod a;"), ("a.rs", a), ("b.rs", b)])
    };
    assert_eq!(found("fn a() { say!(); }"), A_AND_B);
    assert_eq!(found("fn a() { crate::say!(); }"), A_AND_B);
    assert_eq!(found("use crate::say;"), A_AND_B);
}

#[test]
fn a_star_leads_to_what_it_is_used_for() {
    assert_eq!(circles_with("use crate::b::*;"), A_AND_B);
    assert_eq!(circles_with("use super::*; struct S(B);"), A_AND_B);
    assert_eq!(circles_with("use super::*; struct S(C);"), NONE);
}

#[test]
fn another_name_leads_to_the_same_thing() {
    assert_eq!(circles_with("use crate as top; fn a() { top::b::b() }"), A_AND_B);
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b; use self::b as other; pub use self::other::B as Renamed;"),
        ("a.rs", "use crate::Renamed;"),
        ("b.rs", "pub struct B; use crate::a;"),
    ]);
    assert_eq!(found, A_AND_B);
}

#[test]
fn a_function_of_its_modules_name_leads_to_where_it_is_defined() {
    let crate_ = MadeUp::new(&[
        ("lib.rs", "mod a; mod b; mod c; pub use self::b::b;"),
        ("a.rs", "fn a() { crate::b() }"),
        ("b.rs", "pub use crate::c::b;"),
        ("c.rs", "pub fn b() {} use crate::a;"),
    ]);
    let drawn = circles("made-up", &Tree::read(&crate_.root()))[0].to_string();
    assert!(drawn.contains("a -> b (1)") && drawn.contains("a -> c (1)"), "{drawn}");
}

#[test]
fn names_that_lead_to_each_other_end_the_search() {
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub use crate::b::*; pub use crate::b::X;"),
        ("b.rs", "pub use crate::a::*; pub use crate::a::X;"),
    ]);
    assert_eq!(found, A_AND_B);
}

#[test]
fn what_only_tests_name_counts_as_little_as_a_module_of_theirs() {
    for a in [
        "#[cfg(test)] use crate::b::B;",
        "#[cfg(any(test, feature = \"testing\"))] use crate::b::B;",
        "#[cfg(all(test, unix))] use crate::b::B;",
        "#[cfg(test)] mod tests { use crate::b::B; }",
        "#[test] fn a() { crate::b::b() }",
        "#[tokio::test] async fn a() { crate::b::b() }",
        "impl A { #[cfg(test)] fn a() { crate::b::b() } }",
        "struct S { #[cfg(test)] b: crate::b::B }",
        "fn a() { #[cfg(test)] crate::b::b(); }",
        "fn a() { #[cfg(test)] let x = crate::b::b(); }",
    ] {
        assert_eq!(circles_with(a), NONE, "{a}");
    }
    for a in ["#[cfg(not(test))] use crate::b::B;", "#[cfg(any(test, unix))] use crate::b::B;"] {
        assert_eq!(circles_with(a), A_AND_B, "{a}");
    }
}

#[test]
fn a_file_of_tests_is_not_asked_for() {
    let found = circles_of(&[("lib.rs", "#[cfg(test)] mod missing; mod a;"), ("a.rs", "")]);
    assert_eq!(found, NONE);
}

#[test]
fn a_module_and_what_lies_in_it_may_know_each_other() {
    let found = circles_of(&[
        ("lib.rs", "mod a; pub struct Root; use self::a::x::X;"),
        ("a/mod.rs", "pub mod x; pub struct A(x::X, crate::Root);"),
        ("a/x.rs", "pub struct X(super::A, crate::Root);"),
    ]);
    assert_eq!(found, NONE);
}

#[test]
fn modules_below_lean_for_those_that_they_lie_in() {
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "mod x; pub struct A;"),
        ("a/x.rs", "use crate::b::y::Y;"),
        ("b/mod.rs", "pub mod y;"),
        ("b/y.rs", "pub struct Y(crate::a::A);"),
    ]);
    assert_eq!(found, A_AND_B);
}

#[test]
fn a_circle_below_is_found_in_its_place() {
    let found = circles_of(&[(
        "lib.rs",
        "mod outer { mod x { use super::y::Y; } mod y { pub struct Y; use super::x; } }",
    )]);
    assert_eq!(found, ["made-up::outer: x, y"]);
}

#[test]
fn a_module_may_lie_where_its_path_says() {
    let found = circles_of(&[
        ("lib.rs", "#[path = \"elsewhere/thing.rs\"] mod a; mod b;"),
        ("elsewhere/thing.rs", "use crate::b::B;"),
        ("b.rs", "pub struct B; use crate::a;"),
    ]);
    assert_eq!(found, A_AND_B);
}

#[test]
fn sql_is_told_from_prose() {
    for sql in [
        "SELECT 1",
        "  (select code from card)",
        "INSERT INTO card VALUES (?)",
        "update card set status = ?",
        "CALL activate_card(?)",
        "call activate_card(?)",
        "Show grants",
        "ALTER TABLE card",
        "SET @x = 1",
    ] {
        assert!(is_statement(sql), "{sql}");
    }
    for prose in [
        "",
        "SELECT",
        "Select a card first",
        "show all cards",
        "update the table",
        "Delete this card?",
        "set a limit",
        "selected cards",
        "call the operator",
        "The database said: SELECT 1",
    ] {
        assert!(!is_statement(prose), "{prose}");
    }
}

#[test]
fn sql_is_found_in_code_and_in_macros_but_not_in_tests_or_docs() {
    let crate_ = MadeUp::new(&[(
        "lib.rs",
        "/// SELECT 1\nconst A: &str = \"SELECT 2\";\nfn f() { query!(\"SELECT 3 FROM {}\", x) }\n\
         #[cfg(test)] const B: &str = \"SELECT 4\";",
    )]);
    let found = statements(&Tree::read(&crate_.root()));
    let lines: Vec<_> = found.iter().map(|found| after_colon(found)).collect();
    assert_eq!(lines, ["2 SELECT 2", "3 SELECT 3 FROM {}"]);
}

fn after_colon(found: &str) -> &str {
    let name = Path::new(found).file_name().unwrap().to_str().unwrap();
    name.split_once(':').unwrap().1
}

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Lit, Meta, Token};

/// The feature of a crate that only tests turn on.
const FEATURE_OF_TESTS: &str = "testing";

/// Whether what has these attributes is compiled for tests alone.
pub(crate) fn is_for_tests_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        if path.is_ident("cfg") {
            attribute.parse_args().is_ok_and(|condition: Meta| holds_without_tests(&condition) == Some(false))
        } else {
            path.segments.last().is_some_and(|last| last.ident == "test")
        }
    })
}

/// Whether the condition holds outside of tests; `None` where something else decides.
fn holds_without_tests(condition: &Meta) -> Option<bool> {
    match condition {
        Meta::Path(path) => path.is_ident("test").then_some(false),
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(value) if pair.path.is_ident("feature") => match &value.lit {
                Lit::Str(name) if name.value() == FEATURE_OF_TESTS => Some(false),
                _ => None,
            },
            _ => None,
        },
        Meta::List(list) => {
            let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
            let parts: Vec<_> = parts.iter().map(holds_without_tests).collect();
            let all_are = |wanted| parts.iter().all(|part| *part == Some(wanted));
            let one_is = |wanted| parts.contains(&Some(wanted));
            match list.path.get_ident()?.to_string().as_str() {
                "not" => parts[0].map(|holds| !holds),
                "all" if one_is(false) => Some(false),
                "all" if all_are(true) => Some(true),
                "any" if one_is(true) => Some(true),
                "any" if all_are(false) => Some(false),
                _ => None,
            }
        }
    }
}

//! Languages as Rust.

use std::fmt::{self, Write as _};

use crate::locale::Locale;

/// The item `LOCALES`: every language, the default one first.
pub(crate) fn of(locales: &[Locale]) -> String {
    let mut code = format!("pub(super) static LOCALES: [Locale; {}] = [\n", locales.len());
    for locale in locales {
        // A text takes whatever is written to it.
        let _: fmt::Result = one(&mut code, locale);
    }
    code.push_str("];\n");
    code
}

fn one(code: &mut String, Locale { tag, ranges, messages, .. }: &Locale) -> fmt::Result {
    writeln!(code, "    Locale {{\n        tag: {tag:?},\n        ranges: &{ranges:?},")?;
    writeln!(code, "        messages: Messages {{")?;
    for (key, message) in messages {
        writeln!(code, "            {key}: {message:?},")?;
    }
    writeln!(code, "        }},\n    }},")
}

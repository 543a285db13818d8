use proc_macro2::{Span, TokenStream, TokenTree};
use syn::LitStr;

/// What the tokens of a macro or an attribute hold, as far as it can be told without expanding them.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) paths: Vec<(Vec<String>, Span)>,
    pub(crate) texts: Vec<(String, Span)>,
}

impl Held {
    /// Looks through the tokens, and through the groups among them.
    pub(crate) fn by(tokens: TokenStream) -> Self {
        let mut held = Self::default();
        held.look_through(tokens);
        held
    }

    fn look_through(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.look_through(group.stream()),
                TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse_str::<LitStr>(&literal.to_string()) {
                        self.texts.push((text.value(), literal.span()));
                    }
                }
                TokenTree::Ident(first) => {
                    let path = path_from(&tokens[at..]);
                    let before = at.checked_sub(1).and_then(|before| punctuation(&tokens[before]));
                    let is_rooted = is_separator(at.checked_sub(2).map_or(&[], |two| &tokens[two..at]));
                    // a field, a method, a lifetime, what follows a type's arguments
                    if !matches!(before, Some('.' | '\'')) && !is_rooted {
                        self.paths.push((path.clone(), first.span()));
                    }
                    at += 3 * (path.len() - 1);
                }
                TokenTree::Punct(_) => {}
            }
            at += 1;
        }
    }
}

/// The path that begins here.
fn path_from(tokens: &[TokenTree]) -> Vec<String> {
    let mut path = Vec::new();
    let mut rest = tokens;
    while let [TokenTree::Ident(step), after @ ..] = rest {
        path.push(step.to_string());
        match after {
            [colon, other, next @ ..] if is_separator(&[colon.clone(), other.clone()]) => rest = next,
            _ => break,
        }
    }
    path
}

fn is_separator(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [one, other] if punctuation(one) == Some(':') && punctuation(other) == Some(':'))
}

fn punctuation(token: &TokenTree) -> Option<char> {
    match token {
        TokenTree::Punct(sign) => Some(sign.as_char()),
        _ => None,
    }
}

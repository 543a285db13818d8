//! What said so: the places that a setting can come from.

/// Where a setting comes from, the strongest last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Nobody said anything.
    #[default]
    Default,
    /// The system says so: its locale, its terminal, its user.
    System,
    /// `config.toml`.
    Config,
    /// `preferences.toml`, which the console writes.
    Preferences,
    /// The operator, for as long as this console runs: nothing is kept for the next one.
    Session,
    /// An environment variable.
    Variable(&'static str),
    /// An argument of the command line.
    Argument(&'static str),
}

/// A setting and what said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    /// What holds.
    pub value: T,
    /// What said so.
    pub source: Source,
}

impl<T> Sourced<T> {
    /// A value from a source.
    pub const fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }

    /// The first of these that is there, else what the system says or the default is.
    pub fn first(said: impl IntoIterator<Item = (Option<T>, Source)>, otherwise: Self) -> Self {
        let mut said = said.into_iter().filter_map(|(value, source)| Some(Self { value: value?, source }));
        said.next().unwrap_or(otherwise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_says_something_is_believed() {
        let otherwise = || Sourced::new(0, Source::Default);
        for (variable, config, found) in [
            (Some(1), Some(2), Sourced::new(1, Source::Variable("X"))),
            (None, Some(2), Sourced::new(2, Source::Config)),
            (None, None, otherwise()),
        ] {
            let said = [(variable, Source::Variable("X")), (config, Source::Config)];
            assert_eq!(Sourced::first(said, otherwise()), found);
        }
    }
}

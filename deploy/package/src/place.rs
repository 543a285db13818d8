//! Where in a package the things are.

/// The folders of a package, from its root.
#[derive(Debug)]
pub(crate) struct Place {
    /// The folder that `kami` is in.
    pub(crate) programs: &'static str,
    /// Where the programs are once it is installed, as the units start them.
    pub(crate) installed_programs: &'static str,
    /// The units of systemd.
    pub(crate) units: &'static str,
    /// The manual, with a folder for each section.
    pub(crate) manual: &'static str,
    /// The completions of bash.
    pub(crate) bash: &'static str,
    /// The completions of zsh.
    pub(crate) zsh: &'static str,
    /// The completions of fish.
    pub(crate) fish: &'static str,
    /// The file of the services' settings.
    pub(crate) settings: &'static str,
    /// The folder of licence, README and changelog.
    pub(crate) folder_of_documents: &'static str,
    /// The documents, by their names in the project.
    pub(crate) documents: &'static [&'static str],
}

impl Place {
    /// The tarball's, whose `bin`, `lib` and `share` go into `/usr/local` as they are.
    pub(crate) const TARBALL: Self = Self {
        programs: "bin",
        installed_programs: "/usr/local/bin",
        units: "lib/systemd/system",
        manual: "share/man",
        bash: "share/bash-completion/completions",
        zsh: "share/zsh/site-functions",
        fish: "share/fish/vendor_completions.d",
        settings: "etc/kami/settings",
        folder_of_documents: ".",
        documents: &["LICENSE", "README.md", "README.zh-CN.md", "CHANGELOG.md"],
    };

    /// Debian's, where the licence is a part of `copyright` and the changelog has a form of its own.
    pub(crate) const DEBIAN: Self = Self {
        programs: "usr/bin",
        installed_programs: "/usr/bin",
        units: "usr/lib/systemd/system",
        manual: "usr/share/man",
        bash: "usr/share/bash-completion/completions",
        zsh: "usr/share/zsh/vendor-completions",
        fish: "usr/share/fish/vendor_completions.d",
        settings: "etc/kami/settings",
        folder_of_documents: "usr/share/doc/kami",
        documents: &["README.md", "README.zh-CN.md"],
    };
}

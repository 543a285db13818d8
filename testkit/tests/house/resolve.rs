use std::collections::{BTreeMap, BTreeSet};

use crate::names::{Name, Names, macros_of, names_of};
use crate::references::Reference;
use crate::tree::{ModuleId, Tree};

/// Finds what paths lead to in one target.
pub(crate) struct Resolver<'a> {
    tree: &'a Tree,
    names: Vec<Names>,
    /// Where each macro by example stands, since one is known below its definition without being imported.
    macros: BTreeMap<String, ModuleId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Module(ModuleId),
    Item(ModuleId),
}

/// One search, which follows no import from within itself.
#[derive(Default)]
struct Search {
    /// The imports that are being followed, each with the module that it stands in.
    under_way: BTreeSet<(ModuleId, Vec<String>)>,
    passed: BTreeSet<ModuleId>,
}

impl<'a> Resolver<'a> {
    /// Learns every name of the tree.
    pub(crate) fn new(tree: &'a Tree) -> Self {
        let macros = tree
            .modules
            .iter()
            .enumerate()
            .flat_map(|(id, module)| macros_of(&module.items).map(move |(name, _)| (name, ModuleId(id))));
        Self { tree, names: names_of(tree), macros: macros.collect() }
    }

    /// The modules that a path in that module goes through, and the one that it ends in: those that pass the name on as
    /// well as the one that defines it. Empty for what another crate has.
    pub(crate) fn modules(&self, from: ModuleId, reference: &Reference) -> BTreeSet<ModuleId> {
        let mut search = Search::default();
        let found = self.walk(from, &reference.path, &mut search);
        if let [name] = reference.path.as_slice()
            && reference.is_macro
            && found.is_empty()
        {
            search.passed.extend(self.macros.get(name));
        }
        search.passed
    }

    /// What the path leads to, as far as its steps are known.
    fn walk(&self, from: ModuleId, path: &[String], search: &mut Search) -> BTreeSet<End> {
        let Some((first, mut rest)) = path.split_first() else { return BTreeSet::new() };
        let mut ends = match first.as_str() {
            "crate" => BTreeSet::from([End::Module(Tree::ROOT)]),
            "self" => BTreeSet::from([End::Module(from)]),
            "super" => self.tree.module(from).parent.map(End::Module).into_iter().collect(),
            name => self.look_up(from, name, search),
        };
        while let Some((step, after)) = rest.split_first() {
            let next: BTreeSet<_> = ends
                .iter()
                .filter_map(|end| match end {
                    End::Module(module) => Some(*module),
                    End::Item(_) => None,
                })
                .flat_map(|module| match step.as_str() {
                    "super" => self.tree.module(module).parent.map(End::Module).into_iter().collect(),
                    name => {
                        search.passed.insert(module);
                        self.look_up(module, name, search)
                    }
                })
                .collect();
            if next.is_empty() {
                break;
            }
            // the steps of a type, an enum or a trait lead no further
            ends.retain(|end| matches!(end, End::Item(_)));
            ends.extend(next);
            rest = after;
        }
        search.passed.extend(ends.iter().map(|end| match end {
            End::Module(module) | End::Item(module) => *module,
        }));
        ends
    }

    fn look_up(&self, module: ModuleId, name: &str, search: &mut Search) -> BTreeSet<End> {
        let names = &self.names[module.0];
        if let Some(named) = names.named.get(name) {
            return named
                .iter()
                .flat_map(|name| match name {
                    Name::Item(home) => BTreeSet::from([End::Item(*home)]),
                    Name::Module(child) => BTreeSet::from([End::Module(*child)]),
                    Name::Import(path) => self.follow(module, path, search, Self::walk),
                })
                .collect();
        }
        let mut found = BTreeSet::new();
        for glob in &names.globs {
            // a glob that does not have the name is no way to it
            let mut attempt = Search { under_way: search.under_way.clone(), passed: BTreeSet::new() };
            let path = [glob.as_slice(), &[name.to_owned()]].concat();
            let there = self.follow(module, &path, &mut attempt, Self::look_into);
            if !there.is_empty() {
                search.passed.extend(attempt.passed);
                found.extend(there);
            }
        }
        found
    }

    /// Follows an import, unless that is being done already.
    fn follow(
        &self,
        module: ModuleId,
        path: &[String],
        search: &mut Search,
        how: fn(&Self, ModuleId, &[String], &mut Search) -> BTreeSet<End>,
    ) -> BTreeSet<End> {
        let import = (module, path.to_owned());
        if !search.under_way.insert(import.clone()) {
            return BTreeSet::new();
        }
        let found = how(self, module, path, search);
        search.under_way.remove(&import);
        found
    }

    /// What the last step of the path is, if the module before has it.
    fn look_into(&self, from: ModuleId, path: &[String], search: &mut Search) -> BTreeSet<End> {
        let Some((name, glob)) = path.split_last() else { return BTreeSet::new() };
        let mut found = BTreeSet::new();
        for end in self.walk(from, glob, search) {
            if let End::Module(module) = end {
                found.extend(self.look_up(module, name, search));
            }
        }
        found
    }
}

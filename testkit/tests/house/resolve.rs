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

/// One search, which goes no way twice.
#[derive(Default)]
struct Search {
    asked: BTreeSet<(ModuleId, String)>,
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
        if !search.asked.insert((module, name.to_owned())) {
            return BTreeSet::new();
        }
        let names = &self.names[module.0];
        if let Some(named) = names.named.get(name) {
            return named
                .iter()
                .flat_map(|name| match name {
                    Name::Item(home) => BTreeSet::from([End::Item(*home)]),
                    Name::Module(child) => BTreeSet::from([End::Module(*child)]),
                    Name::Import(path) => self.walk(module, path, search),
                })
                .collect();
        }
        let mut found = BTreeSet::new();
        for glob in &names.globs {
            // a glob that does not have the name is no way to it
            let mut try_out = Search { asked: search.asked.clone(), passed: BTreeSet::new() };
            let path = [glob.as_slice(), &[name.to_owned()]].concat();
            if let Some(there) = self.in_glob(module, &path, &mut try_out) {
                search.passed.extend(try_out.passed);
                found.extend(there);
            }
        }
        found
    }

    /// What the last step of the path is, where the module before has it.
    fn in_glob(&self, from: ModuleId, path: &[String], search: &mut Search) -> Option<BTreeSet<End>> {
        let (name, glob) = path.split_last()?;
        let mut found = BTreeSet::new();
        for end in self.walk(from, glob, search) {
            if let End::Module(module) = end {
                found.extend(self.look_up(module, name, search));
            }
        }
        (!found.is_empty()).then_some(found)
    }
}

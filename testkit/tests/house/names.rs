use std::collections::BTreeMap;

use syn::{Item, UseTree};

use crate::tests_only::is_for_tests_only;
use crate::tree::{ModuleId, Tree};

/// Where a name of a module leads.
#[derive(Clone, Debug)]
pub(crate) enum Name {
    /// To an item that stands in this module.
    Item(ModuleId),
    /// To a module below.
    Module(ModuleId),
    /// Where this path leads.
    Import(Vec<String>),
}

/// The names that one module or one block gives to what it holds and imports.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) named: BTreeMap<String, Vec<Name>>,
    /// The paths of `use path::*`.
    pub(crate) globs: Vec<Vec<String>>,
}

impl Names {
    /// The names that these items give in that module.
    pub(crate) fn of<'a>(module: ModuleId, items: impl IntoIterator<Item = &'a Item>) -> Self {
        let mut names = Self::default();
        for item in items.into_iter().filter(|item| !is_for_tests_only(attributes_of(item))) {
            if let Item::Use(import) = item {
                if import.leading_colon.is_none() {
                    names.import(&import.tree);
                }
            } else if let Some(name) = name_of(item) {
                names.add(&name, Name::Item(module));
            }
        }
        names
    }

    /// Gives what the name leads to.
    pub(crate) fn add(&mut self, name: &str, leads_to: Name) {
        self.named.entry(name.to_owned()).or_default().push(leads_to);
    }

    fn import(&mut self, tree: &UseTree) {
        for import in imports_of(tree) {
            match import.name {
                Some(name) => self.add(&name, Name::Import(import.path)),
                None => self.globs.push(import.path),
            }
        }
    }
}

/// One thing that a `use` brings.
pub(crate) struct Import<'a> {
    pub(crate) path: Vec<String>,
    /// `None` for all that is there.
    pub(crate) name: Option<String>,
    /// What stands at its end in the source.
    pub(crate) leaf: &'a UseTree,
}

/// All that a `use` brings.
pub(crate) fn imports_of(tree: &UseTree) -> Vec<Import<'_>> {
    let mut imports = Vec::new();
    gather(tree, Vec::new(), &mut imports);
    imports
}

fn gather<'a>(leaf: &'a UseTree, mut path: Vec<String>, imports: &mut Vec<Import<'a>>) {
    match leaf {
        UseTree::Path(step) => {
            path.push(step.ident.to_string());
            gather(&step.tree, path, imports);
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| gather(tree, path.clone(), imports)),
        UseTree::Glob(_) => imports.push(Import { path, name: None, leaf }),
        UseTree::Name(end) => {
            if end.ident != "self" || path.is_empty() {
                path.push(end.ident.to_string());
            }
            imports.push(Import { name: path.last().cloned(), path, leaf });
        }
        UseTree::Rename(end) => {
            if end.ident != "self" || path.is_empty() {
                path.push(end.ident.to_string());
            }
            imports.push(Import { path, name: Some(end.rename.to_string()), leaf });
        }
    }
}

/// The names of each module of a crate.
pub(crate) fn names_of(tree: &Tree) -> Vec<Names> {
    let mut all: Vec<_> =
        tree.modules.iter().enumerate().map(|(id, module)| Names::of(ModuleId(id), &module.items)).collect();
    for (id, module) in tree.modules.iter().enumerate() {
        for (name, child) in &module.children {
            all[id].add(name, Name::Module(*child));
        }
        for (name, exported) in macros_of(&module.items) {
            if exported && id != Tree::ROOT.0 {
                all[Tree::ROOT.0].add(&name, Name::Item(ModuleId(id)));
            }
        }
    }
    all
}

/// The macros by example among these items, and whether each is exported, which puts it at the root of its crate.
pub(crate) fn macros_of(items: &[Item]) -> impl Iterator<Item = (String, bool)> {
    items.iter().filter_map(|item| match item {
        Item::Macro(found) => {
            let exported = found.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"));
            Some((found.ident.as_ref()?.to_string(), exported))
        }
        _ => None,
    })
}

/// The attributes of an item.
pub(crate) fn attributes_of(item: &Item) -> &[syn::Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

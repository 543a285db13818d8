use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, Item, ItemMod, Lit, Meta};

use crate::tests_only::is_for_tests_only;

/// The place of a module in [`Tree::modules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ModuleId(pub(crate) usize);

/// The modules of one target, without those that only tests have.
pub(crate) struct Tree {
    pub(crate) modules: Vec<Module>,
}

/// A module, in a file of its own or within another's.
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) parent: Option<ModuleId>,
    pub(crate) children: BTreeMap<String, ModuleId>,
    pub(crate) file: PathBuf,
    pub(crate) items: Vec<Item>,
}

/// Where the text of a module lies, and where its children's files are looked for.
struct Place {
    file: PathBuf,
    below: PathBuf,
}

impl Tree {
    /// The module that all others are below.
    pub(crate) const ROOT: ModuleId = ModuleId(0);

    /// Reads the modules from the file of the first one on.
    pub(crate) fn read(root: &Path) -> Self {
        let mut tree = Self { modules: Vec::new() };
        let place = Place { file: root.to_owned(), below: folder_of(root).to_owned() };
        tree.add(String::new(), None, &place, items_of(root));
        tree
    }

    /// The module with that number.
    pub(crate) fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0]
    }

    /// The module and all that it is in, up to the root.
    pub(crate) fn lineage(&self, id: ModuleId) -> Vec<ModuleId> {
        let mut lineage = vec![id];
        while let Some(parent) = self.module(lineage[lineage.len() - 1]).parent {
            lineage.push(parent);
        }
        lineage
    }

    fn add(&mut self, name: String, parent: Option<ModuleId>, place: &Place, items: Vec<Item>) -> ModuleId {
        let id = ModuleId(self.modules.len());
        let mut children = Vec::new();
        let mut others = Vec::new();
        for item in items {
            match item {
                Item::Mod(child) if is_for_tests_only(&child.attrs) => {}
                Item::Mod(child) => children.push(child),
                other => others.push(other),
            }
        }
        let file = place.file.clone();
        self.modules.push(Module { name, parent, children: BTreeMap::new(), file, items: others });
        for child in children {
            self.add_child(id, place, child);
        }
        id
    }

    fn add_child(&mut self, parent: ModuleId, place: &Place, child: ItemMod) {
        let name = child.ident.to_string();
        let (place, items) = if let Some((_, items)) = child.content {
            (Place { file: place.file.clone(), below: place.below.join(&name) }, items)
        } else {
            let place = place_of(place, &name, &child.attrs);
            let items = items_of(&place.file);
            (place, items)
        };
        let id = self.add(name.clone(), Some(parent), &place, items);
        self.modules[parent.0].children.insert(name, id);
    }
}

fn place_of(parent: &Place, name: &str, attributes: &[Attribute]) -> Place {
    if let Some(path) = attributes.iter().find_map(path_in) {
        let file = folder_of(&parent.file).join(path);
        return Place { below: folder_of(&file).to_owned(), file };
    }
    let below = parent.below.join(name);
    let own = below.join("mod.rs");
    Place { file: if own.exists() { own } else { below.with_extension("rs") }, below }
}

/// The path of `#[path = "..."]`.
fn path_in(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(value) => match &value.lit {
                Lit::Str(path) => Some(path.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap()
}

fn items_of(file: &Path) -> Vec<Item> {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    if is_for_tests_only(&parsed.attrs) { Vec::new() } else { parsed.items }
}

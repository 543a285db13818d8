use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::references::References;
use crate::resolve::Resolver;
use crate::tree::{ModuleId, Tree};
use crate::workspace;

/// Modules side by side of which each leads to each, with what they lead by.
pub(crate) struct Circle {
    /// The crate, the module that they lie in, and they.
    pub(crate) name: String,
    arrows: Vec<String>,
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.name)?;
        self.arrows.iter().try_for_each(|arrow| writeln!(f, "    {arrow}"))
    }
}

type Arrow = (ModuleId, ModuleId);

/// Where each arrow stands in the source, by the module that both ends lie in.
type Arrows = BTreeMap<ModuleId, BTreeMap<Arrow, Vec<String>>>;

/// Every circle among the modules of a target. What a module and one that it lies in know of each other makes none.
pub(crate) fn circles(target: &str, tree: &Tree) -> Vec<Circle> {
    arrows(tree).iter().flat_map(|(above, arrows)| circles_among(target, tree, *above, arrows)).collect()
}

fn arrows(tree: &Tree) -> Arrows {
    let resolver = Resolver::new(tree);
    let mut arrows = Arrows::new();
    for (id, module) in tree.modules.iter().enumerate() {
        let from = ModuleId(id);
        for reference in References::of(from, &module.items).paths {
            let file = module.file.strip_prefix(workspace::folder()).unwrap_or(&module.file).display();
            let example = format!("{file}:{} {}", reference.line, reference.path.join("::"));
            for to in resolver.modules(from, &reference) {
                if let Some((above, arrow)) = between_siblings(tree, from, to) {
                    arrows.entry(above).or_default().entry(arrow).or_default().push(example.clone());
                }
            }
        }
    }
    arrows
}

/// The arrow between the two children of the module that both lie in; `None` where one lies in the other.
fn between_siblings(tree: &Tree, from: ModuleId, to: ModuleId) -> Option<(ModuleId, Arrow)> {
    let (ours, theirs) = (tree.lineage(from), tree.lineage(to));
    let above = *ours.iter().find(|module| theirs.contains(module))?;
    let child = |lineage: &[ModuleId]| {
        let place = lineage.iter().position(|module| *module == above)?;
        Some(lineage[place.checked_sub(1)?])
    };
    Some((above, (child(&ours)?, child(&theirs)?)))
}

fn circles_among(
    target: &str,
    tree: &Tree,
    above: ModuleId,
    arrows: &BTreeMap<Arrow, Vec<String>>,
) -> Vec<Circle> {
    let modules: BTreeSet<_> = arrows.keys().flat_map(|(from, to)| [*from, *to]).collect();
    let reached: BTreeMap<_, _> = modules.iter().map(|from| (*from, reached_from(*from, arrows))).collect();
    let groups: BTreeSet<BTreeSet<_>> = modules
        .iter()
        .map(|one| reached[one].iter().copied().filter(|other| reached[other].contains(one)).collect())
        .collect();
    groups
        .iter()
        .filter(|group| group.len() > 1)
        .map(|group| {
            let names: BTreeSet<_> = group.iter().map(|id| tree.module(*id).name.as_str()).collect();
            let names = names.into_iter().collect::<Vec<_>>().join(", ");
            Circle {
                name: format!("{}: {names}", place(target, tree, above)),
                arrows: drawn(tree, group, arrows),
            }
        })
        .collect()
}

fn reached_from(from: ModuleId, arrows: &BTreeMap<Arrow, Vec<String>>) -> BTreeSet<ModuleId> {
    let mut reached = BTreeSet::new();
    let mut next = vec![from];
    while let Some(at) = next.pop() {
        let onward = arrows.keys().filter(|(start, _)| *start == at).map(|(_, end)| *end);
        next.extend(onward.filter(|end| reached.insert(*end)));
    }
    reached
}

fn place(target: &str, tree: &Tree, above: ModuleId) -> String {
    let below_root = tree.lineage(above).into_iter().rev().skip(1);
    below_root.fold(target.to_owned(), |path, module| path + "::" + &tree.module(module).name)
}

fn drawn(tree: &Tree, group: &BTreeSet<ModuleId>, arrows: &BTreeMap<Arrow, Vec<String>>) -> Vec<String> {
    let within = arrows.iter().filter(|((from, to), _)| group.contains(from) && group.contains(to));
    within
        .map(|((from, to), examples)| {
            let (from, to) = (&tree.module(*from).name, &tree.module(*to).name);
            format!("{from} -> {to} ({}): {}", examples.len(), examples[0])
        })
        .collect()
}

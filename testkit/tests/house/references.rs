use std::collections::BTreeSet;

use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{
    Arm, Attribute, Block, Expr, Field, FieldValue, FnArg, ImplItem, Item, ItemFn, ItemUse, LitStr, Macro,
    Meta, PatIdent, Path, Stmt, TraitItem, Variant,
};

use crate::expansions::Held;
use crate::names::{Name, Names, attributes_of, imports_of};
use crate::tests_only::is_for_tests_only;
use crate::tree::ModuleId;

/// A path as it stands in the source.
pub(crate) struct Reference {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
    pub(crate) is_macro: bool,
}

/// A text between quotes.
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// What the code of a module names and says, without what only tests do.
pub(crate) struct References {
    module: ModuleId,
    /// The names of the blocks that are being read, the innermost last.
    blocks: Vec<Names>,
    /// The variables of the function that is being read.
    variables: BTreeSet<String>,
    pub(crate) paths: Vec<Reference>,
    pub(crate) texts: Vec<Text>,
}

impl References {
    /// Reads the items of that module.
    pub(crate) fn of(module: ModuleId, items: &[Item]) -> Self {
        let mut references = Self {
            module,
            blocks: Vec::new(),
            variables: BTreeSet::new(),
            paths: Vec::new(),
            texts: Vec::new(),
        };
        for item in items {
            references.visit_item(item);
        }
        references
    }

    fn add(&mut self, path: Vec<String>, span: Span, is_macro: bool) {
        if path.len() == 1 && self.variables.contains(&path[0]) {
            return;
        }
        let line = span.start().line;
        let named = self.blocks.iter().rev().find_map(|block| block.named.get(&path[0]));
        let Some(named) = named else {
            let globs = self.blocks.iter().flat_map(|block| &block.globs);
            let below: Vec<_> = globs.map(|glob| [glob.as_slice(), &path].concat()).collect();
            self.paths.extend(below.into_iter().map(|path| Reference { path, line, is_macro: false }));
            self.paths.push(Reference { path, line, is_macro });
            return;
        };
        for name in named {
            if let Name::Import(import) = name {
                let whole = [import.as_slice(), &path[1..]].concat();
                self.paths.push(Reference { path: whole, line, is_macro });
            }
        }
    }

    fn add_held(&mut self, held: Held) {
        for (path, span) in held.paths {
            self.add(path, span, false);
        }
        for (text, span) in held.texts {
            self.texts.push(Text { text, line: span.start().line });
        }
    }

    fn with_variables_of(&mut self, variables: Variables, read: impl FnOnce(&mut Self)) {
        let before = self.variables.clone();
        self.variables.extend(variables.0);
        read(self);
        self.variables = before;
    }
}

impl<'ast> Visit<'ast> for References {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests_only(attributes_of(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_some() {
            return;
        }
        for import in imports_of(&item.tree) {
            if !import.path.is_empty() {
                let line = syn::spanned::Spanned::span(import.leaf).start().line;
                self.paths.push(Reference { path: import.path, line, is_macro: false });
            }
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        let mut variables = Variables::default();
        variables.visit_item_fn(item);
        self.with_variables_of(variables, |references| visit::visit_item_fn(references, item));
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Macro(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            _ => return,
        };
        if !is_for_tests_only(attributes) {
            let mut variables = Variables::default();
            variables.visit_impl_item(item);
            self.with_variables_of(variables, |references| visit::visit_impl_item(references, item));
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        let attributes = match item {
            TraitItem::Const(item) => &item.attrs,
            TraitItem::Fn(item) => &item.attrs,
            TraitItem::Macro(item) => &item.attrs,
            TraitItem::Type(item) => &item.attrs,
            _ => return,
        };
        if !is_for_tests_only(attributes) {
            let mut variables = Variables::default();
            variables.visit_trait_item(item);
            self.with_variables_of(variables, |references| visit::visit_trait_item(references, item));
        }
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let items = block.stmts.iter().filter_map(|statement| match statement {
            Stmt::Item(item) => Some(item),
            _ => None,
        });
        self.blocks.push(Names::of(self.module, items));
        visit::visit_block(self, block);
        self.blocks.pop();
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let attributes = match statement {
            Stmt::Local(local) => local.attrs.as_slice(),
            Stmt::Macro(call) => &call.attrs,
            Stmt::Expr(expression, _) => attributes_of_expression(expression),
            Stmt::Item(_) => &[],
        };
        if !is_for_tests_only(attributes) {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_field(&mut self, field: &'ast Field) {
        if !is_for_tests_only(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_field_value(&mut self, field: &'ast FieldValue) {
        if !is_for_tests_only(&field.attrs) {
            visit::visit_field_value(self, field);
        }
    }

    fn visit_variant(&mut self, variant: &'ast Variant) {
        if !is_for_tests_only(&variant.attrs) {
            visit::visit_variant(self, variant);
        }
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        if !is_for_tests_only(&arm.attrs) {
            visit::visit_arm(self, arm);
        }
    }

    fn visit_fn_arg(&mut self, argument: &'ast FnArg) {
        if let FnArg::Typed(typed) = argument
            && is_for_tests_only(&typed.attrs)
        {
            return;
        }
        visit::visit_fn_arg(self, argument);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_none()
            && let Some(first) = path.segments.first()
        {
            self.add(steps_of(path), first.ident.span(), false);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        if call.path.leading_colon.is_none()
            && let Some(first) = call.path.segments.first()
        {
            self.add(steps_of(&call.path), first.ident.span(), true);
        }
        self.add_held(Held::by(call.tokens.clone()));
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let Meta::List(list) = &attribute.meta else { return };
        let held = Held::by(list.tokens.clone());
        for (path, span) in held.paths {
            self.add(path, span, false);
        }
        // as serde is told functions
        for (text, span) in held.texts {
            if let Ok(path) = syn::parse_str::<Path>(&text)
                && path.segments.len() > 1
            {
                self.add(steps_of(&path), span, false);
            }
        }
    }

    fn visit_lit_str(&mut self, text: &'ast LitStr) {
        self.texts.push(Text { text: text.value(), line: text.span().start().line });
    }
}

/// The names that patterns give to variables.
#[derive(Default)]
struct Variables(BTreeSet<String>);

impl<'ast> Visit<'ast> for Variables {
    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        self.0.insert(pattern.ident.to_string());
        visit::visit_pat_ident(self, pattern);
    }
}

fn steps_of(path: &Path) -> Vec<String> {
    path.segments.iter().map(|step| step.ident.to_string()).collect()
}

fn attributes_of_expression(expression: &Expr) -> &[Attribute] {
    match expression {
        Expr::Assign(expression) => &expression.attrs,
        Expr::Block(expression) => &expression.attrs,
        Expr::Call(expression) => &expression.attrs,
        Expr::If(expression) => &expression.attrs,
        Expr::Macro(expression) => &expression.attrs,
        Expr::MethodCall(expression) => &expression.attrs,
        _ => &[],
    }
}

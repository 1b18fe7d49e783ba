//! Where and for whom: everything that is looked up once before a command is judged.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};

use crate::{
    approval::{
        Approvers, Caller, Ground, Permit, Request, RequestId, Reviewer, SecondTerminal, Start,
        runs::{self, Cover, Registration, Text},
        seat,
    },
    config::{self, Loaded, Settings},
    exec::{
        environment::{self, Cleaned},
        session,
    },
    facts::{Catalog, CommandLine, Facts, Opacity, World as _},
    policy::{self, Action, Context, Decision, Tier},
    record,
    shell::probe::{self, Probe},
    syntax::{Dialect, Span},
    sys::{self, caller::CallerEnvironment, world::Machine},
};

use super::{
    Run, Shells, Within, around::Around, bind, inherited, past::LoggedPast, plan, sessions, within::Doubt,
};

/// The caller, the machine, and the configuration.
pub struct Here {
    caller: Caller,
    loaded: Loaded,
    shown: Vec<Vec<u8>>,
    machine: Machine,
    /// The machine without the variables that a reviewer has to see, where there are any.
    unseen: Option<Machine>,
    context: Context,
    catalog: Catalog,
    /// What the session of the command line makes doubtful.
    doubt: Option<Doubt>,
    /// That session.
    within: Option<Within>,
}

/// What was found and decided, and for which environment.
type Decided<'h> = (Facts, Decision, &'h Machine);

impl Here {
    /// Looks around for a run.
    ///
    /// # Errors
    /// Where the working directory is gone, or configuration or policy cannot be used: then nothing runs.
    pub fn look(run: &Run) -> Result<Self> {
        let mut surroundings =
            CallerEnvironment::capture().context("nothing was run: the working directory cannot be named")?;
        let loaded = config::load(&surroundings)?;
        if loaded.settings.enforce {
            surroundings.return_home();
        }
        let configured = loaded.settings.agent.clone();
        let agent = if loaded.settings.enforce {
            configured.or_else(|| run.agent.clone())
        } else {
            run.agent.clone().or(configured)
        };
        let catalog = loaded.catalog()?;
        let home = surroundings.account.home.as_deref();
        let matters = |name: &[u8], value: &[u8]| inherited::changes_what_runs(&catalog, home, name, value);
        let within = run.within.as_ref();
        let exported = within.map(|within| within.state.exported());
        let variables = exported.as_ref().unwrap_or(&surroundings.variables);
        let cleaned = environment::clean(variables, &loaded.settings.environment, matters);
        let doubt = within.and_then(|within| within.doubt(&cleaned, &catalog));
        let unseen = (within.is_none() && !cleaned.shown.is_empty())
            .then(|| Machine::new(surroundings.cwd.clone(), Arc::new(without_shown(&cleaned))));
        let Cleaned { environment, shown, .. } = cleaned;
        let environment = within.map_or(environment, |within| within.state.known());
        let machine = Machine::new(surroundings.cwd.clone(), Arc::new(environment));
        let context = context(&surroundings, &loaded, agent.clone(), &machine);
        let session = sessions::name(&loaded.settings.state, &surroundings.variables);
        let mut caller = caller(surroundings, agent, session);
        caller.stdin = within.map_or(caller.stdin, |within| within.stdin);
        Ok(Self {
            caller,
            loaded,
            shown,
            machine,
            unseen,
            context,
            catalog,
            doubt,
            within: run.within.clone(),
        })
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.loaded.settings
    }

    /// What analysis finds in a command line, and what the policy says of it; with what the past says, where it would
    /// not simply run.
    ///
    /// # Errors
    /// Where the compiled policy is damaged.
    pub fn decide(&self, line: &CommandLine) -> Result<(Facts, Decision)> {
        let (facts, mut decision, _) = self.decided(line)?;
        if decision.action != Action::Allow {
            self.weigh_past(&facts, &mut decision)?;
        }
        Ok((facts, decision))
    }

    fn weigh_past(&self, facts: &Facts, decision: &mut Decision) -> Result<()> {
        let past = LoggedPast { state: &self.settings().state, catalog: &self.catalog };
        Ok(policy::weigh_past(decision, facts, &self.context, &self.loaded.policy()?, &past)?)
    }

    /// Whoever asks chooses the variables, and those that a reviewer has to see can make a harmless program run something
    /// else (`GIT_CONFIG_COUNT`, `RIPGREP_CONFIG_PATH`): what runs without a human is judged without them, and runs
    /// without them, except where the configuration passes them. So is what would run unseen only because of them.
    fn decided(&self, line: &CommandLine) -> Result<Decided<'_>> {
        let Some(unseen) = &self.unseen else { return self.decide_on(&self.machine, line) };
        let without = self.decide_on(unseen, line)?;
        if without.1.action == Action::Allow {
            return Ok(without);
        }
        let with = self.decide_on(&self.machine, line)?;
        Ok(if with.1.action == Action::Allow { without } else { with })
    }

    fn decide_on<'h>(&'h self, machine: &'h Machine, line: &CommandLine) -> Result<Decided<'h>> {
        let (policy, whitelist) = (self.loaded.policy()?, self.loaded.whitelist()?);
        let (session, doubt) = (self.within.is_some(), self.doubt.as_ref());
        let settings = self.settings();
        let around = Around { machine, policy: &policy, context: &self.context, settings, session, doubt };
        let (facts, decision) = around.decide(line, &self.catalog, &whitelist)?;
        Ok((facts, decision, machine))
    }

    /// The machine that the command will find.
    pub(super) const fn world(&self) -> &Machine {
        &self.machine
    }

    /// Where a path leads, seen from the working directory.
    pub(super) fn resolved(&self, path: &[u8]) -> std::path::PathBuf {
        use crate::facts::World as _;
        let path = std::path::Path::new(std::os::unix::ffi::OsStrExt::from_bytes(path) as &std::ffi::OsStr);
        self.machine.resolve(&self.machine.cwd().join(path)).path
    }

    /// What the policy says of facts that are no command line's.
    ///
    /// # Errors
    /// Where the compiled policy is damaged.
    pub(super) fn judge_facts(&self, facts: &Facts) -> Result<Decision> {
        let (policy, whitelist) = (self.loaded.policy()?, self.loaded.whitelist()?);
        Ok(policy::decide(facts, &self.context, &policy, &whitelist)?)
    }

    /// Understands and decides: everything that is known of the command line, bound to what would run.
    ///
    /// # Errors
    /// Where the compiled policy is damaged, or no identifier can be made.
    pub fn judge(&self, run: &Run) -> Result<Request> {
        let line = self.defined(run)?;
        let (facts, mut decision, machine) = self.decided(&line)?;
        if decision.action == Action::Ask {
            self.weigh_past(&facts, &mut decision)?;
        }
        let settings = self.settings();
        decision.timeout = settings.timeout.unwrap_or(decision.timeout);
        if settings.enforce && self.caller.uid != 0 {
            // The whitelist is root's then, and this process could not write it.
            decision.whitelist_for = None;
        }
        self.request(line, facts, decision, machine)
    }

    /// The probe that a run is: an agent makes it when it starts, and gives up on it within seconds.
    pub(super) fn probe(&self, run: &Run) -> Option<&'static Probe> {
        let CommandLine::Shell { text, .. } = &run.command_line else { return None };
        probe::recognise(text, |name| self.machine.variable(name))
    }

    /// A run that is refused without a look at what it does.
    pub(super) fn unexamined(&self, run: &Run) -> Result<Request> {
        let decision = Decision {
            action: Action::Deny,
            tier: Tier::Deny,
            score: 0,
            reasons: Vec::new(),
            parts: Vec::new(),
            timeout: Duration::ZERO,
            whitelist_for: None,
            reviewers: 0,
        };
        let opaque = Opacity { why: "a start-up probe".to_owned(), span: Span::default() };
        let facts = Facts { opaque: Some(opaque), ..Facts::default() };
        self.request(run.command_line.clone(), facts, decision, &self.machine)
    }

    fn request(
        &self,
        line: CommandLine,
        facts: Facts,
        decision: Decision,
        machine: &Machine,
    ) -> Result<Request> {
        let settings = self.settings();
        let shells = Shells { bash: settings.shell.clone(), sh: settings.sh.clone() };
        let plan = match &self.within {
            Some(within) => plan::of_session(within, &shells, machine),
            None => plan::draw_up(&line, &facts, &shells, machine, self.caller.stdin),
        };
        let files = bind::files(&plan, &facts, decision.action);
        let ask = decision.action == Action::Ask;
        let session =
            ask.then(|| sessions::session(&settings.state, self.caller.session.as_deref())).flatten();
        Ok(Request {
            id: RequestId::from_random(sys::ids::random().context("/dev/urandom cannot be read")?),
            command_line: line,
            environment: shown(&plan.environment, &self.shown),
            plan,
            facts,
            decision,
            caller: self.caller.clone(),
            files,
            asked_at: sys::clock::now_millis(),
            session,
        })
    }

    /// The command line with the functions in front that it calls and that its session defined.
    fn defined(&self, run: &Run) -> Result<CommandLine> {
        let Some(within) = &run.within else { return Ok(run.command_line.clone()) };
        let mut names = Vec::new();
        loop {
            let line = within.with_definitions(&names, &run.command_line);
            let (facts, ..) = self.decided(&line)?;
            let called = within.called(&facts, &line.text());
            let known = names.len();
            names.extend(called);
            names.sort_unstable();
            names.dedup();
            if names.len() == known {
                return Ok(line);
            }
        }
    }

    /// What the shell of a session is started with: variables that a reviewer would have to see are not passed on.
    #[must_use]
    pub fn beginning(
        &self,
        dialect: Dialect,
        options: Vec<Vec<u8>>,
        parameters: Vec<Vec<u8>>,
        place: session::Place,
    ) -> session::Beginning {
        let machine = self.unseen.as_ref().unwrap_or(&self.machine);
        let environment = machine.environment().to_vec();
        session::Beginning {
            file: self.settings().shell.clone(),
            dialect,
            options,
            parameters,
            environment,
            place,
        }
    }

    /// The recorder of a session at a terminal, where commands of a high tier would be recorded.
    ///
    /// # Errors
    /// Where the recording is strict and cannot be written.
    pub fn session_recorder(&self, unwanted: bool) -> Result<Option<record::Recorder>> {
        let settings = &self.settings().record;
        if !settings.covers(Tier::High) || (unwanted && !self.settings().enforce) {
            return Ok(None);
        }
        let size = sys::terminal::size(std::io::stdin());
        let now = sys::clock::now_millis();
        let header = record::Header {
            columns: size.map_or(0, |size| size.columns),
            rows: size.map_or(0, |size| size.rows),
            timestamp: Some(now / 1000),
            command: None,
            title: Some("a session".to_owned()),
            environment: described(self.machine.environment()),
        };
        let strict = settings.is_strict(Tier::High);
        let options = record::Options {
            format: settings.format,
            failure: if strict { record::Failure::EndRun } else { record::Failure::GoOn },
            input: settings.input,
            limit: settings.max_size,
            redact: settings.redact.clone(),
        };
        let id = sys::ids::run_id().context("nothing was run: /dev/urandom cannot be read")?;
        let directory = self.settings().state.join("recordings");
        record::Recorder::create(&directory, record::file_name(now, &id), &header, options)
            .map(Some)
            .context("nothing was run: the recording cannot be written")
    }

    /// Says for as long as a session lives that nothing in it can answer a request (I10).
    ///
    /// # Errors
    /// Where the state directory cannot be written.
    pub fn register_session(&self) -> Result<Registration> {
        Registration::of_this_process(&self.settings().state, "-", Text::Session)
            .context("nothing was run: the session cannot be registered in the state directory")
    }

    /// Who can be asked. A configured name that no account has is nobody.
    pub(super) fn approvers(&self) -> Approvers {
        let settings = self.settings();
        let reviewers = seat::reviewers(&settings.approver.reviewers, self.caller.uid);
        let second_terminal =
            if settings.approver.socket { SecondTerminal::Offered } else { SecondTerminal::Off };
        Approvers {
            state: settings.state.clone(),
            reviewers,
            second_terminal,
            terminal: settings.approver.terminal,
            keep_alive: settings.approver.keep_alive,
        }
    }

    /// The recorder of a run; `None` where it is not to be recorded.
    pub(super) fn recorder(
        &self,
        run: &Run,
        request: &Request,
        permit: &Permit,
        id: &str,
    ) -> Result<Option<record::Recorder>> {
        let settings = &self.settings().record;
        let tier = permit.tier();
        // What runs within a recorded run is on its recording.
        let within = matches!(permit.ground(), Ground::Within(_));
        // Files that are copied can be huge, and what is in them is nobody's terminal.
        let is_transfer = request.facts.transfer.is_some();
        let wanted = settings.covers(tier) && (!run.no_record || self.settings().enforce);
        if within || is_transfer || !wanted {
            return Ok(None);
        }
        let size = sys::terminal::size(std::io::stdout());
        let text = request.command_line.text();
        let header = record::Header {
            columns: size.map_or(0, |size| size.columns),
            rows: size.map_or(0, |size| size.rows),
            timestamp: Some(request.asked_at / 1000),
            command: Some(String::from_utf8_lossy(&text).into_owned()),
            title: None,
            environment: described(self.machine.environment()),
        };
        let options = record::Options {
            format: settings.format,
            failure: if settings.is_strict(tier) { record::Failure::EndRun } else { record::Failure::GoOn },
            input: settings.input,
            limit: settings.max_size,
            redact: settings.redact.clone(),
        };
        let name = record::file_name(request.asked_at, id);
        let directory = self.settings().state.join("recordings");
        let mut recorder = record::Recorder::create(&directory, name, &header, options)
            .context("nothing was run: the recording cannot be written")?;
        recorder.mark(&ground(permit, request));
        Ok(Some(recorder))
    }

    /// The accepted run that this one is part of.
    pub(super) fn covering(&self) -> Option<Cover> {
        let settings = self.settings();
        runs::covering(&settings.state, [&settings.shell, &settings.sh])
    }

    /// Says that this process is a gated run, so that nothing in it can answer a request (I10).
    pub(super) fn register(
        &self,
        request: &Request,
        permit: &Permit,
        id: &str,
    ) -> Result<Option<Registration>> {
        if super::is_routine(permit) {
            return Ok(None);
        }
        let shell = matches!(permit.plan().start, Start::Shell { .. });
        let text =
            if shell && request.facts.opacities().next().is_none() { Text::Understood } else { Text::Other };
        let registration = Registration::of_this_process(&self.settings().state, id, text);
        registration.map(Some).context("nothing was run: the run cannot be registered in the state directory")
    }

    /// Lets the like of what was approved run without a question while the entry lives.
    pub(super) fn whitelist(&self, request: &Request, by: &[Reviewer]) -> Result<()> {
        let (facts, decision) = (&request.facts, &request.decision);
        let by = names(by);
        let from = (by.as_str(), request.id.as_str());
        let entries =
            policy::whitelist_entries(facts, decision, &self.context, &self.loaded.policy()?, from)?;
        self.loaded.whitelist_file().add(entries).map(drop)
    }
}

/// What a command gets of the caller's environment where no human sees it.
fn without_shown(cleaned: &Cleaned) -> Vec<(Vec<u8>, Vec<u8>)> {
    let kept = |(name, _): &&(Vec<u8>, Vec<u8>)| !cleaned.shown.contains(name);
    cleaned.environment.iter().filter(kept).cloned().collect()
}

/// What a player has to know of the environment: asciicast names these two.
fn described(environment: &[(Vec<u8>, Vec<u8>)]) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let named = |name: &[u8]| environment.iter().find(|(other, _)| other == name);
    let found = [&b"SHELL"[..], b"TERM"].into_iter().filter_map(named);
    found.map(|(name, value)| (text(name), text(value))).collect()
}

/// The variables that a reviewer has to see, with their values.
fn shown(environment: &[(Vec<u8>, Vec<u8>)], names: &[Vec<u8>]) -> Vec<(Vec<u8>, Vec<u8>)> {
    environment.iter().filter(|(name, _)| names.contains(name)).cloned().collect()
}

fn names(by: &[Reviewer]) -> String {
    by.iter().map(|by| by.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// The decision, as a marker in the recording.
fn ground(permit: &Permit, request: &Request) -> String {
    let tier = permit.tier().name();
    match permit.ground() {
        Ground::Policy => match request.decision.rules().as_slice() {
            [] => format!("allowed by the policy ({tier})"),
            [rule] => format!("allowed by the policy ({tier}), rule {rule}"),
            rules => format!("allowed by the policy ({tier}), rules {}", rules.join(", ")),
        },
        Ground::Reviewers(by) => format!("approved by {} ({tier})", names(by)),
        Ground::Within(run) => format!("part of run {run} ({tier})"),
    }
}

fn context(
    surroundings: &CallerEnvironment,
    loaded: &Loaded,
    agent: Option<String>,
    machine: &Machine,
) -> Context {
    let home = surroundings.account.home.clone().or_else(|| machine.home().map(std::path::Path::to_path_buf));
    Context {
        user: surroundings.account.name.clone(),
        host: surroundings.host.clone(),
        agent,
        workspace: loaded.places.workspace.clone(),
        cwd: surroundings.cwd.clone(),
        home,
        found: Vec::new(),
        gate_paths: loaded.places.own_paths(&loaded.settings.state),
        now: sys::clock::now_millis() / 1000,
    }
}

fn caller(surroundings: CallerEnvironment, agent: Option<String>, session: Option<String>) -> Caller {
    Caller {
        user: surroundings.account.name,
        uid: surroundings.account.uid,
        host: surroundings.host,
        agent,
        cwd: surroundings.cwd,
        session,
        stdin: sys::stdin::kind(),
        pid: std::process::id(),
    }
}

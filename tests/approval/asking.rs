//! The test binary plays a wrapper that asks, and a process that answers.

use std::{
    ffi::OsString,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use gate::{
    approval::{
        Approvers, Caller, Extent, FileIdentity, Input, Plan, Request, RequestId, SecondTerminal, Start,
        StdinKind, ask, client,
        runs::{Registration, Text},
    },
    config::TerminalUse,
    facts::{CommandLine, Facts, Opacity},
    policy::{Action, Decision, Reason, Tier},
    syntax::{Dialect, Span},
    sys,
};

const ROLE: &str = "GATE_TEST_APPROVAL";
const SEPARATOR: char = '\u{1f}';

#[used]
// SAFETY: the loader calls the constructor once, on the main thread, before `main`.
#[expect(unsafe_code, reason = "only a constructor runs before the test harness writes to stdout")]
#[unsafe(link_section = ".init_array")]
static PLAY: extern "C" fn() = play;

/// A wrapper that asks.
pub(crate) struct Asking<'a> {
    pub(crate) state: &'a Path,
    pub(crate) text: &'a str,
    pub(crate) terminal: bool,
    pub(crate) socket: bool,
    pub(crate) timeout: Duration,
    pub(crate) reviewer: u32,
    pub(crate) whitelist: bool,
}

impl<'a> Asking<'a> {
    /// Asks both on the terminal and elsewhere, for a minute; this account may answer.
    pub(crate) fn new(state: &'a Path, text: &'a str) -> Self {
        Self {
            state,
            text,
            terminal: true,
            socket: true,
            timeout: Duration::from_secs(60),
            reviewer: nix::unistd::getuid().as_raw(),
            whitelist: false,
        }
    }

    pub(crate) fn role(&self) -> (&'static str, OsString) {
        let fields = [
            "ask".to_owned(),
            self.state.to_str().unwrap().to_owned(),
            self.text.to_owned(),
            self.terminal.to_string(),
            self.socket.to_string(),
            self.timeout.as_millis().to_string(),
            self.reviewer.to_string(),
            self.whitelist.to_string(),
        ];
        (ROLE, fields.join(&SEPARATOR.to_string()).into())
    }

    pub(crate) fn command(&self) -> Command {
        played(self.role())
    }
}

/// A process that answers: `how` is `approve` or `inside` (as a gated run's child).
pub(crate) fn answering(how: &str, state: &Path, id: &RequestId) -> Command {
    let fields = [how, state.to_str().unwrap(), id.as_str()];
    played((ROLE, fields.join(&SEPARATOR.to_string()).into()))
}

fn played((name, value): (&str, OsString)) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(name, value).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

extern "C" fn play() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let fields: Vec<&str> = role.split(SEPARATOR).collect();
    match fields.as_slice() {
        ["ask", state, text, terminal, socket, timeout, reviewer, whitelist] => {
            let mut request = request(text, Duration::from_millis(timeout.parse().unwrap()));
            request.decision.whitelist_for = (*whitelist == "true").then_some(Duration::from_secs(600));
            let approvers = Approvers {
                state: state.into(),
                reviewers: vec![reviewer.parse().unwrap()],
                second_terminal: if *socket == "true" {
                    SecondTerminal::Offered
                } else {
                    SecondTerminal::Off
                },
                keep_alive: None,
                terminal: if *terminal == "true" { TerminalUse::Always } else { TerminalUse::Never },
            };
            println!("VERDICT {:?}.", ask(&request, &approvers));
        }
        ["approve", state, id] => approve(Path::new(state), id),
        ["inside", state, id] => {
            let _run = Registration::of_this_process(Path::new(state), "r", Text::Other).unwrap();
            let id = RequestId::parse(id).unwrap();
            let output = answering("approve", Path::new(state), &id).output().unwrap();
            print!("{}", String::from_utf8_lossy(&output.stdout));
        }
        _ => panic!("{role:?}"),
    }
    std::process::exit(0);
}

fn approve(state: &Path, id: &str) {
    let outcome = client::look(state, &RequestId::parse(id).unwrap()).and_then(|waiting| {
        let digest = waiting.request.binding().hex();
        waiting.approve(digest, Extent::Once)
    });
    println!("{}", outcome.map_or_else(|failed| failed.to_string(), |_| "approved".to_owned()));
}

fn request(text: &str, timeout: Duration) -> Request {
    let span = Span { start: 0, end: u32::try_from(text.len()).unwrap() };
    let why = "a test asks".to_owned();
    let reason =
        Reason { rule: None, row: None, tier: Tier::High, text: why.clone(), weight: 40, span: Some(span) };
    let cwd = std::env::current_dir().unwrap();
    Request {
        id: RequestId::from_random(sys::ids::random().unwrap()),
        command_line: CommandLine::Shell {
            text: text.into(),
            dialect: Dialect::Bash,
            options: Vec::new(),
            arguments: Vec::new(),
        },
        plan: Plan {
            start: Start::Shell {
                file: "/bin/bash".into(),
                argv: vec![b"bash".into(), b"-c".into(), text.into()],
            },
            environment: Vec::new().into(),
            cwd: cwd.clone(),
            input: Input::Caller,
        },
        facts: Facts { opaque: Some(Opacity { why, span }), ..Facts::default() },
        decision: Decision {
            action: Action::Ask,
            tier: Tier::High,
            score: 40,
            reasons: vec![reason],
            parts: Vec::new(),
            timeout,
            whitelist_for: None,
            reviewers: 1,
        },
        caller: Caller {
            user: "ann".into(),
            uid: nix::unistd::getuid().as_raw(),
            host: "mill".into(),
            agent: None,
            cwd: cwd.clone(),
            session: None,
            stdin: StdinKind::Nothing,
            pid: std::process::id(),
        },
        files: vec![FileIdentity { path: cwd, inode: None, size_and_mtime: None, content: None }],
        environment: Vec::new(),
        asked_at: sys::clock::now_millis(),
        session: None,
    }
}

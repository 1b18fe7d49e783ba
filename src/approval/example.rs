//! A request for tests, with a little of everything that is shown.

use std::{path::PathBuf, time::Duration};

use super::{Caller, FileIdentity, Plan, Request, RequestId, Start, StdinKind};
use crate::{
    facts::{Argument, CommandLine, Effect, EffectKind, Facts, Invocation, Opacity, Program, Target, Undo},
    policy::{Action, Decision, Part, Reason, Tier},
    syntax::{Dialect, Span},
};

/// A request to run `text` in a shell, with no facts but one opaque invocation.
pub(crate) fn request(text: &str) -> Request {
    let span = Span { start: 0, end: u32::try_from(text.len()).unwrap() };
    let facts = Facts {
        invocations: vec![Invocation {
            program: Program::Unknown,
            words: vec![Argument { value: Some(text.into()), span }],
            via: Vec::new(),
            effects: Vec::new(),
            subs: Vec::new(),
            opaque: Some(Opacity { why: "the program is not in the catalog".into(), span }),
            open_ended: false,
            span,
        }],
        opaque: None,
        simple: None,
        disguises: Vec::new(),
        transfer: None,
    };
    let reason = Reason {
        rule: None,
        row: None,
        tier: Tier::High,
        text: "not understood: the program is not in the catalog".into(),
        weight: 40,
        span: Some(span),
    };
    let part = Part { action: Action::Ask, tier: Tier::High, reasons: vec![reason.clone()] };
    request_of(text, facts, decision(Tier::High, 40, vec![reason], vec![part]))
}

/// `cd build && sudo rm -rf ./* > /tmp/log`: wrappers, a glob, a redirection, two tiers.
pub(crate) fn dangerous() -> Request {
    let text = "cd build && sudo rm -rf ./* > /tmp/log";
    let word = |start: u32, end: u32| Argument {
        value: text.get(start as usize..end as usize).map(|word| word.as_bytes().to_vec()),
        span: Span { start, end },
    };
    let cd = Invocation {
        program: Program::Builtin("cd".into()),
        words: vec![word(0, 2), word(3, 8)],
        via: Vec::new(),
        effects: Vec::new(),
        subs: Vec::new(),
        opaque: None,
        open_ended: false,
        span: Span { start: 0, end: 8 },
    };
    let sudo = Invocation {
        program: Program::File { name: "sudo".into(), path: Some("/usr/bin/sudo".into()) },
        words: vec![word(12, 16), word(17, 19), word(20, 23), word(24, 27)],
        via: Vec::new(),
        effects: vec![Effect {
            kind: EffectKind::Privilege,
            target: Target::Name("root".into()),
            undo: Undo::Harmless,
            because: "program sudo".into(),
            span: Span { start: 12, end: 16 },
        }],
        subs: Vec::new(),
        opaque: None,
        open_ended: false,
        span: Span { start: 12, end: 38 },
    };
    let rm = Invocation {
        program: Program::File { name: "rm".into(), path: Some("/usr/bin/rm".into()) },
        words: vec![word(17, 19), word(20, 23), Argument { value: None, span: Span { start: 24, end: 27 } }],
        via: vec!["sudo".into()],
        effects: vec![
            Effect {
                kind: EffectKind::Delete,
                target: Target::Glob { pattern: b"/home/ann/shop/build/*".to_vec(), recursive: true },
                undo: Undo::Irreversible,
                because: "operand".into(),
                span: Span { start: 24, end: 27 },
            },
            Effect {
                kind: EffectKind::Write,
                target: Target::Path {
                    path: "/tmp/log".into(),
                    resolved: "/private/tmp/log".into(),
                    recursive: false,
                },
                undo: Undo::Irreversible,
                because: "redirection >".into(),
                span: Span { start: 28, end: 38 },
            },
        ],
        subs: Vec::new(),
        opaque: None,
        open_ended: false,
        span: Span { start: 17, end: 38 },
    };
    let reason = |rule: Option<&str>, tier, text: &str, weight, span: (u32, u32)| Reason {
        rule: rule.map(str::to_owned),
        row: None,
        tier,
        text: text.into(),
        weight,
        span: Some(Span { start: span.0, end: span.1 }),
    };
    let privilege =
        reason(Some("privilege"), Tier::High, "gains rights: takes or gives privileges: root", 30, (12, 16));
    let delete = reason(
        Some("delete-tree"),
        Tier::High,
        "deletes a whole tree: deletes whatever matches /home/ann/shop/build/* and everything below",
        35,
        (24, 27),
    );
    let write = reason(
        Some("write-outside"),
        Tier::Medium,
        "writes outside: writes /tmp/log which leads to /private/tmp/log",
        10,
        (28, 38),
    );
    let parts = vec![
        Part {
            action: Action::Allow,
            tier: Tier::Low,
            reasons: vec![reason(Some("cd"), Tier::Low, "changes the working directory", 0, (0, 8))],
        },
        Part { action: Action::Ask, tier: Tier::High, reasons: vec![privilege.clone()] },
        Part { action: Action::Ask, tier: Tier::High, reasons: vec![delete.clone(), write.clone()] },
    ];
    let facts = Facts { invocations: vec![cd, sudo, rm], ..Facts::default() };
    request_of(text, facts, decision(Tier::High, 75, vec![delete, privilege, write], parts))
}

fn decision(tier: Tier, score: u8, reasons: Vec<Reason>, parts: Vec<Part>) -> Decision {
    Decision {
        action: Action::Ask,
        tier,
        score,
        reasons,
        parts,
        timeout: Duration::from_secs(300),
        whitelist_for: None,
        reviewers: 1,
    }
}

fn request_of(text: &str, facts: Facts, decision: Decision) -> Request {
    let cwd = PathBuf::from("/home/ann/shop");
    let argv = ["bash", "--noprofile", "--norc", "-c", "--", text].map(|word| word.as_bytes().to_vec());
    Request {
        id: RequestId::parse("k7m2qx").unwrap(),
        command_line: CommandLine::Shell {
            text: text.into(),
            dialect: Dialect::Bash,
            options: Vec::new(),
            arguments: Vec::new(),
        },
        plan: Plan {
            start: Start::Shell { file: "/usr/bin/bash".into(), argv: argv.to_vec() },
            environment: vec![
                (b"HOME".to_vec(), b"/home/ann".to_vec()),
                (b"GIT_SSH_COMMAND".to_vec(), b"ssh -i /tmp/key".to_vec()),
            ]
            .into(),
            cwd: cwd.clone(),
            input: super::Input::Caller,
        },
        facts,
        decision,
        caller: Caller {
            user: "ann".into(),
            uid: 1000,
            host: "mill".into(),
            agent: Some("claude-code".into()),
            cwd: cwd.clone(),
            session: None,
            stdin: StdinKind::Pipe,
            pid: 4711,
        },
        files: vec![FileIdentity { path: cwd, inode: Some((66, 131)), size_and_mtime: None, content: None }],
        environment: vec![(b"GIT_SSH_COMMAND".to_vec(), b"ssh -i /tmp/key".to_vec())],
        asked_at: 1_790_000_000_000,
        session: None,
    }
}

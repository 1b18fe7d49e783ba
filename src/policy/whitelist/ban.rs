//! What no entry covers, and what no entry with holes covers, whatever a file or a policy says.

use crate::facts::{Effect, EffectKind, Invocation, Program, Target, Undo};

use super::super::{Context, score};

/// Why an entry with holes cannot cover an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Banned {
    /// A shell.
    Shell,
    /// A program that runs a text or file as code.
    Interpreter,
    /// A program that gives or takes privileges.
    Privilege,
    /// A program that starts what its operands say.
    Starter,
    /// gate itself.
    Gate,
    /// It is not known what the name leads to.
    Foreign,
    /// It does more than reading, writing, talking or building.
    Effect(EffectKind),
    /// It deletes a whole tree.
    Tree,
}

impl Banned {
    /// A clause for people.
    #[must_use]
    pub fn why(self) -> String {
        match self {
            Self::Shell => "a shell runs whatever it is given".to_owned(),
            Self::Interpreter => "an interpreter runs whatever it is given".to_owned(),
            Self::Privilege => "it gives or takes privileges".to_owned(),
            Self::Starter => "it starts whatever it is given".to_owned(),
            Self::Gate => "nobody decides about gate in advance".to_owned(),
            Self::Foreign => "what its name leads to is not a program of this machine".to_owned(),
            Self::Effect(kind) => format!("what it does is of kind {}", kind.name()),
            Self::Tree => "it deletes a directory with everything below".to_owned(),
        }
    }
}

const SHELLS: &[&str] = &[
    "ash", "bash", "busybox", "csh", "dash", "elvish", "fish", "ksh", "mksh", "nu", "oksh", "posh", "pwsh",
    "rbash", "rc", "sash", "sh", "tcsh", "toybox", "xonsh", "yash", "zsh",
];

const INTERPRETERS: &[&str] = &[
    "Rscript",
    "awk",
    "bpftrace",
    "bun",
    "cscript",
    "deno",
    "dotnet-script",
    "elixir",
    "emacs",
    "erl",
    "expect",
    "gawk",
    "gdb",
    "ghci",
    "groovy",
    "guile",
    "iex",
    "ipython",
    "irb",
    "java",
    "jjs",
    "jrunscript",
    "jshell",
    "julia",
    "lldb",
    "lua",
    "luajit",
    "m4",
    "mawk",
    "mongo",
    "mongosh",
    "mysql",
    "nawk",
    "nim",
    "node",
    "nodejs",
    "nvim",
    "ocaml",
    "octave",
    "osascript",
    "perl",
    "php",
    "pip",
    "psql",
    "pypy",
    "python",
    "qjs",
    "r",
    "racket",
    "raku",
    "redis-cli",
    "ruby",
    "runghc",
    "sbcl",
    "scala",
    "scheme",
    "sed",
    "sqlite",
    "swift",
    "tclsh",
    "ts-node",
    "tsx",
    "vi",
    "view",
    "vim",
    "wish",
];

const PRIVILEGE: &[&str] = &[
    "capsh", "chpasswd", "chroot", "chsh", "doas", "dzdo", "gpasswd", "kexec", "newgrp", "nsenter", "passwd",
    "pkexec", "run0", "runuser", "setcap", "setpriv", "sg", "su", "sudo", "sudoedit", "unshare", "useradd",
    "usermod", "visudo",
];

const STARTERS: &[&str] = &[
    "at",
    "batch",
    "bwrap",
    "chrt",
    "command",
    "coproc",
    "crontab",
    "doctl",
    "docker-compose",
    "entr",
    "env",
    "eval",
    "exec",
    "firejail",
    "flock",
    "ionice",
    "kubectl",
    "ltrace",
    "make",
    "mosh",
    "nice",
    "nohup",
    "npx",
    "parallel",
    "pipx",
    "pnpx",
    "proxychains",
    "rsh",
    "run-parts",
    "screen",
    "script",
    "setsid",
    "source",
    "ssh",
    "sshpass",
    "start-stop-daemon",
    "stdbuf",
    "strace",
    "systemd-run",
    "taskset",
    "tmux",
    "trap",
    "unbuffer",
    "uvx",
    "valgrind",
    "watch",
    "xargs",
    ".",
];

/// The kinds of effects that an entry with holes may speak of.
const GENERAL: &[EffectKind] = &[
    EffectKind::Read,
    EffectKind::List,
    EffectKind::Write,
    EffectKind::Delete,
    EffectKind::Network,
    EffectKind::Remote,
    EffectKind::ProjectCode,
];

/// Whether an entry with holes may speak of effects of a kind.
pub(super) fn is_general(kind: EffectKind) -> bool {
    GENERAL.contains(&kind)
}

/// Why a program cannot be covered by an entry with holes, by its name; `python3.12` counts as `python`.
pub(super) fn of_program(name: &str) -> Option<Banned> {
    let name = name.rsplit('/').next().unwrap_or(name);
    let lists = [
        (SHELLS, Banned::Shell),
        (INTERPRETERS, Banned::Interpreter),
        (PRIVILEGE, Banned::Privilege),
        (STARTERS, Banned::Starter),
        (&["gate"], Banned::Gate),
    ];
    stems(name).find_map(|name| lists.into_iter().find(|(list, _)| list.contains(&name)).map(|(_, why)| why))
}

/// A name, then the same without its version, and so on.
fn stems(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| {
        let bare = name.trim_end_matches(|last: char| last.is_ascii_digit() || last == '.');
        let bare = bare.strip_suffix('-').unwrap_or(bare);
        (bare.len() < name.len()).then_some(bare)
    })
}

/// Why an entry with holes can never cover an invocation.
#[must_use]
pub fn ban_on_holes(invocation: &Invocation, effects: &[Effect]) -> Option<Banned> {
    let name = match &invocation.program {
        Program::File { name, path: Some(_) } | Program::Builtin(name) => name,
        _ => return Some(Banned::Foreign),
    };
    let first = invocation.words.first().and_then(|word| word.value.as_deref());
    let first = first.and_then(|first| std::str::from_utf8(first).ok()).unwrap_or_default();
    of_program(name)
        .or_else(|| of_program(first))
        .or_else(|| invocation.via.iter().find_map(|wrapper| of_program(wrapper)))
        .or_else(|| effects.iter().find_map(of_effect))
}

fn of_effect(effect: &Effect) -> Option<Banned> {
    if !is_general(effect.kind) {
        return Some(Banned::Effect(effect.kind));
    }
    let tree = matches!(effect.target, Target::Path { recursive: true, .. } | Target::Glob { .. });
    (tree && matches!(effect.kind, EffectKind::Delete | EffectKind::Write)).then_some(Banned::Tree)
}

/// Whether no entry at all covers an invocation: it touches gate, gives privileges, rewrites what others build on, throws
/// away what is kept nowhere else, or works on production.
pub(in super::super) fn is_never_covered(
    invocation: &Invocation,
    effects: &[Effect],
    context: &Context,
) -> bool {
    effects.iter().any(|effect| is_final(effect, context))
        || forces_a_push(invocation)
        || (reaches_out(invocation, effects) && score::is_about_production(invocation))
}

fn is_final(effect: &Effect, context: &Context) -> bool {
    match effect.kind {
        EffectKind::Gate | EffectKind::Privilege | EffectKind::Device | EffectKind::Persist => true,
        EffectKind::Remote => effect.undo == Undo::Irreversible,
        EffectKind::Delete if effect.undo == Undo::Irreversible => match &effect.target {
            Target::Path { path, resolved, recursive } => {
                *recursive && !(is_disposable(path, context) && is_disposable(resolved, context))
            }
            Target::Glob { recursive, .. } => *recursive,
            _ => true,
        },
        _ => false,
    }
}

/// Whether a directory lies below the workspace or below the directories for temporary files.
fn is_disposable(path: &std::path::Path, context: &Context) -> bool {
    let temporary = ["/tmp", "/var/tmp"].map(std::path::Path::new);
    let roots = context.workspace.as_deref().into_iter().chain(temporary);
    roots.into_iter().any(|root| path != root && path.starts_with(root))
}

fn forces_a_push(invocation: &Invocation) -> bool {
    let words = || invocation.words.iter().filter_map(|word| word.value.as_deref());
    let forces = |word: &[u8]| {
        let cluster = word.starts_with(b"-") && !word.starts_with(b"--");
        matches!(word, b"--force" | b"--mirror" | b"--delete" | b"--prune")
            || word.starts_with(b"+")
            || word.starts_with(b":")
            || (cluster && (word.contains(&b'f') || word.contains(&b'd')))
    };
    let is_git = matches!(&invocation.program, Program::File { name, .. } if name == "git");
    is_git && words().any(|word| word == b"push") && words().skip(1).any(forces)
}

fn reaches_out(invocation: &Invocation, effects: &[Effect]) -> bool {
    matches!(invocation.program, Program::Elsewhere(_))
        || effects.iter().any(|effect| matches!(effect.kind, EffectKind::Remote | EffectKind::Network))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{context, effect, host, invocation, path, tree};

    #[test]
    fn every_listed_program_is_banned_under_each_of_its_names() {
        for (list, why) in [
            (SHELLS, Banned::Shell),
            (INTERPRETERS, Banned::Interpreter),
            (PRIVILEGE, Banned::Privilege),
            (STARTERS, Banned::Starter),
            (&["gate"], Banned::Gate),
        ] {
            for name in list {
                for form in [(*name).to_owned(), format!("/opt/x/bin/{name}"), format!("{name}-3.12")] {
                    let banned = ban_on_holes(&invocation(&format!("{form} x"), vec![]), &[]);
                    assert_eq!(banned, Some(why), "{form}");
                }
            }
        }
        for innocent in ["ls", "cp", "touch", "git", "cargo", "npm", "pytest", "rm", "mkdir", "curl"] {
            assert_eq!(ban_on_holes(&invocation(&format!("{innocent} x"), vec![]), &[]), None, "{innocent}");
        }
    }

    #[test]
    fn a_wrapper_is_banned_as_a_program_is() {
        let mut wrapped = invocation("touch x", vec![]);
        wrapped.via = vec!["timeout".into()];
        assert_eq!(ban_on_holes(&wrapped, &[]), None);
        wrapped.via.push("sudo".into());
        assert_eq!(ban_on_holes(&wrapped, &[]), Some(Banned::Privilege));
    }

    #[test]
    fn every_kind_of_effect_that_is_not_general_is_banned() {
        let general = EffectKind::ALL.into_iter().filter(|kind| GENERAL.contains(kind)).count();
        assert_eq!(general, GENERAL.len());
        for kind in EffectKind::ALL {
            let made = effect(kind, path("/home/user/project/x"));
            let banned = ban_on_holes(&invocation("tool x", vec![]), std::slice::from_ref(&made));
            assert_eq!(banned.is_none(), GENERAL.contains(&kind), "{}", kind.name());
        }
        for kind in [EffectKind::Delete, EffectKind::Write] {
            let made = effect(kind, tree("/home/user/project/x"));
            assert_eq!(ban_on_holes(&invocation("tool x", vec![]), &[made]), Some(Banned::Tree));
        }
    }

    #[test]
    fn what_is_not_a_file_of_this_machine_is_banned() {
        for program in [
            Program::Nothing,
            Program::Function("touch".into()),
            Program::Elsewhere("touch".into()),
            Program::File { name: "touch".into(), path: None },
            Program::Unknown,
        ] {
            let made = Invocation { program, ..invocation("touch x", vec![]) };
            assert_eq!(ban_on_holes(&made, &[]), Some(Banned::Foreign));
        }
    }

    fn never(words: &str, effects: Vec<Effect>) -> bool {
        let made = invocation(words, effects);
        is_never_covered(&made, &made.effects, &context())
    }

    #[test]
    fn no_entry_covers_what_cannot_be_taken_back() {
        let gone = |target| Effect { undo: Undo::Irreversible, ..effect(EffectKind::Delete, target) };
        assert!(never("rm -rf x", vec![gone(tree("/home/user/other"))]));
        assert!(never("rm -rf .", vec![gone(tree("/home/user/project"))]));
        assert!(never("rm -rf /tmp", vec![gone(tree("/tmp"))]));
        assert!(never("rm -rf x*", vec![gone(Target::Glob { pattern: "/x*".into(), recursive: true })]));
        assert!(never("psql -c x", vec![gone(Target::Name("table".into()))]));
        assert!(never(
            "aws x",
            vec![Effect { undo: Undo::Irreversible, ..effect(EffectKind::Remote, host("x")) }]
        ));
        assert!(!never("rm -rf target", vec![gone(tree("/home/user/project/target"))]));
        assert!(!never("rm a.o", vec![gone(path("/home/user/project/a.o"))]));
        for kind in [EffectKind::Gate, EffectKind::Privilege, EffectKind::Device, EffectKind::Persist] {
            assert!(never("x", vec![effect(kind, Target::Nothing)]), "{}", kind.name());
        }
    }

    #[test]
    fn no_entry_covers_a_forced_push_or_production() {
        for words in [
            "git push -f",
            "git push --force x",
            "git push origin +main",
            "git push origin :main",
            "git push -uf",
        ] {
            assert!(never(words, vec![]), "{words}");
        }
        assert!(!never("git push origin main", vec![]) && !never("git push --force-with-lease", vec![]));
        assert!(never("kubectl --context production get pods", vec![effect(EffectKind::Network, host("x"))]));
        assert!(!never("npm run build:production", vec![effect(EffectKind::ProjectCode, Target::Nothing)]));
    }
}

//! What the caller's environment may not do: make an allowed command run something else.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use crate::support::house::{Done, House, finished};

/// A project with code that leaves a canary when any of the usual ways to start it works.
struct Trap {
    house: House,
    canary: String,
    script: String,
}

impl Trap {
    fn new() -> Self {
        let house = House::unattended();
        let canary = house.path("home/project/canary").to_str().unwrap().to_owned();
        let script = house.write("home/project/evil", &format!("#!/bin/sh\ntouch {canary}\n"));
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        house.write("home/project/evil.sh", &format!("touch {canary}\n"));
        house.write("home/project/evil.js", &format!("require('fs').writeFileSync('{canary}', '')\n"));
        house.write("home/project/modules/Evil.pm", &format!("open(my $f, '>', '{canary}'); 1;\n"));
        house.write("home/project/modules/sitecustomize.py", &format!("open('{canary}', 'w')\n"));
        house.write("home/project/rgrc", &format!("--pre={}\n", script.display()));
        house.write("home/project/file", "hi\n");
        let config = format!("[core]\n\tfsmonitor = {}\n\trepositoryformatversion = 0\n", script.display());
        house.write("home/project/config/git/config", &config);
        let script = script.to_str().unwrap().to_owned();
        let trap = Self { house, canary, script };
        trap.git(&["init", "-q", "."]);
        trap.git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"]);
        let common = trap.house.path("home/project/common");
        trap.git(&["clone", "-q", "--bare", ".", common.to_str().unwrap()]);
        fs::write(common.join("config"), config).unwrap();
        trap
    }

    #[expect(clippy::disallowed_methods, reason = "sets a repository up, runs nothing gated")]
    fn git(&self, words: &[&str]) {
        let mut command = Command::new("git");
        command.args(words).current_dir(self.house.path("home/project")).env("HOME", self.house.path("home"));
        assert!(command.output().unwrap().status.success(), "{words:?}");
    }

    fn is_sprung(&self) -> bool {
        fs::remove_file(&self.canary).is_ok()
    }

    fn run(&self, variables: &[(&str, &str)], text: &str) -> Done {
        let mut command = self.house.command(&["-c", text]);
        command.envs(variables.iter().copied());
        finished(command)
    }

    /// Runs `text`, and again as part of a list, which only a shell runs.
    fn assert_inert(&self, variables: &[(&str, &str)], text: &str) {
        for text in [text.to_owned(), format!("{text}; true")] {
            let done = self.run(variables, &text);
            assert!(!self.is_sprung(), "{variables:?} {text}");
            assert!(matches!(done.status, Some(0 | 1)), "{variables:?} {text}: {done:?}");
        }
    }
}

#[test]
fn the_trap_works_without_gate() {
    let trap = Trap::new();
    let variables = [
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "core.fsmonitor"),
        ("GIT_CONFIG_VALUE_0", trap.script.as_str()),
    ];
    let mut command = Command::new("git");
    command.arg("status").current_dir(trap.house.path("home/project")).envs(variables);
    finished(command);
    assert!(trap.is_sprung());
    let mut command = Command::new("git");
    let common = trap.house.path("home/project/common");
    command.arg("status").current_dir(trap.house.path("home/project")).env("GIT_COMMON_DIR", common);
    finished(command);
    assert!(trap.is_sprung());
}

#[test]
fn configuration_of_git_in_variables_runs_nothing() {
    let trap = Trap::new();
    let script = trap.script.clone();
    let setting = format!("'core.fsmonitor={script}'");
    let at = |path: &str| trap.house.path(path).to_str().unwrap().to_owned();
    let (config, common) = (at("home/project/config/git/config"), at("home/project/common"));
    let counted = [
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "core.fsmonitor"),
        ("GIT_CONFIG_VALUE_0", script.as_str()),
    ];
    trap.assert_inert(&counted, "git status");
    for (name, value) in [
        ("GIT_CONFIG_PARAMETERS", setting.as_str()),
        ("GIT_CONFIG_GLOBAL", &config),
        ("GIT_CONFIG_SYSTEM", &config),
        ("GIT_COMMON_DIR", &common),
        ("GIT_DIR", &common),
        ("GIT_EXEC_PATH", &at("home/project")),
        ("GIT_EXTERNAL_DIFF", &script),
        ("GIT_PAGER", &script),
        ("PAGER", &script),
        ("GIT_SSH_COMMAND", &script),
        ("GIT_SSH", &script),
        ("GIT_ASKPASS", &script),
        ("GIT_EDITOR", &script),
        ("GIT_TRACE_SETUP", &script),
    ] {
        for text in ["git status", "git diff HEAD", "git log -1", "git branch"] {
            trap.assert_inert(&[(name, value)], text);
        }
    }
}

#[test]
fn configuration_of_readers_in_variables_runs_nothing() {
    let trap = Trap::new();
    let at = |path: &str| trap.house.path(path).to_str().unwrap().to_owned();
    let (script, modules) = (trap.script.clone(), at("home/project/modules"));
    let open = format!("|{script} %s");
    let checkpoint = format!("--checkpoint=1 --checkpoint-action=exec={script}");
    let require = format!("--require={}", at("home/project/evil.js"));
    for (variables, text) in [
        (vec![("RIPGREP_CONFIG_PATH", at("home/project/rgrc"))], "rg hi"),
        (vec![("GREP_OPTIONS", format!("-f {}", at("home/project/rgrc")))], "grep hi file"),
        (vec![("LESSOPEN", open)], "less file"),
        (vec![("TAR_OPTIONS", checkpoint)], "tar -tf file"),
        (vec![("PERL5OPT", "-MEvil".to_owned()), ("PERL5LIB", modules.clone())], "perl -v"),
        (vec![("PYTHONPATH", modules)], "python3 --version"),
        (vec![("PYTHONSTARTUP", at("home/project/modules/sitecustomize.py"))], "python3 --version"),
        (vec![("NODE_OPTIONS", require)], "node --version"),
        (vec![("SHELL", script)], "ls"),
    ] {
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for text in [text.to_owned(), format!("{text}; true")] {
            trap.run(&variables, &text);
            assert!(!trap.is_sprung(), "{variables:?} {text}");
        }
    }
}

#[test]
fn no_variable_is_code_for_the_shell() {
    let trap = Trap::new();
    let file = trap.house.path("home/project/evil.sh").to_str().unwrap().to_owned();
    let function = format!("() {{ touch {}; }}", trap.canary);
    let substitution = format!("$(touch {})", trap.canary);
    for variables in [
        &[("BASH_ENV", file.as_str())][..],
        &[("ENV", &file)],
        &[("PS4", &substitution), ("SHELLOPTS", "xtrace")],
        &[("PROMPT_COMMAND", &substitution)],
        &[("BASH_FUNC_ls%%", &function)],
        &[("BASH_FUNC_ls()", &function)],
        &[("ls", &function)],
        &[("IFS", "l")],
    ] {
        for text in ["ls", "ls | cat", "sh -c ls", "bash -c 'ls; ls'", "(ls)", "set -x; ls"] {
            trap.run(variables, text);
            assert!(!trap.is_sprung(), "{variables:?} {text}");
        }
    }
    let mut command = trap.house.command(&["-x", "-c", "ls; ls"]);
    command.env("PS4", &substitution);
    assert_eq!(finished(command).status, Some(0));
    assert!(!trap.is_sprung());
}

/// What a run goes without, its words go without as well: else a path would be judged that is not the one that is read.
#[test]
fn words_are_judged_by_the_environment_that_runs() {
    let house = House::unattended();
    let secret = house.write("home/etc/secret", "the secret\n");
    house.write("home/project/etc/secret", "of the project\n");
    house.write("home/project/top/etc/secret", "of the project\n");
    let cases = [("GIT_PAGER", house.path("home/project")), ("GIT_DIR", house.path("home/project/top"))];
    for (name, value) in cases {
        for text in [format!("cat ${name}/etc/shadow; true"), format!("cat \"${name}\"/etc/shadow && true")] {
            let mut command = house.command(&["-c", &text]);
            command.env(name, &value);
            let done = finished(command);
            assert_eq!(
                (done.status, done.stdout()),
                (Some(126), String::new()),
                "{text}: judged as what it reads: {}",
                done.stderr()
            );
        }
    }
    let mut command = house.command(&["-c", "cat $MINE/etc/secret; true"]);
    command.env("MINE", house.path("home/project"));
    assert_eq!(finished(command).stdout(), "of the project\n", "{}", secret.display());
}

#[test]
fn a_reviewer_sees_what_would_change_the_run_and_it_is_bound() {
    let house = House::attended();
    let mut command = house.command(&["-c", "cat ~/.ssh/id_rsa"]);
    command.env("GIT_COMMON_DIR", "/tmp/x").env("SSH_AUTH_SOCK", "/run/agent").env("GIT_AUTHOR_NAME", "ann");
    let waiting = house.ask_with(command);
    let shown = house.run(&["pending", &waiting.id]).stdout();
    assert!(shown.contains("env GIT_COMMON_DIR=/tmp/x"), "{shown}");
    assert!(!shown.contains("env SSH_AUTH_SOCK") && !shown.contains("env GIT_AUTHOR_NAME"), "{shown}");
    assert_eq!(house.run(&["deny", &waiting.id]).status, Some(0));
    assert_eq!(waiting.end().status, Some(126));
}

//! Runs hostile texts in real shells, shut in by bubblewrap, and says what they did.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A shell that runs texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shell {
    Bash,
    /// bash under the name `sh`.
    BashAsSh,
    Dash,
}

/// What a shell did with one text.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// The words of every command that it wanted to start.
    pub(super) commands: Vec<Vec<Vec<u8>>>,
    /// The files that redirections made.
    pub(super) files: Vec<Vec<u8>>,
    /// What it said.
    pub(super) errors: String,
}

/// Logs a command instead of running it: its words after their number, each ended by NUL, in a file for each process,
/// because bash writes line by line. Commands with an odd digit succeed.
const LOG: &str = r#"
builtin printf '%s\0' "$#" "$@" >>"$GATE_LOG.${BASHPID:-$$}"
case $1 in *[13579]) return 0 ;; esac
return 1
"#;

/// The empty PATH makes every command end in the function that logs it, or, for dash, PATH holds nothing but links to a program that does so.
const DRIVER: &str = r#"
shell=$1 count=$2
command_not_found_handle() { LOG_BODY
}
export -f command_not_found_handle
for ((i = 0; i < count; i++)); do
    cd "/work/$i"
    IFS= read -r -d '' text <"/texts/$i"
    export GATE_LOG="/log/$i.commands"
    case $shell in
    bash) PATH=/nothing /shells/timeout -s KILL 1 /shells/bash --noprofile --norc -c -- "$text" ;;
    sh) PATH=/nothing /shells/timeout -s KILL 1 /shells/sh -c -- "$text" ;;
    dash) PATH=/links /shells/timeout -s KILL 1 /shells/dash -c -- "$text" ;;
    esac </dev/null >/dev/null 2>"/log/$i.errors"
done 2>/dev/null
# What still runs in the background may end.
read -r -t 0.3 <> <(:)
shopt -s nullglob dotglob
for ((i = 0; i < count; i++)); do
    cd "/work/$i"
    files=(*)
    ((${#files[@]} == 0)) || printf '%s\0' "${files[@]}" >"/log/$i.files"
done
exit 0
"#;

/// Runs each text in a shell of its own; returns what each did.
pub(super) fn run(shell: Shell, texts: &[&[u8]]) -> Vec<Run> {
    let place = tempfile::tempdir().unwrap();
    let (texts_place, log, links) =
        (place.path().join("texts"), place.path().join("log"), place.path().join("links"));
    for directory in [&texts_place, &log, &links] {
        fs::create_dir(directory).unwrap();
    }
    for (index, text) in texts.iter().enumerate() {
        fs::write(texts_place.join(index.to_string()), [text, &b"\0"[..]].concat()).unwrap();
    }
    fs::write(texts_place.join("driver"), DRIVER.replace("LOG_BODY", LOG)).unwrap();
    write_links(&links);
    let mut command = sandbox(texts.len(), &texts_place, &log, &links);
    command.args([
        "/shells/bash",
        "--noprofile",
        "--norc",
        "/texts/driver",
        shell.name(),
        &texts.len().to_string(),
    ]);
    start(command);
    let mut runs: Vec<Run> = (0..texts.len()).map(|index| read_run(&log, index)).collect();
    read_commands(&log, &mut runs);
    runs
}

impl Shell {
    fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::BashAsSh => "sh",
            Self::Dash => "dash",
        }
    }
}

/// The programs that dash finds: all are the one that logs.
fn write_links(links: &Path) {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let program = links.join("logs");
    let body = LOG.replace("return", "exit");
    fs::write(&program, format!("#!/shells/bash\nset -- \"${{0##*/}}\" \"$@\"\n{body}")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    for name in (1..10).map(|digit| format!("c{digit}")).chain(["c", "a", "b", "foo", "1"].map(str::to_owned))
    {
        symlink("logs", links.join(name)).unwrap();
    }
}

fn sandbox(count: usize, texts: &Path, log: &Path, links: &Path) -> Command {
    let mut command = Command::new(program("bwrap", "bubblewrap"));
    command.args(["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]);
    for directory in
        ["/lib", "/lib64", "/usr/lib", "/usr/lib64"].into_iter().filter(|path| Path::new(path).exists())
    {
        command.args(["--ro-bind", directory, directory]);
    }
    for (name, package, inside) in [
        ("bash", "bash", "bash"),
        ("bash", "bash", "sh"),
        ("dash", "dash", "dash"),
        ("timeout", "coreutils", "timeout"),
    ] {
        command.arg("--ro-bind").arg(program(name, package)).arg(format!("/shells/{inside}"));
    }
    command.arg("--ro-bind").arg(texts).arg("/texts").arg("--bind").arg(log).arg("/log");
    command.arg("--ro-bind").arg(links).arg("/links");
    command.args([
        "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/work", "--dir", "/home/u",
    ]);
    for index in 0..count {
        command.args(["--dir", &format!("/work/{index}")]);
    }
    command.args(["--setenv", "HOME", "/home/u", "--setenv", "LC_ALL", "C.UTF-8", "--chdir", "/work", "--"]);
    command
}

/// Finds a program that the test needs; without it nothing is tested, so the test fails.
fn program(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
        .unwrap_or_else(|| panic!("`{name}` is missing, and without it the parser is not tested against real shells: install the package `{package}`"))
}

#[expect(clippy::disallowed_methods, reason = "the test starts the sandbox, not a gated command")]
fn start(mut command: Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the sandbox did not run to its end: {errors}");
}

fn read_run(log: &Path, index: usize) -> Run {
    let read = |kind: &str| fs::read(log.join(format!("{index}.{kind}"))).unwrap_or_default();
    let mut run = Run { errors: String::from_utf8_lossy(&read("errors")).into_owned(), ..Run::default() };
    run.files = fields(&read("files"));
    assert!(log.join(format!("{index}.errors")).exists(), "text {index} was not run");
    run
}

/// Reads the logs of commands, whose names begin with the number of their text.
fn read_commands(log: &Path, runs: &mut [Run]) {
    for entry in fs::read_dir(log).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some((index, _)) = name.split_once(".commands.") else { continue };
        let run = &mut runs[index.parse::<usize>().unwrap()];
        let mut words = fields(&fs::read(&path).unwrap()).into_iter();
        while let Some(count) = words.next() {
            let count = std::str::from_utf8(&count).ok().and_then(|count| count.parse().ok());
            let count = count.unwrap_or_else(|| panic!("the log {name} is garbled"));
            run.commands.push(words.by_ref().take(count).collect());
        }
    }
}

/// Splits at NUL, which ends every field.
fn fields(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut fields: Vec<Vec<u8>> = bytes.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect();
    fields.pop();
    fields
}

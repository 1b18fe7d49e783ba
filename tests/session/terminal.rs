//! Sessions at a terminal, as a person has them: in tmux, with real programs.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use crate::support::house::House;

/// A terminal with a session in it; what is typed is sent by tmux, and every wait is for something on the screen.
struct Screen {
    house: House,
    socket: String,
}

impl Screen {
    /// Opens a session in a terminal of this size; settings and end of it are printed around it.
    fn open(columns: u16, rows: u16) -> Self {
        Self::with(
            House::with("[approver]\nterminal = \"never\"\nsocket = false\n[record]\nmode = \"all\"\n"),
            columns,
            rows,
        )
    }

    fn with(house: House, columns: u16, rows: u16) -> Self {
        house.write(
            "run",
            &format!(
                "cd {project}\nstty -g > before\n{gate} shell\necho \"status $?\"\nstty -g > after\nexec cat\n",
                project = house.path("home/project").display(),
                gate = env!("CARGO_BIN_EXE_gate"),
            ),
        );
        let screen = Self { socket: house.path("tmux").display().to_string(), house };
        let start = format!(
            "env -i HOME={} PATH=/usr/bin:/bin TERM=screen-256color sh {}",
            screen.house.path("home").display(),
            screen.house.path("run").display()
        );
        let (columns, rows) = (columns.to_string(), rows.to_string());
        screen.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", &columns, "-y", &rows, &start]);
        screen.wait(PROMPT);
        screen
    }

    #[expect(clippy::disallowed_methods, reason = "the test drives a terminal")]
    fn tmux(&self, words: &[&str]) -> String {
        let output = Command::new("tmux").args(["-S", &self.socket]).args(words).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Types a line.
    fn line(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
        self.keys(&["Enter"]);
    }

    /// Types a line that is asked about, and approves it elsewhere.
    fn approved(&self, text: &str) {
        let waiting = "gate: waiting for approval of ";
        let asked = |shown: &str| shown.matches(waiting).count();
        let before = asked(&self.shown());
        self.line(text);
        let shown = self.until(waiting, |shown| asked(shown) > before && shown.ends_with('`'));
        let id = &shown[shown.rfind(waiting).unwrap() + waiting.len()..][..6];
        let told = self.house.run(&["approve", id, "--yes"]);
        assert_eq!(told.status, Some(0), "{}", told.stderr());
    }

    fn shown(&self) -> String {
        self.tmux(&["capture-pane", "-p"]).trim_end().to_owned()
    }

    /// Waits until this is on the screen.
    fn wait(&self, text: &str) -> String {
        self.until(text, |shown| shown.contains(text))
    }

    /// Waits until the last line is this.
    fn wait_last(&self, text: &str) -> String {
        self.until(text, |shown| shown.lines().last().is_some_and(|last| last.trim_end() == text.trim_end()))
    }

    fn until(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let since = Instant::now();
        loop {
            let shown = self.shown();
            if fits(&shown) {
                return shown;
            }
            assert!(since.elapsed() < Duration::from_secs(20), "no {what:?} in:\n{shown}");
        }
    }

    fn project(&self, name: &str) -> std::path::PathBuf {
        self.house.path("home/project").join(name)
    }

    fn same_settings(&self) {
        let read = |name| std::fs::read_to_string(self.project(name)).unwrap_or_default();
        let since = Instant::now();
        while read("after").is_empty() && since.elapsed() < Duration::from_secs(20) {
            std::thread::yield_now();
        }
        assert_eq!(read("before"), read("after"));
        assert!(!read("before").is_empty());
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

const PROMPT: &str = "gate:~/project$";

#[test]
fn state_lives_on_and_the_status_is_the_sessions() {
    let screen = Screen::open(80, 24);
    screen.line("x=5; cd /usr");
    screen.wait("gate:/usr$");
    screen.line("echo \"<$x>\" $PWD");
    screen.wait("<5> /usr\n");
    screen.line("rm -rf /");
    screen.wait("gate: denied by policy");
    screen.line("echo \"s$?\"");
    screen.wait("s126\n");
    screen.line("exit 7");
    screen.wait("status 7");
    screen.same_settings();
}

#[test]
fn what_a_shell_would_read_on_for_is_read_on_for() {
    let screen = Screen::open(80, 24);
    screen.line("for i in a b");
    screen.line("do echo \"[$i]\"");
    screen.line("done");
    screen.wait("[a]\n[b]\n");
    screen.line("cat <<E");
    screen.line("it's $((1+1))");
    screen.line("E");
    screen.wait("it's 2\n");
}

#[test]
fn an_alias_is_judged_as_what_stands_for_it() {
    let screen = Screen::with(House::attended(), 80, 24);
    screen.approved("alias greet='echo hello' wipe='rm -rf /'");
    screen.wait_last(PROMPT);
    screen.line("greet you");
    screen.wait("hello you\n");
    screen.line("wipe");
    screen.wait("gate: denied by policy");
    screen.wait("gate:   rm -rf /");
}

#[test]
fn a_prompt_of_the_sessions_own_is_expanded_by_its_shell() {
    let screen = Screen::with(House::attended(), 80, 24);
    screen.approved("PS1='[\\w $?] '");
    screen.wait_last("[~/project 0]");
    screen.line("cd /usr; false");
    screen.wait_last("[/usr 1]");
    screen.line("echo \"<$PS1>\"");
    screen.wait("<[\\w $?] >\n");
}

#[test]
fn jobs_are_stopped_continued_and_interrupted() {
    let screen = Screen::open(80, 24);
    screen.line("sleep 1000");
    screen.until("sleep", |_| runs("sleep 1000", screen.house.path("home").as_path()));
    screen.keys(&["C-z"]);
    screen.wait("[1]+  Stopped                 sleep 1000");
    screen.line("jobs; bg");
    screen.wait("[1]+ sleep 1000 &");
    screen.line("fg");
    screen.wait_last("sleep 1000");
    screen.keys(&["C-c"]);
    screen.wait_last(PROMPT);
    screen.line("echo \"s$?\"");
    screen.wait("s130\n");
    screen.line("sleep 0.01 & wait; echo \"en\"ded");
    screen.wait("ended\n");
    screen.wait_last(PROMPT);
    screen.keys(&["x", "y"]);
    screen.wait_last(&format!("{PROMPT} xy"));
    screen.keys(&["C-c"]);
    screen.wait_last(PROMPT);
    screen.line("echo \"t$?\"; false");
    screen.wait("t130\n");
    screen.wait_last(PROMPT);
    screen.keys(&["C-d"]);
    screen.wait("status 1");
    screen.same_settings();
}

/// Whether a process with this command line runs in a home.
fn runs(command: &str, home: &Path) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let read = |name| std::fs::read(entry.path().join(name)).unwrap_or_default();
        let words: Vec<u8> =
            read("cmdline").iter().map(|byte| if *byte == 0 { b' ' } else { *byte }).collect();
        let cwd = std::fs::read_link(entry.path().join("cwd")).unwrap_or_default();
        words.starts_with(command.as_bytes()) && cwd.starts_with(home)
    })
}

#[test]
fn a_program_that_takes_the_terminal_over_gets_it() {
    let screen = Screen::open(80, 24);
    let text: String = (1..100).map(|line| format!("line {line}\n")).collect();
    std::fs::write(screen.project("text"), text).unwrap();
    screen.line("less text");
    screen.wait("line 23\n");
    screen.keys(&["Space"]);
    screen.wait("line 46\n");
    screen.keys(&["q"]);
    screen.wait_last(PROMPT);
    screen.tmux(&["resize-window", "-x", "100", "-y", "30"]);
    screen.line("stty size");
    screen.wait("30 100\n");
    screen.line("stty -echo; read -r word; stty echo; echo \"got $word\"");
    screen.line("secret");
    screen.wait("got secret\n");
}

#[test]
fn editors_and_interpreters_that_a_person_approved_get_the_keys() {
    let screen = Screen::with(House::attended(), 80, 24);
    screen.approved("python3 -q");
    screen.wait_last(">>>");
    screen.line("6 * 7");
    screen.wait("42\n");
    screen.keys(&["C-d"]);
    screen.wait_last(PROMPT);
    screen.approved("vim -Nu NONE written");
    screen.wait("~\n~\n~");
    screen.keys(&["i"]);
    screen.tmux(&["send-keys", "-l", "by hand"]);
    screen.keys(&["Escape"]);
    screen.line(":wq");
    screen.wait_last(PROMPT);
    assert_eq!(std::fs::read_to_string(screen.project("written")).unwrap(), "by hand\n");
    screen.line("exit");
    screen.wait("status 0");
    screen.same_settings();
}

#[test]
fn lines_are_remembered_unless_they_begin_with_a_blank() {
    let screen = Screen::open(80, 24);
    screen.line("echo one");
    screen.wait("one\ngate");
    screen.line(" echo two");
    screen.wait("two\ngate");
    screen.keys(&["Up", "Enter"]);
    screen.until("a second one", |shown| shown.matches("\none\n").count() == 2);
    screen.line("exit");
    screen.wait("status 0");
    let kept = std::fs::read_to_string(screen.house.state().join("history")).unwrap();
    assert_eq!(kept, "echo one\necho one\nexit\n");
}

#[test]
fn commands_and_paths_are_completed() {
    let screen = Screen::open(80, 24);
    std::fs::write(screen.project("a-long-name"), "content\n").unwrap();
    screen.tmux(&["send-keys", "-l", "cat a-l"]);
    screen.keys(&["Tab"]);
    screen.wait_last(&format!("{PROMPT} cat a-long-name"));
    screen.keys(&["Enter"]);
    screen.wait("content\n");
    screen.tmux(&["send-keys", "-l", "mkfif"]);
    screen.keys(&["Tab"]);
    screen.wait_last(&format!("{PROMPT} mkfifo"));
}

#[test]
fn the_recording_replayed_is_the_screen() {
    let screen = Screen::open(80, 24);
    screen.line("echo recorded; printf 'no newline'");
    screen.wait("no newline");
    screen.line("exit");
    let shown = screen.wait("status 0");
    let recordings = screen.house.state().join("recordings");
    let casts: Vec<_> = std::fs::read_dir(recordings).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [cast] = casts.as_slice() else { panic!("{casts:?}") };
    let mut parser = vt100::Parser::new(24, 80, 0);
    let text = std::fs::read_to_string(cast).unwrap();
    let mut marks = Vec::new();
    for line in text.lines().skip(1) {
        let event: (f64, String, String) = serde_json::from_str(line).unwrap();
        match event.1.as_str() {
            "o" => parser.process(event.2.as_bytes()),
            "m" => marks.push(event.2),
            _ => {}
        }
    }
    let replayed = parser.screen().contents();
    assert!(shown.starts_with(replayed.trim_end()), "replayed:\n{replayed}\nshown:\n{shown}");
    let log = screen.house.run(&["log", "--json"]).stdout();
    assert!(log.contains(cast.file_name().unwrap().to_str().unwrap()), "{log}");
    assert_eq!(marks, ["echo recorded; printf 'no newline'\n", "exit\n"]);
}

#[test]
fn a_hang_up_ends_the_shell_and_its_jobs() {
    let screen = Screen::open(80, 24);
    screen.line("sleep 2000 & sleep 3000");
    let home = screen.house.path("home");
    screen.until("both", |_| runs("sleep 2000", &home) && runs("sleep 3000", &home));
    screen.tmux(&["kill-server"]);
    let since = Instant::now();
    while (runs("sleep", &home) || runs("bash", &home)) && since.elapsed() < Duration::from_secs(20) {
        std::thread::yield_now();
    }
    assert!(!runs("sleep", &home) && !runs("bash", &home));
}

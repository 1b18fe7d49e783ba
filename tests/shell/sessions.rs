//! Runs that belong together: the goal that a person said, and what ran before.

use crate::support::house::{House, finished};

#[test]
fn a_question_shows_the_goal_and_what_ran_before() {
    let house = House::attended();
    let mut shell = std::process::Command::new("/bin/bash");
    let gate = env!("CARGO_BIN_EXE_gate");
    let text = format!(
        "{gate} session start --goal 'deploy v2 to staging'
         {gate} -c 'echo one; exit 3'
         {gate} -c 'gate approve aaaaaa' 2>/dev/null
         {gate} -c 'python3 -c 1' 2>/dev/null &
         until {gate} pending --json | grep -q python3; do :; done
         {gate} pending $({gate} pending --json | grep -o '\"id\":\"[^\"]*' | head -1 | cut -d'\"' -f4)
         kill %1; wait
         {gate} session end"
    );
    shell.args(["-c", &text]).current_dir(house.path("home/project"));
    shell.env_clear().env("HOME", house.path("home")).env("PATH", "/usr/bin:/bin");
    let done = finished(shell);
    let shown = done.stdout();
    assert!(shown.contains("goal deploy v2 to staging"), "{shown}{}", done.stderr());
    assert!(shown.contains("before echo one; exit 3: ended with 3"), "{shown}");
    assert!(shown.contains("before gate approve aaaaaa: denied"), "{shown}");
    let id = shown.split_whitespace().next().unwrap().to_owned();
    assert!(shown.trim_end().ends_with(&format!("{id} has ended")), "{shown}");
    let listed = house.run(&["session", "show", &id]).stdout();
    assert!(listed.contains("deploy v2 to staging") && listed.contains("echo one"), "{listed}");
    let logged = house.run(&["log", "--session", &id, "--json"]).stdout();
    assert_eq!(logged.lines().filter(|line| line.contains("\"event\":\"accept\"")).count(), 1, "{logged}");
    assert_eq!(house.run(&["-c", "echo two"]).status, Some(0));
    assert!(!house.run(&["log", "--session", &id]).stdout().contains("echo two"), "it has ended");
}

#[test]
fn an_agents_own_session_groups_its_runs() {
    let house = House::attended();
    for (session, text) in [("aaaa-1111", "echo one"), ("bbbb-2222", "echo two")] {
        let mut command = house.command(&["-c", text]);
        command.env("CLAUDE_CODE_SESSION_ID", session);
        assert_eq!(finished(command).status, Some(0));
    }
    let mut command = house.command(&["-c", "python3 -c 1"]);
    command.env("CLAUDE_CODE_SESSION_ID", "aaaa-1111");
    let waiting = house.ask_with(command);
    let shown = house.run(&["pending", &waiting.id]).stdout();
    assert!(
        shown.contains("before echo one: allowed") || shown.contains("before echo one: ended with 0"),
        "{shown}"
    );
    assert!(!shown.contains("echo two"), "{shown}");
    assert_eq!(house.run(&["deny", &waiting.id, "--reason", "no"]).status, Some(0));
    waiting.end();
    let listed = house.run(&["log", "--session", "claude-aaaa1111"]).stdout();
    assert!(
        listed.contains("echo one") && listed.contains("python3") && !listed.contains("echo two"),
        "{listed}"
    );
}

#[test]
fn an_agent_cannot_say_what_its_session_is_for() {
    let house = House::attended();
    let text = format!("{} session start --goal 'all is well'; true", env!("CARGO_BIN_EXE_gate"));
    let script = house.write("home/project/run.sh", &text);
    let waiting = house.ask(&["-c", &format!("bash {}", script.display())]);
    assert_eq!(house.run(&["approve", "--yes", &waiting.id]).status, Some(0));
    let told = waiting.end().stderr();
    assert!(told.contains("a session cannot be started from inside a gated run"), "{told}");
    assert_eq!(house.run(&["session", "list"]).stdout(), "");
}

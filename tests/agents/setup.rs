//! `gate init AGENT` shows a change, makes it, and takes it back byte for byte; `gate doctor` checks it.

use std::{fs, os::unix::fs::symlink, path::Path};

use gate::agents::recipe::NAMES;

use crate::support::house::{House, files_below};

const SETTINGS: &str = "{\n  \"model\": \"x\", // mine\n  \"env\": {\n    \"A\": \"b\"\n  }\n}";

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below the home with its content, gate's own state left out.
fn snapshot(house: &House) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let home = house.path("home");
    let mut files: Vec<_> = files_below(&home)
        .into_iter()
        .filter(|path| {
            path.is_file() && !path.starts_with(home.join(".local")) && !path.starts_with(home.join(".cache"))
        })
        .map(|path| (path.clone(), fs::read(&path).unwrap_or_default()))
        .collect();
    files.sort();
    files
}

#[test]
fn what_is_shown_is_written_and_everything_else_stays() {
    let house = House::unattended();
    let settings = house.write("home/.claude/settings.json", SETTINGS);
    let before = snapshot(&house);
    let shown = house.run(&["init", "claude", "--dry-run"]);
    let link = house.path("home/.config/gate/shells/bash");
    let line = format!("+     \"CLAUDE_CODE_SHELL\": \"{}\"", link.display());
    assert!(shown.stdout().contains(&line), "{}", shown.stdout());
    assert_eq!(snapshot(&house), before, "--dry-run writes nothing");
    assert_eq!(house.run(&["init", "claude"]).status, Some(125), "nobody to ask");
    assert_eq!(snapshot(&house), before);

    assert_eq!(house.run(&["init", "claude", "--yes"]).status, Some(0));
    let merged = text(&settings);
    assert!(
        merged.starts_with("{\n  \"model\": \"x\", // mine\n  \"env\": {\n    \"A\": \"b\",\n"),
        "{merged}"
    );
    assert_eq!(
        fs::canonicalize(&link).unwrap(),
        Path::new(env!("CARGO_BIN_EXE_gate")).canonicalize().unwrap()
    );
    let again = house.run(&["init", "claude", "--yes"]);
    assert!(again.stdout().contains("name gate already"), "{}", again.stdout());

    assert_eq!(house.run(&["init", "claude", "--undo", "--yes"]).status, Some(0));
    assert_eq!(snapshot(&house), before);
    let nothing = house.run(&["init", "claude", "--undo", "--yes"]);
    assert!(nothing.stdout().contains("nothing to undo"), "{}", nothing.stdout());
}

#[test]
fn every_agent_can_be_set_up_and_taken_back() {
    for name in NAMES {
        let house = House::unattended();
        let before = snapshot(&house);
        let shown = house.run(&["init", name, "--yes"]);
        assert_eq!(shown.status, Some(0), "{name}: {shown:?}");
        assert!(!shown.stdout().contains(['{', '}']) || name != "aider", "{}", shown.stdout());
        for hole in ["{gate}", "{shells}", "{path}", "{directory}", "{config}"] {
            assert!(!shown.stdout().contains(hole), "{name}: {}", shown.stdout());
        }
        let doctor = house.run(&["doctor"]).stdout();
        assert!(!doctor.contains("do not name gate") && !doctor.contains("FAIL"), "{name}: {doctor}");
        assert_eq!(house.run(&["init", name, "--undo", "--yes"]).status, Some(0), "{name}");
        assert_eq!(snapshot(&house), before, "{name}");
        assert!(!house.path("home/.config/gate/shells").exists(), "{name}");
    }
}

#[test]
fn what_somebody_changed_since_is_left_alone() {
    let house = House::unattended();
    let settings = house.write("home/.codex/config.toml", "model = \"x\" # mine\n");
    house.run(&["init", "codex", "--yes"]);
    let mine = text(&settings) + "\n[mine]\na = 1\n";
    fs::write(&settings, &mine).unwrap();
    let refused = house.run(&["init", "codex", "--undo", "--yes"]);
    assert_eq!(refused.status, Some(125));
    assert!(refused.stderr().contains("was changed since, so it is left alone"), "{}", refused.stderr());
    assert_eq!(text(&settings), mine);
    assert!(mine.starts_with("model = \"x\" # mine\n\n[features]\nshell_snapshot = false\n"), "{mine}");
}

#[test]
fn nothing_of_a_person_is_lost() {
    for (name, path, content) in [
        ("claude", "home/.claude/settings.json", "{\"env\": [1]}"),
        ("claude", "home/.claude/settings.json", "{ broken"),
        ("codex", "home/.codex/config.toml", "features = 1\n"),
        ("gemini", "home/.gemini/settings.json", "{\"tools\": {\"shell\": true}}"),
    ] {
        let house = House::unattended();
        let file = house.write(path, content);
        let refused = house.run(&["init", name, "--yes"]);
        assert_eq!(refused.status, Some(125), "{content}");
        assert!(refused.stderr().contains("is left alone"), "{}", refused.stderr());
        assert_eq!(text(&file), content);
        assert!(!house.path("home/.config/gate/shells").exists(), "{content}");
    }
}

#[test]
fn a_linked_file_is_written_where_it_leads_to() {
    let house = House::unattended();
    let real = house.write("home/dotfiles/opencode.json", "{}\n");
    fs::create_dir_all(house.path("home/.config/opencode")).unwrap();
    let link = house.path("home/.config/opencode/opencode.json");
    symlink(&real, &link).unwrap();
    assert_eq!(house.run(&["init", "opencode", "--yes"]).status, Some(0));
    assert!(link.is_symlink());
    assert!(text(&real).contains("\"shell\": "), "{}", text(&real));
}

#[test]
fn a_link_that_leads_elsewhere_is_made_anew_and_a_file_is_not_replaced() {
    let house = House::unattended();
    house.run(&["init", "claude", "--yes"]);
    let shells = house.path("home/.config/gate/shells");
    fs::remove_file(shells.join("sh")).unwrap();
    symlink("/bin/true", shells.join("sh")).unwrap();
    let doctor = house.run(&["doctor"]);
    assert!(doctor.stdout().contains("FAIL  links"), "{}", doctor.stdout());
    house.run(&["init", "claude", "--yes"]);
    assert_eq!(fs::read_link(shells.join("sh")).unwrap(), Path::new(env!("CARGO_BIN_EXE_gate")));
    fs::remove_file(shells.join("sh")).unwrap();
    fs::write(shells.join("sh"), "mine").unwrap();
    let refused = house.run(&["init", "claude", "--yes"]);
    assert!(refused.stderr().contains("is there and is no link"), "{}", refused.stderr());
}

#[test]
fn doctor_says_what_is_set_what_is_not_and_what_that_does_not_cover() {
    let house = House::unattended();
    assert!(!house.run(&["doctor"]).stdout().contains("its settings"), "nothing to say without an agent");
    house.write("home/.claude/settings.json", "{}");
    let bare = house.run(&["doctor"]).stdout();
    assert!(bare.contains("Claude Code: its settings do not name gate"), "{bare}");
    assert!(bare.contains("→ gate init claude"), "{bare}");
    house.run(&["init", "claude", "--yes"]);
    house.run(&["init", "codex", "--yes"]);
    let done = house.run(&["doctor"]).stdout();
    assert!(done.contains("Claude Code: its settings name gate; not covered:"), "{done}");
    assert!(done.contains("Codex: this account's login shell is not gate"), "{done}");
    assert!(done.contains("system(3)") && done.contains("/bin/bash built in"), "{done}");
}

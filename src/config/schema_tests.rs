use super::*;

const ALL: &str = r#"
version = 1
enforce = true
shell = "/usr/bin/bash"
sh = "/bin/dash"
policy = ["default", "team.toml", "/srv/more.toml"]
timeout = "90s"
agent = "codex"
state = "/var/lib/gate"
catalog = "/etc/gate/catalog"

[approver]
terminal = "never"
socket = false
reviewers = ["alice", "bob"]
keep_alive = "1m"

[record]
mode = "medium"
format = "v3"
input = true
max_size = "1G"
strict = "none"
redact = ["corp-[0-9]+"]

[audit]
durable = "low"

[environment]
strip = ["CORP_*"]
show = ["CC"]
pass = ["EDITOR"]
"#;

fn read(text: &str) -> Result<Overlay, Vec<Diagnostic>> {
    Overlay::read(Path::new("/etc/gate/gate.toml"), text, Owner::Root)
}

fn settings(text: &str) -> Settings {
    let mut settings = Settings::built_in("/s".into(), None);
    read(text).unwrap().apply(&mut settings);
    settings
}

/// The first line of every finding.
fn findings(text: &str) -> Vec<String> {
    let first = |found: Diagnostic| found.to_string().lines().next().unwrap().to_owned();
    read(text).unwrap_err().into_iter().map(first).collect()
}

#[test]
fn every_key_is_read() {
    let all = settings(ALL);
    let expected = Settings {
        enforce: true,
        shell: "/usr/bin/bash".into(),
        sh: "/bin/dash".into(),
        policy: vec![
            PolicySource::Shipped(Shipped::Default),
            PolicySource::File("/etc/gate/team.toml".into()),
            PolicySource::File("/srv/more.toml".into()),
        ],
        timeout: Some(Duration::from_secs(90)),
        agent: Some("codex".to_owned()),
        state: "/var/lib/gate".into(),
        catalog: Some("/etc/gate/catalog".into()),
        approver: super::super::Approver {
            terminal: TerminalUse::Never,
            socket: false,
            reviewers: vec!["alice".to_owned(), "bob".to_owned()],
            keep_alive: Some(Duration::from_secs(60)),
        },
        record: super::super::Record {
            mode: RecordFrom::Tier(Tier::Medium),
            format: record::Format::V3,
            input: record::Input::Keep,
            max_size: 1 << 30,
            strict: None,
            redact: vec!["corp-[0-9]+".to_owned()],
        },
        audit: super::super::Audit { durable: Tier::Low },
        environment: super::super::EnvironmentClasses {
            strip: vec!["CORP_*".to_owned()],
            show: vec!["CC".to_owned()],
            pass: vec!["EDITOR".to_owned()],
        },
    };
    assert_eq!(all, expected);
}

#[test]
fn the_list_of_keys_is_the_schema() {
    let table: toml::Table = toml::from_str(ALL).unwrap();
    let mut written = Vec::new();
    for (key, value) in &table {
        match value.as_table() {
            Some(inner) => written.extend(inner.keys().map(|name| format!("{key}.{name}"))),
            None => written.push(key.clone()),
        }
    }
    written.sort();
    let mut known = KEYS.map(str::to_owned).to_vec();
    known.sort();
    assert_eq!(written, known);
}

#[test]
fn an_empty_file_changes_nothing() {
    assert_eq!(settings(""), Settings::built_in("/s".into(), None));
}

#[test]
fn an_unknown_key_is_an_error_with_line_caret_and_what_was_meant() {
    let found = read("shell = \"/bin/bash\"\nagnet = \"x\"\n").unwrap_err();
    assert_eq!(
        found[0].to_string(),
        "/etc/gate/gate.toml:2:1: unknown key `agnet`\n2 | agnet = \"x\"\n  | ^^^^^ did you mean `agent`?"
    );
    assert_eq!(findings("[record]\nmod = \"all\""), ["/etc/gate/gate.toml:2:1: unknown key `mod`"]);
    assert_eq!(findings("[recrd]"), ["/etc/gate/gate.toml:1:2: unknown key `recrd`"]);
}

#[test]
fn an_unknown_value_is_an_error_with_the_values_that_are_known() {
    let found = read("[approver]\nterminal = \"nevr\"").unwrap_err();
    assert_eq!(
        found[0].to_string(),
        "/etc/gate/gate.toml:2:12: unknown value \"nevr\": one of auto, always, never\n\
         2 | terminal = \"nevr\"\n  |            ^^^^^^ did you mean `never`?"
    );
}

#[test]
fn every_bad_value_of_a_file_is_reported() {
    let text = "version = 2\nshell = \"bash\"\ntimeout = \"5 minutes\"\nagent = \"a b\"\n[environment]\nstrip = [\"A\", \"B=C\"]\n";
    assert_eq!(
        findings(text),
        [
            "/etc/gate/gate.toml:1:11: unknown version: this gate reads version 1",
            "/etc/gate/gate.toml:2:9: a path here is absolute: it begins with `/`",
            "/etc/gate/gate.toml:3:11: a time is a whole number with its unit: 90s, 5m, 1h",
            "/etc/gate/gate.toml:4:9: a name is 1 to 64 letters, digits and - _ . @ +",
            "/etc/gate/gate.toml:6:15: a variable is a name, perhaps with `*` for the rest of it",
        ]
    );
}

#[test]
fn wrong_types_and_broken_toml_are_errors() {
    for text in [
        "enforce = \"yes\"",
        "policy = \"default\"",
        "shell = ",
        "[approver]\nsocket = 1",
        "x",
        "a = 1\na = 2",
    ] {
        assert_eq!(read(text).unwrap_err().len(), 1, "{text}");
    }
}

#[test]
fn only_root_enforces() {
    let found = Overlay::read(Path::new("/home/me/gate.toml"), "enforce = true", Owner::Account).unwrap_err();
    assert_eq!(found[0].message, "`enforce` counts only in /etc/gate/gate.toml");
    let found = Overlay::read(Path::new("/home/me/gate.toml"), "enforce = false", Owner::Account);
    assert!(found.is_err(), "the account's own file cannot switch it off either");
}

#[test]
fn numbers_carry_their_unit_and_have_bounds() {
    for (text, seconds) in [("1s", Some(1)), ("5m", Some(300)), ("24h", Some(86_400))] {
        assert_eq!(timeout(text).ok().map(|time| time.as_secs()), seconds, "{text}");
    }
    for text in ["", "5", "m", "0s", "25h", "-5m", "1.5h", "99999999999999999999h", "5µ"] {
        assert!(timeout(text).is_err(), "{text}");
    }
    assert_eq!(size("64M"), Ok(64 << 20));
    for text in ["64", "64MB", "1K", "9999999G", "G"] {
        assert!(size(text).is_err(), "{text}");
    }
}

#[test]
fn a_redaction_is_a_regular_expression_of_bounded_size() {
    assert!(read("[record]\nredact = [\"(\"]").is_err());
    assert!(read("[record]\nredact = [\"(a{1000}){1000}\"]").is_err());
}

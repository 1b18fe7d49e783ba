use std::{fs, os::unix::fs::PermissionsExt as _};

use super::*;
use crate::sys::account::Account;

/// Places below a directory of the test's own, and a caller who lives there.
struct House {
    directory: tempfile::TempDir,
    caller: CallerEnvironment,
}

impl House {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let cwd = directory.path().join("project");
        fs::create_dir_all(cwd.join(".git")).unwrap();
        let account = Account { home: Some(directory.path().join("home")), ..Account::current() };
        let caller = CallerEnvironment { variables: Vec::new(), cwd, account, host: "host".to_owned() };
        Self { directory, caller }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn places(&self) -> Places {
        Places {
            machine: self.path("etc"),
            machine_cache: self.path("cache"),
            machine_state: self.path("var"),
            ..Places::of(&self.caller).unwrap()
        }
    }

    fn load(&self) -> Result<Loaded, ConfigError> {
        load_from(self.places(), &self.caller)
    }

    fn error(&self) -> String {
        self.load().unwrap_err().to_string()
    }
}

const ACCOUNT: &str = "home/.config/gate/gate.toml";

#[test]
fn without_any_file_the_defaults_hold() {
    let house = House::new();
    let loaded = house.load().unwrap();
    let catalog = house.path("home/.config/gate/catalog");
    assert_eq!(loaded.settings, Settings::built_in(house.path("home/.local/state/gate"), Some(catalog)));
    assert_eq!(loaded.origin, Origin::Compiled);
}

#[test]
fn the_second_run_compiles_nothing() {
    let house = House::new();
    house.write(ACCOUNT, "agent = \"codex\"");
    let first = house.load().unwrap();
    let second = house.load().unwrap();
    assert_eq!((first.origin, second.origin), (Origin::Compiled, Origin::Cache));
    assert_eq!(first.settings, second.settings);
    assert_eq!(first.blobs.policy(), second.blobs.policy());
    assert!(!second.blobs.policy().is_empty());
}

#[test]
fn every_change_of_a_source_is_seen() {
    let house = House::new();
    house.write("home/.config/gate/more.toml", "version = 1\n");
    let steps: [(&str, &str); 5] = [
        (ACCOUNT, "agent = \"one\""),
        (ACCOUNT, "agent = \"two\"\npolicy = [\"default\", \"more.toml\"]"),
        ("home/.config/gate/more.toml", "version = 1 \n"),
        ("project/.gate.toml", "version = 1\n"),
        ("home/.local/state/gate/whitelist.toml", ""),
    ];
    house.load().unwrap();
    for (path, text) in steps {
        house.write(path, text);
        assert_eq!(house.load().unwrap().origin, Origin::Compiled, "{path}");
        assert_eq!(house.load().unwrap().origin, Origin::Cache, "{path}");
    }
    fs::remove_file(house.path(ACCOUNT)).unwrap();
    assert_eq!(house.load().unwrap().settings.agent, None);
}

#[test]
fn a_damaged_or_foreign_cache_is_compiled_again() {
    let house = House::new();
    house.load().unwrap();
    let state = house.path("home/.local/state/gate");
    let cache = fs::read_dir(&state).unwrap().next().unwrap().unwrap().path();
    assert_eq!(fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o600);
    let good = fs::read(&cache).unwrap();
    for (name, bytes) in [
        ("empty", Vec::new()),
        ("cut", good[..good.len() / 2].to_vec()),
        ("other", b"not a cache at all, but longer than its head".to_vec()),
    ] {
        fs::write(&cache, bytes).unwrap();
        assert_eq!(house.load().unwrap().origin, Origin::Compiled, "{name}");
    }
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o622)).unwrap();
    assert_eq!(house.load().unwrap().origin, Origin::Compiled, "writable by others");
    fs::remove_file(&cache).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &cache).unwrap();
    assert_eq!(house.load().unwrap().origin, Origin::Compiled, "a link");
}

#[test]
fn the_machines_file_is_stronger_than_the_accounts() {
    let house = House::new();
    house.write(ACCOUNT, "agent = \"mine\"\ntimeout = \"1h\"");
    house.write("etc/gate.toml", "agent = \"ours\"");
    match house.load() {
        Ok(loaded) => {
            assert_eq!(loaded.settings.agent.as_deref(), Some("ours"));
            assert_eq!(loaded.settings.timeout.map(|time| time.as_secs()), Some(3600));
        }
        Err(error) => {
            assert!(matches!(error, ConfigError::Untrusted(_)) && !nix::unistd::geteuid().is_root())
        }
    }
}

#[test]
fn with_enforce_nothing_of_the_accounts_own_counts() {
    let house = House::new();
    house.write(ACCOUNT, "agent = \"mine\"\n[record]\nmode = \"none\"\n[approver]\nterminal = \"always\"");
    house.write("etc/gate.toml", "enforce = true");
    house.write("home/.local/state/gate/whitelist.toml", "broken\n");
    let Ok(loaded) = house.load() else {
        assert!(!nix::unistd::geteuid().is_root(), "root's own files must be believed");
        return;
    };
    let settings = &loaded.settings;
    assert!(settings.enforce);
    assert_eq!(settings.agent, None);
    assert_eq!(settings.record, Settings::built_in("/".into(), None).record);
    assert_eq!(settings.catalog, Some(house.path("etc/catalog")));
    assert_eq!(loaded.warnings, Vec::<String>::new(), "the account's whitelist is not even read");
    assert_eq!(loaded.whitelist_file().path(), house.path("var/whitelist.toml"));
    assert!(house.path("cache").is_dir(), "compiled where only root writes");
    assert_eq!(house.load().unwrap().origin, Origin::Cache);
}

#[test]
fn what_root_compiled_holds_for_every_account_and_keeps_nothing_of_roots_own() {
    if !nix::unistd::geteuid().is_root() {
        println!("counted as skipped: needs root, to own the machine's files");
        return;
    }
    let mut house = House::new();
    house.write("etc/gate.toml", "enforce = true");
    assert_eq!(house.load().unwrap().origin, Origin::Compiled);
    house.caller.account.home = Some(house.path("other"));
    house.caller.cwd = house.path("elsewhere");
    let other = house.load().unwrap();
    assert_eq!(other.origin, Origin::Cache);
    assert_eq!(other.settings.state, house.path("other/.local/state/gate"));
}

#[test]
fn a_forged_cache_of_the_accounts_own_cannot_switch_enforcing_off() {
    let house = House::new();
    house.load().unwrap();
    house.write("etc/gate.toml", "\"enf\\u006frce\" = true");
    match house.load() {
        Ok(loaded) => assert!(loaded.settings.enforce),
        Err(error) => assert!(!nix::unistd::geteuid().is_root(), "{error}"),
    }
}

#[test]
fn a_policy_that_the_gated_account_can_write_is_refused_under_enforce() {
    if !nix::unistd::geteuid().is_root() {
        println!("counted as skipped: needs root, to give a file away");
        return;
    }
    let house = House::new();
    house.write("etc/gate.toml", "enforce = true\npolicy = [\"team.toml\"]");
    let policy = house.write("etc/team.toml", "version = 1\n");
    assert!(house.load().is_ok());
    std::os::unix::fs::chown(&policy, Some(1000), None).unwrap();
    let error = house.load().unwrap_err();
    assert!(error.to_string().contains("belongs to account 1000, not to root"), "{error}");
    assert_eq!(error.hint(), format!("as root: chown 0 {}", policy.display()));
}

#[test]
fn a_settings_file_that_others_can_write_is_refused() {
    let house = House::new();
    let path = house.write(ACCOUNT, "");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(house.error().contains("can be written by others (mode 0666)"));
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_line() {
    let house = House::new();
    let path = house.write(ACCOUNT, "timeout = \"soon\"\n");
    assert!(house.error().starts_with(&format!("{}:1:11: a time is", path.display())), "{}", house.error());
    fs::write(&path, b"agent = \"\xff\"").unwrap();
    assert!(house.error().contains(":1:10: this is no UTF-8"), "{}", house.error());
    fs::write(&path, "policy = [\"gone.toml\"]").unwrap();
    assert!(house.error().contains("gone.toml: there is no such file, and `policy` names it"));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(house.error().contains("is not a regular file"));
}

#[test]
fn settings_are_found_even_where_they_cannot_be_kept() {
    let house = House::new();
    house.write("home/.local/state", "a file in the way");
    let loaded = house.load().unwrap();
    assert!(matches!(loaded.origin, Origin::Unkept(_)));
}

#[test]
fn a_broken_whitelist_counts_for_nothing_and_is_named() {
    let house = House::new();
    house.write("home/.local/state/gate/whitelist.toml", "version = 1\n[[entries]]\n");
    let loaded = house.load().unwrap();
    assert_eq!(loaded.warnings.len(), 1);
    assert!(loaded.warnings[0].contains("whitelist.toml:2:3: unknown key `entries`"));
    assert!(loaded.whitelist().unwrap().is_empty());
}

#[test]
fn catalog_files_of_the_account_are_read_and_what_is_wrong_with_them_is_said() {
    let house = House::new();
    assert!(house.load().unwrap().catalog().is_ok());
    let path = house.write("home/.config/gate/catalog/mine.toml", "nonsense = 1");
    house.write("home/.config/gate/catalog/notes.txt", "not a catalog file");
    let error = house.load().unwrap().catalog().unwrap_err().to_string();
    assert!(error.contains("mine.toml:1:1"), "{error}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(matches!(house.load().unwrap().catalog(), Err(ConfigError::Untrusted(_))));
}

//! A real OpenSSH server on loopback, with an account of its own whose way in is gate.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use crate::support::house::{Done, finished};

const SSHD: &str = "/usr/sbin/sshd";
const PREFIX: &str = "gatetest";

/// Rules under which copies within the home run, except those of what is called a secret.
const RULES: &str = r#"version = 1
[settings]
programs = ["/usr/{bin,sbin,lib}/**", "/bin/*"]
[[rule]]
id = "own"
tier = "low"
reason = "the account's own"
effect = ["read", "write", "list", "delete"]
path = "{home}/**"
match = ["cat ~/a"]
[[rule]]
id = "talk"
tier = "low"
reason = "output only"
effect = "nothing"
match = ["echo hello"]
[[rule]]
id = "hooks"
tier = "low"
reason = "its own repositories"
effect = "project-code"
match = ["git-receive-pack x"]
[[rule]]
id = "sftp"
tier = "low"
reason = "a session of sftp"
command = "sftp-server **"
match = ["internal-sftp"]
[[rule]]
id = "secret"
tier = "deny"
reason = "a secret"
effect = ["read", "write", "delete"]
path = "**/secret*"
match = ["cat secret"]
[[rule]]
id = "never"
tier = "deny"
reason = "never here"
command = "{touch,rm} **"
match = ["touch a"]
"#;

/// How gate comes between sshd and the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// gate is the account's login shell.
    LoginShell,
    /// gate is the forced command of an account whose shell reads no start-up files.
    ForceCommand,
    /// Both.
    Both,
    /// gate is the forced command of the account's key.
    Key,
}

pub(super) const WAYS: [Way; 4] = [Way::LoginShell, Way::ForceCommand, Way::Both, Way::Key];

/// A server, an account, and a client's key.
pub(super) struct Server {
    directory: tempfile::TempDir,
    account: String,
    port: u16,
    /// The server, once it is started.
    sshd: Option<Child>,
}

/// Says why there is no server here, where there can be none.
pub(super) fn missing() -> Option<&'static str> {
    if !nix::unistd::geteuid().is_root() {
        return Some("only root can add an account");
    }
    let tools = [SSHD, "/usr/sbin/useradd", "/usr/bin/ssh", "/usr/bin/ssh-keygen"];
    tools.iter().any(|tool| !Path::new(tool).exists()).then_some("openssh-server is not installed")
}

/// Runs a test in every way that gate can stand between; counts what is skipped.
pub(super) fn in_every_way(test: impl Fn(&Server, Way)) {
    match missing() {
        Some(why) => println!("SKIPPED {}: {why}", WAYS.len()),
        None => WAYS.iter().for_each(|way| test(&Server::start(*way, "default"), *way)),
    }
}

/// gate where every account can execute it.
pub(super) fn program() -> &'static Path {
    static PROGRAM: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, program) = PROGRAM.get_or_init(|| {
        let directory = open_directory();
        let program = directory.path().join("gate");
        fs::copy(env!("CARGO_BIN_EXE_gate"), &program).unwrap();
        (directory, program)
    });
    program
}

fn open_directory() -> tempfile::TempDir {
    tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir().unwrap()
}

impl Server {
    /// A server whose account is gated under the rules above; `sftp` as in sshd's `Subsystem`, `default` for what fits.
    pub(super) fn start(way: Way, sftp: &str) -> Self {
        let directory = open_directory();
        let account = add_account(directory.path(), way);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { directory, account, port, sshd: None };
        server.own(
            ".config/gate/gate.toml",
            "policy = [\"ssh.toml\"]\n[approver]\nterminal = \"never\"\nsocket = false\n",
        );
        server.own(".config/gate/ssh.toml", RULES);
        server.keys(way);
        let config = server.configuration(way, sftp);
        server.sshd = Some(start(&config, &server.path("sshd.log")));
        server.wait();
        server
    }

    fn keys(&self, way: Way) {
        for name in ["host", "client"] {
            let mut command = Command::new("ssh-keygen");
            command.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(self.path(name));
            assert_eq!(finished(command).status, Some(0));
        }
        let key = fs::read_to_string(self.path("client.pub")).unwrap();
        let options = match way {
            Way::Key => format!("restrict,pty,command=\"{} ssh\" ", program().display()),
            _ => String::new(),
        };
        fs::write(self.path("authorized_keys"), options + &key).unwrap();
    }

    /// What `gate ssh --print-config` prints stands in it.
    fn configuration(&self, way: Way, sftp: &str) -> PathBuf {
        let mut print = Command::new(program());
        print.args(["ssh", "--print-config", &self.account]);
        let printed = finished(print).stdout();
        let forced = matches!(way, Way::ForceCommand | Way::Both);
        let settings: Vec<&str> =
            printed.lines().filter(|line| forced || !line.trim_start().starts_with("ForceCommand")).collect();
        let sftp = match (sftp, way) {
            // It passes a login shell by.
            ("default", Way::LoginShell) => "/usr/lib/openssh/sftp-server",
            ("default", _) => "internal-sftp",
            (other, _) => other,
        };
        let path = |name: &str| self.path(name).display().to_string();
        let text = format!(
            "Port {}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\n\
             UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nAcceptEnv LANG LC_*\n\
             LogLevel VERBOSE\nMaxStartups 100\nSubsystem sftp {sftp}\n{}\n",
            self.port,
            path("host"),
            path("authorized_keys"),
            settings.join("\n")
        );
        let file = self.path("sshd_config");
        fs::write(&file, text).unwrap();
        file
    }

    fn wait(&mut self) {
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.sshd.as_mut().and_then(|sshd| sshd.try_wait().unwrap());
            let log = fs::read_to_string(self.path("sshd.log")).unwrap_or_default();
            assert!(Instant::now() < until && ended.is_none(), "sshd does not listen: {log}");
            std::thread::yield_now();
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(super) fn config(&self) -> PathBuf {
        self.path("sshd_config")
    }

    pub(super) fn account(&self) -> &str {
        &self.account
    }

    pub(super) fn home(&self, name: &str) -> PathBuf {
        self.path("home").join(name)
    }

    /// Writes a file of the account's own.
    pub(super) fn own(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let (uid, gid) = self.ids();
        for path in path.ancestors().take_while(|path| path.starts_with(self.path("home"))) {
            chown(path, Some(uid), Some(gid)).unwrap();
        }
        path
    }

    fn ids(&self) -> (u32, u32) {
        let user = nix::unistd::User::from_name(&self.account).unwrap().unwrap();
        (user.uid.as_raw(), user.gid.as_raw())
    }

    /// A command that runs as the account, beside sshd.
    pub(super) fn as_account(&self, words: &[&str]) -> Command {
        use std::os::unix::process::CommandExt as _;
        let mut command = Command::new(program());
        let (uid, gid) = self.ids();
        command.args(words).env_clear().env("HOME", self.path("home")).env("PATH", "/usr/bin:/bin");
        command.current_dir(self.path("home")).uid(uid).gid(gid).stdin(Stdio::null());
        command
    }

    /// The client's options, without the host.
    pub(super) fn options(&self) -> Vec<String> {
        let mut options = vec!["-F".to_owned(), "none".to_owned(), "-i".to_owned()];
        options.push(self.path("client").display().to_string());
        for option in [
            "BatchMode=yes",
            "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null",
            "LogLevel=ERROR",
            "IdentitiesOnly=yes",
            "IdentityAgent=none",
            "ConnectTimeout=60",
        ] {
            options.extend(["-o".to_owned(), option.to_owned()]);
        }
        options
    }

    pub(super) fn port(&self) -> String {
        self.port.to_string()
    }

    pub(super) fn host(&self) -> String {
        format!("{}@127.0.0.1", self.account)
    }

    /// `ssh` with these words in front of the host and behind it.
    pub(super) fn ssh(&self, before: &[&str], behind: &[&str]) -> Command {
        let mut command = Command::new("ssh");
        command.args(self.options()).args(["-p", &self.port()]).args(before);
        command.arg(self.host()).args(behind).stdin(Stdio::null()).env_remove("SSH_AUTH_SOCK");
        command
    }

    /// Runs a command on the server.
    pub(super) fn run(&self, text: &str) -> Done {
        finished(self.ssh(&[], &[text]))
    }

    /// `ssh` as rsync, git and Ansible take it: one string.
    pub(super) fn ssh_string(&self) -> String {
        format!("ssh {} -p {}", self.options().join(" "), self.port)
    }

    /// A directory of the client's.
    pub(super) fn client(&self, name: &str) -> PathBuf {
        let path = self.path("here").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    /// The events of the account's audit log, as JSON.
    pub(super) fn events(&self) -> Vec<serde_json::Value> {
        let log = fs::read_to_string(self.home(".local/state/gate/audit.jsonl")).unwrap_or_default();
        // The last line may be in the making.
        let whole = log.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        whole.map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(sshd) = &mut self.sshd {
            let _ = sshd.kill();
            let _ = sshd.wait();
        }
        remove_account(&self.account);
    }
}

#[expect(clippy::disallowed_methods, reason = "the test starts sshd, not a gated command")]
fn start(config: &Path, log: &Path) -> Child {
    fs::create_dir_all("/run/sshd").unwrap();
    let log = fs::File::create(log).unwrap();
    let mut command = Command::new(SSHD);
    command.args(["-D", "-e", "-f"]).arg(config).stdin(Stdio::null()).stderr(log);
    command.spawn().unwrap()
}

/// The tools that change accounts lock one another out.
static ACCOUNTS: Mutex<()> = Mutex::new(());

fn add_account(directory: &Path, way: Way) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    static SWEEP: std::sync::Once = std::sync::Once::new();
    let _one = ACCOUNTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    SWEEP.call_once(sweep);
    let name = format!("{PREFIX}{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let shell = match way {
        Way::LoginShell | Way::Both => program(),
        // bash would read ~/.bashrc in front of the forced command.
        Way::ForceCommand | Way::Key => Path::new("/bin/sh"),
    };
    let mut command = Command::new("useradd");
    // `*` is no password, and no locked account either.
    command.args(["--create-home", "--skel", "/nonexistent", "--password", "*", "--home-dir"]);
    command.arg(directory.join("home")).arg("--shell").arg(shell).arg(&name);
    let done = finished(command);
    assert_eq!(done.status, Some(0), "{}", done.stderr());
    name
}

/// Removes the accounts of test runs that are over.
fn sweep() {
    let accounts = fs::read_to_string("/etc/passwd").unwrap();
    for name in accounts.lines().filter_map(|line| line.split(':').next()) {
        let pid = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            delete(name);
        }
    }
}

fn remove_account(name: &str) {
    let _one = ACCOUNTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    delete(name);
}

fn delete(name: &str) {
    let mut command = Command::new("userdel");
    command.args(["--force", name]);
    finished(command);
}

use super::*;
use crate::{facts::test_world::TestWorld, syntax::Dialect};

fn world() -> TestWorld {
    let mut world = TestWorld::default();
    world.directories.extend(
        ["/usr/bin/scp", "/usr/bin/rsync", "/usr/bin/git", "/usr/lib/openssh/sftp-server", "/srv/site.git"]
            .map(PathBuf::from),
    );
    world
}

fn line(text: &[u8]) -> CommandLine {
    CommandLine::Shell {
        text: text.into(),
        dialect: Dialect::Bash,
        options: Vec::new(),
        arguments: Vec::new(),
    }
}

/// `FILE: WORDS: EFFECTS`, or why it is refused; `None` where it is no transfer.
fn shown(text: &str) -> Option<String> {
    let facts = read(&line(text.as_bytes()), &world())?;
    let transfer = facts.transfer.unwrap();
    if let Some(refused) = transfer.refused {
        assert_eq!((transfer.file, transfer.argv.len()), (None, 0), "{text}");
        return Some(format!("refused: {}", refused.why));
    }
    let words: Vec<_> = transfer.argv.iter().map(|word| String::from_utf8_lossy(word)).collect();
    let effect = |effect: &Effect| match &effect.target {
        Target::Path { resolved, recursive: true, .. } => {
            format!("{} {}", effect.kind.name(), resolved.display())
        }
        Target::Name(name) => format!("{} {name}", effect.kind.name()),
        other => panic!("{other:?}"),
    };
    let effects: Vec<_> = facts.invocations[0].effects.iter().map(effect).collect();
    let file = transfer.file.map_or_else(|| "nothing".to_owned(), |file| file.display().to_string());
    Some(format!("{file}: {}: {}", words.join(" "), effects.join(", ")))
}

fn refused(text: &str) -> String {
    let shown = shown(text).unwrap_or_else(|| panic!("{text} is no transfer"));
    shown.strip_prefix("refused: ").unwrap_or_else(|| panic!("{text} is accepted: {shown}")).to_owned()
}

#[test]
fn what_clients_send_is_started_from_fixed_places_and_judged_by_its_paths() {
    for (text, expected) in [
        ("scp -t .", "/usr/bin/scp: scp -t .: write /home/user/work"),
        ("scp -v -r -p -d -t /tmp/x", "/usr/bin/scp: scp -v -r -p -d -t /tmp/x: write /tmp/x"),
        ("scp -rpt -- 'a b'", "/usr/bin/scp: scp -rpt -- a b: write /home/user/work/a b"),
        (
            "scp -f link/passwd b\\*",
            "/usr/bin/scp: scp -f link/passwd b*: read /etc/passwd, read /home/user/work/b*",
        ),
        ("scp -f ~/a", "/usr/bin/scp: scp -f /home/user/a: read /home/user/a"),
        ("  /usr/bin/scp -f a ", "/usr/bin/scp: scp -f a: read /home/user/work/a"),
        ("internal-sftp", "/usr/lib/openssh/sftp-server: sftp-server: "),
        ("/usr/lib/openssh/sftp-server", "/usr/lib/openssh/sftp-server: sftp-server: "),
        ("internal-sftp -R -l INFO", "/usr/lib/openssh/sftp-server: sftp-server -R -l INFO: "),
        (
            "rsync --server --sender -vlogDtpre.iLsfxCIvu . src /tmp",
            "/usr/bin/rsync: rsync --server --sender -vlogDtpre.iLsfxCIvu . src /tmp: read /home/user/work/src, read /tmp",
        ),
        (
            "rsync --server -vlogDtpre31.14iLsfxCIvu --delete --timeout=30 --partial-dir .part . ~/in/",
            "/usr/bin/rsync: rsync --server -vlogDtpre31.14iLsfxCIvu --delete --timeout=30 --partial-dir .part . /home/user/in/: write /home/user/in, delete /home/user/in, write /home/user/in/.part",
        ),
        (
            "rsync --server -re.LsfxCIvu -B700 -@-1 --link-dest=../old . new",
            "/usr/bin/rsync: rsync --server -re.LsfxCIvu -B700 -@-1 --link-dest=../old . new: write /home/user/work/new, read /home/user/work/old",
        ),
        (
            "rsync --server --sender -e.Lsf --files-from=- --from0 --remove-source-files . a",
            "/usr/bin/rsync: rsync --server --sender -e.Lsf --files-from=- --from0 --remove-source-files . a: read /home/user/work/a, delete /home/user/work/a",
        ),
        ("git-upload-pack 'a b.git'", "/usr/bin/git: git-upload-pack a b.git: read /home/user/work/a b.git"),
        ("git upload-pack /srv/site", "/usr/bin/git: git-upload-pack /srv/site: read /srv/site.git"),
        ("git-upload-archive '/home/user'", "/usr/bin/git: git-upload-archive /home/user: read /home/user"),
        (
            "git-receive-pack '~/x/'",
            "/usr/bin/git: git-receive-pack /home/user/x/: write /home/user/x, project-code hooks",
        ),
        (
            "/usr/bin/git-receive-pack x",
            "/usr/bin/git: git-receive-pack x: write /home/user/work/x, project-code hooks",
        ),
        ("git-lfs-transfer x upload", "nothing: git-lfs-transfer x upload: write /home/user/work/x"),
    ] {
        assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_no_client_sends_is_refused_with_the_reason() {
    for (text, why) in [
        ("scp -t -S /tmp/x .", "an option that the far end of scp does not take"),
        ("scp -t -oProxyCommand=x .", "an option that the far end of scp does not take"),
        ("scp -t -F x .", "an option that the far end of scp does not take"),
        ("scp -t . -S/tmp/x", "a path that begins with a dash"),
        ("scp -t -- -x", "a path that begins with a dash"),
        ("scp -f a -x", "a path that begins with a dash"),
        ("scp -t", "no path"),
        ("scp -tf x", "more than one of -t and -f"),
        ("scp -t ''", "an empty path"),
        ("internal-sftp -P open", "an option that an sftp server does not take here"),
        ("internal-sftp /etc", "an sftp server takes no operand"),
        ("internal-sftp -l", "an option lacks its value"),
        ("internal-sftp -d /etc", "an option that an sftp server does not take here"),
        ("rsync --server -e sh . x", "`-e` names a program to run"),
        ("rsync --server -vesh . x", "`-e` names a program to run"),
        ("rsync --server '-e.;id' . x", "`-e` names a program to run"),
        ("rsync --server --rsh=sh . x", "`--rsh` names a program to run"),
        ("rsync --server --daemon .", "`--daemon` is a server of its own, with rules of its own"),
        ("rsync --server --config=x . x", "`--config` takes rules from a file"),
        ("rsync --server -M--rsh=x . x", "`-M` gives the far end options of its own"),
        (
            "rsync --server -logDtpre.Lsf --log-file=x . x",
            "`--log-file` writes a file besides what is copied",
        ),
        (
            "rsync --server --sender -logDtprLe.f . x",
            "`-L` follows symbolic links out of the tree that was judged",
        ),
        (
            "rsync --server -s . x",
            "`-s` sends the paths where gate does not see them; leave it out (RSYNC_PROTECT_ARGS=0)",
        ),
        ("rsync --server --never-heard-of . x", "`--never-heard-of` is no option that an rsync client sends"),
        ("rsync --server --del . x", "`--del` is no option that an rsync client sends"),
        ("rsync --server --timeout -e . x", "a value of `--timeout` that begins with a dash"),
        ("rsync --server --suffix=/../x . x", "a slash in the value of `--suffix`"),
        ("rsync --server --delete=yes . x", "`--delete` takes no value"),
        ("rsync --server -re.f x", "a client writes `.` in front of the paths"),
        ("rsync --server -re.f . x --rsh=y", "a path that begins with a dash"),
        ("rsync --server -re.f . x y", "more than one destination"),
        ("rsync --server -re.f .", "no path"),
        ("rsync -v --server . x", "--server stands first, or not at all"),
        ("rsync --server - . x", "a dash alone"),
        ("git-upload-pack --help", "a path that begins with a dash"),
        ("git-upload-pack '--exec=x' y", "a path that begins with a dash"),
        ("git upload-pack --strict x", "a path that begins with a dash"),
        ("git-receive-pack a b", "it takes one repository and nothing else"),
        ("git-upload-pack '~root/x'", "another account's home; write its path"),
        ("git-upload-pack", "no repository"),
        ("git-lfs-transfer x delete", "an operation that is neither download nor upload"),
        ("git-upload-pack 'x\nid'", "a newline in the command line of a copy"),
        ("scp -t x\nid", "a newline in the command line of a copy"),
    ] {
        assert_eq!(refused(text), why, "{text}");
    }
}

#[test]
fn everything_else_is_the_command_line_that_it_is() {
    for text in [
        "scp a host:b",
        "scp -S ./evil a host:b",
        "scp -o x=tf a host:b",
        "scp -oft a host:b",
        "rsync -a src dst",
        "rsync -e sh a host:b",
        "rsync --daemon",
        "git status",
        "git upload",
        "git -c core.pager=x upload-pack .",
        "scp -t x; id",
        "scp -t x & id",
        "scp -t x | id",
        "scp -t x > y",
        "scp -t $(id)",
        "scp -t `id`",
        "scp -t $HOME",
        "scp -t *.txt",
        "scp -f {a,b}$x",
        "X=1 scp -t x",
        "! scp -t x",
        "(scp -t x)",
        "scp -t x #",
        "scp -t ~root/x",
        "rsync --server $(id) . x",
        "git-upload-pack 'x';id",
        "git-upload-pack x && id",
        "./scp -t x",
        "/tmp/rsync --server -e.f . x",
        "/usr/bin/../../tmp/scp -t x",
        "/usr/lib/openssh/../../../tmp/sftp-server",
        "env scp -t x",
        "'scp' -t x",
        "s\\cp -t x",
        "sftp-serverx",
        "",
        "   ",
    ] {
        let shown = shown(text);
        assert!(shown.is_none(), "{text}: {shown:?}");
    }
}

#[test]
fn an_argument_vector_is_no_transfer() {
    let words = ["scp", "-t", "x"].map(|word| word.as_bytes().to_vec());
    assert!(read(&CommandLine::Argv(words.to_vec()), &world()).is_none());
}

/// A machine in whose session the text is.
struct Session(TestWorld);

impl World for Session {
    fn cwd(&self) -> &std::path::Path {
        self.0.cwd()
    }

    fn home(&self) -> Option<&std::path::Path> {
        self.0.home()
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.0.variable(name)
    }

    fn resolve(&self, path: &std::path::Path) -> crate::facts::Resolved {
        self.0.resolve(path)
    }

    fn find_program(&self, name: &[u8]) -> Option<PathBuf> {
        self.0.find_program(name)
    }

    fn is_session(&self) -> bool {
        true
    }
}

#[test]
fn a_session_starts_no_transfer_itself() {
    for text in ["internal-sftp", "/usr/lib/openssh/sftp-server", "scp -t x", "rsync --server -e sh . x"] {
        assert!(read(&line(text.as_bytes()), &Session(world())).is_none(), "{text}");
        let facts = crate::facts::analyse(
            &line(text.as_bytes()),
            &Session(world()),
            &crate::facts::Catalog::built_in(),
        );
        let invocation = &facts.invocations[0];
        let executes = invocation.effects.iter().any(|effect| effect.kind == EffectKind::Execute);
        assert!(facts.transfer.is_none() && (invocation.opaque.is_some() || executes), "{text}: {facts:?}");
    }
}

#[test]
fn a_refusal_points_at_the_word() {
    let facts = read(&line(b"rsync --server -e sh . x"), &world()).unwrap();
    assert_eq!(facts.transfer.unwrap().refused.unwrap().span, Span { start: 15, end: 17 });
}

#[test]
fn tables_are_sorted_and_say_what_they_mean() {
    assert_eq!(tables::files("scp").first(), Some(&"/usr/bin/scp"));
    assert_eq!(tables::rsync_option("--delete-after"), Some(tables::Value::Delete));
    assert_eq!(tables::rsync_option("--rsh"), None);
    assert!(tables::rsync_refused("--rsh").is_some());
    for letter in *b"eMsLkKTF" {
        assert!(!tables::RSYNC_LETTERS.contains(&letter), "{}", char::from(letter));
    }
}

proptest::proptest! {
    #[test]
    fn no_accepted_transfer_has_a_word_that_names_a_program(
        words in proptest::collection::vec("[-a-zA-Z0-9./=~ ]{0,12}|--server|--sender|-e.Lsf|--rsh=x|-e|\\.|-t|-f", 0..8),
        name in "scp|rsync|internal-sftp|git-upload-pack|git",
    ) {
        let text = format!("{name} {}", words.join(" "));
        if let Some(facts) = read(&line(text.as_bytes()), &world()) {
            let transfer = facts.transfer.unwrap();
            for word in &transfer.argv {
                let text = String::from_utf8_lossy(word);
                let harmful = ["--rsh", "--daemon", "--config", "-M", "-S", "-o", "-F", "--log-file"];
                proptest::prop_assert!(!harmful.iter().any(|bad| text.starts_with(bad)), "{:?}", transfer.argv);
            }
        }
    }
}

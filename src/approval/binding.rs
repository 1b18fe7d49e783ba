//! What an approval is bound to: a digest of everything that decides what would run (I2).

use std::{
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{Input, Plan, Start};

/// The digest of a plan and of the files that it depends on.
///
/// Two bindings are equal exactly when argv bytes or shell text, working directory (path, device, inode), resolved
/// executables, content of scripts named as operands, and the environment are equal.
#[derive(Clone, PartialEq, Eq)]
pub struct Binding([u8; 32]);

/// A file that a plan depends on, as it was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileIdentity {
    /// The path that was looked at.
    #[serde(with = "crate::octets")]
    pub path: PathBuf,
    /// Device and inode; `None` where nothing was there.
    pub inode: Option<(u64, u64)>,
    /// Size in bytes and time of last change in nanoseconds since the epoch.
    pub size_and_mtime: Option<(u64, i128)>,
    /// SHA-256 of the content, for scripts and other files that the gated account could change.
    pub content: Option<[u8; 32]>,
}

impl Binding {
    /// Computes the digest over a plan and the identities of the files that it depends on, the working directory
    /// among them.
    #[must_use]
    pub fn of(plan: &Plan, files: &[FileIdentity]) -> Self {
        let mut encoder = Encoder(Sha256::new());
        encoder.bytes(b"gate binding 2");
        encoder.start(&plan.start);
        encoder.count(plan.environment.len());
        for (name, value) in plan.environment.iter() {
            encoder.bytes(name);
            encoder.bytes(value);
        }
        encoder.path(&plan.cwd);
        encoder.number(match plan.input {
            Input::Caller => 0,
            Input::Nothing => 1,
        });
        encoder.count(files.len());
        for file in files {
            encoder.file(file);
        }
        Self(encoder.0.finalize().into())
    }

    /// The digest as lower-case hexadecimal, 64 characters.
    #[must_use]
    pub fn hex(&self) -> String {
        crate::octets::hex(&self.0)
    }
}

impl std::fmt::Debug for Binding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Binding({})", self.hex())
    }
}

/// Feeds parts to the digest so that no two different plans feed the same bytes: every part has its length in front,
/// every list its count, every choice its number.
struct Encoder(Sha256);

impl Encoder {
    fn start(&mut self, start: &Start) {
        match start {
            Start::Program { file, argv } => self.command(0, file, argv),
            Start::Shell { file, argv } => self.command(1, file, argv),
            Start::Line { file, text, state } => self.command(3, file, &[text.clone(), state.clone()]),
            Start::Missing { name, found } => {
                self.number(2);
                self.bytes(name);
                self.number(u64::from(*found));
            }
        }
    }

    fn command(&mut self, kind: u64, file: &Path, argv: &[Vec<u8>]) {
        self.number(kind);
        self.path(file);
        self.count(argv.len());
        for word in argv {
            self.bytes(word);
        }
    }

    fn file(&mut self, file: &FileIdentity) {
        self.path(&file.path);
        self.option(file.inode, |encoder, (device, inode)| {
            encoder.number(device);
            encoder.number(inode);
        });
        self.option(file.size_and_mtime, |encoder, (size, mtime)| {
            encoder.number(size);
            encoder.0.update(mtime.to_be_bytes());
        });
        self.option(file.content, |encoder, digest| encoder.0.update(digest));
    }

    fn option<T>(&mut self, value: Option<T>, feed: impl FnOnce(&mut Self, T)) {
        self.number(u64::from(value.is_some()));
        if let Some(value) = value {
            feed(self, value);
        }
    }

    fn path(&mut self, path: &Path) {
        self.bytes(path.as_os_str().as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }

    fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    type Arbitrary = (bool, Vec<Vec<u8>>, Vec<(Vec<u8>, Vec<u8>)>, String, String, Vec<File>);
    type File = (String, Option<(u64, u64)>, Option<(u64, i64)>, Option<[u8; 32]>);

    fn plan((shell, argv, environment, file, cwd, files): Arbitrary) -> (Plan, Vec<FileIdentity>) {
        let file = PathBuf::from(file);
        let start = if shell { Start::Shell { file, argv } } else { Start::Program { file, argv } };
        let files = files
            .into_iter()
            .map(|(path, inode, times, content)| FileIdentity {
                path: path.into(),
                inode,
                size_and_mtime: times.map(|(size, mtime)| (size, i128::from(mtime))),
                content,
            })
            .collect();
        (Plan { start, environment: environment.into(), cwd: cwd.into(), input: Input::Caller }, files)
    }

    fn example() -> (Plan, Vec<FileIdentity>) {
        let start =
            Start::Program { file: "/bin/cp".into(), argv: vec![b"cp".into(), b"a".into(), b"b".into()] };
        let file = FileIdentity {
            path: "/work".into(),
            inode: Some((1, 2)),
            size_and_mtime: Some((3, 4)),
            content: Some([5; 32]),
        };
        let environment = vec![(b"HOME".to_vec(), b"/root".to_vec()), (b"A".to_vec(), b"B".to_vec())];
        (
            Plan { start, environment: environment.into(), cwd: "/work".into(), input: Input::Caller },
            vec![file],
        )
    }

    fn digest_of((plan, files): &(Plan, Vec<FileIdentity>)) -> String {
        Binding::of(plan, files).hex()
    }

    #[test]
    fn the_encoding_is_a_contract() {
        assert_eq!(digest_of(&example()), "9b2750e491a64c3a4d3c3ef1f32b99689835e84e821e527a15457bebb65b72cb");
    }

    #[test]
    fn any_change_changes_the_digest() {
        type Change = fn(&mut Plan, &mut Vec<FileIdentity>);
        let changes: &[Change] = &[
            |plan, _| plan.cwd = "/work/".into(),
            |plan, _| plan.input = Input::Nothing,
            |plan, _| Arc::make_mut(&mut plan.environment)[0].0.push(b'='),
            |plan, _| Arc::make_mut(&mut plan.environment)[1].1 = b"C".to_vec(),
            |plan, _| Arc::make_mut(&mut plan.environment).swap(0, 1),
            |plan, _| Arc::make_mut(&mut plan.environment).push((Vec::new(), Vec::new())),
            |plan, _| Arc::make_mut(&mut plan.environment).clear(),
            |plan, _| argv(plan)[2] = b"c".to_vec(),
            |plan, _| argv(plan).push(Vec::new()),
            |plan, _| {
                let words = argv(plan);
                words[1] = b"ab".to_vec();
                words[2].clear();
            },
            |plan, _| argv(plan)[0].push(0),
            |plan, _| {
                let argv = argv(plan).clone();
                plan.start = Start::Shell { file: "/bin/cp".into(), argv };
            },
            |plan, _| plan.start = Start::Missing { name: b"cp".to_vec(), found: false },
            |plan, _| plan.start = Start::Missing { name: b"cp".to_vec(), found: true },
            |plan, _| plan.start = Start::Program { file: "/usr/bin/cp".into(), argv: argv(plan).clone() },
            |_, files| files[0].path = "/other".into(),
            |_, files| files[0].inode = Some((1, 3)),
            |_, files| files[0].inode = Some((2, 2)),
            |_, files| files[0].inode = None,
            |_, files| files[0].size_and_mtime = Some((3, 5)),
            |_, files| files[0].size_and_mtime = None,
            |_, files| files[0].content = Some([6; 32]),
            |_, files| files[0].content = None,
            |_, files| files.clear(),
            |_, files| files.push(files[0].clone()),
        ];
        let mut seen = std::collections::HashSet::from([digest_of(&example())]);
        for (number, change) in changes.iter().enumerate() {
            let (mut plan, mut files) = example();
            change(&mut plan, &mut files);
            assert!(seen.insert(digest_of(&(plan, files))), "change {number} goes unseen");
        }
    }

    fn argv(plan: &mut Plan) -> &mut Vec<Vec<u8>> {
        match &mut plan.start {
            Start::Program { argv, .. } | Start::Shell { argv, .. } => argv,
            Start::Line { .. } | Start::Missing { .. } => panic!("the example is a program"),
        }
    }

    proptest! {
        #[test]
        fn bindings_are_equal_exactly_when_everything_is(one: Arbitrary, two: Arbitrary) {
            let (one, two) = (plan(one), plan(two));
            prop_assert_eq!(one == two, digest_of(&one) == digest_of(&two));
            let again = (one.0.clone(), one.1.clone());
            prop_assert_eq!(digest_of(&one), digest_of(&again));
        }
    }
}

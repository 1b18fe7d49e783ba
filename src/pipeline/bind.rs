//! Which files an approval is bound to: whatever decides what would run (I2).

use std::{
    fs::{File, Metadata},
    io::Read as _,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use crate::{
    approval::{FileIdentity, Plan, Start},
    facts::{EffectKind, Facts, Invocation, Program, Target},
    policy::Action,
};

/// Bytes of a script or program that are hashed.
const CONTENT: u64 = 64 << 20;

/// Directories of one invocation in which files of a project are looked for.
const MOST_DIRECTORIES: usize = 16;

/// The files in which build tools, package managers and test runners find what to run.
const PROJECT_FILES: [&str; 22] = [
    "BUILD.bazel",
    "CMakeLists.txt",
    "Cargo.toml",
    "GNUmakefile",
    "Gemfile",
    "Justfile",
    "Makefile",
    "Rakefile",
    "Taskfile.yml",
    "build.gradle",
    "build.gradle.kts",
    "build.rs",
    "conftest.py",
    "deno.json",
    "justfile",
    "makefile",
    "noxfile.py",
    "package.json",
    "pom.xml",
    "pyproject.toml",
    "setup.py",
    "tox.ini",
];

/// Looks at every file that decides what would run: the working directory, what is executed, and whatever analysis says
/// is executed as code.
///
/// Contents are read where a human is going to think about them: otherwise nothing lies between this look and the start.
pub(super) fn files(plan: &Plan, facts: &Facts, action: Action) -> Vec<FileIdentity> {
    depends_on(plan, facts).iter().map(|path| identity(path, action)).collect()
}

fn depends_on(plan: &Plan, facts: &Facts) -> Vec<PathBuf> {
    let mut paths = vec![plan.cwd.clone()];
    match &plan.start {
        Start::Program { file, .. } | Start::Shell { file, .. } | Start::Line { file, .. } => {
            paths.push(file.clone());
        }
        Start::Missing { .. } => {}
    }
    for invocation in &facts.invocations {
        if let Program::File { path: Some(path), .. } = &invocation.program {
            paths.push(path.clone());
        }
        paths.extend(invocation.effects.iter().filter_map(|effect| match (&effect.kind, &effect.target) {
            (EffectKind::Execute | EffectKind::ProjectCode, Target::Path { path, .. }) => Some(path.clone()),
            _ => None,
        }));
    }
    paths.extend(facts.invocations.iter().flat_map(|invocation| project_files(plan, invocation)));
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// The files that say what a project's code is, where it is run: in the working directory, and in the directories that
/// the invocation works on (`make -C sub`). One that appears later is drift as well.
fn project_files(plan: &Plan, invocation: &Invocation) -> Vec<PathBuf> {
    if !invocation.effects.iter().any(|effect| effect.kind == EffectKind::ProjectCode) {
        return Vec::new();
    }
    let worked_on = invocation.effects.iter().filter_map(|effect| match &effect.target {
        Target::Path { path, recursive: true, .. } => Some(path),
        _ => None,
    });
    let mut directories: Vec<&PathBuf> = worked_on.chain([&plan.cwd]).collect();
    directories.sort_unstable();
    directories.dedup();
    let directories = directories.into_iter().take(MOST_DIRECTORIES);
    let files = directories.flat_map(|directory| PROJECT_FILES.iter().map(|name| directory.join(name)));
    files.filter(|file| file.is_file()).collect()
}

/// The content counts wherever somebody could have put it: system programs are told apart by inode, size and time.
fn identity(path: &Path, action: Action) -> FileIdentity {
    let absent = FileIdentity { path: path.to_path_buf(), inode: None, size_and_mtime: None, content: None };
    let Ok(metadata) = std::fs::metadata(path) else { return absent };
    let is_system = metadata.uid() == 0 && path.parent().is_some_and(super::plan::is_system_directory);
    let is_hashed = action == Action::Ask && metadata.is_file() && !is_system;
    FileIdentity {
        inode: Some((metadata.dev(), metadata.ino())),
        // What a directory holds is not what it is.
        size_and_mtime: metadata.is_file().then(|| (metadata.size(), mtime(&metadata))),
        content: if is_hashed { content(path) } else { None },
        ..absent
    }
}

fn mtime(metadata: &Metadata) -> i128 {
    i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec())
}

/// SHA-256 of the first bytes; the size is bound besides.
fn content(path: &Path) -> Option<[u8; 32]> {
    let mut hasher = Sha256::new();
    let mut file = File::open(path).ok()?.take(CONTENT);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(hasher.finalize().into()),
            count => hasher.update(buffer.get(..count)?),
        }
    }
}

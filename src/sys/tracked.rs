//! The names of the files that a git repository tracks, as far as gate reads them.
//!
//! A name in the index need not be in the tree: who made the repository, or staged something, chose it.

use std::{fs, path::Path};

/// Larger indexes are not looked at.
const LIMIT: u64 = 8 << 20;
/// Bytes in front of an entry's name: what `stat` said, the object's name (SHA-1), the flags.
const HEAD: usize = 62;
/// Bytes of the checksum at the end.
const CHECKSUM: usize = 20;

/// Whether every component of every tracked name satisfies `fits`; `false` where the index is not of the usual form, or
/// holds only a part of the names.
#[must_use]
pub fn names_fit(directory: &Path, fits: &dyn Fn(&[u8]) -> bool) -> bool {
    let index =
        directory.ancestors().map(|above| above.join(".git")).find(|git| git.symlink_metadata().is_ok());
    index.and_then(|git| read(&git)).is_some_and(|index| entries_fit(&index, fits).unwrap_or(false))
}

/// The index of a repository whose directory is a plain `.git`.
fn read(git: &Path) -> Option<Vec<u8>> {
    let index = git.join("index");
    let metadata = fs::symlink_metadata(&index).ok().filter(fs::Metadata::is_file)?;
    (metadata.len() <= LIMIT).then(|| fs::read(&index).ok())?
}

/// `None`: the bytes are no index of version 2 or 3, or another file has the rest of it.
fn entries_fit(index: &[u8], fits: &dyn Fn(&[u8]) -> bool) -> Option<bool> {
    let (header, mut rest) = index.split_at_checked(12)?;
    let version = number(header.get(4..8)?)?;
    if !header.starts_with(b"DIRC") || !(2..=3).contains(&version) {
        return None;
    }
    for _ in 0..number(header.get(8..12)?)? {
        let flags = rest.get(HEAD - 2..HEAD)?;
        let [high, low] = flags else { return None };
        let extended = if version == 3 && high & 0x40 != 0 { 2 } else { 0 };
        let name = rest.get(HEAD + extended..)?.split(|byte| *byte == 0).next()?;
        // Where the recorded length is another, this is not the form that it seems to be.
        let length = usize::from(high & 0x0f) << 8 | usize::from(*low);
        if length != name.len().min(0xfff) || name.is_empty() {
            return None;
        }
        if !name.split(|byte| *byte == b'/').all(fits) {
            return Some(false);
        }
        let size = HEAD + extended + name.len();
        rest = rest.get(size + 8 - size % 8..)?;
    }
    Some(!has_parts_elsewhere(rest)?)
}

/// Whether an extension says that other entries are in another file, or stand for whole directories.
fn has_parts_elsewhere(mut rest: &[u8]) -> Option<bool> {
    while rest.len() > CHECKSUM {
        let (signature, length) = (rest.get(..4)?, number(rest.get(4..8)?)?);
        if matches!(signature, b"link" | b"sdir") {
            return Some(true);
        }
        rest = rest.get(8 + usize::try_from(length).ok()?..)?;
    }
    Some(rest.len() != CHECKSUM)
}

fn number(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "real git makes the index that is read")]
    fn git(directory: &Path, words: &[&str]) {
        let mut command = Command::new("git");
        command.current_dir(directory).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        assert!(command.args(words).output().unwrap().status.success(), "{words:?}");
    }

    fn repository(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        git(root.path(), &["init", "-q"]);
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        git(root.path(), &["add", "-A"]);
        root
    }

    fn plain(name: &[u8]) -> bool {
        name.iter().all(|byte| *byte > b' ') && !name.starts_with(b"-")
    }

    #[test]
    fn every_tracked_name_is_compared() {
        let root = repository(&["a.rs", "src/b.rs", "src/deep/c-d.rs", "x"]);
        assert!(names_fit(root.path(), &plain));
        assert!(names_fit(&root.path().join("src"), &plain));
        for name in ["a.rs", "src", "deep", "c-d.rs", "x"] {
            assert!(!names_fit(root.path(), &|known: &[u8]| known != name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_only_staged_counts() {
        for name in ["x /etc/shadow", "-rf", "src/-x y"] {
            let root = repository(&["a.rs", name]);
            fs::remove_file(root.path().join(name)).unwrap();
            assert!(!names_fit(root.path(), &plain), "{name}");
        }
    }

    #[test]
    fn an_index_of_another_form_fits_nothing() {
        let root = repository(&["a.rs", "b.rs"]);
        git(root.path(), &["update-index", "--index-version", "4"]);
        assert!(!names_fit(root.path(), &plain));
        git(root.path(), &["update-index", "--index-version", "3"]);
        assert!(names_fit(root.path(), &plain));
        git(root.path(), &["update-index", "--split-index"]);
        assert!(!names_fit(root.path(), &plain));
        let index = root.path().join(".git/index");
        let bytes = fs::read(&index).unwrap();
        for length in [0, 11, 12, 40, bytes.len() / 2, bytes.len() - 1] {
            fs::write(&index, &bytes[..length]).unwrap();
            assert!(!names_fit(root.path(), &plain), "{length}");
        }
        fs::remove_file(&index).unwrap();
        assert!(!names_fit(root.path(), &plain));
    }

    #[test]
    fn intent_to_add_has_longer_entries() {
        let root = repository(&["a.rs"]);
        fs::write(root.path().join("later"), "x").unwrap();
        git(root.path(), &["add", "-N", "later"]);
        assert!(names_fit(root.path(), &plain));
        assert!(!names_fit(root.path(), &|name: &[u8]| name != b"later"));
    }
}

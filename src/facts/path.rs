//! Words that name files → targets.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path, PathBuf};

use super::item::{Content, escape_glob, literal_prefix};
use super::{Target, World};

/// What a word names, seen from `base`; several targets where it is one of several words.
pub(super) fn targets(
    content: &Content<'_>,
    base: Option<&Path>,
    recursive: bool,
    world: &dyn World,
) -> Vec<Target> {
    match content {
        Content::Known(bytes) => vec![path_target(bytes, base, recursive, world)],
        Content::Glob(pattern) => vec![glob_target(pattern, base, recursive, world)],
        Content::Below(bytes) => vec![path_target(bytes, base, true, world)],
        Content::OneOf(contents) => {
            contents.iter().flat_map(|content| targets(content, base, recursive, world)).collect()
        }
        Content::Partial(_) | Content::Pipe => vec![Target::Unknown],
    }
}

/// The target that a path names, seen from `base`.
pub(super) fn path_target(bytes: &[u8], base: Option<&Path>, recursive: bool, world: &dyn World) -> Target {
    let Some(absolute) = absolute(bytes, base) else { return Target::Unknown };
    let resolved = world.resolve(&absolute).path;
    Target::Path { path: normalized(&absolute), resolved, recursive }
}

/// Joins a path to the directory that it is seen from; `None` where that is not known.
pub(super) fn absolute(bytes: &[u8], base: Option<&Path>) -> Option<PathBuf> {
    if bytes.contains(&0) {
        return None;
    }
    let path = Path::new(OsStr::from_bytes(bytes));
    if path.is_absolute() { Some(path.to_owned()) } else { base.map(|base| base.join(path)) }
}

/// Removes `.`, `..` and repeated slashes, as if no component were a symbolic link.
pub(super) fn normalized(path: &Path) -> PathBuf {
    let mut clean = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::Normal(name) => clean.push(name),
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    clean
}

fn glob_target(pattern: &[u8], base: Option<&Path>, recursive: bool, world: &dyn World) -> Target {
    let literal = literal_prefix(pattern);
    let directory = literal.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let (directory, literal_name) = literal.split_at_checked(directory).unwrap_or((&[], &literal));
    let mut escaped = Vec::new();
    escape_glob(directory, &mut escaped);
    let rest = pattern.get(escaped.len()..).unwrap_or_default();
    // `.*` may match `..`, and `x/../y` behind a pattern leads anywhere.
    if literal_name.starts_with(b".") || climbs(rest) {
        return Target::Unknown;
    }
    let Some(directory) = absolute(directory, base) else { return Target::Unknown };
    let mut full = Vec::new();
    escape_glob(&world.resolve(&directory).path.into_os_string().into_vec(), &mut full);
    while full.last() == Some(&b'/') {
        full.pop();
    }
    full.push(b'/');
    full.extend_from_slice(rest);
    Target::Glob { pattern: full, recursive }
}

/// Whether a component of a pattern could lead upward.
fn climbs(pattern: &[u8]) -> bool {
    pattern.split(|byte| *byte == b'/').skip(1).any(|component| {
        let named = component.len() > 2 && component.get(1..).is_some_and(|rest| rest.iter().all(is_plain));
        component.starts_with(b".") && !named || component.starts_with(b"\\.")
    })
}

/// Whether a byte of a pattern stands for itself and cannot make `..`.
const fn is_plain(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(*byte, b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::super::test_world::TestWorld;
    use super::*;

    fn show(content: &Content<'_>) -> String {
        let world = TestWorld::default();
        let targets = targets(content, Some(Path::new("/home/user/work")), false, &world);
        let show = |target: &Target| match target {
            Target::Path { path, resolved, .. } if path == resolved => path.display().to_string(),
            Target::Path { path, resolved, .. } => format!("{} -> {}", path.display(), resolved.display()),
            Target::Glob { pattern, .. } => format!("glob {}", String::from_utf8_lossy(pattern)),
            other => format!("{other:?}"),
        };
        targets.iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn known_paths_are_absolute_and_resolved() {
        for (path, shown) in [
            ("src/x", "/home/user/work/src/x"),
            ("./src/../x", "/home/user/work/x"),
            ("/tmp/../etc", "/etc"),
            ("/../..", "/"),
            ("//a//b/", "/a/b"),
            ("link/x", "/home/user/work/link/x -> /etc/x"),
            ("link/../x", "/home/user/work/x -> /x"),
            ("", "/home/user/work"),
        ] {
            assert_eq!(show(&Content::Known(path.as_bytes().into())), shown, "{path}");
        }
    }

    #[test]
    fn patterns_keep_their_literal_directory() {
        for (pattern, shown) in [
            ("*.rs", "glob /home/user/work/*.rs"),
            ("src/*/x", "glob /home/user/work/src/*/x"),
            ("../*", "glob /home/user/*"),
            ("/et?", "glob /et?"),
            ("link/*", "glob /etc/*"),
            (".*", "Unknown"),
            ("*/../x", "Unknown"),
            ("*/.*", "Unknown"),
            ("*/.?", "Unknown"),
            ("*/.git/x", "glob /home/user/work/*/.git/x"),
            ("a\\*/*", "glob /home/user/work/a\\*/*"),
        ] {
            assert_eq!(show(&Content::Glob(pattern.as_bytes().to_vec())), shown, "{pattern}");
        }
    }

    #[test]
    fn partly_known_paths_lead_anywhere() {
        assert_eq!(show(&Content::Partial(b"src/".to_vec())), "Unknown");
        assert_eq!(show(&Content::Below(b"src".to_vec())), "/home/user/work/src");
    }

    #[test]
    fn unknown_directory_leaves_absolute_paths_known() {
        let world = TestWorld::default();
        let target = |path: &str| path_target(path.as_bytes(), None, false, &world);
        assert_eq!(target("x"), Target::Unknown);
        assert!(matches!(target("/x"), Target::Path { .. }));
    }
}

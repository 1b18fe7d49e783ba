use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

fn root() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().canonicalize().unwrap();
    (directory, path)
}

fn executable(path: &Path) {
    fs::write(path, "").unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn links_are_followed_as_far_as_the_path_exists() {
    let (_keep, root) = root();
    fs::create_dir_all(root.join("real/deep")).unwrap();
    symlink("real", root.join("relative")).unwrap();
    symlink(root.join("real/deep"), root.join("absolute")).unwrap();
    symlink("nowhere/at/all", root.join("dangling")).unwrap();
    let resolved = |path: &str| resolve(&root.join(path));
    for (path, leads_to, exists) in [
        ("real", "real", true),
        ("relative/deep", "real/deep", true),
        ("relative/new/file", "real/new/file", false),
        ("absolute/../x", "real/x", false),
        ("dangling", "nowhere/at/all", false),
        ("dangling/x", "nowhere/at/all/x", false),
    ] {
        assert_eq!(resolved(path).path, root.join(leads_to), "{path}");
        assert_eq!(resolved(path).exists, exists, "{path}");
    }
    assert!(resolved("absolute").directory);
}

#[test]
fn a_link_to_a_secret_is_seen_through() {
    let (_keep, root) = root();
    fs::write(root.join("id_rsa"), "").unwrap();
    symlink("two", root.join("one")).unwrap();
    symlink("id_rsa", root.join("two")).unwrap();
    assert_eq!(resolve(&root.join("one")).path, root.join("id_rsa"));
    assert!(!resolve(&root.join("one")).directory);
}

#[test]
fn a_file_is_no_directory_whatever_stands_behind_it() {
    let (_keep, root) = root();
    fs::write(root.join("file"), "").unwrap();
    let beyond = resolve(&root.join("file/x"));
    assert_eq!((beyond.path, beyond.exists), (root.join("file/x"), false));
    assert!(!resolve(&root.join("file/../file")).exists);
}

#[test]
fn circles_and_endless_paths_end() {
    let (_keep, root) = root();
    symlink("b", root.join("a")).unwrap();
    symlink("a", root.join("b")).unwrap();
    assert!(!resolve(&root.join("a/x")).exists);
    assert!(!resolve(&PathBuf::from("/x".repeat(50_000))).exists);
    assert_eq!(resolve(Path::new("/../..")).path, PathBuf::from("/"));
}

#[test]
fn a_program_is_the_first_executable_file_on_the_path() {
    let (_keep, root) = root();
    for directory in ["first", "second", "third/tool"] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    fs::write(root.join("first/tool"), "").unwrap();
    executable(&root.join("second/tool"));
    let path = format!("{0}/third:{0}/first:{0}/second", root.display());
    let find = |name: &str| find_on_path(path.as_bytes(), name.as_bytes(), &root);
    assert_eq!(find("tool"), Some(root.join("second/tool")));
    assert_eq!(find("none"), None);
    assert_eq!(find(""), None);
    assert_eq!(find("second/tool"), None);
}

#[test]
fn an_empty_entry_of_the_path_is_the_working_directory() {
    let (_keep, root) = root();
    executable(&root.join("tool"));
    assert_eq!(find_on_path(b"/nowhere:", b"tool", &root), Some(root.join("tool")));
    let machine = Machine::new(root.clone(), vec![(b"PATH".to_vec(), b".".to_vec())].into());
    assert_eq!(machine.find_program(b"tool"), Some(root.join("./tool")));
}

#[test]
fn home_and_variables_are_those_of_the_cleaned_environment() {
    let machine = |home: &str| Machine::new("/".into(), vec![(b"HOME".to_vec(), home.into())].into());
    assert_eq!(machine("/home/me").home(), Some(Path::new("/home/me")));
    assert_eq!(machine("relative").home(), None);
    assert_eq!(machine("/h").variable(b"HOME"), Some(b"/h".to_vec()));
    assert_eq!(machine("/h").variable(b"PATH"), None);
}

#[test]
fn the_workspace_is_the_nearest_git_directory_and_never_home_or_root() {
    let (_keep, root) = root();
    fs::create_dir_all(root.join("project/.git")).unwrap();
    fs::create_dir_all(root.join("project/src/deep")).unwrap();
    fs::create_dir_all(root.join("loose")).unwrap();
    let found = |cwd: &str, home: &Path| workspace(&root.join(cwd), Some(home));
    assert_eq!(found("project/src/deep", &root), Some(root.join("project")));
    assert_eq!(found("loose", &root), Some(root.join("loose")));
    assert_eq!(workspace(&root, Some(&root)), None);
    assert_eq!(workspace(Path::new("/"), None), None);
    assert_eq!(found("project/src", &root.join("project")), Some(root.join("project/src")));
}

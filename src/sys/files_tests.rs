use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

use super::*;

fn mine() -> Trust {
    let account = crate::sys::account::Account::current();
    Trust::Account { uid: account.uid, gid: account.gid }
}

fn file(directory: &Path, name: &str, mode: u32) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, "x").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn a_private_file_is_believed() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(mine().check(&file(directory.path(), "a", 0o600)), Ok(()));
    assert_eq!(mine().check(&file(directory.path(), "b", 0o644)), Ok(()));
}

#[test]
fn a_file_that_others_can_write_is_not_believed_and_the_hint_says_how_to_mend_it() {
    let directory = tempfile::tempdir().unwrap();
    let open = file(directory.path(), "open", 0o666);
    let untrusted = mine().check(&open).unwrap_err();
    assert_eq!(untrusted.why, "can be written by others (mode 0666)");
    assert_eq!(untrusted.hint, format!("chmod go-w {}", open.display()));
}

#[test]
fn a_directory_above_that_others_can_write_is_as_bad_as_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let below = directory.path().join("open/closed");
    fs::create_dir_all(&below).unwrap();
    let path = file(&below, "a", 0o600);
    fs::set_permissions(directory.path().join("open"), fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(mine().check(&path).unwrap_err().path, directory.path().join("open"));
    fs::set_permissions(directory.path().join("open"), fs::Permissions::from_mode(0o1777)).unwrap();
    assert_eq!(mine().check(&path), Ok(()));
}

#[test]
fn a_link_is_as_good_as_what_it_leads_to() {
    let directory = tempfile::tempdir().unwrap();
    let link = directory.path().join("link");
    symlink(file(directory.path(), "open", 0o666), &link).unwrap();
    assert!(mine().check(&link).is_err());
}

#[test]
fn what_another_account_owns_is_not_believed() {
    if !nix::unistd::geteuid().is_root() {
        println!("counted as skipped: only root can give files away");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = file(directory.path(), "a", 0o644);
    chown(&path, Some(4242), None).unwrap();
    let untrusted = Trust::Root.check(&path).unwrap_err();
    assert_eq!(untrusted.why, "belongs to account 4242, not to root, as enforce = true requires");
    assert_eq!(Trust::Account { uid: 4242, gid: 1 }.check(&path), Ok(()));
}

#[test]
fn a_state_directory_is_made_private_and_links_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let uid = nix::unistd::geteuid().as_raw();
    let state = directory.path().join("a/b/gate");
    private_directory(&state, uid).unwrap();
    private_directory(&state, uid).unwrap();
    assert_eq!(fs::metadata(&state).unwrap().mode() & 0o7777, 0o700);
    let link = directory.path().join("link");
    symlink(&state, &link).unwrap();
    assert!(private_directory(&link, uid).unwrap_err().to_string().contains("symbolic links are refused"));
    fs::set_permissions(&state, fs::Permissions::from_mode(0o750)).unwrap();
    assert!(private_directory(&state, uid).unwrap_err().to_string().contains("mode 0750"));
}

#[test]
fn identities_differ_when_content_does_and_absence_is_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a");
    let absent = identity(&path).unwrap();
    assert_eq!(absent.inode, 0);
    fs::write(&path, "one").unwrap();
    let one = identity(&path).unwrap();
    replace(&path, b"two", 0o600).unwrap();
    let two = identity(&path).unwrap();
    assert_ne!(absent, one);
    assert_ne!(one, two);
    assert_eq!(read_limited(&path, 3).unwrap(), (b"two".to_vec(), two));
}

#[test]
fn reading_is_bounded_and_never_hangs() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a");
    fs::write(&path, "four").unwrap();
    assert!(read_limited(&path, 3).unwrap_err().to_string().contains("larger than 3 bytes"));
    let fifo = directory.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(read_limited(&fifo, 3).unwrap_err().to_string().contains("not a regular file"));
    assert!(read_limited(Path::new("/dev/zero"), 3).is_err());
}

#[test]
fn a_replacement_leaves_nothing_behind_when_it_fails() {
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("directory");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("full"), "").unwrap();
    assert!(replace(&target, b"x", 0o600).is_err());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

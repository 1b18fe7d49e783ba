//! How a run ended is what the caller sees (E1, E2).

use gate::{
    approval::Start,
    exec::{self, Ended, Pty},
};

use crate::support::permits;

fn ended(permit: &gate::approval::Permit) -> Ended {
    exec::run(permit, Pty::AsCaller, None).unwrap()
}

/// E1
#[test]
fn e1_every_exit_status_passes_unchanged() {
    for status in 0..=255 {
        assert_eq!(ended(&permits::shell(&format!("exit {status}"))), Ended::Exited(status));
    }
}

/// E1
#[test]
fn e1_a_killed_command_is_reported_with_its_signal() {
    for signal in [1, 2, 3, 9, 10, 13, 14, 15] {
        let ended = ended(&permits::shell(&format!("kill -{signal} $$")));
        assert!(matches!(ended, Ended::Signalled { signal: by, .. } if by == signal), "{signal}: {ended:?}");
    }
}

/// E2
#[test]
fn e2_a_file_that_is_not_there_ends_with_127_and_one_that_is_no_program_with_126() {
    assert_eq!(ended(&permits::program("/nonexistent/true", &["true"])), Ended::NotFound);
    assert_eq!(ended(&permits::program("/etc/passwd/true", &["true"])), Ended::NotFound);
    assert_eq!(ended(&permits::program("/etc/passwd", &["passwd"])), Ended::NotExecutable);
    assert_eq!(ended(&permits::program("/etc", &["etc"])), Ended::NotExecutable);
    assert_eq!((Ended::NotFound.exit().code(), Ended::NotExecutable.exit().code()), (127, 126));
}

/// E2
#[test]
fn e2_a_missing_program_is_never_started() {
    let missing = |found| permits::permit(Start::Missing { name: b"nonesuch".to_vec(), found });
    assert_eq!(ended(&missing(false)), Ended::NotFound);
    assert_eq!(ended(&missing(true)), Ended::NotExecutable);
}

//! What the process got from its caller, before the Rust runtime and gate changed it.
//!
//! The runtime ignores SIGPIPE and opens `/dev/null` on standard descriptors that are closed; gate ignores SIGXFSZ, so that
//! a file that may not grow is an error to report and no death in silence. All of it belongs to the command, so it is
//! noted in `.init_array`, which runs before the runtime does.

use std::sync::atomic::{AtomicU8, Ordering};

use nix::{libc, sys::signal::Signal};

const SIGPIPE_IGNORED: u8 = 1 << 6;
const SIGXFSZ_IGNORED: u8 = 1 << 5;

static INHERITED: AtomicU8 = AtomicU8::new(0);

#[used]
// SAFETY: the loader calls every pointer in `.init_array` once, on the main thread, before `main`; the function takes
// no argument and touches nothing but an atomic.
#[expect(unsafe_code, reason = "only a constructor runs before the runtime changes what is to be noted")]
#[unsafe(link_section = ".init_array.00101")]
static NOTE: extern "C" fn() = note;

/// Tells whether the caller had a standard descriptor (0, 1 or 2) closed.
#[must_use]
pub fn was_closed(descriptor: i32) -> bool {
    (0..=2).contains(&descriptor) && INHERITED.load(Ordering::Relaxed) & (1 << descriptor) != 0
}

/// The signals that this process ignores and the caller did not: the command gets their default dispositions.
pub fn ignored_since() -> impl Iterator<Item = Signal> {
    let inherited = INHERITED.load(Ordering::Relaxed);
    let known = [(SIGPIPE_IGNORED, Signal::SIGPIPE), (SIGXFSZ_IGNORED, Signal::SIGXFSZ)];
    known.into_iter().filter(move |(flag, _)| inherited & flag == 0).map(|(_, signal)| signal)
}

extern "C" fn note() {
    let mut noted = 0;
    for descriptor in 0..=2 {
        // SAFETY: F_GETFD reads a flag of a descriptor number and fails on a closed one.
        #[expect(unsafe_code, reason = "runs before the runtime: no library is to be relied on here")]
        let flags = unsafe { libc::fcntl(descriptor, libc::F_GETFD) };
        if flags == -1 {
            noted |= 1 << descriptor;
        }
    }
    if is_ignored(libc::SIGPIPE) {
        noted |= SIGPIPE_IGNORED;
    }
    // SAFETY: to ignore a signal runs no code of this program.
    #[expect(unsafe_code, reason = "nix would want a type for what was there before")]
    if unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) } == libc::SIG_IGN {
        noted |= SIGXFSZ_IGNORED;
    }
    INHERITED.store(noted, Ordering::Relaxed);
}

/// Tells whether a signal's disposition is "ignore" now.
#[must_use]
pub fn is_ignored(signal: libc::c_int) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: a null new action only reads; the kernel fills `action`, which is valid for writes.
    #[expect(unsafe_code, reason = "nix has no call that only reads a disposition")]
    let status = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: all-zero bytes are a valid `sigaction`, and the call may only have overwritten them with another.
    #[expect(unsafe_code, reason = "nix has no call that only reads a disposition")]
    let action = unsafe { action.assume_init() };
    status == 0 && action.sa_sigaction == libc::SIG_IGN
}

/// Gives dispositions and the standard descriptors back as the caller had them; for use just before `execve`.
pub fn restore() {
    ignored_since().for_each(|signal| super::signal::reset(signal as libc::c_int));
    for descriptor in 0..=2 {
        if was_closed(descriptor) {
            let _ = nix::unistd::close(descriptor);
        }
    }
}

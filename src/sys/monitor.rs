//! A process between gate and a command on a pty, so that the command can be stopped and continued as a job.
//!
//! The kernel discards a terminal's stop in an orphaned process group, and the group of a session's leader always is
//! one. So the session is led by a monitor, a fork of gate, which starts the command in a group of its own, gives it
//! the foreground or takes it away, and reports what becomes of it. Between `fork` and `_exit` it calls nothing that
//! allocates or locks. It is used only where a shell above controls jobs, or where the command shares the terminal
//! with other members of a pipeline; elsewhere one `posix_spawn` does.

use std::{
    ffi::CStr,
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd},
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, open},
    libc,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        signal::{SigSet, SigmaskHow, Signal, killpg, sigprocmask},
        signalfd::{SfdFlags, SignalFd},
        socket::{AddressFamily, SockFlag, SockType, socketpair},
        stat::Mode,
    },
    unistd::{ForkResult, Pid, fork, getpgrp, getpid, pipe2, read, setpgid, setsid, tcsetpgrp, write},
};

use super::{
    inherited,
    process::{Change, Image, Wire},
    signal,
};

/// Where a command stands on its terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It may read what is typed and change the settings.
    Foreground,
    /// It is stopped when it tries to.
    Background,
}

/// The gate's end of a monitor.
#[derive(Debug)]
pub struct Monitor {
    pid: Pid,
    control: OwnedFd,
    /// The command, a child of the monitor that leads a process group.
    pub command: Pid,
}

/// Why no command runs behind a monitor.
#[derive(Debug)]
pub enum Unstarted {
    /// The kernel did not execute the file.
    Refused(Errno),
    /// It did not come to that.
    Failed(io::Error),
}

impl Monitor {
    /// Starts a command in a session of its own on the terminal `follower`.
    ///
    /// # Errors
    /// The kernel's answer to `execve`, or to what has to be done before it.
    pub fn start(
        image: &Image,
        wires: [Wire<'_>; 3],
        follower: &CStr,
        mask: &SigSet,
        place: Place,
    ) -> Result<Self, Unstarted> {
        let failed = |error: Errno| Unstarted::Failed(error.into());
        let (ours, theirs) =
            socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)
                .map_err(failed)?;
        let (answer, refusal) = pipe2(OFlag::O_CLOEXEC).map_err(failed)?;
        let prepared = Prepared::of(image, wires, follower, mask, place);
        let mut before = SigSet::empty();
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), Some(&mut before)).map_err(failed)?;
        let forked = fork_to_leave();
        if let Ok(ForkResult::Child) = forked {
            monitor(&prepared, &theirs, &refusal);
            leave();
        }
        let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None);
        let Ok(ForkResult::Parent { child: pid }) = forked else {
            return Err(failed(forked.err().unwrap_or(Errno::EAGAIN)));
        };
        drop((theirs, refusal));
        Self::greet(pid, ours, &answer)
    }

    /// Waits until the command runs or is refused.
    fn greet(pid: Pid, control: OwnedFd, answer: &OwnedFd) -> Result<Self, Unstarted> {
        let command = receive(&control).map(Pid::from_raw);
        let mut number = [0; 4];
        let refused = read_whole(answer, &mut number);
        let monitor = Self { pid, control, command: command.unwrap_or(Pid::from_raw(0)) };
        if refused {
            return Err(Unstarted::Refused(Errno::from_raw(i32::from_ne_bytes(number))));
        }
        match command {
            Some(_) => Ok(monitor),
            None => Err(Unstarted::Failed(io::Error::other("the pty's monitor did not start"))),
        }
    }

    /// What became of the command, if something did since the last question; a monitor that is gone took it along.
    pub fn change(&mut self) -> Option<Change> {
        let mut ready = [PollFd::new(self.control.as_fd(), PollFlags::POLLIN)];
        if poll(&mut ready, PollTimeout::ZERO) != Ok(1) {
            return None;
        }
        match receive(&self.control) {
            Some(status) => Change::of(status),
            None => {
                let _ = signal::send_group(self.command, Signal::SIGKILL);
                Some(Change::Killed { signal: libc::SIGKILL.to_le_bytes()[0], core: false })
            }
        }
    }

    /// Continues the command at this place.
    pub fn resume(&self, place: Place) {
        let _ = write(&self.control, &[place as u8]);
    }
}

impl AsFd for Monitor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }
}

impl Drop for Monitor {
    /// The monitor ends by itself when the command did, or when gate's end of the line is closed.
    fn drop(&mut self) {
        let _ = nix::sys::socket::shutdown(self.control.as_raw_fd(), nix::sys::socket::Shutdown::Both);
        while nix::sys::wait::waitpid(self.pid, None) == Err(Errno::EINTR) {}
    }
}

/// What the monitor needs, made before the fork.
struct Prepared<'a> {
    file: &'a CStr,
    argv: Vec<*const libc::c_char>,
    environment: Vec<*const libc::c_char>,
    descriptors: [Descriptor; 3],
    follower: &'a CStr,
    mask: &'a SigSet,
    place: Place,
}

#[derive(Clone, Copy)]
enum Descriptor {
    Keep,
    Close,
    Copy(RawFd),
    Follower,
}

impl<'a> Prepared<'a> {
    fn of(
        image: &'a Image,
        wires: [Wire<'_>; 3],
        follower: &'a CStr,
        mask: &'a SigSet,
        place: Place,
    ) -> Self {
        let pointers = |words: &[std::ffi::CString]| {
            words.iter().map(|word| word.as_ptr()).chain([std::ptr::null()]).collect::<Vec<_>>()
        };
        let mut descriptors = [Descriptor::Keep; 3];
        for (number, (descriptor, wire)) in (0..).zip(descriptors.iter_mut().zip(wires)) {
            *descriptor = match wire {
                Wire::Keep if inherited::was_closed(number) => Descriptor::Close,
                Wire::Keep => Descriptor::Keep,
                Wire::Copy(source @ 0..=2) if source < number => Descriptor::Follower,
                Wire::Copy(source) => Descriptor::Copy(source),
                Wire::Open(_) => Descriptor::Follower,
            };
        }
        let (argv, environment) = (pointers(&image.argv), pointers(&image.environment));
        Self { file: &image.file, argv, environment, descriptors, follower, mask, place }
    }
}

/// The monitor's life, with every signal blocked. It ends where gate's end of the line is closed, too.
fn monitor(prepared: &Prepared<'_>, control: &OwnedFd, refusal: &OwnedFd) {
    let _ = setsid();
    let follower = match open(prepared.follower, OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty()) {
        Ok(follower) => follower,
        Err(error) => return refuse(refusal, error),
    };
    let command = match fork_to_leave() {
        Ok(ForkResult::Child) => {
            refuse(refusal, become_command(prepared, &follower));
            leave();
        }
        Ok(ForkResult::Parent { child }) => child,
        Err(error) => return refuse(refusal, error),
    };
    let _ = setpgid(command, command);
    let Ok(children) = SignalFd::with_flags(&SigSet::from_iter([Signal::SIGCHLD]), SfdFlags::SFD_CLOEXEC)
    else {
        return;
    };
    let _ = nix::unistd::close(refusal.as_raw_fd());
    close_others([control.as_raw_fd(), follower.as_raw_fd(), children.as_fd().as_raw_fd()]);
    if !send(control, command.as_raw()) {
        return;
    }
    watch(command, control, &follower, &children);
}

/// Enters a group of its own, the foreground if it is to be there, and becomes the command; returns why not.
fn become_command(prepared: &Prepared<'_>, follower: &OwnedFd) -> Errno {
    let _ = setpgid(Pid::from_raw(0), Pid::from_raw(0));
    if prepared.place == Place::Foreground {
        let _ = tcsetpgrp(follower, getpid());
    }
    for (number, descriptor) in (0..).zip(prepared.descriptors) {
        let source = match descriptor {
            Descriptor::Keep => continue,
            Descriptor::Close => {
                let _ = nix::unistd::close(number);
                continue;
            }
            Descriptor::Copy(source) => source,
            Descriptor::Follower => follower.as_raw_fd(),
        };
        // SAFETY: both are numbers; `number` is 0, 1 or 2, which nothing in this process owns.
        #[expect(unsafe_code, reason = "nix wants an owner for the target")]
        let copied = unsafe { libc::dup2(source, number) };
        if copied < 0 {
            return Errno::last();
        }
    }
    inherited::ignored_since().for_each(|signal| signal::reset(signal as libc::c_int));
    let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(prepared.mask), None);
    // SAFETY: both arrays end with null and point to strings that live as long as `prepared`.
    #[expect(unsafe_code, reason = "nix allocates the arrays, which is not allowed after a fork")]
    unsafe {
        libc::execve(prepared.file.as_ptr(), prepared.argv.as_ptr(), prepared.environment.as_ptr())
    };
    Errno::last()
}

/// Reports every change of the command and does as gate says, until the command ends or gate does.
fn watch(command: Pid, control: &OwnedFd, follower: &OwnedFd, children: &SignalFd) {
    loop {
        let mut ready = [
            PollFd::new(children.as_fd(), PollFlags::POLLIN),
            PollFd::new(control.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut ready, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            Err(_) => return,
            Ok(_) => {}
        }
        let [child, line] = ready.map(|fd| fd.any().unwrap_or(true));
        if child {
            let _ = children.read_signal();
            while let Some(status) = wait_status(command) {
                let reported = send(control, status);
                if !reported || !libc::WIFSTOPPED(status) {
                    return;
                }
            }
        }
        if line && !obey(command, control, follower) {
            let _ = killpg(command, Signal::SIGHUP);
            let _ = killpg(command, Signal::SIGCONT);
            return;
        }
    }
}

/// Does what gate says; false where gate is gone.
fn obey(command: Pid, control: &OwnedFd, follower: &OwnedFd) -> bool {
    let mut order = [0; 1];
    match read(control, &mut order) {
        Ok(1) => {
            let foreground = order == [Place::Foreground as u8];
            let _ = tcsetpgrp(follower, if foreground { command } else { getpgrp() });
            let _ = killpg(command, Signal::SIGCONT);
            true
        }
        Err(Errno::EINTR) => true,
        _ => false,
    }
}

/// Asks, without waiting, for the status of the command.
fn wait_status(command: Pid) -> Option<i32> {
    let mut status = 0;
    // SAFETY: waitpid writes one integer to the pointer, which is valid for it.
    #[expect(unsafe_code, reason = "nix loses the status of children that a real-time signal killed")]
    let found = unsafe { libc::waitpid(command.as_raw(), &raw mut status, libc::WNOHANG | libc::WUNTRACED) };
    (found == command.as_raw()).then_some(status)
}

/// Closes every descriptor above the standard ones but these: the pipes and the terminals are gate's and the command's.
fn close_others(mut kept: [RawFd; 3]) {
    kept.sort_unstable();
    let mut first = 3;
    for last in kept.into_iter().map(|fd| fd.saturating_sub(1)).chain([RawFd::MAX]) {
        if first <= last {
            // SAFETY: the numbers in the range are owned by values that this process never drops.
            #[expect(unsafe_code, reason = "nix has no wrapper")]
            let _ = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
        }
        first = last.saturating_add(2);
    }
}

fn send(control: &OwnedFd, number: i32) -> bool {
    write(control, &number.to_ne_bytes()) == Ok(4)
}

fn receive(control: &OwnedFd) -> Option<i32> {
    let mut number = [0; 4];
    read_whole(control, &mut number).then(|| i32::from_ne_bytes(number))
}

fn read_whole(from: &OwnedFd, number: &mut [u8; 4]) -> bool {
    loop {
        match read(from, number) {
            // The other end left with an order unread: told once, and what it said before can be read after that.
            Err(Errno::EINTR | Errno::ECONNRESET) => {}
            result => return result == Ok(4),
        }
    }
}

fn refuse(refusal: &OwnedFd, error: Errno) {
    let _ = write(refusal, &(error as i32).to_ne_bytes());
}

/// Forks; both callers' children call only what is async-signal-safe and then [`leave`] or are replaced.
fn fork_to_leave() -> nix::Result<ForkResult> {
    // SAFETY: the child neither allocates nor takes a lock, whatever other threads held, and never returns.
    #[expect(unsafe_code, reason = "groups and foreground are entered before `execve`")]
    unsafe {
        fork()
    }
}

fn leave() -> ! {
    // SAFETY: ends the process without running what belongs to the process that it was forked from.
    #[expect(unsafe_code, reason = "destructors and exit functions are the parent's")]
    unsafe {
        libc::_exit(127)
    }
}

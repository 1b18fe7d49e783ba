//! What each standard descriptor is, and what the command gets in its place.

use nix::{
    sys::stat::{SFlag, fstat},
    unistd::{getpgrp, isatty, tcgetpgrp},
};

use crate::approval::Input;
use crate::sys::{
    inherited,
    process::{Standard, standard},
};

use super::Pty;

/// What a standard descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The caller's own terminal, with the caller in its foreground.
    Own,
    /// Another terminal, or the own one seen from its background.
    Foreign,
    /// A pipe or a socket, with device and inode: nobody can tell apart what it carries.
    Channel(u64, u64),
    /// A file or a device: positions and flags matter, so nothing may come between.
    File,
    /// Closed by the caller.
    Closed,
}

/// What the command gets in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// The descriptor itself.
    Keep,
    /// The follower of the run's pty.
    Follower,
    /// A pipe that gate empties into the descriptor.
    Pipe,
    /// `/dev/null`.
    Nothing,
    /// The pipe of standard output: both were one channel, so their order is kept.
    OutputPipe,
}

/// Looks at the three standard descriptors.
pub(super) fn kinds() -> [Kind; 3] {
    [Standard::Input, Standard::Output, Standard::Error].map(kind)
}

fn kind(descriptor: Standard) -> Kind {
    if inherited::was_closed(descriptor as i32) {
        return Kind::Closed;
    }
    let fd = standard(descriptor);
    if isatty(fd) == Ok(true) {
        return if tcgetpgrp(fd) == Ok(getpgrp()) { Kind::Own } else { Kind::Foreign };
    }
    let Ok(status) = fstat(fd) else { return Kind::File };
    match SFlag::from_bits_truncate(status.st_mode) & SFlag::S_IFMT {
        SFlag::S_IFIFO | SFlag::S_IFSOCK => Kind::Channel(status.st_dev, status.st_ino),
        _ => Kind::File,
    }
}

/// Whether output is handed to a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capture {
    On,
    Off,
}

/// Decides what the command gets: a pty only where the caller has a terminal or wants one, a pipe only where a channel
/// is to be captured.
pub(super) fn uses([input, output, error]: [Kind; 3], given: Input, pty: Pty, capture: Capture) -> [Use; 3] {
    let out = |kind: Kind| match (kind, pty, capture) {
        (Kind::Own, ..) => Use::Follower,
        (Kind::Closed, ..) => Use::Keep,
        (_, Pty::Always, _) => Use::Follower,
        (Kind::Channel(..), _, Capture::On) => Use::Pipe,
        _ => Use::Keep,
    };
    let input = match (given, input) {
        (Input::Nothing, _) => Use::Nothing,
        (Input::Caller, Kind::Own) => Use::Follower,
        (Input::Caller, _) => Use::Keep,
    };
    match (out(output), out(error)) {
        (Use::Pipe, Use::Pipe) if output == error => [input, Use::Pipe, Use::OutputPipe],
        (output, error) => [input, output, error],
    }
}

#[cfg(test)]
mod tests {
    use super::{Capture::*, Input::Caller, Kind::*, Use::*, *};

    const PIPE: Kind = Channel(1, 1);
    const OTHER: Kind = Channel(1, 2);

    #[test]
    fn f1_only_the_own_terminal_becomes_a_pty() {
        assert_eq!(uses([Own, Own, Own], Caller, Pty::AsCaller, On), [Follower; 3]);
        assert_eq!(uses([Own, Own, Own], Caller, Pty::AsCaller, Off), [Follower; 3]);
        assert_eq!(uses([Foreign, Foreign, Foreign], Caller, Pty::AsCaller, On), [Keep; 3]);
        assert_eq!(uses([Own, PIPE, Own], Caller, Pty::AsCaller, On), [Follower, Pipe, Follower]);
        assert_eq!(uses([Own, PIPE, Own], Caller, Pty::AsCaller, Off), [Follower, Keep, Follower]);
        assert_eq!(uses([Own, File, Foreign], Caller, Pty::AsCaller, On), [Follower, Keep, Keep]);
    }

    #[test]
    fn f2_files_stay_and_channels_are_spliced_only_where_they_are_captured() {
        assert_eq!(uses([File, File, File], Caller, Pty::AsCaller, On), [Keep; 3]);
        assert_eq!(uses([PIPE, PIPE, OTHER], Caller, Pty::AsCaller, Off), [Keep; 3]);
        assert_eq!(uses([PIPE, PIPE, OTHER], Caller, Pty::AsCaller, On), [Keep, Pipe, Pipe]);
        assert_eq!(uses([Closed, Closed, PIPE], Caller, Pty::AsCaller, On), [Keep, Keep, Pipe]);
    }

    #[test]
    fn f2_one_channel_for_both_outputs_stays_one_so_that_their_order_is_kept() {
        assert_eq!(uses([PIPE, OTHER, OTHER], Caller, Pty::AsCaller, On), [Keep, Pipe, OutputPipe]);
    }

    #[test]
    fn f3_a_pty_without_a_terminal_is_only_for_those_who_ask() {
        assert_eq!(uses([File, PIPE, PIPE], Caller, Pty::Always, On), [Keep, Follower, Follower]);
        assert_eq!(uses([Own, File, Closed], Caller, Pty::Always, Off), [Follower, Follower, Keep]);
    }

    #[test]
    fn what_would_run_its_input_finds_nothing_there() {
        assert_eq!(
            uses([Own, Own, Own], Input::Nothing, Pty::AsCaller, On),
            [Use::Nothing, Follower, Follower]
        );
        assert_eq!(uses([PIPE, PIPE, OTHER], Input::Nothing, Pty::AsCaller, Off), [Use::Nothing, Keep, Keep]);
    }
}

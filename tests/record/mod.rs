//! Recordings that others play, and disks that fill up.

mod faults;
mod players;
mod runs;

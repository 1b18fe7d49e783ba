//! What gate says on standard error.

use std::io::Write as _;

/// Says one line, marked as gate's own.
///
/// Standard error may be full, or nobody may read it any more: then there is nobody left to tell, and what was decided
/// and how a command ended stay what they are.
pub fn say(line: &str) {
    let _ = std::io::stderr().lock().write_all(format!("gate: {line}\n").as_bytes());
}

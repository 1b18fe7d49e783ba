//! Random identifiers.

use std::{fs::File, io::Read};

/// Reads `N` bytes from the kernel's random number generator.
///
/// # Errors
/// Where `/dev/urandom` cannot be read: then there are no identifiers, and nothing runs.
pub fn random<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Makes the identifier of a run: 16 lower-case hexadecimal digits, random.
///
/// # Errors
/// As [`random`].
pub fn run_id() -> std::io::Result<String> {
    Ok(format!("{:016x}", u64::from_be_bytes(random()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ids_have_sixteen_digits_and_differ() {
        let (one, two) = (run_id().unwrap(), run_id().unwrap());
        assert_eq!(one.len(), 16);
        assert!(one.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(one, two);
    }
}

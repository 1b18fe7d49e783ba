//! What `find` looks for by name, where that bounds what it deletes.

use super::item::{Content, Item, escape_glob};
use super::options::Part;

/// The pattern that `find -name` gives for all that an action behind it meets, where it says enough: a name as it is,
/// or how it ends. Words that could widen or turn it are not followed.
pub(super) fn found_name(parts: &[Part<'_>]) -> Option<Vec<u8>> {
    const NARROW: [&str; 15] = [
        "-prune",
        "-path",
        "-wholename",
        "-type",
        "-mtime",
        "-mmin",
        "-newer",
        "-size",
        "-maxdepth",
        "-mindepth",
        "-mount",
        "-xdev",
        "-print",
        "-depth",
        "-empty",
    ];
    let mut named = None;
    for part in parts {
        let Part::Option(option, values, _) = part else { continue };
        let is = |wanted: &[&str]| option.names.split([',', ' ']).any(|name| wanted.contains(&name));
        match values.first().and_then(Item::bytes) {
            Some(name) if is(&["-name"]) && named.is_none() => {
                let end = name.strip_prefix(b"*.").unwrap_or(name);
                let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
                named = Some(name.to_vec()).filter(|_| !end.is_empty() && end.iter().all(plain));
                named.as_ref()?;
            }
            _ if is(&["-delete", "-exec"]) => return named,
            _ if is(&NARROW) || named.is_some() && is(&["-not", "!"]) => {}
            _ => return None,
        }
    }
    None
}

/// Whatever lies below a directory and has such a name, at any depth.
pub(super) fn named_below(start: &[u8], name: &[u8]) -> Content<'static> {
    let mut pattern = Vec::new();
    escape_glob(start, &mut pattern);
    pattern.extend_from_slice(b"/**/");
    pattern.extend_from_slice(name);
    Content::Glob(pattern)
}

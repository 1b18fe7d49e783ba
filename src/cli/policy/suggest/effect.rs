//! An effect of an entry in words for people.

use crate::{facts::EffectKind, policy::effect_verb};

/// `delete /srv/a tree` → `deletes /srv/a and all below it`. Paths below the entry's own directory are shown from there.
pub(super) fn in_words(effect: &str, directory: Option<&str>) -> String {
    let (kind, target) = effect.split_once(' ').unwrap_or((effect, ""));
    let Some(kind) = EffectKind::ALL.into_iter().find(|known| known.name() == kind) else {
        return effect.to_owned();
    };
    let (target, below) =
        target.strip_suffix(" tree").map_or((target, ""), |target| (target, " and all below it"));
    let target = match target.split_once(' ') {
        Some(("name", name)) if kind == EffectKind::ProjectCode => format!("({name})"),
        Some(("name" | "host", name)) => name.to_owned(),
        Some(("matching", pattern)) => format!("whatever matches {}", from(directory, pattern)),
        Some((link, leads)) => {
            let leads = leads.strip_prefix("-> ").unwrap_or(leads);
            format!("{}, which leads to {}", from(directory, link), from(directory, leads))
        }
        None => from(directory, target).to_owned(),
    };
    format!("{} {target}{below}", effect_verb(kind)).trim_end().to_owned()
}

/// A path as seen from a directory, where it lies in it.
fn from<'p>(directory: Option<&str>, path: &'p str) -> &'p str {
    let Some(below) = directory.and_then(|directory| path.strip_prefix(directory)) else { return path };
    match below.strip_prefix('/') {
        Some(below) => below,
        None if below.is_empty() => "this directory",
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_are_told_as_from_the_directory_of_the_entry() {
        for (effect, words) in [
            ("delete /w/build/{word}.o", "deletes build/{word}.o"),
            ("write /w tree", "writes this directory and all below it"),
            ("write /work/a", "writes /work/a"),
            ("read matching /w/src/*.rs", "reads whatever matches src/*.rs"),
            ("write /w/a -> /srv/a", "writes a, which leads to /srv/a"),
            ("project-code name build", "runs the project's code (build)"),
            ("network host example.org:443", "talks to example.org:443"),
            ("privilege", "takes or gives privileges:"),
            ("strange thing", "strange thing"),
        ] {
            assert_eq!(in_words(effect, Some("/w")), words);
        }
        assert_eq!(in_words("read /w/a", None), "reads /w/a");
    }
}

//! Programs that are installed here and missing from the catalog: to start one is always asked.

use std::{collections::BTreeSet, ffi::OsStr, fs, os::unix::ffi::OsStrExt as _, path::Path};

use crate::{
    config::Loaded,
    facts::Catalog,
    sys::{caller::CallerEnvironment, world},
};

use super::{Finding, Listing};

/// How many names the table shows.
const SHOWN: usize = 12;

/// Counts the programs on the caller's `PATH` that the catalog lacks, and names the first ones or all.
pub(super) fn programs(caller: &CallerEnvironment, loaded: &Loaded, listing: Listing) -> Finding {
    let catalog = match loaded.catalog() {
        Ok(catalog) => catalog,
        Err(error) => return Finding::fail("catalog", error.to_string(), "correct the catalog's file"),
    };
    finding(&installed(caller), &catalog, listing)
}

fn finding(installed: &[String], catalog: &Catalog, listing: Listing) -> Finding {
    let lacking: Vec<&str> =
        installed.iter().map(String::as_str).filter(|name| catalog.program(name).is_none()).collect();
    let (all, known) = (installed.len(), installed.len() - lacking.len());
    let mut found = format!("knows {known} of {all} programs on PATH");
    if lacking.is_empty() {
        return Finding::ok("catalog", found);
    }
    let shown = if listing == Listing::All { lacking.len() } else { SHOWN };
    let names: Vec<&str> = lacking.iter().copied().take(shown).collect();
    found.push_str(&format!("; it lacks {}", lacking.len()));
    match listing {
        Listing::All => found.push_str(&format!(":\n{}", names.join("\n"))),
        Listing::First => found.push_str(&format!(": {}", names.join(", "))),
    }
    if lacking.len() > names.len() {
        found.push_str(", …");
    }
    let advice =
        "each of them is asked; describe those that agents need in a catalog file, see `gate doctor --all`";
    Finding { advice: Some(advice.to_owned()), ..Finding::ok("catalog", found) }
}

/// Names of everything that can be executed by name, in the order in which `PATH` is searched, each once.
fn installed(caller: &CallerEnvironment) -> Vec<String> {
    let path = OsStr::from_bytes(caller.variable("PATH").unwrap_or_default());
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for directory in std::env::split_paths(path).map(|directory| caller.cwd.join(directory)) {
        let mut here: Vec<String> = programs_in(&directory).filter(|name| !seen.contains(name)).collect();
        here.sort_unstable();
        seen.extend(here.iter().cloned());
        names.extend(here);
    }
    names
}

fn programs_in(directory: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter(|entry| world::is_executable(&entry.path()))
        .filter_map(|e| e.file_name().into_string().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str], listing: Listing) -> String {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        finding(&names, &Catalog::built_in(), listing).found
    }

    #[test]
    fn what_the_catalog_lacks_is_counted_and_named() {
        assert_eq!(found(&["ls", "cat"], Listing::First), "knows 2 of 2 programs on PATH");
        let lacking = found(&["zz-tool", "ls", "aa-tool"], Listing::First);
        assert_eq!(lacking, "knows 1 of 3 programs on PATH; it lacks 2: zz-tool, aa-tool");
    }

    #[test]
    fn only_all_names_more_than_the_first_ones() {
        let names: Vec<String> = (0..SHOWN + 3).map(|number| format!("tool-{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let first = found(&names, Listing::First);
        assert!(first.ends_with(&format!("tool-{}, …", SHOWN - 1)), "{first}");
        let all = found(&names, Listing::All);
        assert!(all.ends_with(&format!("\ntool-{}", SHOWN + 2)), "{all}");
    }
}

//! Everything that the catalog says starts a command from its words: found in its tables, so that a new one is covered.

use gate::facts::Catalog;
use gate::facts::catalog::{Entry, Kind, OptionEntry, Slot, Style};

use super::quoting::{Written, bare, single};

/// A command line with a place for a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrapper {
    before: String,
    behind: String,
    takes: Takes,
}

/// What stands in that place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Takes {
    /// Its words.
    Words,
    /// A shell text in one word.
    Text,
    /// Words whose meaning the catalog does not claim to know.
    Unseen,
}

impl Wrapper {
    /// The text in front of the command; for reports.
    pub(super) fn name(&self) -> &str {
        &self.before
    }

    pub(super) const fn takes(&self) -> Takes {
        self.takes
    }

    /// Wraps a command.
    pub(super) fn around(&self, command: &Written) -> Written {
        let words = match self.takes {
            Takes::Words | Takes::Unseen if command.simple => {
                let text = format!("{} {}{}", self.before, command.text, self.behind);
                return Written { before: command.before.clone(), text, simple: true };
            }
            Takes::Words | Takes::Unseen => format!("bash -c {}", single(&command.whole())),
            Takes::Text => single(&command.whole()),
        };
        let text = format!("{} {words}{}", self.before, self.behind);
        Written { before: String::new(), text, simple: true }
    }
}

/// Every wrapper of the catalog.
pub(super) fn all(catalog: &Catalog) -> Vec<Wrapper> {
    let mut wrappers = Vec::new();
    for name in catalog.program_names() {
        let Some(entry) = catalog.program(name) else { continue };
        // A program with the name of a built-in is reached by its path.
        let builtin = catalog.builtin(name).is_some();
        collect(&if builtin { format!("/usr/bin/{name}") } else { bare(name) }, entry, &mut wrappers);
    }
    for name in catalog.builtin_names() {
        collect(&bare(name), catalog.builtin(name).expect("it is in the table"), &mut wrappers);
    }
    wrappers
}

fn collect(name: &str, entry: &'static Entry, wrappers: &mut Vec<Wrapper>) {
    let unseen = |slot: &Slot| slot.kind == Kind::Opaque || entry.opaque.is_some() && slot.kind == Kind::Text;
    if entry.operands.iter().any(unseen) {
        wrappers.push(Wrapper { before: name.to_owned(), behind: String::new(), takes: Takes::Unseen });
    }
    wrappers.extend(by_operands(name, entry.operands));
    let mut options: Vec<&OptionEntry> = entry.options.iter().map(|(_, option)| *option).collect();
    options.dedup_by_key(|option| option.names);
    options.sort_by_key(|option| option.names);
    options.dedup_by_key(|option| option.names);
    let start = if entry.style == Style::Find { format!("{name} .") } else { name.to_owned() };
    for option in options {
        wrappers.extend(by_option(&start, entry, option));
    }
    for (sub, entry) in entry.subs {
        collect(&format!("{name} {sub}"), entry, wrappers);
    }
}

/// A wrapper that starts what stands in its operands.
fn by_operands(name: &str, slots: &[Slot]) -> Option<Wrapper> {
    let place = slots.iter().position(|slot| takes(slot.kind).is_some())?;
    let takes = takes(slots.get(place)?.kind)?;
    let before =
        [name.to_owned()].into_iter().chain(samples(slots.get(..place)?)).collect::<Vec<_>>().join(" ");
    let behind = samples(slots.get(place + 1..)?).map(|word| format!(" {word}")).collect();
    Some(Wrapper { before, behind, takes })
}

/// A wrapper that starts the value of an option, or what stands in the operands beside that option.
fn by_option(name: &str, entry: &Entry, option: &OptionEntry) -> Option<Wrapper> {
    let written = option.names.split(',').next()?;
    let values: Vec<Slot> = option.values.iter().map(|kind| Slot { kind: *kind, repeated: false }).collect();
    let sample =
        |slot: &Slot| if takes(slot.kind).is_some() { None } else { Some(sample(slot.kind).to_owned()) };
    if let Some(place) = values.iter().position(|slot| takes(slot.kind).is_some()) {
        let kind = values.get(place)?.kind;
        let takes = takes(kind)?;
        let before = [name.to_owned(), written.to_owned()]
            .into_iter()
            .chain(values.get(..place)?.iter().filter_map(sample));
        let operands = entry.operands.iter().filter(|slot| !slot.repeated).filter_map(sample);
        let end = if kind == Kind::CommandUntil { " ';'" } else { "" };
        let behind: Vec<String> =
            values.get(place + 1..)?.iter().filter_map(sample).chain(operands).collect();
        let behind = behind.iter().map(|word| format!(" {word}")).collect::<String>();
        let behind = if kind == Kind::CommandUntil { end.to_owned() } else { behind };
        return Some(Wrapper { before: before.collect::<Vec<_>>().join(" "), behind, takes });
    }
    let words: Vec<String> =
        [name.to_owned(), written.to_owned()].into_iter().chain(values.iter().filter_map(sample)).collect();
    by_operands(&words.join(" "), option.operands?)
}

fn takes(kind: Kind) -> Option<Takes> {
    match kind {
        Kind::Command | Kind::CommandWithInput | Kind::CommandUntil | Kind::RemoteCommand => {
            Some(Takes::Words)
        }
        Kind::Shell(_) | Kind::Eval | Kind::RemoteEval => Some(Takes::Text),
        _ => None,
    }
}

/// Words for the operands that have to be there.
fn samples(slots: &[Slot]) -> impl Iterator<Item = String> + '_ {
    slots.iter().filter(|slot| !slot.repeated).map(|slot| sample(slot.kind).to_owned())
}

fn sample(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "5",
        Kind::Host => "web",
        Kind::Url => "https://example.com/",
        Kind::Directory => ".",
        Kind::Assignment => "A=b",
        Kind::Execute => "cat",
        Kind::Sed => "p",
        Kind::Awk => "1",
        Kind::Sql => "'SELECT 1'",
        Kind::Path(..) | Kind::Transfer(..) | Kind::Mount => "/tmp/w",
        _ => "x",
    }
}

#[test]
fn the_wrappers_that_people_know_are_among_them() {
    let wrappers = all(&Catalog::built_in());
    for (name, takes) in [
        ("sudo", Takes::Words),
        ("env", Takes::Words),
        ("nohup", Takes::Words),
        ("timeout 5", Takes::Words),
        ("nice", Takes::Words),
        ("xargs", Takes::Words),
        ("find . -exec", Takes::Words),
        ("find . -ok", Takes::Words),
        ("sh -c", Takes::Text),
        ("bash -c", Takes::Text),
        ("su -c", Takes::Text),
        ("eval", Takes::Text),
        ("command", Takes::Words),
        ("builtin", Takes::Words),
        ("exec", Takes::Words),
        ("ssh web", Takes::Text),
        ("docker exec 5", Takes::Words),
        ("kubectl exec 5", Takes::Words),
        ("watch", Takes::Text),
        ("watch -x", Takes::Words),
    ] {
        assert!(
            wrappers.iter().any(|wrapper| wrapper.before == name && wrapper.takes == takes),
            "{name}; there are {:?}",
            wrappers.iter().map(Wrapper::name).collect::<Vec<_>>()
        );
    }
    assert!(wrappers.iter().any(|wrapper| wrapper.takes == Takes::Unseen));
}

//! What changes in a file, as people read it.

/// Lines around a change that are shown.
const AROUND: usize = 2;

/// The lines that go and come between two texts, with `-` and `+` in front, and a few around them.
#[must_use]
pub fn difference(before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = |old: &mut dyn Iterator<Item = &&str>, new: &mut dyn Iterator<Item = &&str>| {
        old.zip(new).take_while(|(old, new)| old == new).count()
    };
    let head = same(&mut old.iter(), &mut new.iter());
    let most = old.len().min(new.len()) - head;
    let tail = same(&mut old.iter().rev(), &mut new.iter().rev()).min(most);
    let part = |lines: &[&str], from: usize, to: usize, mark: &str| -> Vec<String> {
        lines.iter().take(to).skip(from).map(|line| format!("{mark} {line}")).collect()
    };
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    [
        part(&old, head.saturating_sub(AROUND), head, " "),
        part(&old, head, old_end, "-"),
        part(&new, head, new_end, "+"),
        part(&new, new_end, new_end + AROUND, " "),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_and_its_neighbours_are_shown() {
        let shown = |before, after| difference(before, after).join("\n");
        assert_eq!(shown("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nX\ne\nf\n"), "  b\n  c\n- d\n+ X\n  e\n  f");
        assert_eq!(shown("", "a\nb\n"), "+ a\n+ b");
        assert_eq!(shown("a\na\n", "a\na\na\n"), "  a\n  a\n+ a");
        assert_eq!(shown("a\n", "a\n"), "  a");
        assert_eq!(shown("a\nb\n", "b\n"), "- a\n  b");
    }
}

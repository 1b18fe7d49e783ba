//! Rows of patterns against rows of items, with `**` for any number of items: path components and words alike.

/// A set of positions in a pattern, as bits: bit i is set when the items so far can be what its first i parts stand
/// for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct States(u128);

/// Most parts that a pattern may have.
pub(super) const MOST_PARTS: usize = 120;

impl States {
    /// The states before the first item.
    pub(super) fn start<P>(parts: &[P], is_deep: impl Fn(&P) -> bool) -> Self {
        Self(1).close(parts, is_deep)
    }

    /// The states after one more item.
    pub(super) fn step<P>(
        self,
        parts: &[P],
        is_deep: impl Fn(&P) -> bool,
        accepts: impl Fn(&P) -> bool,
    ) -> Self {
        let mut next = 0;
        for (index, part) in self.each(parts) {
            if is_deep(part) {
                next |= 1 << index;
            } else if accepts(part) {
                next |= 1 << (index + 1);
            }
        }
        Self(next).close(parts, is_deep)
    }

    /// The states after any number of unknown items.
    pub(super) const fn step_unknown(self, length: usize) -> Self {
        if self.0 == 0 {
            return self;
        }
        let all = (1 << (length + 1)) - 1;
        Self(all & !((1 << self.0.trailing_zeros()) - 1))
    }

    /// Whether the items so far are what the whole pattern stands for.
    pub(super) const fn is_match(self, length: usize) -> bool {
        self.0 & (1 << length) != 0
    }

    /// Whether more items could make a match.
    pub(super) const fn is_alive(self, length: usize) -> bool {
        self.0 & ((1 << length) - 1) != 0
    }

    /// Whether nothing can match any more.
    pub(super) const fn is_dead(self) -> bool {
        self.0 == 0
    }

    /// Whether every continuation is a match: what is left of the pattern is `**` alone.
    pub(super) fn takes_everything<P>(self, parts: &[P], is_deep: impl Fn(&P) -> bool) -> bool {
        parts.last().is_some_and(is_deep) && self.0 & (1 << (parts.len() - 1)) != 0
    }

    fn close<P>(self, parts: &[P], is_deep: impl Fn(&P) -> bool) -> Self {
        let mut set = self.0;
        for (index, part) in parts.iter().enumerate() {
            if set & (1 << index) != 0 && is_deep(part) {
                set |= 1 << (index + 1);
            }
        }
        Self(set)
    }

    fn each<P>(self, parts: &[P]) -> impl Iterator<Item = (usize, &P)> {
        parts.iter().enumerate().filter(move |(index, _)| self.0 & (1 << index) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(pattern: &str, items: &str) -> (States, Vec<String>) {
        let parts: Vec<String> = pattern.split_whitespace().map(str::to_owned).collect();
        let deep = |part: &String| part == "**";
        let mut states = States::start(&parts, deep);
        for item in items.split_whitespace() {
            states = match item {
                "?" => states.step_unknown(parts.len()),
                item => states.step(&parts, deep, |part| part == item || part == "*"),
            };
        }
        (states, parts)
    }

    fn is_match(pattern: &str, items: &str) -> bool {
        let (states, parts) = run(pattern, items);
        states.is_match(parts.len())
    }

    #[test]
    fn two_stars_are_any_number_of_items() {
        for (pattern, items, expected) in [
            ("a b", "a b", true),
            ("a b", "a", false),
            ("a **", "a", true),
            ("a **", "a b c", true),
            ("** b", "b", true),
            ("** b", "a a b", true),
            ("** b", "a b a", false),
            ("a ** b ** c", "a x b y y c", true),
            ("a ** b ** c", "a x c", false),
            ("a *", "a", false),
            ("a *", "a b", true),
            ("a *", "a b c", false),
            ("", "", true),
            ("", "a", false),
            ("**", "", true),
        ] {
            assert_eq!(is_match(pattern, items), expected, "{pattern:?} {items:?}");
        }
    }

    #[test]
    fn an_unknown_item_can_be_anything_behind_what_is_already_passed() {
        assert!(is_match("a b c", "a ?"));
        assert!(is_match("a b c", "a ? c"));
        assert!(!is_match("a b c", "x ?"));
        assert!(is_match("a", "a ?"));
    }

    #[test]
    fn everything_is_taken_only_where_two_stars_are_left() {
        let takes = |pattern, items| {
            let (states, parts) = run(pattern, items);
            states.takes_everything(&parts, |part| part == "**")
        };
        assert!(takes("a **", "a"));
        assert!(takes("a **", "a b"));
        assert!(!takes("a ** b", "a"));
        assert!(!takes("a", "a"));
        let (states, parts) = run("a b", "a");
        assert!(states.is_alive(parts.len()) && !states.is_match(parts.len()));
    }
}

//! Path patterns against what an effect is done to, in three values.
//!
//! An allowing rule may speak only where the target *certainly* lies in its pattern: everything that the command can
//! reach does. A strict rule speaks already where the target *may* touch its pattern. [`Contact`] carries both
//! answers.

use std::{
    borrow::Cow,
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use super::{
    Context, pattern,
    states::{MOST_PARTS, States},
};

/// What a path pattern starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Base {
    Root,
    Workspace,
    Home,
    Cwd,
    Gate,
}

impl Base {
    pub(super) const ALL: [Self; 5] = [Self::Root, Self::Workspace, Self::Home, Self::Cwd, Self::Gate];

    /// How patterns name it; the root needs no name.
    pub(super) const fn name(self) -> Option<&'static str> {
        match self {
            Self::Root => None,
            Self::Workspace => Some("{workspace}"),
            Self::Home => Some("{home}"),
            Self::Cwd => Some("{cwd}"),
            Self::Gate => Some("{gate}"),
        }
    }

    /// The directories that it stands for here; none where the context knows none.
    pub(super) fn directories(self, context: &Context) -> impl Iterator<Item = &Path> {
        let one: Option<&Path> = match self {
            Self::Root => Some(Path::new("/")),
            Self::Workspace => context.workspace.as_deref(),
            Self::Home => context.home.as_deref(),
            Self::Cwd => Some(&context.cwd),
            Self::Gate => None,
        };
        let many: &[_] = if self == Self::Gate { &context.gate_paths } else { &[] };
        one.into_iter().chain(many.iter().map(AsRef::as_ref))
    }
}

/// A path pattern: a base and, below it, components with `*` for any bytes and `**` for any number of components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PathPattern<'a> {
    pub(super) base: Base,
    /// Without a leading slash; empty for the base itself.
    pub(super) below: &'a [u8],
}

/// How a target meets a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Contact {
    /// Everything that the command can reach lies in the pattern.
    pub(super) all: bool,
    /// Whether something that it can reach lies in the pattern.
    pub(super) some: Touch,
}

/// Whether something of a target lies in a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Touch {
    No,
    Maybe,
    Certain,
}

impl Contact {
    pub(super) const NONE: Self = Self { all: false, some: Touch::No };
    /// Where the target is not known: nothing is certain, everything possible.
    pub(super) const UNKNOWN: Self = Self { all: false, some: Touch::Maybe };
    pub(super) const FULL: Self = Self { all: true, some: Touch::Certain };

    /// The contact with the one or the other of two patterns.
    pub(super) fn or(self, other: Self) -> Self {
        Self { all: self.all || other.all, some: self.some.max(other.some) }
    }

    /// The contact of a target that is both of two paths, as a symbolic link and what it leads to are.
    fn and(self, other: Self) -> Self {
        let some = match (self.some, other.some) {
            (Touch::No, Touch::No) => Touch::No,
            (Touch::Certain, Touch::Certain) => Touch::Certain,
            _ => Touch::Maybe,
        };
        Self { all: self.all && other.all, some }
    }
}

/// Reads a pattern as it is written in a policy.
///
/// # Errors
/// A clause for people.
pub(super) fn parse(text: &str) -> Result<(Base, &str), &'static str> {
    let (base, below) = split_base(text)?;
    let mut parts = below.split('/').filter(|_| !below.is_empty());
    if parts.any(|part| matches!(part, "" | "." | "..")) {
        return Err("a path pattern has no empty, `.` or `..` components");
    }
    if below.split('/').count() >= MOST_PARTS / 2 {
        return Err("a path pattern has at most 59 components");
    }
    Ok((base, below))
}

fn split_base(text: &str) -> Result<(Base, &str), &'static str> {
    if let Some(below) = text.strip_prefix('/') {
        return Ok((Base::Root, below));
    }
    if text == "**" || text.starts_with("**/") {
        return Ok((Base::Root, text));
    }
    let with_name = |base: &Base| Some((*base, text.strip_prefix(base.name()?)?));
    let (base, rest) = Base::ALL.iter().find_map(with_name).ok_or(if text.starts_with('~') {
        "write `{home}` instead of `~`"
    } else {
        "a path pattern starts with `/`, `**/`, `{workspace}`, `{home}`, `{cwd}` or `{gate}`"
    })?;
    match rest.strip_prefix('/') {
        Some(below) => Ok((base, below)),
        None if rest.is_empty() => Ok((base, rest)),
        None => Err("`/` is missing behind the variable"),
    }
}

/// The part of a pattern in front of its first wildcard component: `/usr/**` → `usr`.
pub(super) fn literal_prefix(below: &[u8]) -> &[u8] {
    let mut end = 0;
    for part in components(below) {
        if !pattern::is_literal(part) {
            break;
        }
        end += part.len() + 1;
    }
    below.get(..end.saturating_sub(1)).unwrap_or(below)
}

/// The directory in front of the first component that the shell expands.
pub(super) fn literal_directory(glob: &[u8]) -> PathBuf {
    let mut directory = PathBuf::from("/");
    for component in components(glob).take_while(|component| !pattern::is_glob(component)) {
        directory.push(OsStr::from_bytes(&pattern::unescape(component)));
    }
    directory
}

/// Whether a pattern starts with `**` and names something behind it: it protects a name wherever it lies.
pub(super) fn is_floating(below: &[u8]) -> bool {
    below.starts_with(b"**/") && components(below).any(|part| part != b"**")
}

/// Whether the last component of a shell's pattern says no more of a name than how it ends: `*.json`.
pub(super) fn ends_as_many_do(glob: &[u8]) -> bool {
    let last = components(glob).last().unwrap_or_default();
    last.strip_prefix(b"*.").is_some_and(|end| !end.is_empty() && end.iter().all(u8::is_ascii_alphanumeric))
}

/// The components of a path or pattern; none for the empty one.
pub(super) fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty())
}

/// The contact of a path that is known exactly. `resolved` is where it leads.
pub(super) fn of_path(
    pattern: PathPattern<'_>,
    path: &Path,
    resolved: &Path,
    recursive: bool,
    context: &Context,
) -> Contact {
    let one = |path: &Path| {
        if let Some(contact) = by_name(pattern, path, recursive) {
            return contact;
        }
        let in_base = |base: &Path| {
            step_by_step(pattern, base, path, recursive).unwrap_or_else(|| {
                let parts: Vec<Item<'_>> = components(path.as_os_str().as_bytes()).map(Item::Exact).collect();
                contact_in(pattern, base, &parts, recursive)
            })
        };
        pattern.base.directories(context).map(in_base).fold(Contact::NONE, Contact::or)
    };
    if path == resolved { one(path) } else { one(path).and(one(resolved)) }
}

/// The contact with a pattern of the form `**/NAME`, for which the last component decides; `None` for other forms.
fn by_name(pattern: PathPattern<'_>, path: &Path, recursive: bool) -> Option<Contact> {
    let name = pattern.below.strip_prefix(b"**/").filter(|_| pattern.base == Base::Root)?;
    if name.contains(&b'/') || name == b"**" {
        return None;
    }
    let last = path.as_os_str().as_bytes().rsplit(|byte| *byte == b'/').next()?;
    if last.is_empty() || !pattern::matches(name, last) {
        return Some(Contact::NONE);
    }
    Some(Contact { all: !recursive, some: Touch::Certain })
}

/// The contact as far as it shows by going through both component by component; `None` where something stands
/// behind a `**` of the pattern.
fn step_by_step(pattern: PathPattern<'_>, base: &Path, path: &Path, recursive: bool) -> Option<Contact> {
    let literal = components(base.as_os_str().as_bytes()).map(|part| (part, false));
    let mut wanted = literal.chain(components(pattern.below).map(|part| (part, true)));
    let mut found = components(path.as_os_str().as_bytes());
    while let Some((part, is_pattern)) = wanted.next() {
        if is_pattern && part == b"**" {
            let is_last = wanted.all(|(part, _)| part == b"**");
            return is_last.then_some(Contact::FULL);
        }
        match found.next() {
            Some(name) if is_pattern && pattern::matches(part, name) => {}
            Some(name) if !is_pattern && part == name => {}
            Some(_) => return Some(Contact::NONE),
            None if recursive && !is_floating(pattern.below) => return Some(Contact::UNKNOWN),
            None => return Some(Contact::NONE),
        }
    }
    match found.next() {
        None => Some(Contact { all: !recursive, some: Touch::Certain }),
        Some(_) => Some(Contact::NONE),
    }
}

/// The contact of whatever matches an absolute pattern of the shell's.
pub(super) fn of_glob(pattern: PathPattern<'_>, glob: &[u8], recursive: bool, context: &Context) -> Contact {
    let unescaped: Vec<Option<Cow<'_, [u8]>>> =
        components(glob).map(|part| (!pattern::is_glob(part)).then(|| pattern::unescape(part))).collect();
    let parts: Vec<Item<'_>> = components(glob)
        .zip(&unescaped)
        .map(|(part, literal)| literal.as_deref().map_or(Item::Glob(part), Item::Exact))
        .collect();
    if let Some(contact) = glob_by_name(pattern, &parts, recursive) {
        return contact;
    }
    let direct = contact(pattern, &parts, recursive, context);
    match parts.split_last() {
        // `DIR/*` with everything below is DIR with everything below: for strict rules it counts as both.
        Some((Item::Glob(last), directory)) if recursive && pattern::is_everything(last) => Contact {
            all: direct.all,
            some: direct.some.max(contact(pattern, directory, true, context).some),
        },
        _ => direct,
    }
}

/// Whether a shell's pattern and a pattern differ before either leaves a choice, as most do: found without a copy.
pub(super) fn glob_leads_apart(pattern: PathPattern<'_>, glob: &[u8], context: &Context) -> bool {
    let plain = |part: &&[u8]| !part.iter().any(|byte| matches!(byte, b'*' | b'?' | b'[' | b'\\'));
    let mut directories = pattern.base.directories(context);
    directories.all(|directory| {
        let base = components(directory.as_os_str().as_bytes());
        let wanted = base.map(|part| (part, true)).chain(components(pattern.below).map(|part| (part, false)));
        let certain = |(part, is_base): &(&[u8], bool)| *is_base || plain(part);
        let mut both = wanted.take_while(certain).zip(components(glob).take_while(plain));
        both.any(|((wanted, _), found)| wanted != found)
    })
}

/// The contact with a pattern of the form `**/NAME`, for which the last component decides, unless all below counts.
fn glob_by_name(pattern: PathPattern<'_>, items: &[Item<'_>], recursive: bool) -> Option<Contact> {
    let name = pattern.below.strip_prefix(b"**/").filter(|_| pattern.base == Base::Root && !recursive)?;
    if name.contains(&b'/') || name == b"**" {
        return None;
    }
    let (part, last) = (Part::of(name), *items.last()?);
    let all = part.must_be(last);
    let some = match part.may_be(last, true) {
        _ if all => Touch::Certain,
        true => Touch::Maybe,
        false => Touch::No,
    };
    Some(Contact { all, some })
}

/// Whether a file can be what the shell's pattern matches, or lie below it.
pub(super) fn glob_reaches(glob: &[u8], recursive: bool, file: &Path) -> bool {
    let mut wanted = components(glob);
    let mut found = components(file.as_os_str().as_bytes());
    loop {
        match (wanted.next(), found.next()) {
            (Some(glob), Some(part)) if shell_overlaps(&escape(part), glob) => {}
            (None, None) => return true,
            (None, Some(_)) => return recursive,
            _ => return false,
        }
    }
}

/// Whether a name can exist that both match. The shell's wildcards do not match a dot at the start of a name; what
/// would change that (`dotglob`) is not understood.
fn shell_overlaps(pattern: &[u8], glob: &[u8]) -> bool {
    let hidden = pattern.starts_with(b".") && matches!(glob.first(), Some(b'*' | b'?' | b'['));
    !hidden && pattern::overlaps(pattern, glob)
}

fn escape(part: &[u8]) -> Cow<'_, [u8]> {
    if pattern::is_literal(part) {
        return Cow::Borrowed(part);
    }
    let mut escaped = Vec::with_capacity(part.len() + 1);
    for byte in part {
        if matches!(byte, b'*' | b'\\') {
            escaped.push(b'\\');
        }
        escaped.push(*byte);
    }
    Cow::Owned(escaped)
}

/// A component of a target.
#[derive(Clone, Copy, Debug)]
enum Item<'t> {
    Exact(&'t [u8]),
    Glob(&'t [u8]),
}

/// A component of a pattern, its base's among them.
#[derive(Clone, Copy, Debug)]
enum Part<'a> {
    Literal(&'a [u8]),
    Pattern(&'a [u8]),
    Deep,
}

impl<'a> Part<'a> {
    fn of(part: &'a [u8]) -> Self {
        match part {
            b"**" => Self::Deep,
            part if pattern::is_literal(part) => Self::Literal(part),
            part => Self::Pattern(part),
        }
    }

    const fn is_deep(&self) -> bool {
        matches!(self, Self::Deep)
    }

    fn may_be(self, item: Item<'_>, floating: bool) -> bool {
        match (self, item) {
            (Self::Deep, _) => true,
            (Self::Literal(literal), Item::Exact(name)) => literal == name,
            (Self::Pattern(pattern), Item::Exact(name)) => pattern::matches(pattern, name),
            (Self::Literal(_) | Self::Pattern(_), Item::Glob(glob))
                if floating && pattern::is_all_stars(glob) =>
            {
                false
            }
            (Self::Literal(literal), Item::Glob(glob)) => shell_overlaps(&escape(literal), glob),
            (Self::Pattern(pattern), Item::Glob(glob)) => shell_overlaps(pattern, glob),
        }
    }

    fn must_be(self, item: Item<'_>) -> bool {
        match (self, item) {
            (Self::Deep, _) => true,
            (Self::Literal(literal), Item::Exact(name)) => literal == name,
            (Self::Pattern(pattern), Item::Exact(name)) => pattern::matches(pattern, name),
            (Self::Literal(_), Item::Glob(_)) => false,
            (Self::Pattern(pattern), Item::Glob(glob)) => pattern::contains(pattern, glob),
        }
    }
}

fn contact(pattern: PathPattern<'_>, items: &[Item<'_>], recursive: bool, context: &Context) -> Contact {
    let in_directory = |directory: &Path| contact_in(pattern, directory, items, recursive);
    pattern.base.directories(context).map(in_directory).fold(Contact::NONE, Contact::or)
}

fn contact_in(pattern: PathPattern<'_>, directory: &Path, items: &[Item<'_>], recursive: bool) -> Contact {
    let base = components(directory.as_os_str().as_bytes()).map(Part::Literal);
    let parts = base.chain(components(pattern.below).map(Part::of));
    if lead_apart(parts.clone(), items) {
        return Contact::NONE;
    }
    let parts: Vec<Part<'_>> = parts.collect();
    if parts.len() > MOST_PARTS {
        return Contact::UNKNOWN;
    }
    let floating = is_floating(pattern.below);
    let must = run(&parts, items, Part::must_be);
    let may = run(&parts, items, |part, item| part.may_be(item, floating));
    let length = parts.len();
    let all = if recursive { must.takes_everything(&parts, Part::is_deep) } else { must.is_match(length) };
    let below = recursive && !floating && may.is_alive(length);
    let some = match (must.is_match(length), may.is_match(length) || below) {
        (true, _) => Touch::Certain,
        (false, true) => Touch::Maybe,
        (false, false) => Touch::No,
    };
    Contact { all, some }
}

/// Whether two names differ before either side leaves a choice, as for most patterns they do.
fn lead_apart<'a>(parts: impl Iterator<Item = Part<'a>>, items: &[Item<'_>]) -> bool {
    parts
        .zip(items)
        .map_while(|pair| match pair {
            (Part::Literal(literal), Item::Exact(name)) => Some(literal == *name),
            _ => None,
        })
        .any(|same| !same)
}

fn run<'a>(parts: &[Part<'a>], items: &[Item<'_>], accepts: impl Fn(Part<'a>, Item<'_>) -> bool) -> States {
    let mut states = States::start(parts, Part::is_deep);
    for item in items {
        if states.is_dead() {
            break;
        }
        states = states.step(parts, Part::is_deep, |part| accepts(*part, *item));
    }
    states
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::context;

    fn pattern(text: &str) -> PathPattern<'_> {
        let (base, below) = parse(text).unwrap();
        PathPattern { base, below: below.as_bytes() }
    }

    fn path(text: &str, path: &str, recursive: bool) -> (bool, Touch) {
        let contact = of_path(pattern(text), Path::new(path), Path::new(path), recursive, &context());
        (contact.all, contact.some)
    }

    fn glob(text: &str, glob: &str, recursive: bool) -> (bool, Touch) {
        let contact = of_glob(pattern(text), glob.as_bytes(), recursive, &context());
        (contact.all, contact.some)
    }

    use Touch::{Certain, Maybe, No};

    #[test]
    fn exact_paths() {
        for (text, target, expected) in [
            ("{workspace}/**", "/home/user/project/src/main.rs", (true, Certain)),
            ("{workspace}/**", "/home/user/project", (true, Certain)),
            ("{workspace}/**", "/home/user/project2/a", (false, No)),
            ("{workspace}", "/home/user/project", (true, Certain)),
            ("{home}/.ssh/**", "/home/user/.ssh/id_rsa", (true, Certain)),
            ("/home/*/.ssh/**", "/home/other/.ssh/id_rsa", (true, Certain)),
            ("/etc/shadow", "/etc/shadow", (true, Certain)),
            ("/etc/shadow", "/etc/shadow-", (false, No)),
            ("/", "/", (true, Certain)),
            ("/", "/etc", (false, No)),
            ("**/.env", "/home/user/project/a/.env", (true, Certain)),
            ("**/.env", "/.env", (true, Certain)),
            ("**/*.pem", "/srv/x.pem", (true, Certain)),
            ("{gate}/**", "/home/user/.config/gate/gate.toml", (true, Certain)),
            ("{gate}/**", "/home/user/.local/state/gate", (true, Certain)),
            ("/proc/*/environ", "/proc/1/environ", (true, Certain)),
        ] {
            assert_eq!(path(text, target, false), expected, "{text} {target}");
        }
    }

    #[test]
    fn a_tree_is_contained_only_below_two_stars_and_touches_what_lies_below_it() {
        for (text, target, expected) in [
            ("{workspace}/**", "/home/user/project", (true, Certain)),
            ("{workspace}/*", "/home/user/project/a", (false, Certain)),
            ("{home}/.ssh/**", "/home/user", (false, Maybe)),
            ("{home}/.ssh/**", "/", (false, Maybe)),
            ("{home}/.ssh/**", "/home/user/.ssh", (true, Certain)),
            ("{home}/.ssh/**", "/home/user/project", (false, No)),
            ("/etc/shadow", "/etc", (false, Maybe)),
            ("/", "/", (false, Certain)),
            ("{workspace}", "/home", (false, Maybe)),
            ("/proc/*/environ", "/proc", (false, Maybe)),
        ] {
            assert_eq!(path(text, target, true), expected, "{text} {target}");
        }
    }

    #[test]
    fn a_name_protected_wherever_it_lies_is_not_presumed_in_a_tree() {
        assert_eq!(path("**/.env", "/home/user/project", true), (false, No));
        assert_eq!(path("{workspace}/**/.env", "/home/user/project", true), (false, No));
        assert_eq!(glob("**/.env", "/home/user/project/*", false), (false, No));
        assert_eq!(glob("**/.env", "/home/user/project/.en?", false), (false, Maybe));
        assert_eq!(glob("**/.env", "/home/user/project/*/.env", false), (true, Certain));
        assert_eq!(glob("**/*.pem", "/home/user/project/*.rs", false), (false, No));
        assert_eq!(glob("**/.env.*", "/home/user/project/*.rs", false), (false, No));
        assert_eq!(glob("**/.env.*", "/home/user/project/.*.rs", false), (false, Maybe));
    }

    #[test]
    fn shell_patterns_are_contained_only_whole() {
        for (text, target, expected) in [
            ("{workspace}/**", "/home/user/project/*.rs", (true, Certain)),
            ("{workspace}/**/*.log", "/home/user/project/*.log", (true, Certain)),
            ("{workspace}/**/*.log", "/home/user/project/*", (false, No)),
            ("{workspace}/**", "/home/user/*", (false, Maybe)),
            ("{home}/.aws/**", "/home/user/.aws/credential?", (true, Certain)),
            ("{home}/.ssh/**", "/home/*/.ssh/id_rsa", (false, Maybe)),
            ("/etc", "/et?", (false, Maybe)),
            ("/etc", "/et[c]", (false, Maybe)),
            (r"/a/\*", r"/a/\*", (true, Certain)),
            (r"/a/x", r"/a/\*", (false, No)),
        ] {
            assert_eq!(glob(text, target, false), expected, "{text} {target}");
        }
    }

    #[test]
    fn everything_in_a_directory_with_all_below_is_the_directory() {
        assert_eq!(glob("/", "/*", true), (false, Certain));
        assert_eq!(glob("{home}", "/home/user/*", true), (false, Certain));
        assert_eq!(glob("{home}", "/home/user/.[!.]*", true), (false, Certain));
        assert_eq!(glob("{home}", "/home/user/a*", true), (false, No));
        assert_eq!(glob("{home}", "/home/user/*", false), (false, No));
    }

    #[test]
    fn a_link_is_contained_only_with_what_it_leads_to() {
        let link = Path::new("/home/user/project/notes");
        let secret = Path::new("/home/user/.ssh/id_rsa");
        let both = |text| of_path(pattern(text), link, secret, false, &context());
        assert_eq!(both("{workspace}/**"), Contact { all: false, some: Maybe });
        assert_eq!(both("{home}/.ssh/**"), Contact { all: false, some: Maybe });
        assert_eq!(both("{home}/**"), Contact { all: true, some: Certain });
    }

    #[test]
    fn a_pattern_without_its_base_meets_nothing() {
        let context = Context { workspace: None, ..context() };
        let target = Path::new("/home/user/project/a");
        assert_eq!(of_path(pattern("{workspace}/**"), target, target, false, &context), Contact::NONE);
    }

    #[test]
    fn a_path_too_deep_to_be_compared_is_unknown() {
        let deep = format!("/{}", "d/".repeat(130));
        let target = Path::new(&deep).join("y");
        let context = Context { cwd: deep.into(), ..context() };
        assert_eq!(of_path(pattern("{cwd}/**/x"), &target, &target, false, &context), Contact::UNKNOWN);
    }

    proptest::proptest! {
        #[test]
        fn the_short_ways_give_what_the_long_way_gives(
            text in "(/|\\*\\*/|\\{home\\}/)(a|b|\\*|\\*\\*|a\\*)(/(a|b|\\*\\*)){0,3}",
            path in "(/home/user)?(/(a|b|ab)){0,4}", recursive in proptest::bool::ANY,
        ) {
            let path = Path::new(if path.is_empty() { "/" } else { &path });
            let items: Vec<Item<'_>> = components(path.as_os_str().as_bytes()).map(Item::Exact).collect();
            let context = context();
            proptest::prop_assert_eq!(
                of_path(pattern(&text), path, path, recursive, &context),
                contact(pattern(&text), &items, recursive, &context)
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn the_short_ways_of_globs_give_what_the_long_way_gives(
            text in "(/|\\*\\*/|\\{home\\}/)(a|b|\\*|\\*\\*|a\\*)(/(a|b|\\*\\*)){0,3}",
            glob in "(/home/user)?(/(a|b|a\\?|\\*|\\[ab\\]|\\\\a|\\.\\*)){1,4}", recursive in proptest::bool::ANY,
        ) {
            let unescaped: Vec<_> = components(glob.as_bytes()).map(pattern::unescape).collect();
            let item = |(part, literal)| if pattern::is_glob(part) { Item::Glob(part) } else { Item::Exact(literal) };
            let items: Vec<Item<'_>> =
                components(glob.as_bytes()).zip(unescaped.iter().map(|part| &**part)).map(item).collect();
            let context = context();
            let long = contact(pattern(&text), &items, recursive, &context);
            let short = of_glob(pattern(&text), glob.as_bytes(), recursive, &context);
            if !(recursive && glob.ends_with('*')) {
                proptest::prop_assert_eq!(short, long);
            }
            if glob_leads_apart(pattern(&text), glob.as_bytes(), &context) {
                proptest::prop_assert_eq!(short, Contact::NONE);
            }
            proptest::prop_assert!(short.some >= long.some && short.all == long.all);
        }
    }

    #[test]
    fn prefixes_and_malformed_patterns() {
        assert_eq!(literal_prefix(b"usr/**"), b"usr");
        assert_eq!(literal_prefix(b"etc/shadow"), b"etc/shadow");
        assert_eq!(literal_prefix(b"**/.env"), b"");
        assert_eq!(literal_prefix(b""), b"");
        for bad in ["~/x", "x", "{home}x", "/a/../b", "/a//b", "{nothome}/a", ""] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert_eq!(parse("/").unwrap(), (Base::Root, ""));
        assert_eq!(parse("{home}").unwrap(), (Base::Home, ""));
        assert_eq!(parse("**/.env").unwrap(), (Base::Root, "**/.env"));
    }

    #[test]
    fn a_glob_reaches_files_that_it_matches_or_holds() {
        assert!(glob_reaches(b"/w/*", false, Path::new("/w/k.pem")));
        assert!(glob_reaches(b"/w/.*", false, Path::new("/w/.env")));
        assert!(!glob_reaches(b"/w/*", false, Path::new("/w/.env")));
        assert!(!glob_reaches(b"/w/*", false, Path::new("/w/a/.env")));
        assert!(glob_reaches(b"/w/*", true, Path::new("/w/a/.env")));
        assert!(!glob_reaches(b"/w/*.rs", true, Path::new("/w/.env")));
    }
}

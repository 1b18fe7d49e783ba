//! Hosts, URLs and `host:path` words.

use super::analysis::Analysis;
use super::catalog::Kind;
use super::item::{Content, Item};
use super::perform::Work;
use super::{Effect, EffectKind, Target, Undo};

impl Analysis<'_> {
    /// `[user@]host[:port]`.
    pub(super) fn host(&mut self, work: &mut Work<'_>, item: &Item<'_>, because: &'static str) {
        work.place = item.text().map(str::to_owned);
        let target = item.text().map_or(UNKNOWN_HOST, host_target);
        self.effect(work.at, EffectKind::Network, target, Undo::Harmless, because, item.span, work.scene);
    }

    /// A URL; `file:` reads a path, and the host counts as known where only the path behind it is dynamic.
    pub(super) fn url(&mut self, work: &mut Work<'_>, item: &Item<'_>, because: &'static str) {
        let prefix = item.content.prefix();
        let text = String::from_utf8_lossy(&prefix);
        if let Some(path) = text.strip_prefix("file://") {
            let path = Item { content: file_content(item, path), ..item.clone() };
            return self.word(work, Kind::Path(EffectKind::Read, false), &path, because, false);
        }
        let authority = authority(&text);
        let complete = item.bytes().is_some() || text.len() > authority.len() + scheme_length(&text);
        let target = if complete { url_target(&text, authority) } else { UNKNOWN_HOST };
        self.effect(work.at, EffectKind::Network, target, Undo::Harmless, because, item.span, work.scene);
    }

    /// What is sent to this machine alone leaves nothing, and can be asked again.
    pub(super) fn settle_sent_data(&mut self, at: usize) {
        let Some(invocation) = self.facts.invocations.get_mut(at) else { return };
        let mut hosts =
            invocation.effects.iter().filter(|effect| effect.kind == EffectKind::Network).peekable();
        let local = hosts.peek().is_some() && hosts.all(|effect| is_this_machine(&effect.target));
        let sent = |effect: &&mut Effect| effect.kind == EffectKind::Remote && effect.target == sent_data();
        if local && invocation.opaque.is_none() {
            invocation.effects.iter_mut().filter(sent).for_each(|effect| effect.undo = Undo::Reversible);
        }
    }

    /// A path here, or `host:path` (with `rsync://` and `scp://` URLs).
    pub(super) fn transfer(
        &mut self,
        work: &mut Work<'_>,
        kind: EffectKind,
        item: &Item<'_>,
        because: &'static str,
        recursive: bool,
    ) {
        let prefix = item.content.prefix().into_owned();
        let until_slash = prefix.split(|byte| *byte == b'/').next().unwrap_or_default();
        let colon = until_slash.iter().position(|byte| *byte == b':');
        let Some(colon) = colon else {
            let local = item.bytes().is_some() || until_slash.len() < prefix.len();
            if !local {
                self.effect(
                    work.at,
                    EffectKind::Network,
                    UNKNOWN_HOST,
                    Undo::Harmless,
                    because,
                    item.span,
                    work.scene,
                );
            }
            return self.word(work, Kind::Path(kind, recursive), item, because, recursive);
        };
        let host = String::from_utf8_lossy(prefix.get(..colon).unwrap_or_default()).into_owned();
        let url = prefix.get(colon..).is_some_and(|rest| rest.starts_with(b"://"));
        let target = if url {
            url_target(&String::from_utf8_lossy(&prefix), authority(&String::from_utf8_lossy(&prefix)))
        } else {
            host_target(&host)
        };
        self.effect(work.at, EffectKind::Network, target, Undo::Harmless, because, item.span, work.scene);
        let name = Target::Name(String::from_utf8_lossy(&prefix).into_owned());
        let (kind, undo) = match kind {
            EffectKind::Read => (kind, Undo::Harmless),
            _ => (EffectKind::Remote, Undo::Irreversible),
        };
        self.effect(work.at, kind, name, undo, because, item.span, work.scene);
    }
}

const UNKNOWN_HOST: Target = Target::Host { name: None, port: None };

/// The name of what is sent, as the catalog has it.
fn sent_data() -> Target {
    Target::Name("sent-data".to_owned())
}

/// Whether a host is certainly the machine that the command runs on.
fn is_this_machine(target: &Target) -> bool {
    let Target::Host { name: Some(name), .. } = target else { return false };
    matches!(name.as_str(), "localhost" | "::1" | "[::1]") || name.starts_with("127.") && is_address(name)
}

/// `127.evil.example` is no address.
fn is_address(name: &str) -> bool {
    name.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn file_content(item: &Item<'_>, path: &str) -> Content<'static> {
    let path = path.trim_start_matches("localhost").as_bytes().to_vec();
    if item.bytes().is_some() { Content::Known(path.into()) } else { Content::Partial(path) }
}

fn scheme_length(url: &str) -> usize {
    url.find("://").map_or(0, |at| at + 3)
}

/// The part of a URL between the scheme and the path.
fn authority(url: &str) -> &str {
    let rest = url.get(scheme_length(url)..).unwrap_or("");
    rest.split(['/', '?', '#']).next().unwrap_or("")
}

fn url_target(url: &str, authority: &str) -> Target {
    // curl expands `[1-3]` and `{a,b}` in URLs.
    if authority.contains(['{', '}', '\\']) {
        return UNKNOWN_HOST;
    }
    let usual = match url.split("://").next() {
        _ if !url.contains("://") => None,
        Some("https") => Some(443),
        Some("http") => Some(80),
        Some("ssh" | "sftp" | "scp") => Some(22),
        Some("ftp") => Some(21),
        _ => None,
    };
    match host_target(authority) {
        Target::Host { name, port } => Target::Host { name, port: port.or(usual) },
        other => other,
    }
}

fn host_target(text: &str) -> Target {
    let host = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address, rest.strip_prefix(':')),
        None if host.matches(':').count() == 1 => {
            host.split_once(':').map_or((host, None), |(n, p)| (n, Some(p)))
        }
        None => (host, None),
    };
    Target::Host { name: Some(name.to_ascii_lowercase()), port: port.and_then(|port| port.parse().ok()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_told_apart() {
        for (text, name, port) in [
            ("example.com", "example.com", None),
            ("user@Example.com:8080", "example.com", Some(8080)),
            ("[::1]:22", "::1", Some(22)),
            ("fe80::1", "fe80::1", None),
            ("a@b@c", "c", None),
        ] {
            assert_eq!(host_target(text), Target::Host { name: Some(name.to_owned()), port }, "{text}");
        }
    }

    #[test]
    fn urls_name_their_host() {
        for (url, name, port) in [
            ("https://example.com/x?y=http://z", Some("example.com"), Some(443)),
            ("http://user:pass@Example.com:81", Some("example.com"), Some(81)),
            ("localhost:3000/healthz", Some("localhost"), Some(3000)),
            ("https://good.example#@evil.example/", Some("good.example"), Some(443)),
            ("https://{a,b}.example/", None, None),
        ] {
            let target = url_target(url, authority(url));
            assert_eq!(target, Target::Host { name: name.map(str::to_owned), port }, "{url}");
        }
    }
}

//! The grammar of `rsync --server`: what a stock client sends, by the table of its options.

use super::{
    Deed, Draft, Refusal,
    tables::{self, Value},
    verbs::{MOST_OPERANDS, check_operand},
    words::Token,
};
use crate::facts::EffectKind;

/// What the options say.
#[derive(Default)]
struct Asked<'t> {
    is_sender: bool,
    deletes: Option<&'t Token>,
    /// Paths beside the operands; relative ones start at the destination.
    besides: Vec<(EffectKind, Vec<u8>, &'t Token)>,
}

/// `rsync --server [--sender] OPTION… . PATH…`; `None` where it is a client.
pub(super) fn read(tokens: &[Token]) -> Option<Result<Draft, Refusal>> {
    let at = tokens.iter().position(|token| token.bytes == b"--server")?;
    Some(match at {
        1 => server(tokens),
        _ => Err(Refusal::new("--server stands first, or not at all", tokens.get(at)?.span)),
    })
}

fn server(tokens: &[Token]) -> Result<Draft, Refusal> {
    let mut asked = Asked::default();
    let mut rest = tokens.get(2..).unwrap_or_default();
    while let Some((token, behind)) = rest.split_first().filter(|(token, _)| token.bytes.starts_with(b"-")) {
        let values = if token.bytes.starts_with(b"--") {
            asked.long(token, behind)?
        } else {
            letters(token)?;
            0
        };
        rest = behind.get(values..).unwrap_or_default();
    }
    let operands = operands(tokens, rest, asked.is_sender)?;
    let mut words = tokens.to_vec();
    if let Some(name) = words.first_mut() {
        name.bytes = b"rsync".to_vec();
    }
    Ok(Draft { verb: "rsync", words, deeds: asked.deeds(operands) })
}

fn operands<'t>(all: &'t [Token], rest: &'t [Token], is_sender: bool) -> Result<&'t [Token], Refusal> {
    let last = all.last().map(|token| token.span).unwrap_or_default();
    let Some((dot, operands)) = rest.split_first() else {
        return Err(Refusal::new("no path", last));
    };
    if dot.bytes != b"." {
        return Err(Refusal::new("a client writes `.` in front of the paths", dot.span));
    }
    operands.iter().try_for_each(check_operand)?;
    match operands {
        [] => Err(Refusal::new("no path", last)),
        [_, second, ..] if !is_sender => Err(Refusal::new("more than one destination", second.span)),
        many if many.len() > MOST_OPERANDS => Err(Refusal::new("too many paths", last)),
        operands => Ok(operands),
    }
}

impl<'t> Asked<'t> {
    /// Takes a long option; tells how many of the words behind it are its value.
    fn long(&mut self, token: &'t Token, behind: &'t [Token]) -> Result<usize, Refusal> {
        let text = std::str::from_utf8(&token.bytes).unwrap_or_default();
        let (name, attached) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.as_bytes())),
            None => (text, None),
        };
        if name == "--sender" && attached.is_none() {
            self.is_sender = true;
            return Ok(0);
        }
        let Some(kind) = tables::rsync_option(name) else { return Err(unlisted(name, token)) };
        if matches!(kind, Value::None | Value::Delete) {
            if attached.is_some() {
                return Err(Refusal::new(format!("`{name}` takes no value"), token.span));
            }
            if kind == Value::Delete {
                self.deletes = Some(token);
            }
            return Ok(0);
        }
        let (value, count) = match (attached, behind.first()) {
            (Some(value), _) => (value, 0),
            (None, Some(next)) => (next.bytes.as_slice(), 1),
            (None, None) => return Err(Refusal::new(format!("`{name}` lacks its value"), token.span)),
        };
        self.value(name, kind, value, token)?;
        Ok(count)
    }

    fn value(&mut self, name: &str, kind: Value, value: &[u8], token: &'t Token) -> Result<(), Refusal> {
        // The list of files comes over the connection, and rsync keeps its names below the operand.
        if name == "--files-from" && value == b"-" {
            return Ok(());
        }
        if value.starts_with(b"-") {
            return Err(Refusal::new(format!("a value of `{name}` that begins with a dash"), token.span));
        }
        let effect = match kind {
            Value::Name if value.contains(&b'/') => {
                return Err(Refusal::new(format!("a slash in the value of `{name}`"), token.span));
            }
            Value::Read => EffectKind::Read,
            Value::Write => EffectKind::Write,
            Value::Text | Value::Name | Value::None | Value::Delete => return Ok(()),
        };
        self.besides.push((effect, value.to_vec(), token));
        Ok(())
    }

    fn deeds(&self, operands: &[Token]) -> Vec<Deed> {
        let kind = if self.is_sender { EffectKind::Read } else { EffectKind::Write };
        let mut deeds: Vec<Deed> = operands.iter().map(|token| Deed::to(kind, token)).collect();
        if let Some(option) = self.deletes {
            deeds.extend(operands.iter().map(|token| Deed {
                because: String::from_utf8_lossy(&option.bytes).into_owned().into(),
                ..Deed::to(EffectKind::Delete, token)
            }));
        }
        let from = operands.first().filter(|_| !self.is_sender).map(|token| token.bytes.clone());
        for (kind, path, option) in &self.besides {
            deeds.push(Deed {
                kind: *kind,
                path: Some(path.clone()),
                from: from.clone(),
                because: "option".into(),
                span: option.span,
            });
        }
        deeds
    }
}

fn unlisted(name: &str, token: &Token) -> Refusal {
    match tables::rsync_refused(name) {
        Some(why) => Refusal::new(format!("`{name}` {why}"), token.span),
        None => Refusal::new(format!("`{name}` is no option that an rsync client sends"), token.span),
    }
}

/// Letters in one word; behind `e` a client says what it is able to do (`e.LsfxCIvu`), which is no program's name.
fn letters(token: &Token) -> Result<(), Refusal> {
    let bytes = token.bytes.get(1..).unwrap_or_default();
    if bytes.is_empty() {
        return Err(Refusal::new("a dash alone", token.span));
    }
    for (index, letter) in bytes.iter().enumerate() {
        let rest = bytes.get(index.saturating_add(1)..).unwrap_or_default();
        if tables::RSYNC_LETTERS.contains(letter) {
            continue;
        }
        let accepted = match letter {
            b'e' => is_ability(rest),
            letter if tables::RSYNC_NUMBERS.contains(letter) => is_number(rest),
            _ => false,
        };
        let name = format!("-{}", letter.escape_ascii());
        return if accepted { Ok(()) } else { Err(unlisted(&name, token)) };
    }
    Ok(())
}

fn is_ability(rest: &[u8]) -> bool {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let Some((b'.', behind)) = rest.get(digits..).and_then(<[u8]>::split_first) else { return false };
    behind.iter().all(u8::is_ascii_alphanumeric)
}

fn is_number(rest: &[u8]) -> bool {
    let digits = rest.strip_prefix(b"-").unwrap_or(rest);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

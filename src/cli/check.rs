//! `gate check`: decides and explains, runs nothing.

mod json;

use std::{
    ffi::OsString,
    io::{BufRead, BufWriter, Write},
    os::unix::ffi::OsStringExt as _,
};

use anyhow::{Context as _, bail};

use crate::{
    exec::Pty,
    exit::Exit,
    facts::CommandLine,
    pipeline::{Here, Run},
    policy::{Action, Decision},
    syntax::Dialect,
    ui::{
        explain::{self, Detail},
        style::Line,
    },
};

const EXAMPLES: &str = "\
Exit status:
  0 it would run, 3 a human would be asked, 4 the policy denies it, 125 gate failed.
  With --lines: 0 when every line was judged.

Examples:
  gate check 'git push --force origin main'
  gate check -c 'find . -name \"*.rs\" -exec wc -l {} +'
  gate check -- rm -rf build               As `gate -- rm -rf build` would be judged
  gate check --all 'pip install -e .'      Every reason, not the strictest alone
  gate check --format json 'cat ~/.ssh/id_rsa' | jq .tier
  gate check --lines < commands.txt | jq -r .action | sort | uniq -c";

/// Longer command lines than Linux can pass are not read.
const LINE_LIMIT: usize = 4 << 20;

/// Arguments of `gate check`.
#[derive(clap::Args)]
#[command(
    after_help = EXAMPLES,
    override_usage = "gate check [OPTIONS] TEXT\n       gate check [OPTIONS] -c TEXT\n       gate check [OPTIONS] -- PROGRAM [ARG…]\n       gate check [OPTIONS] --lines"
)]
pub struct Arguments {
    /// The shell command line
    #[arg(value_name = "TEXT", conflicts_with_all = ["command", "argv", "lines"], required_unless_present_any = ["command", "argv", "lines"])]
    text: Option<OsString>,
    /// The shell command line, as `gate -c` takes it
    #[arg(short = 'c', value_name = "TEXT", conflicts_with_all = ["argv", "lines"], allow_hyphen_values = true)]
    command: Option<OsString>,
    /// A program and its arguments, as `gate --` takes them
    #[arg(last = true, value_name = "PROGRAM", conflicts_with = "lines")]
    argv: Vec<OsString>,
    /// Read one command line per line of standard input and print one JSON object a line; ␤ ␍ ␉ (U+2424, U+240D,
    /// U+2409) stand for newline, carriage return and tab
    #[arg(long)]
    lines: bool,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Show every reason, and from which word each effect follows
    #[arg(long, conflicts_with = "lines")]
    all: bool,
    /// Judge as if this agent asked
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A tree for people
    Text,
    /// One JSON object
    Json,
}

/// Judges what the arguments name and prints the answer on standard output.
///
/// # Errors
/// Where there is no usable configuration or policy, or input or output fails.
pub fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let stdout = std::io::stdout().lock();
    if arguments.lines {
        let here = look(shell(Vec::new()), arguments)?;
        judge_lines(&here, std::io::stdin().lock(), BufWriter::new(stdout))?;
        return Ok(Exit::Success);
    }
    let line = command_line(arguments)?;
    let (facts, decision) = look(line.clone(), arguments)?.decide(&line)?;
    let answer = match arguments.format {
        Format::Json => json::line(&facts, &decision)?,
        Format::Text => {
            let (style, width) = super::look_of_stdout();
            let mut lines = vec![explain::verdict(&decision), Line::default()];
            let detail = if arguments.all { Detail::Everything } else { Detail::Essential };
            lines.extend(explain::decision(&line, &facts, &decision, width, detail));
            explain::render(&lines, style)
        }
    };
    let mut out = BufWriter::new(stdout);
    out.write_all(answer.as_bytes()).and_then(|()| out.flush()).context("standard output")?;
    Ok(exit(&decision))
}

fn look(command_line: CommandLine, arguments: &Arguments) -> anyhow::Result<Here> {
    Here::look(&Run {
        command_line,
        pty: Pty::AsCaller,
        no_record: true,
        agent: arguments.agent.clone(),
        within: None,
    })
}

const fn exit(decision: &Decision) -> Exit {
    match decision.action {
        Action::Allow => Exit::Success,
        Action::Ask => Exit::CheckAsk,
        Action::Deny => Exit::CheckDeny,
    }
}

fn command_line(arguments: &Arguments) -> anyhow::Result<CommandLine> {
    if let Some(text) = arguments.text.as_ref().or(arguments.command.as_ref()) {
        return Ok(shell(text.clone().into_vec()));
    }
    let argv: Vec<Vec<u8>> = arguments.argv.iter().cloned().map(OsString::into_vec).collect();
    if argv.first().is_none_or(Vec::is_empty) {
        bail!("the program's name behind -- is empty");
    }
    Ok(CommandLine::Argv(argv))
}

fn shell(text: Vec<u8>) -> CommandLine {
    CommandLine::shell(text, Dialect::Bash, Vec::new(), Vec::new())
}

fn judge_lines(here: &Here, mut input: impl BufRead, mut output: impl Write) -> anyhow::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = LINE_LIMIT as u64 + 1;
        let read = std::io::Read::take(&mut input, limit).read_until(b'\n', &mut line);
        if read.context("standard input")? == 0 {
            break;
        }
        if line.len() > LINE_LIMIT {
            bail!("a line of standard input is longer than {LINE_LIMIT} bytes");
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        let (facts, decision) = here.decide(&shell(unmask(&line)))?;
        output.write_all(json::line(&facts, &decision)?.as_bytes()).context("standard output")?;
    }
    output.flush().context("standard output")
}

/// Puts newline, carriage return and tab in the places of the symbols that stand for them.
fn unmask(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((first, behind)) = rest.split_first() {
        let (byte, behind) = match rest.first_chunk::<3>() {
            Some(b"\xe2\x90\xa4") => (b'\n', rest.get(3..).unwrap_or_default()),
            Some(b"\xe2\x90\x8d") => (b'\r', rest.get(3..).unwrap_or_default()),
            Some(b"\xe2\x90\x89") => (b'\t', rest.get(3..).unwrap_or_default()),
            _ => (*first, behind),
        };
        out.push(byte);
        rest = behind;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_stand_for_newline_return_and_tab() {
        assert_eq!(unmask("a\u{2424}b\u{240d}c\u{2409}d".as_bytes()), b"a\nb\rc\td");
        assert_eq!(unmask("\u{2424}".as_bytes()), b"\n");
        assert_eq!(unmask(b"\xe2\x90"), b"\xe2\x90");
        assert_eq!(unmask("\u{2425}\u{202e}".as_bytes()), "\u{2425}\u{202e}".as_bytes());
        assert_eq!(unmask(b""), b"");
    }
}

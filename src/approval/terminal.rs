//! The terminal approver: one keystroke on `/dev/tty`.
//!
//! A terminal is no proof of a person: whoever holds the leader of a pty can read the question and type the answer,
//! and no kernel fact tells a terminal emulator from an agent. [`may_prompt`] refuses what can be known; everything
//! else is the configuration's business, and where it matters the answer is to ask elsewhere, as another account.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::{ffi::OsStrExt as _, fs::OpenOptionsExt as _},
    },
    time::{Duration, Instant},
};

use nix::{
    libc,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::termios::{FlushArg, tcflush},
    unistd::{getpgrp, tcgetpgrp},
};

use crate::{
    config::TerminalUse,
    sys::{
        account::Account,
        terminal::{self, Display, Settings},
    },
    ui::{
        Printable, Style,
        explain::{self, Detail},
        style::Line,
    },
};

use super::{
    Input, Request, Reviewer, Verdict,
    prompt::{Act, Further, Prompt},
};

/// A terminal that takes nothing for this long is gone.
const PATIENCE: Duration = Duration::from_secs(2);

const PASTE_MARKED: &str = "\x1b[?2004h";
const PASTE_AS_TYPED: &str = "\x1b[?2004l";
const OTHER_SCREEN: &str = "\x1b[?1049h";
const FIRST_SCREEN: &str = "\x1b[?1049l";
const CLEAR: &str = "\x1b[H\x1b[2J";

const HELP: &str = "\
a  approve, once and exactly this; what runs code from its standard input finds nothing there
i  approve, once, and let it run whatever is fed to it unseen
w  approve, and let the like of it run for the tier's time
d  deny
D  deny, and tell the agent why
v  view everything: environment, files, every effect
^C take the question back; nothing runs";

/// What is known of the terminal and of who asks, when it is decided whether to ask there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// This process is in the foreground of a controlling terminal.
    pub foreground: bool,
    /// Standard input is a terminal.
    pub typed: bool,
    /// An agent is named or recognised.
    pub agent: bool,
    /// A gated run is among the ancestors of this process.
    pub inside_a_run: bool,
}

/// Whether the question may be put on the caller's terminal.
#[must_use]
pub const fn may_prompt(configured: TerminalUse, standing: Standing) -> bool {
    if !standing.foreground || standing.inside_a_run {
        return false;
    }
    match configured {
        TerminalUse::Never => false,
        TerminalUse::Always => true,
        TerminalUse::Auto => standing.typed && !standing.agent,
    }
}

/// Whether this process is in the foreground of its controlling terminal.
#[must_use]
pub fn is_foreground() -> bool {
    open_tty().is_ok_and(|tty| tcgetpgrp(&tty) == Ok(getpgrp()))
}

/// A question on the terminal; the terminal is put back when it is dropped (I7).
pub(super) struct Terminal<'a> {
    request: &'a Request,
    tty: File,
    settings: Settings,
    style: Style,
    canvas: Canvas,
    prompt: Prompt,
    view: Option<View>,
    start: Instant,
    deadline: Instant,
}

/// What a terminal can do besides showing one line after another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Canvas {
    /// It erases, has a second screen, and tells a paste from keys.
    Screen,
    /// It does nothing of the kind: `TERM=dumb`.
    Paper,
}

/// The pager.
struct View {
    lines: Vec<Line>,
    top: usize,
    /// How many lines from the first on have been on the screen, none left out.
    seen: usize,
}

impl<'a> Terminal<'a> {
    /// Puts the question.
    pub(super) fn ask(request: &'a Request, deadline: Instant) -> io::Result<Self> {
        let tty = open_tty()?;
        let settings = Settings::of(tty.try_clone()?.into())?;
        let variable = |name| std::env::var_os(name);
        let (no_color, term) = (variable("NO_COLOR"), variable("TERM"));
        let style = Style::of(
            no_color.as_deref().map(std::ffi::OsStr::as_bytes),
            term.as_deref().map(std::ffi::OsStr::as_bytes),
            true,
        );
        let able = Style::of(None, term.as_deref().map(std::ffi::OsStr::as_bytes), true) == Style::Ansi;
        let canvas = if able { Canvas::Screen } else { Canvas::Paper };
        let further = Further {
            whitelist: request.decision.whitelist_for.is_some(),
            input: request.plan.input == Input::Nothing,
        };
        let prompt = Prompt::new(further, false);
        let start = Instant::now();
        let mut terminal =
            Self { request, tty, settings, style, canvas, prompt, view: None, start, deadline };
        terminal.settings.make_raw(Display::AsItIs)?;
        tcflush(&terminal.tty, FlushArg::TCIFLUSH)?;
        terminal.introduce()?;
        Ok(terminal)
    }

    pub(super) fn interest(&self) -> (BorrowedFd<'_>, PollFlags) {
        (self.tty.as_fd(), PollFlags::POLLIN)
    }

    /// When the countdown shows another second.
    pub(super) fn alarm(&self) -> Instant {
        let left = self.deadline.saturating_duration_since(Instant::now());
        Instant::now() + Duration::from_nanos(u64::from(left.subsec_nanos()).max(1_000_000))
    }

    /// Reads keys, moves the countdown on, and gives the answer if there is one.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub(super) fn attend(&mut self) -> io::Result<Option<Verdict>> {
        let mut keys = [0; 4096];
        let length = match self.tty.read(&mut keys) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return self.draw_prompt().map(|()| None);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(None),
            Err(error) => return Err(error),
        };
        let keys = keys.get(..length).unwrap_or_default();
        if self.view.is_some() && !keys.contains(&0x03) {
            self.page(keys)?;
            return Ok(None);
        }
        let act = self.prompt.press(keys, self.start.elapsed());
        self.perform(act)
    }

    /// Says how the question ended, and gives the terminal back.
    pub(super) fn close(mut self, how: &str) {
        self.leave_view();
        let _ = self.say(how);
        let _ = tcflush(&self.tty, FlushArg::TCIFLUSH);
    }

    fn perform(&mut self, act: Act) -> io::Result<Option<Verdict>> {
        let by = || {
            let account = Account::current();
            Reviewer { name: account.name, uid: account.uid, channel: "terminal" }
        };
        match act {
            Act::Approve(extent) => return Ok(Some(Verdict::Approve { by: vec![by()], extent })),
            Act::Reject(reason) => return Ok(Some(Verdict::Reject { by: by(), reason })),
            Act::Withdraw => {
                return Ok(Some(Verdict::Withdraw {
                    signal: Some(2),
                    reason: "interrupted at the terminal".into(),
                }));
            }
            Act::View => self.open_view()?,
            Act::Help => self.tell(HELP)?,
            Act::Say(text) => self.tell(text)?,
            Act::Ignore | Act::Reason => {}
        }
        self.draw_prompt()?;
        Ok(None)
    }

    /// Shows the request; where it is more than a screen, its beginning, and how much is missing.
    fn introduce(&mut self) -> io::Result<()> {
        let (rows, columns) = self.size();
        let lines = explain::request(self.request, columns, Detail::Essential);
        let mut text = String::from("\r\n");
        if self.canvas == Canvas::Screen {
            text.push_str(PASTE_MARKED);
        }
        if lines.len() + 3 <= rows {
            text.push_str(&explain::render(&lines, self.style));
        } else {
            let shown = rows.saturating_sub(5).max(4);
            text.push_str(&explain::render(lines.get(..shown).unwrap_or(&lines), self.style));
            let more = lines.len().saturating_sub(shown);
            text.push_str(&format!(
                "… {more} more lines of {}: press v and read to the end before it can be approved\n",
                lines.len()
            ));
            self.prompt = Prompt::new(self.prompt.further(), true);
        }
        self.write(&text)?;
        self.prompt.hold(self.start.elapsed());
        self.draw_prompt()
    }

    fn draw_prompt(&mut self) -> io::Result<()> {
        if self.view.is_some() {
            return Ok(());
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        let seconds = left.as_millis().div_ceil(1000);
        let clock = format!("{}:{:02}", seconds / 60, seconds % 60);
        let line = match self.prompt.reason() {
            Some(reason) => format!("why not? {}", Printable::line(reason)),
            None => self.keys(&clock),
        };
        let columns = self.size().1.saturating_sub(1);
        let line: String = tail(&line, columns);
        let erase = if self.canvas == Canvas::Screen {
            "\r\x1b[K".to_owned()
        } else {
            format!("\r{:columns$}\r", "")
        };
        self.write(&format!("{erase}{line}"))
    }

    /// The longest description of the keys that fits.
    fn keys(&self, clock: &str) -> String {
        let Further { whitelist, input } = self.prompt.further();
        let long = format!(
            "{}{}",
            if input { "  i with input" } else { "" },
            if whitelist { "  w whitelist" } else { "" }
        );
        let short = format!("{}{}", if input { " i" } else { "" }, if whitelist { " w" } else { "" });
        let approve = if self.prompt.is_seen() { ("a approve once", "a") } else { ("a after v", "v,a") };
        let forms = [
            format!("{}{long}  d deny  D deny with reason  v view  ? help  {clock} > ", approve.0),
            format!("{}{long}  d deny  v view  ?  {clock} > ", approve.0),
            format!("{}{short} d D v ?  {clock} > ", approve.1),
        ];
        let columns = self.size().1;
        let fits = forms.iter().find(|form| form.len() < columns);
        fits.or(forms.last()).cloned().unwrap_or_default()
    }

    /// Says something that happened elsewhere, and asks again.
    pub(super) fn inform(&mut self, text: &str) -> io::Result<()> {
        self.tell(text)?;
        self.draw_prompt()
    }

    fn tell(&mut self, text: &str) -> io::Result<()> {
        self.say(text)?;
        self.prompt.hold(self.start.elapsed());
        Ok(())
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        let erase = if self.canvas == Canvas::Screen { "\r\x1b[K" } else { "\r\n" };
        self.write(&format!("{erase}{text}\n"))
    }

    fn open_view(&mut self) -> io::Result<()> {
        let lines = explain::request(self.request, self.size().1, Detail::Everything);
        self.view = Some(View { lines, top: 0, seen: 0 });
        if self.canvas == Canvas::Screen {
            self.write(OTHER_SCREEN)?;
        }
        self.draw_view()
    }

    fn leave_view(&mut self) {
        if self.view.take().is_some() && self.canvas == Canvas::Screen {
            let _ = self.write(FIRST_SCREEN);
        }
    }

    fn page(&mut self, keys: &[u8]) -> io::Result<()> {
        let height = self.size().0.saturating_sub(1).max(1);
        let Some(view) = &mut self.view else { return Ok(()) };
        let last = view.lines.len().saturating_sub(height);
        view.top = match keys {
            b"q" | b"v" | b"\x1b" => {
                self.leave_view();
                let _ = tcflush(&self.tty, FlushArg::TCIFLUSH);
                self.prompt.hold(self.start.elapsed());
                return self.draw_prompt();
            }
            b" " | b"f" | b"\x1b[6~" => (view.top + height.saturating_sub(1).max(1)).min(last),
            b"j" | b"\r" | b"\x1b[B" => (view.top + 1).min(last),
            b"b" | b"\x1b[5~" => view.top.saturating_sub(height.saturating_sub(1).max(1)),
            b"k" | b"\x1b[A" => view.top.saturating_sub(1),
            b"g" => 0,
            b"G" => last,
            _ => return Ok(()),
        };
        self.draw_view()
    }

    fn draw_view(&mut self) -> io::Result<()> {
        let height = self.size().0.saturating_sub(1).max(1);
        let (style, canvas) = (self.style, self.canvas);
        let Some(view) = &mut self.view else { return Ok(()) };
        let end = (view.top + height).min(view.lines.len());
        if view.top <= view.seen {
            view.seen = view.seen.max(end);
        }
        let page = view.lines.get(view.top..end).unwrap_or_default();
        let all = view.lines.len();
        let mut text = if canvas == Canvas::Screen { CLEAR.to_owned() } else { "\n".to_owned() };
        text.push_str(&explain::render(page, style));
        text.push_str(&format!("lines {}-{end} of {all}  space, b, j, k; q back", view.top + 1));
        if view.seen >= all {
            self.prompt.seen();
        }
        self.write(&text)
    }

    /// Rows and columns; what a terminal has where it does not say.
    fn size(&self) -> (usize, usize) {
        let size = terminal::size(&self.tty).filter(|size| size.rows > 0 && size.columns > 0);
        size.map_or((24, 80), |size| (usize::from(size.rows), usize::from(size.columns)))
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        write_all(&mut self.tty, text.as_bytes())
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        self.leave_view();
        if self.canvas == Canvas::Screen {
            let _ = self.write(PASTE_AS_TYPED);
        }
        let _ = tcflush(&self.tty, FlushArg::TCIFLUSH);
        self.settings.restore();
    }
}

/// Opens the controlling terminal; never waits for it.
fn open_tty() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOCTTY | libc::O_NONBLOCK).open("/dev/tty")
}

/// Writes to a terminal that may be slow, or stopped for good.
fn write_all(tty: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !bytes.is_empty() {
        match tty.write(bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && Instant::now() < deadline => {
                let mut writable = [PollFd::new(tty.as_fd(), PollFlags::POLLOUT)];
                poll(&mut writable, PollTimeout::from(100u8))?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The end of a line that is being typed; what is before it has been seen.
fn tail(line: &str, columns: usize) -> String {
    let mut width = 0;
    let fits = |character: &char| {
        width += unicode_width::UnicodeWidthChar::width(*character).unwrap_or(0);
        width <= columns
    };
    let kept: Vec<char> = line.chars().rev().take_while(fits).collect();
    kept.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERSON: Standing = Standing { foreground: true, typed: true, agent: false, inside_a_run: false };

    #[test]
    fn a_person_at_a_terminal_is_asked_there() {
        assert!(may_prompt(TerminalUse::Auto, PERSON));
        assert!(may_prompt(TerminalUse::Always, PERSON));
        assert!(!may_prompt(TerminalUse::Never, PERSON));
    }

    #[test]
    fn an_agent_is_asked_on_its_terminal_only_where_that_is_configured() {
        for standing in [Standing { agent: true, ..PERSON }, Standing { typed: false, ..PERSON }] {
            assert!(!may_prompt(TerminalUse::Auto, standing));
            assert!(may_prompt(TerminalUse::Always, standing));
        }
    }

    #[test]
    fn nothing_inside_a_run_or_in_the_background_is_asked_on_a_terminal() {
        for standing in [Standing { inside_a_run: true, ..PERSON }, Standing { foreground: false, ..PERSON }]
        {
            for configured in [TerminalUse::Auto, TerminalUse::Always, TerminalUse::Never] {
                assert!(!may_prompt(configured, standing));
            }
        }
    }

    #[test]
    fn the_end_of_a_long_reason_stays_in_sight() {
        assert_eq!(tail("why not? abcdef", 6), "abcdef");
        assert_eq!(tail("ab日", 3), "b日");
    }
}

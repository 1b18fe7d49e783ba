//! `gate play`: replays a recording.

use std::{
    fs::File,
    io::{self, BufReader, IsTerminal, Write},
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::{
    config,
    exit::Exit,
    record::{self, CastReader, Format, Key, Pace, Passing, Start, Watcher},
    sys::{
        caller::CallerEnvironment,
        terminal::{Display, Settings},
    },
    ui::Printable,
};

/// The longest wait for a key at a time; the kernel counts in milliseconds of 16 bits.
const SLICE: Duration = Duration::from_secs(30);

/// Arguments of the subcommand.
#[derive(clap::Args)]
#[command(after_help = "\
On a terminal the recording is replayed: space pauses, `.` goes one event further, `]` to the next marker, `q` ends it.
Only what draws reaches the terminal; titles, clipboard and questions to the terminal are left out.
Elsewhere the recorded text is printed.

Examples:
  gate play 4f1a                    The run whose identifier begins with 4f1a
  gate play -s 4 -i 1 demo.cast     Four times as fast, no pause longer than a second
  gate play --dump 4f1a | grep error
  gate play --to v3 4f1a > run.cast")]
pub struct Arguments {
    /// A recording's file, or the beginning of a run's identifier
    #[arg(value_name = "FILE|RUN")]
    recording: PathBuf,
    /// Replay this many times as fast
    #[arg(short, long, value_name = "FACTOR", default_value = "1", value_parser = factor)]
    speed: f64,
    /// Shorten pauses to this many seconds
    #[arg(short, long, value_name = "SECONDS", value_parser = seconds)]
    idle_limit: Option<Duration>,
    /// Start paused: space runs, `.` goes one event further
    #[arg(long)]
    step: bool,
    /// Let everything reach the terminal that was recorded
    #[arg(long)]
    trust: bool,
    /// Print the recorded text
    #[arg(long, conflicts_with = "to")]
    dump: bool,
    /// Print the recording in another version of asciicast; a cut last line is left out
    #[arg(long, value_name = "VERSION", value_parser = ["v2", "v3"])]
    to: Option<String>,
    /// Print the recording without its cut last line
    #[arg(long, conflicts_with_all = ["to", "dump"])]
    repair: bool,
}

fn factor(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|factor| (0.01..=1000.0).contains(factor))
        .ok_or_else(|| "not within 0.01 to 1000".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "not a number of seconds".to_owned())
}

/// Runs the subcommand.
///
/// # Errors
/// Where there is no such recording, or it cannot be read or shown.
pub fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let path = find(&arguments.recording)?;
    let file = File::open(&path).with_context(|| path.display().to_string())?;
    let mut reader = CastReader::new(BufReader::new(file)).with_context(|| path.display().to_string())?;
    let shown = show(arguments, &mut reader);
    if let Err(error) = shown
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        return Err(error).with_context(|| path.display().to_string());
    }
    if reader.is_cut() {
        let hint = "gate: hint: `gate play --repair FILE > NEW` writes it without that line";
        let name = Printable::from(path.display().to_string().as_str());
        writeln!(io::stderr(), "gate: {name}: the last line is cut, and was left out\n{hint}")?;
    }
    Ok(Exit::Success)
}

fn show(arguments: &Arguments, reader: &mut CastReader<BufReader<File>>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let format = match arguments.to.as_deref() {
        Some("v3") => Some(Format::V3),
        Some(_) => Some(Format::V2),
        None => arguments.repair.then(|| reader.format()),
    };
    if let Some(format) = format {
        return record::convert(reader, format, &mut out);
    }
    if arguments.dump || !out.is_terminal() {
        return record::dump(reader, &mut out);
    }
    let start = if arguments.step { Start::Paused } else { Start::Running };
    let pace = Pace { speed: arguments.speed, idle_limit: arguments.idle_limit, start };
    let passing = if arguments.trust { Passing::Everything } else { Passing::Drawing };
    record::play(reader, &mut out, &mut Keyboard::open(), pace, passing)
}

/// Finds a recording by its file, else by the beginning of its run's identifier.
fn find(given: &Path) -> anyhow::Result<PathBuf> {
    let text = given.to_string_lossy();
    if text.contains(['/', '.']) || given.exists() {
        return Ok(given.to_owned());
    }
    let directory = config::load(&CallerEnvironment::capture()?)?.settings.state.join("recordings");
    let entries = std::fs::read_dir(&directory).with_context(|| directory.display().to_string())?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut found: Vec<String> =
        names.filter(|name| run_of(name).is_some_and(|run| run.starts_with(&*text))).collect();
    match (found.pop(), found.len()) {
        (Some(name), 0) => Ok(directory.join(name)),
        (Some(_), others) => {
            bail!("{} recordings begin with {text:?}; give more of the identifier", others + 1)
        }
        (None, _) => bail!("there is no recording of a run {text:?} in {}", directory.display()),
    }
}

/// The identifier in a recording's name; see [`record::file_name`].
fn run_of(name: &str) -> Option<&str> {
    name.strip_suffix(".cast")?.split_once('-').map(|(_, run)| run)
}

/// The keyboard of the one who watches, if there is one.
struct Keyboard(Option<Settings>);

impl Keyboard {
    fn open() -> Self {
        let raw = || {
            let terminal = OwnedFd::from(File::open("/dev/tty").ok()?);
            let mut settings = Settings::of(terminal).ok()?;
            settings.make_raw(Display::AsItIs).ok()?;
            Some(settings)
        };
        Self(raw())
    }
}

impl Watcher for Keyboard {
    fn wait(&mut self, time: Duration) -> io::Result<Option<(Key, Duration)>> {
        let started = Instant::now();
        loop {
            let left = time.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            let Some(settings) = &self.0 else {
                std::thread::sleep(left);
                return Ok(None);
            };
            if let Some(key) = read_key(settings, left.min(SLICE))? {
                return Ok(Some((key, time.saturating_sub(started.elapsed()))));
            }
        }
    }
}

/// Waits for a key; `None` where none came, or one without a meaning.
fn read_key(settings: &Settings, time: Duration) -> io::Result<Option<Key>> {
    let mut polled = [PollFd::new(settings.as_fd(), PollFlags::POLLIN)];
    // Rounded up: a wait that ends too early would be repeated without a pause.
    let millis = u16::try_from(time.as_micros().div_ceil(1000)).unwrap_or(u16::MAX);
    match poll(&mut polled, PollTimeout::from(millis)) {
        Ok(0) | Err(nix::errno::Errno::EINTR) => return Ok(None),
        Ok(_) => {}
        Err(errno) => return Err(errno.into()),
    }
    let mut byte = [0];
    let read = nix::unistd::read(settings.as_fd(), &mut byte)?;
    Ok(match byte {
        // The terminal is gone.
        _ if read == 0 => Some(Key::Quit),
        [b'q' | 0x03 | 0x04 | 0x1b] => Some(Key::Quit),
        [b' '] => Some(Key::Pause),
        [b'.' | b'\r'] => Some(Key::Step),
        [b']'] => Some(Key::Marker),
        _ => None,
    })
}

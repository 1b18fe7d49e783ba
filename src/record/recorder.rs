//! Records a run: events in, whole lines of asciicast out.

use std::{
    io,
    path::Path,
    time::{Duration, Instant},
};

use crate::exec::{Ended, Event, Sink, Stream};

use super::{
    Code, Format, Header,
    channel::{Channel, Newlines},
    custom::Custom,
    disk::{Disk, Lost},
    lines::Lines,
    question::Question,
    redact,
};

/// Lines are written when there are this many bytes of them.
const BATCH: usize = 64 << 10;
/// A run that goes on for longer than this has its recording on the disk.
const FIRST_FLUSH: u64 = 250_000;
/// Lines wait no longer than this.
const FLUSH: u64 = 1_000_000;

/// How a run is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The format's version.
    pub format: Format,
    /// What a failing disk means.
    pub failure: Failure,
    /// Whether input is recorded.
    pub input: Input,
    /// The size in bytes from which on output is no longer recorded.
    pub limit: u64,
    /// Regular expressions of what is cut out of each line, besides the secrets that gate knows.
    pub redact: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            format: Format::V2,
            failure: Failure::GoOn,
            input: Input::Skip,
            limit: 64 << 20,
            redact: vec![],
        }
    }
}

/// What a failing disk means for the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The run ends: what it does must not go unrecorded. The file is made before the run starts.
    EndRun,
    /// The run goes on, and the recording has a gap.
    GoOn,
}

/// Whether input is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// It is not.
    Skip,
    /// It is, except where it answers a question for a secret.
    Keep,
}

/// What a recording came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Name of the file.
    pub file: String,
    /// SHA-256 of the file's content.
    pub sha256: [u8; 32],
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Bytes of output that the run had; `None` where its standard output went past gate, as into a file.
    pub output: Option<u64>,
    /// Bytes of output that are not in the recording.
    pub lost: u64,
    /// What failed first, in words, where the disk failed.
    pub trouble: Option<String>,
}

/// Records a run.
#[derive(Debug)]
pub struct Recorder {
    options: Options,
    name: String,
    started: Instant,
    disk: Disk,
    lines: Lines,
    terminal: Channel,
    standard_output: Channel,
    standard_error: Channel,
    question: Question,
    /// When lines were last written, in microseconds since the start.
    flushed: u64,
    counts: Counts,
    full: bool,
    trouble: Option<String>,
}

/// Bytes of output.
#[derive(Debug, Default)]
struct Counts {
    total: Option<u64>,
    lost: u64,
}

/// The name of a recording's file: the time in UTC and the run's identifier.
#[must_use]
pub fn file_name(millis: u64, run: &str) -> String {
    let time: String =
        crate::audit::format_time(millis).chars().filter(char::is_ascii_alphanumeric).take(15).collect();
    format!("{time}Z-{run}.cast")
}

impl Recorder {
    /// Starts a recording in `directory`. For [`Failure::EndRun`] the file is made and written to at once, else when
    /// the run has lasted for a quarter of a second, has written 64 KiB, or ends: that is one write for a short run.
    ///
    /// # Errors
    /// For [`Failure::EndRun`], where the file cannot be made and written to: then nothing runs. For
    /// [`Options::redact`], where one is no regular expression.
    pub fn create(directory: &Path, name: String, header: &Header, options: Options) -> io::Result<Self> {
        let custom = Custom::new(&options.redact)?;
        let (lines, first) = Lines::new(options.format, header, custom.as_ref());
        let mut recorder = Self {
            options,
            started: Instant::now(),
            disk: Disk::new(directory, &name, first),
            name,
            lines,
            terminal: Channel::new(Newlines::AsTheyAre, custom.clone()),
            standard_output: Channel::new(Newlines::WithReturn, custom.clone()),
            standard_error: Channel::new(Newlines::WithReturn, custom),
            question: Question::default(),
            flushed: 0,
            counts: Counts::default(),
            full: false,
            trouble: None,
        };
        if recorder.options.failure == Failure::EndRun {
            recorder.flush(0)?;
        }
        Ok(recorder)
    }

    /// Name of the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds a marker.
    pub fn mark(&mut self, label: &str) {
        let at = self.now();
        self.lines.event(at, Code::Marker, &redact(label));
    }

    /// Brings what is left to the disk.
    ///
    /// # Errors
    /// For [`Failure::EndRun`], where the disk fails.
    pub fn finish(mut self) -> io::Result<Outcome> {
        let at = self.now();
        self.close_streams(at);
        self.flush(at)?;
        let (_, written) = self.disk.finish();
        self.survive(at, written)?;
        let (Some(file), Ok(())) = self.disk.finish() else {
            return Err(io::Error::other("the thread that writes the recording is gone"));
        };
        if self.options.failure == Failure::EndRun {
            file.sync()?;
        }
        Ok(Outcome {
            sha256: file.sha256(),
            bytes: file.bytes(),
            file: self.name,
            output: self.counts.total,
            lost: self.counts.lost,
            trouble: self.trouble,
        })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Takes an event at a time in microseconds since the start.
    fn take_at(&mut self, at: u64, event: Event<'_>) -> io::Result<()> {
        match event {
            Event::Output(stream, bytes) => {
                for part in bytes.chunks(BATCH) {
                    self.output(at, stream, part)?;
                }
                Ok(())
            }
            Event::Input(bytes) => self.input(at, bytes),
            Event::Resize { columns, rows } => {
                self.lines.event(at, Code::Resize, &format!("{columns}x{rows}"));
                self.flush_if(at, false)
            }
            Event::Idle => self.flush_if(at, self.deadline().is_some_and(|deadline| at >= deadline)),
            Event::End(ended) => self.end(at, ended),
        }
    }

    fn output(&mut self, at: u64, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        let length = bytes.len() as u64;
        *self.counts.total.get_or_insert(0) += length;
        if self.full {
            self.counts.lost += length;
            return Ok(());
        }
        self.lines.count(length);
        let channel = match stream {
            Stream::Terminal => &mut self.terminal,
            Stream::Output => &mut self.standard_output,
            Stream::Error => &mut self.standard_error,
        };
        channel.push(at, bytes, &mut self.lines);
        if self.options.input == Input::Keep {
            self.question.output(bytes);
        }
        if self.disk.bytes().saturating_add(self.lines.len() as u64) >= self.options.limit {
            self.stop(at);
        }
        self.flush_if(at, false)
    }

    fn input(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        if self.options.input == Input::Skip || self.full {
            return Ok(());
        }
        let text = self.question.input(bytes);
        self.lines.event(at, Code::Input, &text);
        self.flush_if(at, false)
    }

    fn end(&mut self, at: u64, ended: Ended) -> io::Result<()> {
        self.close_streams(at);
        self.lines.event(at, Code::Exit, &ended.exit().code().to_string());
        self.flush(at)
    }

    /// The recording has reached its limit: what follows is counted only.
    fn stop(&mut self, at: u64) {
        self.full = true;
        let label =
            format!("recording reached its limit of {} bytes: output after this is lost", self.options.limit);
        self.lines.event(at, Code::Marker, &label);
    }

    /// Writes out what the streams hold.
    fn close_streams(&mut self, at: u64) {
        for channel in [&mut self.terminal, &mut self.standard_output, &mut self.standard_error] {
            channel.finish(at, &mut self.lines);
        }
        self.lines.close_event();
    }

    /// When lines that wait are due on the disk.
    fn deadline(&self) -> Option<u64> {
        let wait = if self.disk.has_begun() { FLUSH } else { FIRST_FLUSH };
        (self.lines.len() > 0 || !self.disk.has_begun()).then(|| self.flushed.saturating_add(wait))
    }

    fn flush_if(&mut self, at: u64, due: bool) -> io::Result<()> {
        if due || self.lines.len() >= BATCH { self.flush(at) } else { Ok(()) }
    }

    /// Hands whole lines to the disk.
    fn flush(&mut self, at: u64) -> io::Result<()> {
        self.flushed = at;
        if self.lines.len() == 0 && self.disk.has_begun() {
            return Ok(());
        }
        let written = self.disk.write(self.lines.whole());
        self.survive(at, written)
    }

    /// Decides what a failing disk means, and says so where the recording goes on.
    fn survive(&mut self, at: u64, written: Result<(), Lost>) -> io::Result<()> {
        let Err(Lost { output, error }) = written else { return Ok(()) };
        if self.options.failure == Failure::EndRun {
            return Err(error);
        }
        self.counts.lost += output;
        let label = format!("{} bytes of output are lost: {error}", self.counts.lost);
        self.lines.event(at, Code::Marker, &label);
        self.trouble.get_or_insert(error.to_string());
        Ok(())
    }
}

impl Sink for Recorder {
    fn take(&mut self, event: Event<'_>) -> io::Result<()> {
        self.take_at(self.now(), event)
    }

    fn open(&mut self, stream: Stream) {
        if stream != Stream::Error {
            self.counts.total.get_or_insert(0);
        }
    }

    fn due(&self) -> Option<Duration> {
        let deadline = self.deadline()?;
        Some(Duration::from_micros(deadline.saturating_sub(self.now())))
    }
}

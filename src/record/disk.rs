//! Where lines go: to the file at once, or in a long recording through a thread that hashes and writes them.

use std::{
    io, mem,
    path::Path,
    sync::mpsc::{Receiver, Sender, channel},
    thread::JoinHandle,
};

use super::file::CastFile;

/// From this size on hashing and writing go on beside the run: they cost as much as the rest of recording.
const LONG: u64 = 1 << 20;
/// Buffers for lines: one grows, one is written, the others wait; without a free one the run waits. They go round, because
/// fresh memory for each batch costs as much as writing it.
const BUFFERS: usize = 5;

/// Lines, and how many bytes of output they stand for.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) lines: Vec<u8>,
    pub(super) output: u64,
}

/// Output that was not written.
#[derive(Debug)]
pub(super) struct Lost {
    pub(super) output: u64,
    pub(super) error: io::Error,
}

/// The way to the file.
#[derive(Debug)]
pub(super) struct Disk {
    way: Way,
    /// Bytes that were handed over.
    bytes: u64,
    begun: bool,
}

#[derive(Debug)]
enum Way {
    Direct(CastFile),
    Beside(Writer),
    /// The writer died, which it does not: everything is lost from then on.
    Gone,
}

/// The thread that writes.
#[derive(Debug)]
struct Writer {
    batches: Sender<Batch>,
    done: Receiver<Done>,
    /// How many buffers may still be made.
    unmade: usize,
    thread: JoinHandle<Option<CastFile>>,
}

/// A batch that was dealt with, its memory to be used again.
#[derive(Debug)]
struct Done {
    lines: Vec<u8>,
    lost: Option<Lost>,
}

impl Disk {
    pub(super) fn new(directory: &Path, name: &str, header: Vec<u8>) -> Self {
        Self { way: Way::Direct(CastFile::new(directory, name, header)), bytes: 0, begun: false }
    }

    /// Whether anything was handed over.
    pub(super) const fn has_begun(&self) -> bool {
        self.begun
    }

    /// Bytes that were handed over.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes the lines of a batch and leaves it empty.
    ///
    /// # Errors
    /// What was not written, of this batch or of one before.
    pub(super) fn write(&mut self, batch: &mut Batch) -> Result<(), Lost> {
        self.begun = true;
        self.bytes = self.bytes.saturating_add(batch.lines.len() as u64);
        if self.bytes >= LONG {
            self.go_beside();
        }
        match &mut self.way {
            Way::Direct(file) => put(file, batch).map_or(Ok(()), Err),
            Way::Beside(writer) => writer.write(batch),
            Way::Gone => Err(gone(mem::take(batch).output)),
        }
    }

    /// Waits until everything is written; gives the file, and what was not written.
    pub(super) fn finish(&mut self) -> (Option<&CastFile>, Result<(), Lost>) {
        let mut result = Ok(());
        self.way = match mem::replace(&mut self.way, Way::Gone) {
            Way::Beside(Writer { batches, done, thread, .. }) => {
                drop(batches);
                result = done.iter().fold(result, |result, done| add(result, done.lost));
                thread.join().ok().flatten().map_or(Way::Gone, Way::Direct)
            }
            other => other,
        };
        let file = if let Way::Direct(file) = &self.way { Some(file) } else { None };
        (file, result)
    }

    /// Starts the thread, once; where there can be none the lines go on being written directly.
    fn go_beside(&mut self) {
        let Way::Direct(_) = self.way else { return };
        let (batches, incoming) = channel::<Batch>();
        let (outgoing, done) = channel();
        let (hand, take) = channel::<CastFile>();
        let work = move || {
            let mut file = take.recv().ok()?;
            for mut batch in incoming {
                let lost = put(&mut file, &mut batch);
                let _ = outgoing.send(Done { lines: batch.lines, lost });
            }
            Some(file)
        };
        let Ok(thread) = std::thread::Builder::new().name("recorder".to_owned()).spawn(work) else { return };
        let writer = Way::Beside(Writer { batches, done, unmade: BUFFERS - 1, thread });
        if let Way::Direct(file) = mem::replace(&mut self.way, writer) {
            // Where the thread is gone already, the next batch finds that out.
            let _ = hand.send(file);
        }
    }
}

impl Writer {
    fn write(&mut self, batch: &mut Batch) -> Result<(), Lost> {
        if let Err(refused) = self.batches.send(mem::take(batch)) {
            return Err(gone(refused.0.output));
        }
        if let Some(unmade) = self.unmade.checked_sub(1) {
            self.unmade = unmade;
            return Ok(());
        }
        let Ok(done) = self.done.recv() else { return Err(gone(0)) };
        batch.lines = done.lines;
        done.lost.map_or(Ok(()), Err)
    }
}

/// Writes a batch and empties it.
fn put(file: &mut CastFile, batch: &mut Batch) -> Option<Lost> {
    let written = file.append(&batch.lines);
    batch.lines.clear();
    let output = mem::take(&mut batch.output);
    written.err().map(|error| Lost { output, error })
}

fn gone(output: u64) -> Lost {
    Lost { output, error: io::Error::other("the thread that writes the recording is gone") }
}

/// Adds up what was lost; the first error speaks for all.
fn add(before: Result<(), Lost>, lost: Option<Lost>) -> Result<(), Lost> {
    match (before, lost) {
        (before, None) => before,
        (Ok(()), Some(lost)) => Err(lost),
        (Err(before), Some(lost)) => Err(Lost { output: before.output + lost.output, error: before.error }),
    }
}

//! Replays a recording in its own time.

use std::{
    io::{self, BufRead, Write},
    time::Duration,
};

use super::{CastEvent, CastReader, Code, Screen};

/// How a recording is replayed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// How many times as fast as it was recorded.
    pub speed: f64,
    /// The longest pause, as recorded.
    pub idle_limit: Option<Duration>,
    /// How it starts.
    pub start: Start,
}

/// How a replay starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// It runs.
    Running,
    /// It waits for a key before each event.
    Paused,
}

/// What may reach the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// Only what draws; see [`Screen`].
    Drawing,
    /// Everything that was recorded.
    Everything,
}

/// What the one who watches asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Pause, or go on.
    Pause,
    /// One event further, and pause.
    Step,
    /// Go to the next marker at once, and pause.
    Marker,
    /// End the replay.
    Quit,
}

/// Waits while a replay pauses, for time or for keys.
pub trait Watcher {
    /// Waits for this long, or for a key, whichever comes first; gives the key and the time that was left.
    ///
    /// # Errors
    /// Where keys cannot be read.
    fn wait(&mut self, time: Duration) -> io::Result<Option<(Key, Duration)>>;
}

/// Replays a recording on `out`, a terminal.
///
/// # Errors
/// Where the recording cannot be read, or the terminal cannot be written to.
pub fn play<R: BufRead>(
    reader: &mut CastReader<R>,
    out: &mut impl Write,
    watcher: &mut impl Watcher,
    pace: Pace,
    passing: Passing,
) -> io::Result<()> {
    let mut replay =
        Replay { out, watcher, pace, state: pace.start.into(), at: 0, screen: Screen::default() };
    let mut result = Ok(());
    while let Some(event) = reader.next_event()? {
        match replay.event(&event, passing) {
            Ok(Next::Event) => {}
            Ok(Next::End) => break,
            Err(error) => {
                result = Err(error);
                break;
            }
        }
    }
    let restored = replay.restore();
    result.and(restored)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    Paused,
    /// On the way to the next marker.
    Skipping,
}

impl From<Start> for State {
    fn from(start: Start) -> Self {
        match start {
            Start::Running => Self::Running,
            Start::Paused => Self::Paused,
        }
    }
}

enum Next {
    Event,
    End,
}

struct Replay<'a, O, W> {
    out: &'a mut O,
    watcher: &'a mut W,
    pace: Pace,
    state: State,
    /// Time of the last event in microseconds.
    at: u64,
    screen: Screen,
}

impl<O: Write, W: Watcher> Replay<'_, O, W> {
    fn event(&mut self, event: &CastEvent, passing: Passing) -> io::Result<Next> {
        let pause = Duration::from_micros(event.at.saturating_sub(self.at));
        self.at = event.at;
        let pause = self.pace.idle_limit.map_or(pause, |limit| pause.min(limit));
        if let Next::End = self.wait(pause.div_f64(self.pace.speed))? {
            return Ok(Next::End);
        }
        match event.code {
            Code::Output => self.show(&event.text, passing)?,
            Code::Marker if self.state == State::Skipping => self.state = State::Paused,
            _ => {}
        }
        Ok(Next::Event)
    }

    fn show(&mut self, text: &str, passing: Passing) -> io::Result<()> {
        match passing {
            Passing::Everything => self.out.write_all(text.as_bytes())?,
            Passing::Drawing => {
                let mut drawing = String::with_capacity(text.len());
                self.screen.pass(text, &mut drawing);
                self.out.write_all(drawing.as_bytes())?;
            }
        }
        self.out.flush()
    }

    /// Waits until an event is due.
    fn wait(&mut self, mut left: Duration) -> io::Result<Next> {
        loop {
            let time = match self.state {
                State::Skipping => return Ok(Next::Event),
                State::Running if left.is_zero() => return Ok(Next::Event),
                State::Running => left,
                State::Paused => Duration::MAX,
            };
            let Some((key, remaining)) = self.watcher.wait(time)? else { return Ok(Next::Event) };
            if self.state == State::Running {
                left = remaining;
            }
            match (key, self.state) {
                (Key::Quit, _) => return Ok(Next::End),
                (Key::Pause, State::Paused) => self.state = State::Running,
                (Key::Pause, _) => self.state = State::Paused,
                (Key::Marker, _) => self.state = State::Skipping,
                (Key::Step, _) => {
                    self.state = State::Paused;
                    return Ok(Next::Event);
                }
            }
        }
    }

    fn restore(&mut self) -> io::Result<()> {
        self.out.write_all(self.screen.restore().as_bytes())?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAST: &str = concat!(
        "{\"version\":2,\"width\":80,\"height\":24}\n",
        "[0.5, \"o\", \"a\"]\n",
        "[10.5, \"o\", \"b\\u001b]0;t\\u0007\"]\n",
        "[11, \"m\", \"here\"]\n",
        "[12, \"o\", \"c\"]\n",
    );

    /// Presses keys by plan, and notes what was waited for.
    struct Plan {
        keys: Vec<Option<Key>>,
        waited: Vec<Duration>,
    }

    impl Watcher for Plan {
        fn wait(&mut self, time: Duration) -> io::Result<Option<(Key, Duration)>> {
            self.waited.push(time);
            let key = if self.keys.is_empty() { None } else { self.keys.remove(0) };
            assert!(key.is_some() || time < Duration::MAX, "a paused replay waits for a key");
            Ok(key.map(|key| (key, time / 2)))
        }
    }

    fn played(keys: &[Option<Key>], pace: Pace, passing: Passing) -> (String, Vec<f64>) {
        let mut plan = Plan { keys: keys.to_vec(), waited: vec![] };
        let mut out = vec![];
        let mut reader = CastReader::new(CAST.as_bytes()).unwrap();
        play(&mut reader, &mut out, &mut plan, pace, passing).unwrap();
        let out = String::from_utf8(out).unwrap().replace(Screen::default().restore(), "");
        (out, plan.waited.iter().map(Duration::as_secs_f64).collect())
    }

    const PACE: Pace = Pace { speed: 1.0, idle_limit: None, start: Start::Running };

    #[test]
    fn a_replay_takes_the_recorded_time() {
        assert_eq!(played(&[], PACE, Passing::Drawing), ("abc".into(), vec![0.5, 10.0, 0.5, 1.0]));
    }

    #[test]
    fn speed_and_idle_limit_shorten_it() {
        let pace = Pace { speed: 2.0, idle_limit: Some(Duration::from_secs(2)), ..PACE };
        assert_eq!(played(&[], pace, Passing::Drawing).1, [0.25, 1.0, 0.25, 0.5]);
    }

    #[test]
    fn a_paused_replay_goes_on_with_what_was_left_of_the_pause() {
        let keys = [None, Some(Key::Pause), Some(Key::Pause)];
        let (out, waited) = played(&keys, PACE, Passing::Drawing);
        assert_eq!(out, "abc");
        assert_eq!(waited, [0.5, 10.0, Duration::MAX.as_secs_f64(), 5.0, 0.5, 1.0]);
    }

    #[test]
    fn steps_markers_and_quitting() {
        let paused = Pace { start: Start::Paused, ..PACE };
        assert_eq!(played(&[Some(Key::Step), Some(Key::Quit)], paused, Passing::Drawing).0, "a");
        assert_eq!(played(&[Some(Key::Marker), Some(Key::Quit)], PACE, Passing::Drawing).0, "ab");
    }

    #[test]
    fn everything_passes_only_on_request() {
        assert_eq!(played(&[], PACE, Passing::Everything).0, "ab\x1b]0;t\x07c");
    }
}

//! What a recording is made of: asciicast's header and events.

/// Version of the asciicast format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Version 2, times from the start: every player takes it.
    #[default]
    V2,
    /// Version 3, times from the event before.
    V3,
}

/// The first line of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Columns; 0 where there is no terminal, and is written as 80.
    pub columns: u16,
    /// Rows; 0 where there is no terminal, and is written as 24.
    pub rows: u16,
    /// When the recording starts, in seconds since the epoch.
    pub timestamp: Option<u64>,
    /// The command line as text.
    pub command: Option<String>,
    /// A title.
    pub title: Option<String>,
    /// `SHELL` and `TERM`, where they are set; nothing else of the environment.
    pub environment: Vec<(String, String)>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CastEvent {
    /// Microseconds since the start.
    pub at: u64,
    /// What it is.
    pub code: Code,
    /// Its text.
    pub text: String,
}

/// What an event is; asciicast writes it as one letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// `o`: output.
    Output,
    /// `i`: input.
    Input,
    /// `m`: a marker with a label.
    Marker,
    /// `r`: a new size, `COLUMNSxROWS`.
    Resize,
    /// `x`: the exit code.
    Exit,
    /// A letter that players pass over.
    Other(char),
}

impl Code {
    /// The letter.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Output => 'o',
            Self::Input => 'i',
            Self::Marker => 'm',
            Self::Resize => 'r',
            Self::Exit => 'x',
            Self::Other(letter) => letter,
        }
    }

    /// The code of a letter.
    #[must_use]
    pub const fn of(letter: char) -> Self {
        match letter {
            'o' => Self::Output,
            'i' => Self::Input,
            'm' => Self::Marker,
            'r' => Self::Resize,
            'x' => Self::Exit,
            other => Self::Other(other),
        }
    }
}

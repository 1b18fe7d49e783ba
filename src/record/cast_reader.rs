//! A recording as its events, read as they are needed.

use std::io::{self, BufRead, Read};

use super::{CastEvent, Decoder, Format, Header};

/// The longest line that is read; gate writes lines of some 400 KiB at most.
const MAX_LINE: u64 = 64 << 20;

/// Reads a recording. A cut last line is normal: it is left out, and [`CastReader::is_cut`] tells.
#[derive(Debug)]
pub struct CastReader<R> {
    source: R,
    decoder: Decoder,
    header: Header,
    line: u64,
    cut: bool,
}

impl<R: BufRead> CastReader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// Where it cannot be read, or is no asciicast header of version 2 or 3.
    pub fn new(mut source: R) -> io::Result<Self> {
        let mut first = vec![];
        read_line(&mut source, &mut first)?;
        let (decoder, header) = Decoder::new(first.trim_ascii()).map_err(|why| invalid(1, &why))?;
        Ok(Self { source, decoder, header, line: 1, cut: false })
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The recording's version.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.decoder.format()
    }

    /// Whether the last line was cut; known when all events have been read.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// Reads the next event.
    ///
    /// # Errors
    /// Where a line before the last one is no event, or cannot be read.
    pub fn next_event(&mut self) -> io::Result<Option<CastEvent>> {
        loop {
            let mut line = vec![];
            read_line(&mut self.source, &mut line)?;
            if line.is_empty() {
                return Ok(None);
            }
            self.line += 1;
            match self.decoder.event(&line) {
                Ok(None) => {}
                Ok(Some(event)) => return Ok(Some(event)),
                Err(_) if self.source.fill_buf()?.is_empty() => {
                    self.cut = true;
                    return Ok(None);
                }
                Err(why) => return Err(invalid(self.line, &why)),
            }
        }
    }
}

fn read_line(source: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<()> {
    source.take(MAX_LINE).read_until(b'\n', line)?;
    if line.len() as u64 == MAX_LINE {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is longer than any recording's"));
    }
    Ok(())
}

fn invalid(line: u64, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("line {line}: {why}"))
}

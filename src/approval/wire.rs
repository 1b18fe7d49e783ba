//! What a waiting wrapper and a reviewer's process say to each other: one JSON object a line, strict and bounded.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Extent, Request};

/// The version of the protocol; another one is refused.
const VERSION: u32 = 2;

/// The longest line that a wrapper takes: an answer is short.
pub const ANSWER_LIMIT: usize = 64 * 1024;

/// The longest line that a reviewer takes: the kernel's limit for argv and environment, as JSON, a few times.
pub const REQUEST_LIMIT: usize = 64 * 1024 * 1024;

/// The longest reason that is taken, in bytes.
pub const REASON_LIMIT: usize = 4096;

/// What a wrapper says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum FromWrapper {
    /// The question, whole.
    Request {
        /// What is asked.
        request: Box<Request>,
        /// The names of those who have approved it so far, where the policy wants several.
        approved: Vec<String>,
    },
    /// The answer counts, and settles the question.
    Accepted,
    /// The approval counts; so many further accounts have to approve.
    Counted {
        /// How many.
        missing: u8,
    },
    /// The answer, or whoever gave it, is refused; the question stays open.
    Refused {
        /// A clause for people.
        why: String,
    },
    /// The question is settled or was taken back.
    Closed {
        /// A clause for people.
        why: String,
    },
}

/// What a reviewer's process says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum FromReviewer {
    /// It may run.
    Approve {
        /// The digest, in hexadecimal, of what was shown.
        digest: String,
        /// How far the word goes.
        extent: Extent,
    },
    /// It may not run.
    Reject {
        /// Why, in the reviewer's words.
        reason: Option<String>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<T> {
    gate: u32,
    message: T,
}

/// Why a line is not understood.
#[derive(Debug)]
pub enum Malformed {
    /// It is not the JSON that it should be.
    Json(serde_json::Error),
    /// It is of another version.
    Version(u32),
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Json(error) => write!(formatter, "not understood: {error}"),
            Self::Version(version) => {
                write!(formatter, "speaks version {version} of the protocol, this gate speaks {VERSION}")
            }
        }
    }
}

impl std::error::Error for Malformed {}

/// Writes a message as one line, newline included.
///
/// # Errors
/// None for the messages of this protocol; the serializer's in general.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut line = serde_json::to_vec(&Envelope { gate: VERSION, message })?;
    line.push(b'\n');
    Ok(line)
}

/// Reads one line, newline excluded.
///
/// # Errors
/// Where anything in it is unknown, missing or of another version.
pub fn decode<T: DeserializeOwned>(line: &[u8]) -> Result<T, Malformed> {
    #[derive(Deserialize)]
    struct Version {
        gate: u32,
    }
    let version: Version = serde_json::from_slice(line).map_err(Malformed::Json)?;
    if version.gate != VERSION {
        return Err(Malformed::Version(version.gate));
    }
    let envelope: Envelope<T> = serde_json::from_slice(line).map_err(Malformed::Json)?;
    Ok(envelope.message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::example;

    #[test]
    fn a_request_arrives_whole_and_with_the_same_digest() {
        for request in [example::dangerous(), example::request("printf '\\xff' \u{1b}")] {
            let line = encode(&FromWrapper::Request {
                request: Box::new(request.clone()),
                approved: vec!["ann".to_owned()],
            })
            .unwrap();
            assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
            let FromWrapper::Request { request: arrived, approved } = decode(line.trim_ascii_end()).unwrap()
            else {
                panic!("not a request")
            };
            assert_eq!(approved, ["ann"]);
            assert_eq!(format!("{arrived:?}"), format!("{request:?}"));
            assert_eq!(arrived.binding(), request.binding());
        }
    }

    #[test]
    fn answers_are_a_contract() {
        let approve = FromReviewer::Approve { digest: "ab".into(), extent: Extent::Once };
        let line = encode(&approve).unwrap();
        assert_eq!(
            String::from_utf8(line.clone()).unwrap(),
            "{\"gate\":2,\"message\":{\"approve\":{\"digest\":\"ab\",\"extent\":\"once\"}}}\n"
        );
        assert_eq!(decode::<FromReviewer>(line.trim_ascii_end()).unwrap(), approve);
    }

    #[test]
    fn anything_unknown_missing_or_double_is_refused() {
        for line in [
            "",
            "{}",
            "null",
            r#"{"gate":3,"message":{"reject":{"reason":null}}}"#,
            r#"{"gate":2,"message":{"approve":{"digest":"ab"}}}"#,
            r#"{"gate":2,"message":{"approve":{"digest":"ab","extent":"once","x":1}}}"#,
            r#"{"gate":2,"message":{"approve":{"digest":"ab","extent":0}}}"#,
            r#"{"gate":2,"message":{"approve":{"digest":"ab","extent":"once"}},"x":1}"#,
            r#"{"gate":2,"message":{"approve":{"digest":"ab","digest":"cd","extent":"once"}}}"#,
            r#"{"gate":2,"message":{"approve":{"digest":"ab","extent":"once"},"reject":{"reason":null}}}"#,
            r#"{"gate":2,"message":"approve"}"#,
            r#"{"gate":2,"message":{"reject":{"reason":null}}} {}"#,
        ] {
            assert!(decode::<FromReviewer>(line.as_bytes()).is_err(), "{line}");
        }
    }
}

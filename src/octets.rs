//! Bytes that are usually text, on the wire: a JSON string where they are UTF-8, else `{"hex":"…"}`; nothing is lost.
//!
//! Used as `#[serde(with = "crate::octets")]` on `Vec<u8>`, `PathBuf`, and options, lists, pairs and `Arc`s of them.

use std::{ffi::OsString, os::unix::ffi::OsStringExt as _, path::PathBuf, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// How bytes stand in JSON.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub enum Wire {
    /// They are UTF-8.
    Text(String),
    /// They are not.
    Hex(Hex),
}

/// Bytes in lower-case hexadecimal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hex {
    hex: String,
}

/// Something made of bytes that are usually text.
pub trait Octets: Sized {
    /// Its form in JSON.
    type Wire: Serialize + for<'de> Deserialize<'de>;

    /// The form in JSON.
    fn to_wire(&self) -> Self::Wire;

    /// Reads the form in JSON; `None` where the hexadecimal digits are none.
    fn from_wire(wire: Self::Wire) -> Option<Self>;
}

impl Octets for Vec<u8> {
    type Wire = Wire;

    fn to_wire(&self) -> Wire {
        match std::str::from_utf8(self) {
            Ok(text) => Wire::Text(text.to_owned()),
            Err(_) => Wire::Hex(Hex { hex: hex(self) }),
        }
    }

    fn from_wire(wire: Wire) -> Option<Self> {
        match wire {
            Wire::Text(text) => Some(text.into_bytes()),
            Wire::Hex(Hex { hex }) => from_hex(&hex),
        }
    }
}

impl Octets for PathBuf {
    type Wire = Wire;

    fn to_wire(&self) -> Wire {
        self.clone().into_os_string().into_vec().to_wire()
    }

    fn from_wire(wire: Wire) -> Option<Self> {
        Some(Self::from(OsString::from_vec(Vec::from_wire(wire)?)))
    }
}

impl<T: Octets> Octets for Option<T> {
    type Wire = Option<T::Wire>;

    fn to_wire(&self) -> Self::Wire {
        self.as_ref().map(T::to_wire)
    }

    fn from_wire(wire: Self::Wire) -> Option<Self> {
        match wire {
            None => Some(None),
            Some(wire) => T::from_wire(wire).map(Some),
        }
    }
}

impl<T: Octets> Octets for Vec<T> {
    type Wire = Vec<T::Wire>;

    fn to_wire(&self) -> Self::Wire {
        self.iter().map(T::to_wire).collect()
    }

    fn from_wire(wire: Self::Wire) -> Option<Self> {
        wire.into_iter().map(T::from_wire).collect()
    }
}

impl<T: Octets> Octets for Arc<T> {
    type Wire = T::Wire;

    fn to_wire(&self) -> Self::Wire {
        T::to_wire(self)
    }

    fn from_wire(wire: Self::Wire) -> Option<Self> {
        T::from_wire(wire).map(Self::new)
    }
}

impl<A: Octets, B: Octets> Octets for (A, B) {
    type Wire = (A::Wire, B::Wire);

    fn to_wire(&self) -> Self::Wire {
        (self.0.to_wire(), self.1.to_wire())
    }

    fn from_wire((first, second): Self::Wire) -> Option<Self> {
        Some((A::from_wire(first)?, B::from_wire(second)?))
    }
}

/// Writes the form in JSON.
///
/// # Errors
/// The serializer's.
pub fn serialize<T: Octets, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.to_wire().serialize(serializer)
}

/// Reads the form in JSON.
///
/// # Errors
/// The deserializer's, and hexadecimal digits that are none.
pub fn deserialize<'de, T: Octets, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::from_wire(T::Wire::deserialize(deserializer)?)
        .ok_or_else(|| D::Error::custom("not hexadecimal digits"))
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

/// Reads lower-case hexadecimal digits.
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Example {
        #[serde(with = "crate::octets")]
        bytes: Vec<(Vec<u8>, Option<PathBuf>)>,
    }

    #[test]
    fn text_stays_text_and_other_bytes_are_hexadecimal() {
        let example = Example { bytes: vec![(b"a\n".to_vec(), None), (b"\xff".to_vec(), Some("/b".into()))] };
        let json = serde_json::to_string(&example).unwrap();
        assert_eq!(json, r#"{"bytes":[["a\n",null],[{"hex":"ff"},"/b"]]}"#);
        assert_eq!(serde_json::from_str::<Example>(&json).unwrap(), example);
    }

    #[test]
    fn what_is_no_hexadecimal_is_refused() {
        for json in [r#"{"bytes":[[{"hex":"f"},null]]}"#, r#"{"bytes":[[{"hex":"FF"},null]]}"#] {
            assert!(serde_json::from_str::<Example>(json).is_err());
        }
        assert!(serde_json::from_str::<Example>(r#"{"bytes":[[{"hex":"ff","x":1},null]]}"#).is_err());
    }

    proptest! {
        #[test]
        fn nothing_is_lost(bytes: Vec<u8>) {
            let example = Example { bytes: vec![(bytes, None)] };
            let json = serde_json::to_string(&example).unwrap();
            prop_assert_eq!(serde_json::from_str::<Example>(&json).unwrap(), example);
        }
    }
}

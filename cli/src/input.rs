//! Files as people have them: read up to a bound, and understood in whatever encoding a shell wrote them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use adapters_aws::listing::Form;
use serde::de::DeserializeOwned;

use crate::command::BadInput;

/// How much of a file is read at most, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A list, or a plan for one: a million snapshots with the tags that Caretaker gives take 1.3 GB.
    List,
    /// Anything else.
    Small,
}

impl Bound {
    fn bytes(self) -> u64 {
        match self {
            Self::List => 2 << 30,
            Self::Small => 64 << 20,
        }
    }

    fn exceeded(self) -> &'static str {
        match self {
            Self::List => {
                "it is larger than 2 GiB, the most that is read: list fewer, as with `--filters` or `--owner-ids self`"
            }
            Self::Small => "it is larger than 64 MiB, the most that is read: is it the right file?",
        }
    }
}

/// How much is looked at before the rest is read: what is no text says so early.
const HEAD: u64 = 4096;

/// Reads a text, in UTF-8 or, as `PowerShell` writes files, with a byte order mark or in UTF-16
/// (<https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_character_encoding>); `-` is the
/// standard input.
///
/// # Errors
///
/// When the file cannot be read, is too large or holds no text.
pub fn text(file: &Path, bound: Bound) -> Result<Vec<u8>, BadInput> {
    let bytes = read(file, bound, true)?;
    decoded(bytes).map_err(|why| BadInput::new(file.display(), why))
}

/// Reads what may be no text at all. A text loses its byte order mark.
///
/// # Errors
///
/// When the file cannot be read, or is too large.
pub fn anything(file: &Path) -> Result<Vec<u8>, BadInput> {
    let bytes = read(file, Bound::Small, false)?;
    Ok(decoded(bytes.clone()).unwrap_or(bytes))
}

/// Reads a JSON text.
///
/// # Errors
///
/// When the file cannot be read, is too large, or holds something else.
pub fn json<T: DeserializeOwned>(file: &Path, bound: Bound) -> Result<T, BadInput> {
    let text = text(file, bound)?;
    serde_json::from_slice(&text).map_err(|error| match Form::of(&text) {
        Some(form) => BadInput::new(file.display(), format!("it is {form}, not JSON: {}", form.remedy())),
        None => BadInput::new(file.display(), error),
    })
}

fn read(file: &Path, bound: Bound, is_text: bool) -> Result<Vec<u8>, BadInput> {
    let bad = |error: io::Error| BadInput::new(file.display(), error);
    let from: Box<dyn Read> =
        if file == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(file).map_err(bad)?) };
    let mut from = from.take(bound.bytes() + 1);
    let mut bytes = Vec::new();
    from.by_ref().take(HEAD).read_to_end(&mut bytes).map_err(bad)?;
    if is_text && Encoding::of(&bytes) == Encoding::Utf8 && bytes.contains(&0) {
        return Err(BadInput::new(file.display(), "it is no text: there are zero bytes in it"));
    }
    from.read_to_end(&mut bytes).map_err(bad)?;
    if from.limit() == 0 { Err(BadInput::new(file.display(), bound.exceeded())) } else { Ok(bytes) }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    /// By the byte order mark (<https://www.unicode.org/faq/utf_bom.html>).
    fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0xff, 0xfe, ..] => Self::Utf16Le,
            [0xfe, 0xff, ..] => Self::Utf16Be,
            _ => Self::Utf8,
        }
    }
}

/// A text in UTF-8, without a byte order mark.
fn decoded(mut bytes: Vec<u8>) -> Result<Vec<u8>, &'static str> {
    match Encoding::of(&bytes) {
        Encoding::Utf8 => {
            let mark = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
            bytes.drain(..mark);
            Ok(bytes)
        }
        Encoding::Utf16Le => of_utf_16(&bytes, u16::from_le_bytes),
        Encoding::Utf16Be => of_utf_16(&bytes, u16::from_be_bytes),
    }
}

fn of_utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Vec<u8>, &'static str> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(pairs.iter().skip(1).map(|pair| unit(*pair)));
    let text = text.collect::<Result<String, _>>().ok().filter(|_| rest.is_empty());
    text.map(String::into_bytes).ok_or("it begins as UTF-16 does, and is none: save it as UTF-8")
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn a_text_is_the_same_however_a_shell_wrote_it() {
        let text = "{\"a\": \"ä👩\"}";
        let utf_16 =
            |order: fn(u16) -> [u8; 2]| [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(order);
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            utf_16(u16::to_le_bytes).collect(),
            utf_16(u16::to_be_bytes).collect(),
        ] {
            assert_eq!(decoded(bytes.clone()).as_deref(), Ok(text.as_bytes()), "{bytes:x?}");
        }
    }

    #[test]
    fn half_a_character_is_no_text() {
        assert!(decoded(b"\xff\xfe\x00".to_vec()).is_err() && decoded(b"\xff\xfe\x00\xd8".to_vec()).is_err());
    }
}

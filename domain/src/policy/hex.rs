//! Bytes as people and manifests write them.

use std::fmt::Write;

/// Bytes in hexadecimal digits.
///
/// # Examples
///
/// ```
/// assert_eq!(domain::policy::hex::hex(&[0, 0x0a, 0xff]), "000aff");
/// ```
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

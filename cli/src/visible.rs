//! What others wrote, printed so that it is seen and does nothing.

use std::io::{self, Write};

use domain::render::visible;

/// A writer on which nothing of what others wrote moves a terminal's cursor, changes its colours or hides.
///
/// # Examples
///
/// ```
/// use std::io::Write;
///
/// let mut printed = cli::visible::Visible(Vec::new());
/// writeln!(printed, "tag Name = {}", "web\u{1b}]0;gone\u{7}")?;
/// assert_eq!(printed.0, b"tag Name = web\\u001b]0;gone\\u0007\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Visible<W>(pub W);

impl<W: Write> Write for Visible<W> {
    /// Takes whole texts, as `write!` hands them over: half a character would be shown as one that is broken.
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.write_all(visible::text(&String::from_utf8_lossy(text)).as_bytes())?;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

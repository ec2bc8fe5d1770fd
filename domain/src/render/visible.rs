//! Text of others, shown as it is.
//!
//! A tag, an event or a file may hold characters that move a terminal's cursor, change its colours, or turn the order
//! of what follows around; others are not seen at all. Here each becomes the escape that JSON has for it, `\u001b`, so
//! a text tells what it holds, and a JSON text stays the same value.

use std::borrow::Cow;

/// Shows everything but line breaks that a terminal would obey or hide. What every language and emoji are written
/// with stays, joiners included.
///
/// # Examples
///
/// ```
/// use domain::render::visible;
///
/// assert_eq!(visible::text("a\u{1b}[2J\r\nb"), "a\\u001b[2J\\u000d\nb");
/// assert_eq!(visible::text("\u{202e}kcab"), "\\u202ekcab");
/// assert_eq!(visible::text("день, עברית, 👩‍🚀"), "день, עברית, 👩‍🚀");
/// ```
pub fn text(text: &str) -> Cow<'_, str> {
    shown(text, |c| c != '\n' && is_hidden(c))
}

/// The same, with line breaks: what is one line stays one.
///
/// # Examples
///
/// ```
/// assert_eq!(domain::render::visible::line("web\nverdict: fine"), "web\\u000averdict: fine");
/// ```
pub fn line(text: &str) -> Cow<'_, str> {
    shown(text, is_hidden)
}

fn shown(text: &str, is_hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            // JSON escapes what is beyond U+FFFF as the two halves that UTF-16 has for it.
            shown.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Whether a character is not seen, or does something to others: controls, what orders text of two directions
/// (<https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>), and what Unicode calls default ignorable
/// (<https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point>), but for joiners and variation selectors,
/// which scripts and emoji are written with.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

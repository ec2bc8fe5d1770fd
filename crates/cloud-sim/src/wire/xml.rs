//! XML, as far as AWS's protocols use it: elements that hold either text or elements.

use std::borrow::Cow;

use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    name: Cow<'static, str>,
    namespace: Option<&'static str>,
    text: String,
    children: Vec<Self>,
}

impl Element {
    /// An empty element.
    pub(super) fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The same element in a namespace.
    pub(super) fn within(mut self, namespace: &'static str) -> Self {
        self.namespace = Some(namespace);
        self
    }

    /// The same element with another one in it.
    pub(super) fn with(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// The same element with a text under a name.
    #[expect(clippy::needless_pass_by_value, reason = "so that texts and numbers are given alike")]
    pub(super) fn text(self, name: &'static str, text: impl ToString) -> Self {
        self.with(Self { text: text.to_string(), ..Self::new(name) })
    }

    /// The same element with a text under a name, if there is one.
    pub(super) fn maybe(self, name: &'static str, text: Option<impl ToString>) -> Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    /// The same element with a list under a name, whose elements are all called alike.
    pub(super) fn list(self, name: &'static str, items: impl IntoIterator<Item = Self>) -> Self {
        let list = items.into_iter().fold(Self::new(name), Self::with);
        self.with(list)
    }

    /// The same element with all that another one holds.
    pub(super) fn holding(mut self, other: Self) -> Self {
        self.children.extend(other.children);
        self
    }

    /// The same element holding a text itself.
    #[expect(clippy::needless_pass_by_value, reason = "so that texts and numbers are given alike")]
    pub(super) fn holding_text(self, text: impl ToString) -> Self {
        Self { text: text.to_string(), ..self }
    }

    /// The first element of that name in it.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.all(name).next()
    }

    /// All elements of that name in it.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text under a name.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// A whole document.
    pub(super) fn document(&self) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new());
        // Writing to memory does not fail.
        let _ = writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        self.write(&mut writer);
        writer.into_inner()
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) {
        let mut start = BytesStart::new(self.name.as_ref());
        if let Some(namespace) = self.namespace {
            start.push_attribute(("xmlns", namespace));
        }
        let _ = writer.write_event(Event::Start(start));
        if !self.text.is_empty() {
            let _ = writer.write_event(Event::Text(BytesText::from_escaped(escaped(&self.text))));
        }
        for child in &self.children {
            child.write(writer);
        }
        let _ = writer.write_event(Event::End(BytesEnd::new(self.name.as_ref())));
    }

    /// Reads a document; `None` when it is none.
    pub(super) fn read(document: &[u8]) -> Option<Self> {
        let mut reader = Reader::from_str(std::str::from_utf8(document).ok()?);
        // What is open, from the outside in; the first one holds the document's own element.
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => open.push(named(&start)),
                Event::Empty(start) => open.last_mut()?.children.push(named(&start)),
                Event::End(_) => {
                    let closed = open.pop()?;
                    open.last_mut()?.children.push(closed);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text),
                Event::CData(text) => open.last_mut()?.text.push_str(&text),
                Event::GeneralRef(reference) => {
                    let meant = match reference.resolve_char_ref().ok()? {
                        Some(character) => character.to_string(),
                        None => resolve_predefined_entity(&reference)?.to_owned(),
                    };
                    open.last_mut()?.text.push_str(&meant);
                }
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        let [root] = open.as_mut_slice() else { return None };
        root.children.pop()
    }
}

fn named(start: &BytesStart<'_>) -> Element {
    Element::new(start.local_name().as_ref().to_owned())
}

/// A text as it stands in a document.
///
/// XML 1.0 has no way to write most control characters, not even as `&#27;` (<https://www.w3.org/TR/xml/#charsets>), and
/// botocore, which reads by that rule, fails on the whole answer (<https://github.com/boto/botocore/issues/3496>). EC2 "allows
/// for any character in its tags" (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions>)
/// and does not say what it answers then. Unverified: a replacement character for each, so that clients can read the rest.
fn escaped(text: &str) -> String {
    escape(text).replace(|character| !is_allowed(character), "\u{fffd}")
}

/// Whether a character may stand in a document.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::{Element, is_allowed};

    #[test]
    fn what_is_written_is_read() {
        let element = Element::new("Part").text("ETag", "\"a<&>b\"").text("PartNumber", 1);
        let whole = Element::new("Parts").with(element.clone()).list("Empty", []);
        assert_eq!(Element::read(&whole.document()), Some(whole));
    }

    #[test]
    fn every_text_is_well_formed_and_only_what_xml_has_not_is_replaced() {
        let text: String =
            ('\0'..='\u{ff}').chain(['\u{2028}', '\u{fffe}', '\u{ffff}', '\u{1f980}']).collect();
        let document = Element::new("Tags").text("Value", format!("a{text}b")).document();
        let written = String::from_utf8(document.clone()).unwrap();
        assert!(written.chars().all(is_allowed) && !written.contains('\r'), "{written:?}");
        let replaced = text.replace(|character| !is_allowed(character), "\u{fffd}");
        let read = Element::read(&document).unwrap();
        assert_eq!(read.text_of("Value").unwrap(), format!("a{replaced}b"));
    }

    #[test]
    fn what_is_no_document_is_none() {
        for text in ["", "plain", "<a>", "<a></b>", "<a>&nothing;</a>"] {
            assert_eq!(Element::read(text.as_bytes()), None, "{text}");
        }
    }
}

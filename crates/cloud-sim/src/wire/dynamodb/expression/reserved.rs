//! The words that expressions may not use as names
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html>).

const WORDS: &str = include_str!("reserved.txt");

/// Whether a word is reserved, however it is written.
pub(super) fn is_reserved(word: &str) -> bool {
    WORDS.split_whitespace().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::is_reserved;

    #[test]
    fn reserved_words_are_known_however_they_are_written() {
        assert!(
            is_reserved("state") && is_reserved("Zone") && is_reserved("ABORT") && !is_reserved("version")
        );
    }
}

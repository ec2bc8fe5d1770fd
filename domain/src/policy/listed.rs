//! What is written down or told stays short, whatever goes wrong however often.

/// How many single entries of anything are written down or told; the numbers count them all. An item of `DynamoDB` ends at
/// 400 KB (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>), a message of SNS at
/// 256 KB (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).
pub const LISTED: usize = 50;

/// How many characters of a text that AWS or an event wrote are written down.
const WORDS: usize = 500;

/// Adds an entry to a list, or to the number of those that are not listed.
///
/// # Examples
///
/// ```
/// use domain::policy::listed::{LISTED, add};
///
/// let (mut list, mut more) = (Vec::new(), 0);
/// (0..60).for_each(|n| add(&mut list, &mut more, n));
/// assert_eq!((list.len(), list.last(), more), (LISTED, Some(&49), 10));
/// ```
pub fn add<T>(list: &mut Vec<T>, more: &mut u64, entry: T) {
    if list.len() < LISTED {
        list.push(entry);
    } else {
        *more = more.saturating_add(1);
    }
}

/// Cuts a list; gives how many are not listed any more.
pub fn cut<T>(list: &mut Vec<T>) -> u64 {
    let more = list.len().saturating_sub(LISTED);
    list.truncate(LISTED);
    u64::try_from(more).unwrap_or(u64::MAX)
}

/// How many there are of which some are listed.
pub fn count<T>(list: &[T], more: u64) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX).saturating_add(more)
}

/// A text as it is written down.
///
/// # Examples
///
/// ```
/// use domain::policy::listed::words;
///
/// assert_eq!(words("access denied"), "access denied");
/// assert_eq!(words(&"é".repeat(1000)).chars().count(), 503);
/// ```
pub fn words(text: &str) -> String {
    let mut left = text.chars();
    let mut cut: String = left.by_ref().take(WORDS).collect();
    if left.next().is_some() {
        cut.push_str("...");
    }
    cut
}

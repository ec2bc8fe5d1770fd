//! How much work wildcards can make
//! (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-matching>).

use std::collections::BTreeSet;

use super::wildcard::Wildcard;

/// The most complexity that is taken. How it is counted is published with Ruler (<https://github.com/aws/event-ruler>,
/// `MachineComplexityEvaluator`, which suggests this number for a single rule); which number EventBridge uses is not. The
/// documentation's examples lie on either side: `*:*:*:*:*:event-bus/*` counts 11, and
/// `/Users/*/dir/dir/dir/dir/dir/doc.txt` 7.
const MOST: usize = 10;

/// How far texts have been read: which of them, and how many of its parts.
type Places = BTreeSet<(usize, usize)>;

/// Whether some value begins like too many beginnings of these wildcards at the same time.
pub(super) fn is_too_complex(wildcards: &[&Wildcard]) -> bool {
    let parts: Vec<Vec<Option<char>>> = wildcards.iter().map(|wildcard| wildcard.parts()).collect();
    // A value's letters are these, or one that is in none of the texts and so moves nothing on.
    let letters: BTreeSet<Option<char>> = parts.iter().flatten().copied().chain([None]).collect();
    let mut seen = BTreeSet::new();
    let mut todo = vec![start(&parts)];
    while let Some(places) = todo.pop() {
        for letter in &letters {
            let after = read(&parts, &places, *letter);
            if MOST < after.len() {
                return true;
            }
            if seen.insert(after.clone()) {
                todo.push(after);
            }
        }
    }
    false
}

fn start(parts: &[Vec<Option<char>>]) -> Places {
    (0..parts.len()).flat_map(|text| arrivals(parts, text, 0)).collect()
}

fn read(parts: &[Vec<Option<char>>], places: &Places, letter: Option<char>) -> Places {
    let at = |text: usize, place: usize| parts.get(text).and_then(|parts| parts.get(place)).copied();
    let mut after = Places::new();
    for (text, place) in places {
        if place.checked_sub(1).is_some_and(|before| at(*text, before) == Some(None)) {
            after.insert((*text, *place));
        }
        if letter.is_some() && at(*text, *place) == Some(letter) {
            after.extend(arrivals(parts, *text, place + 1));
        }
    }
    after
}

/// Whoever comes before a `*` is also behind it, as it may stand for nothing.
fn arrivals(parts: &[Vec<Option<char>>], text: usize, place: usize) -> impl Iterator<Item = (usize, usize)> {
    let star = parts.get(text).and_then(|parts| parts.get(place)) == Some(&None);
    [Some((text, place)), star.then_some((text, place + 1))].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn too_complex(texts: &[&str]) -> bool {
        let wildcards: Vec<Wildcard> = texts.iter().map(|text| text.parse().unwrap()).collect();
        is_too_complex(&wildcards.iter().collect::<Vec<_>>())
    }

    #[test]
    fn the_documented_examples_lie_on_either_side() {
        assert!(too_complex(&["*:*:*:*:*:event-bus/*"]));
        assert!(!too_complex(&["arn:aws:events:us-east-1:*:event-bus/*"]));
        assert!(!too_complex(&["/Users/*/dir/dir/dir/dir/dir/doc.txt"]));
        assert!(!too_complex(&["/Users/*/doc.txt"]));
    }

    #[test]
    fn ten_beginnings_are_the_most() {
        assert!(!too_complex(&["*aaaaaaaaa"]) && too_complex(&["*aaaaaaaaaa"]));
    }

    #[test]
    fn a_value_is_counted_against_every_wildcard_of_its_field() {
        assert!(!too_complex(&["*aaaa", "*aaaa"]) && too_complex(&["*aaaa", "*aaaaa"]));
    }
}

//! Which events beyond a group's position are settled already, as text that is committed with it.
//!
//! A position says that everything before it is settled. What is settled behind a gap would come again
//! after a restart; so the commit carries ranges of offsets, relative to the position:
//! `ae1 2+3 9+1` is 2, 3, 4 and 9 beyond it. Text of anybody else means that nothing is known.

use std::{collections::BTreeSet, fmt::Write as _};

const MARK: &str = "ae1";
/// Brokers take 4096 bytes unless told otherwise. What does not fit comes again.
const MOST_BYTES: usize = 4000;

/// Writes the offsets beyond a position; nothing for none.
pub(super) fn write(position: i64, settled: &BTreeSet<i64>) -> String {
    let mut text = String::new();
    let mut ranges = ranges(settled).peekable();
    if ranges.peek().is_some() {
        text.push_str(MARK);
    }
    for (first, count) in ranges {
        let before = text.len();
        // Writing to a string cannot fail.
        let _ = write!(text, " {}+{count}", first - position);
        if text.len() > MOST_BYTES {
            text.truncate(before);
            break;
        }
    }
    text
}

fn ranges(offsets: &BTreeSet<i64>) -> impl Iterator<Item = (i64, i64)> {
    let mut offsets = offsets.iter().copied().peekable();
    std::iter::from_fn(move || {
        let first = offsets.next()?;
        let mut count = 1;
        while offsets.next_if_eq(&(first + count)).is_some() {
            count += 1;
        }
        Some((first, count))
    })
}

/// Reads what [`write`] wrote.
pub(super) fn read(position: i64, text: &str) -> BTreeSet<i64> {
    let mut words = text.split(' ');
    if words.next() != Some(MARK) {
        return BTreeSet::new();
    }
    let ranges: Option<Vec<_>> = words.map(range).collect();
    let ranges = ranges.unwrap_or_default().into_iter();
    ranges
        .flat_map(|(distance, count)| (0..count).map(move |step| position + distance + step))
        .collect()
}

fn range(word: &str) -> Option<(i64, i64)> {
    let (distance, count) = word.split_once('+')?;
    let (distance, count) = (distance.parse().ok()?, count.parse().ok()?);
    let is_sane = (0..=1 << 40).contains(&distance) && (1..=1 << 20).contains(&count);
    is_sane.then_some((distance, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for offsets in [vec![], vec![11], vec![11, 12, 13, 20, 22]] {
            let settled: BTreeSet<_> = offsets.into_iter().collect();
            assert_eq!(read(10, &write(10, &settled)), settled);
        }
        assert_eq!(write(10, &BTreeSet::from([12, 13, 14, 19])), "ae1 2+3 9+1");
    }

    #[test]
    fn texts_of_others_say_nothing() {
        for text in [
            "",
            "{\"trigger\":7}",
            "ae1 x",
            "ae1 1+",
            "ae1 -1+2",
            "ae1 1+99999999999",
            "ae2 1+1",
        ] {
            assert!(read(10, text).is_empty(), "{text}");
        }
    }

    #[test]
    fn text_that_no_broker_would_take_is_cut_at_a_range() {
        let settled: BTreeSet<i64> = (0..10_000).map(|number| number * 2).collect();
        let text = write(0, &settled);
        assert!(text.len() <= MOST_BYTES);
        let found = read(0, &text);
        assert!(found.len() > 500 && found.is_subset(&settled));
    }
}

//! Which events beyond a group's position are settled already, as text that is committed with it.
//!
//! A position says that everything before it is settled. What is settled behind a gap would come again
//! after a restart; so the commit carries ranges of offsets, relative to the position:
//! `ae1 2+3 9+1` is 2, 3, 4 and 9 beyond it. Text of anybody else means that nothing is known.

use std::{fmt::Write as _, ops::Range};

const MARK: &str = "ae1";
/// Brokers take 4096 bytes unless told otherwise. What does not fit comes again.
const MOST_BYTES: usize = 4000;
/// No range begins farther away, or is longer.
const MOST: i64 = 1 << 40;

/// Ranges of offsets that were settled in an earlier life, in order. They take no more memory than the
/// text they were read from, however much was settled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ranges(Vec<Range<i64>>);

impl Ranges {
    /// Tells whether an offset is among them.
    pub(super) fn contains(&self, offset: i64) -> bool {
        let behind = self.0.partition_point(|range| range.end <= offset);
        self.0
            .get(behind)
            .is_some_and(|range| range.contains(&offset))
    }

    /// Forgets what lies before an offset.
    pub(super) fn forget_before(&mut self, offset: i64) {
        let gone = self.0.partition_point(|range| range.end <= offset);
        self.0.drain(..gone);
        if let Some(first) = self.0.first_mut() {
            first.start = first.start.max(offset);
        }
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns them.
    pub(super) fn iter(&self) -> impl Iterator<Item = Range<i64>> {
        self.0.iter().cloned()
    }
}

/// Writes what is settled beyond a position; nothing for nothing.
pub(super) fn write(position: i64, settled: impl Iterator<Item = Range<i64>>) -> String {
    let mut text = String::new();
    for range in settled {
        if text.is_empty() {
            text.push_str(MARK);
        }
        let before = text.len();
        let (distance, count) = (range.start - position, range.end - range.start);
        // Writing to a string cannot fail.
        let _ = write!(text, " {distance}+{count}");
        if text.len() > MOST_BYTES {
            text.truncate(before);
            break;
        }
    }
    text
}

/// Reads what [`write`] wrote.
pub(super) fn read(position: i64, text: &str) -> Ranges {
    let mut words = text.split(' ');
    if words.next() != Some(MARK) {
        return Ranges::default();
    }
    let ranges: Option<Vec<_>> = words.map(|word| range(position, word)).collect();
    let ranges = ranges.filter(|ranges| ranges.is_sorted_by(|one, next| one.end <= next.start));
    Ranges(ranges.unwrap_or_default())
}

fn range(position: i64, word: &str) -> Option<Range<i64>> {
    let (distance, count) = word.split_once('+')?;
    let (distance, count): (i64, i64) = (distance.parse().ok()?, count.parse().ok()?);
    let is_sane = (0..=MOST).contains(&distance) && (1..=MOST).contains(&count);
    is_sane.then(|| position + distance..position + distance + count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(all: &[(i64, i64)]) -> Ranges {
        Ranges(all.iter().map(|(first, end)| *first..*end).collect())
    }

    #[test]
    fn what_is_written_is_read() {
        let all: [&[_]; 3] = [&[], &[(11, 12)], &[(11, 14), (20, 21), (22, 23)]];
        for all in all.map(ranges) {
            let written = write(10, all.iter());
            assert_eq!(read(10, &written), all, "{written}");
        }
        let written = write(10, ranges(&[(12, 15), (19, 20)]).iter());
        assert_eq!(written, "ae1 2+3 9+1");
    }

    #[test]
    fn however_many_were_settled_behind_one_that_was_not_is_read() {
        let all = ranges(&[(11, 3_000_000)]);
        let found = read(10, &write(10, all.iter()));
        assert!(found.contains(2_999_999) && !found.contains(3_000_000));
        assert_eq!(found, all);
    }

    #[test]
    fn offsets_are_found_and_forgotten() {
        let mut all = ranges(&[(2, 5), (9, 10)]);
        let found: Vec<_> = (0..12).filter(|offset| all.contains(*offset)).collect();
        assert_eq!(found, [2, 3, 4, 9]);
        all.forget_before(4);
        assert_eq!(all, ranges(&[(4, 5), (9, 10)]));
        all.forget_before(7);
        assert_eq!(all, ranges(&[(9, 10)]));
    }

    #[test]
    fn texts_of_others_say_nothing() {
        for text in [
            "",
            "{\"trigger\":7}",
            "ae1 x",
            "ae1 1+",
            "ae1 -1+2",
            "ae1 1+9999999999999",
            "ae1 5+2 1+2",
            "ae2 1+1",
        ] {
            assert_eq!(read(10, text), Ranges::default(), "{text}");
        }
    }

    #[test]
    fn text_that_no_broker_would_take_is_cut_at_a_range() {
        let settled = (0..10_000).map(|number| number * 2..number * 2 + 1);
        let text = write(0, settled);
        assert!(text.len() <= MOST_BYTES);
        let found: Vec<_> = read(0, &text).iter().collect();
        assert!(found.len() > 500 && found.iter().all(|range| range.start % 2 == 0));
    }
}

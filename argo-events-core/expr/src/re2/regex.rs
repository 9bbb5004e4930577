//! A compiled pattern.

use super::{
    AllCaptures, AllMatches, Captures, Error, ErrorKind,
    haystack::Haystack,
    parse::{Pattern, parse},
};
use regex_automata::{Input, meta};
use std::{fmt, ops::Range, sync::Arc, thread};

/// The longest pattern that is read.
pub const MAX_PATTERN_BYTES: usize = 256 << 10;

/// How much memory a compiled pattern may take, unless [`Regex::with_limit`] says otherwise.
pub const MAX_PROGRAM_BYTES: usize = 32 << 20;

/// The engine builds by recursion: patterns that nest deeper than this get a stack of their own.
const SHALLOW: usize = 32;

/// Enough stack for the deepest pattern, without optimisation too; only what is used is taken.
const DEEP_STACK_BYTES: usize = 64 << 20;

/// A compiled pattern; cheap to clone.
#[derive(Clone)]
pub struct Regex {
    pattern: Arc<[u8]>,
    names: Arc<[String]>,
    engine: meta::Regex,
}

impl Regex {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// When Go would refuse the pattern, or when it is larger than this crate allows:
    /// [`MAX_PATTERN_BYTES`] as written, [`MAX_PROGRAM_BYTES`] compiled.
    pub fn new(pattern: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::with_limit(pattern, MAX_PROGRAM_BYTES)
    }

    /// Compiles a pattern that may take so many bytes of memory.
    ///
    /// # Errors
    /// When Go would refuse the pattern, or when it is too large.
    pub fn with_limit(pattern: impl AsRef<[u8]>, program_bytes: usize) -> Result<Self, Error> {
        let pattern = pattern.as_ref();
        let too_large = || Error::new(ErrorKind::TooLarge, pattern, 0);
        if pattern.len() > MAX_PATTERN_BYTES {
            return Err(too_large());
        }
        let parsed = parse(pattern)?;
        let engine = build(&parsed, program_bytes).ok_or_else(too_large)?;
        Ok(Self {
            pattern: pattern.into(),
            names: parsed.names.into(),
            engine,
        })
    }

    /// Gives the pattern as written.
    #[must_use]
    pub fn pattern(&self) -> &[u8] {
        &self.pattern
    }

    /// Gives the names of the groups, empty where they have none; the first stands for the match.
    #[must_use]
    pub fn group_names(&self) -> &[String] {
        &self.names
    }

    /// Tells whether the pattern matches anywhere in a text.
    #[must_use]
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.engine.is_match(Haystack::new(text).valid())
    }

    /// Finds the first match.
    #[must_use]
    pub fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        let haystack = Haystack::new(text);
        let found = self.engine.find(haystack.valid())?;
        Some(haystack.original(found.range()))
    }

    /// Finds the first match and what its groups matched.
    #[must_use]
    pub fn captures(&self, text: &[u8]) -> Option<Captures> {
        self.all_captures(text).next()
    }

    /// Finds all matches that do not overlap.
    ///
    /// An empty match right after another match is left out.
    #[must_use]
    pub fn find_all<'r, 't>(&'r self, text: &'t [u8]) -> AllMatches<'r, 't> {
        AllMatches::new(self, text)
    }

    /// Finds all matches that do not overlap, with their groups.
    #[must_use]
    pub fn all_captures<'r, 't>(&'r self, text: &'t [u8]) -> AllCaptures<'r, 't> {
        AllCaptures::new(self, text)
    }

    /// Searches valid text from a place on.
    pub(super) fn search(&self, text: &[u8], from: usize) -> Option<Range<usize>> {
        let input = Input::new(text).range(from..);
        self.engine.find(input).map(|found| found.range())
    }

    /// Searches valid text from a place on and gives the groups too, the whole match first.
    pub(super) fn search_groups(
        &self,
        text: &[u8],
        from: usize,
    ) -> Option<Vec<Option<Range<usize>>>> {
        let mut slots = self.engine.create_captures();
        self.engine
            .search_captures(&Input::new(text).range(from..), &mut slots);
        let group = |index| slots.get_group(index).map(|span| span.start..span.end);
        slots
            .is_match()
            .then(|| (0..self.names.len()).map(group).collect())
    }
}

/// Builds the engine, unless it would be too large.
fn build(pattern: &Pattern, program_bytes: usize) -> Option<meta::Regex> {
    let configuration = meta::Config::new()
        .nfa_size_limit(Some(program_bytes))
        .onepass_size_limit(Some(1 << 20))
        .hybrid_cache_capacity(2 << 20);
    let build = || {
        let builder = &mut meta::Regex::builder();
        builder
            .configure(configuration)
            .build_from_hir(&pattern.hir)
            .ok()
    };
    if pattern.height <= SHALLOW {
        return build();
    }
    thread::scope(|scope| {
        let deep = thread::Builder::new().stack_size(DEEP_STACK_BYTES);
        deep.spawn_scoped(scope, build).ok()?.join().ok()?
    })
}

impl fmt::Debug for Regex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Regex({:?})",
            String::from_utf8_lossy(&self.pattern)
        )
    }
}

impl fmt::Display for Regex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(&self.pattern))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn regex(pattern: &str) -> Regex {
        Regex::new(pattern).expect("a valid pattern")
    }

    fn all(pattern: &str, text: &[u8]) -> Vec<(usize, usize)> {
        regex(pattern)
            .find_all(text)
            .map(|range| (range.start, range.end))
            .collect()
    }

    #[test]
    fn classes_of_perl_are_ascii() {
        for (pattern, text) in [(r"\d", "٣"), (r"\s", "\x0b"), (r"\w", "é"), (r"^\b", "é")] {
            assert!(!regex(pattern).is_match(text.as_bytes()), "{pattern}");
        }
        assert!(regex("(?i)k").is_match("\u{212a}".as_bytes()));
    }

    #[test]
    fn operations_on_classes_mean_nothing() {
        assert_eq!(all("[a&&b]", b"&"), [(0, 1)]);
        assert_eq!(all("[[a]b]", b"[b]"), [(0, 3)]);
        assert_eq!(all("[a~~b]", b"~"), [(0, 1)]);
    }

    #[test]
    fn broken_bytes_match_one_at_a_time() {
        assert_eq!(all(".", b"\xe6\x97a"), [(0, 1), (1, 2), (2, 3)]);
        assert_eq!(all("[^a]{2}", "é".as_bytes()), []);
        assert_eq!(all(r"\x{fffd}", b"a\xff"), [(1, 2)]);
        assert_eq!(all("x*", b"\xffx\xfe"), [(0, 0), (1, 2), (3, 3)]);
    }

    #[test]
    fn empty_matches_next_to_others_are_left_out() {
        assert_eq!(all("a*", b"baac"), [(0, 0), (1, 3), (4, 4)]);
        assert_eq!(all("", "é".as_bytes()), [(0, 0), (2, 2)]);
    }

    #[test]
    fn groups_may_share_a_name_or_take_no_part() {
        let regex = regex("(?P<n>a)|(?P<n>b)|(c){0}");
        let captures = regex.captures(b"b").expect("a match");
        assert_eq!(captures.groups(), [Some(0..1), None, Some(0..1), None]);
        assert_eq!(regex.group_names(), ["", "n", "n", ""]);
    }

    #[test]
    fn bombs_are_refused_or_harmless() {
        let kind = |pattern: &str| Regex::new(pattern).map_err(|error| error.kind()).err();
        assert_eq!(
            kind(&"a".repeat(MAX_PATTERN_BYTES + 1)),
            Some(ErrorKind::TooLarge)
        );
        assert_eq!(kind("(?:a{501}){2}"), Some(ErrorKind::InvalidRepeatCount));
        assert_eq!(kind(r"\pL{900}\PL{900}"), Some(ErrorKind::TooLarge));
        assert_eq!(kind(&"(?:.{1000})".repeat(100)), Some(ErrorKind::TooLarge));
        assert!(!regex("^(?:a+)+$").is_match(&[&[b'a'; 10_000][..], b"b"].concat()));
    }

    #[test]
    fn the_deepest_patterns_run() {
        for (open, close) in [("(", ")"), ("(?:", ")*"), ("(?:b|", ")"), ("(?:", "c)")] {
            let depth = if close == ")*" || open == "(?:b|" {
                499
            } else {
                998
            };
            let pattern = format!("{}a{}", open.repeat(depth), close.repeat(depth));
            assert!(Regex::new(&pattern).is_ok_and(|regex| regex.is_match(b"a") || close == "c)"));
        }
    }

    proptest! {
        #[test]
        fn any_pattern_runs_on_any_text(
            pattern in r"[-a-c(){}\[\]?*+|.^$\\pLdbBxi:<>,0-2]{0,16}",
            text: Vec<u8>,
        ) {
            if let Ok(regex) = Regex::new(&pattern) {
                let mut end = 0;
                for found in regex.find_all(&text) {
                    prop_assert!(found.start >= end && found.end <= text.len());
                    end = found.end;
                }
                prop_assert_eq!(regex.replace_all(&text, b"$0"), text);
            }
        }
    }
}

//! The grammar of versions and constraints.

use crate::re2::Regex;
use std::sync::LazyLock;

/// A dot-separated row of words, after a sign.
const WORDS: &str = r"([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*)";
/// What may be before a version; nothing is tried early, but longer ones follow if it fails.
const OPERATOR: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";

/// A whole version: groups 1 to 3 are its numbers, the latter two with their dots, 5 is the
/// pre-release and 8 is the metadata.
pub(super) static VERSION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        "^v?([0-9]+)(\\.[0-9]+)?(\\.[0-9]+)?(-{WORDS})?(\\+{WORDS})?$"
    ))
});

/// A single constraint: group 1 is the operator, 2 the version, 3 to 5 its numbers, 6 its
/// pre-release with the hyphen.
pub(super) static CONSTRAINT: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"^\s*({OPERATOR})\s*({})\s*$", partial())));

/// A range with a hyphen: groups 1 and 11 are its ends.
pub(super) static RANGE: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"\s*({0})\s+-\s+({0})\s*", partial())));

/// A constraint somewhere in a row of them.
pub(super) static ANY_CONSTRAINT: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"({OPERATOR})\s*({})", partial())));

/// A row of constraints that must all hold, with blanks or commas between them.
pub(super) static ALL_CONSTRAINTS: LazyLock<Regex> = LazyLock::new(|| {
    let one = format!(r"({OPERATOR})\s*({})\s*", partial());
    pattern(&format!(r"^(\s*{one})((?:\s+|,\s*){one})*$"))
});

/// Gives the pattern of a version in a constraint, where numbers may be missing or wildcards.
fn partial() -> String {
    let number = r"[0-9|xX*]+";
    format!(r"v?({number})(\.{number})?(\.{number})?(-{WORDS})?(\+{WORDS})?")
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of this file is well-formed")
}

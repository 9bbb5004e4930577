//! Constraints such as `>=1.2, <2 || ~3.1`.

use super::{
    grammar::{ALL_CONSTRAINTS, ANY_CONSTRAINT, CONSTRAINT, RANGE},
    version::{Version, compare_prereleases},
};
use crate::{gostrconv::quote, govalue::Failure, sprig::text::find};

/// The longest text of constraints.
const MAX_BYTES: usize = 512;
/// How many alternatives there may be.
const MAX_ALTERNATIVES: usize = 32;

/// Alternatives, of which each has constraints that must all hold.
#[derive(Debug)]
pub(super) struct Constraints(Vec<Vec<Constraint>>);

impl Constraints {
    /// Reads alternatives with `||` between them.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Failure> {
        if text.len() > MAX_BYTES {
            return Err(format!("constraint string is too long (max {MAX_BYTES} bytes)").into());
        }
        let text = without_ranges(text);
        let alternatives = split_alternatives(&text);
        if alternatives.len() > MAX_ALTERNATIVES {
            return Err(format!("too many constraint groups (max {MAX_ALTERNATIVES})").into());
        }
        alternatives
            .into_iter()
            .map(parse_all)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Tells whether a version satisfies an alternative.
    ///
    /// Pre-releases satisfy only those that mention one.
    pub(super) fn allow(&self, version: &Version) -> bool {
        let is_prerelease = !version.prerelease.is_empty();
        self.0.iter().any(|all| {
            let mentions = all.iter().any(|one| !one.version.prerelease.is_empty());
            (!is_prerelease || mentions) && all.iter().all(|one| one.allows(version))
        })
    }
}

fn split_alternatives(mut text: &[u8]) -> Vec<&[u8]> {
    let mut alternatives = Vec::new();
    while let Some(bar) = find(text, b"||") {
        alternatives.push(&text[..bar]);
        text = &text[bar + 2..];
    }
    alternatives.push(text);
    alternatives
}

/// Writes ranges such as `1.2 - 2` as two comparisons.
fn without_ranges(text: &[u8]) -> Vec<u8> {
    let mut rewritten = text.to_vec();
    for found in RANGE.all_captures(text) {
        let group = |number| found.get(number).map_or(&b""[..], |range| &text[range]);
        let comparisons = [b">= ", group(1), b", <= ", group(11), b" "].concat();
        // The first text that looks like it is replaced, as in the original.
        if let Some(place) = find(&rewritten, group(0)) {
            rewritten.splice(place..place + group(0).len(), comparisons);
        }
    }
    rewritten
}

fn parse_all(text: &[u8]) -> Result<Vec<Constraint>, Failure> {
    if !ALL_CONSTRAINTS.is_match(text) {
        return Err(improper(text));
    }
    let found = ANY_CONSTRAINT.find_all(text);
    found.map(|range| Constraint::parse(&text[range])).collect()
}

fn improper(text: &[u8]) -> Failure {
    format!("improper constraint: {}", quote(text)).into()
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    /// Equal, or like a tilde if numbers are missing.
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    Tilde,
    Caret,
}

/// How many numbers of a version are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Precision {
    Nothing,
    Major,
    Minor,
    Full,
}

#[derive(Debug)]
struct Constraint {
    operator: Operator,
    version: Version,
    precision: Precision,
}

impl Constraint {
    fn parse(text: &[u8]) -> Result<Self, Failure> {
        let found = CONSTRAINT.captures(text).ok_or_else(|| improper(text))?;
        let group = |number| found.get(number).map_or(&b""[..], |range| &text[range]);
        let operator = match group(1) {
            b"" | b"=" => Operator::Equal,
            b"!=" => Operator::NotEqual,
            b">" => Operator::Greater,
            b"<" => Operator::Less,
            b">=" | b"=>" => Operator::GreaterEqual,
            b"<=" | b"=<" => Operator::LessEqual,
            b"~" | b"~>" => Operator::Tilde,
            _ => Operator::Caret,
        };
        let (major, minor, patch) = (group(3), group(4), group(5));
        let prerelease = group(6);
        let (precision, version) = if is_wild(major) {
            (Precision::Nothing, [b"0.0.0", prerelease].concat())
        } else if is_wild(minor) {
            (Precision::Major, [major, b".0.0", prerelease].concat())
        } else if is_wild(patch) {
            (Precision::Minor, [major, minor, b".0", prerelease].concat())
        } else {
            (Precision::Full, group(2).to_vec())
        };
        let version = Version::parse(&version).map_err(|_| "constraint parser error")?;
        Ok(Self {
            operator,
            version,
            precision,
        })
    }

    fn allows(&self, version: &Version) -> bool {
        let order = version.compare(&self.version);
        match self.operator {
            Operator::Equal if self.precision == Precision::Full => order.is_eq(),
            Operator::Equal | Operator::Tilde => order.is_ge() && self.is_close(version),
            Operator::NotEqual => self.differs(version),
            Operator::Greater => self.is_below(version),
            Operator::Less => order.is_lt(),
            Operator::GreaterEqual => order.is_ge(),
            Operator::LessEqual => self.reaches(version),
            Operator::Caret => order.is_ge() && self.is_compatible(version),
        }
    }

    /// Tells whether major and minor are the same, as far as they are given.
    fn is_close(&self, version: &Version) -> bool {
        let own = &self.version;
        let is_zero = (own.major, own.minor, own.patch) == (0, 0, 0);
        if is_zero && matches!(self.precision, Precision::Nothing | Precision::Full) {
            return true;
        }
        version.major == own.major
            && (self.precision == Precision::Major || version.minor == own.minor)
    }

    fn differs(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.precision {
            Precision::Full => version.compare(own).is_ne(),
            Precision::Major => version.major != own.major,
            Precision::Minor => {
                (version.major, version.minor) != (own.major, own.minor)
                    || compare_prereleases(&version.prerelease, &own.prerelease).is_ne()
            }
            // Without any number the original compares as if zeros had been given.
            Precision::Nothing => {
                (version.major, version.minor, version.patch) != (own.major, own.minor, own.patch)
                    || version.compare(own).is_ne()
            }
        }
    }

    /// Tells whether a version is past all that the given numbers cover.
    fn is_below(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.precision {
            Precision::Major => version.major > own.major,
            Precision::Minor => (version.major, version.minor) > (own.major, own.minor),
            Precision::Nothing | Precision::Full => version.compare(own).is_gt(),
        }
    }

    /// Tells whether a version is not past all that the given numbers cover.
    fn reaches(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.precision {
            Precision::Full => version.compare(own).is_le(),
            Precision::Major => version.major <= own.major,
            Precision::Nothing | Precision::Minor => {
                (version.major, version.minor) <= (own.major, own.minor)
            }
        }
    }

    /// Tells whether the first number that is not zero is the same.
    fn is_compatible(&self, version: &Version) -> bool {
        let own = &self.version;
        if own.major > 0 || self.precision == Precision::Major {
            return version.major == own.major;
        }
        if version.major > 0 {
            return false;
        }
        if own.minor > 0 || self.precision == Precision::Minor {
            return version.minor == own.minor;
        }
        version.minor == 0 && version.patch == own.patch
    }
}

/// Tells whether a number is missing or a wildcard.
fn is_wild(number: &[u8]) -> bool {
    matches!(
        number.strip_prefix(b".").unwrap_or(number),
        b"" | b"x" | b"X" | b"*"
    )
}

//! Compares paths with an endpoint, which is a path or a template such as `/orders/{id:[0-9]+}`.
//!
//! A variable matches one or more characters other than a slash unless it brings an expression of its
//! own, in Go's syntax. What a variable matched is not kept; sources have no use for it.

use argo_events_expr::re2::{Regex, quote_meta};
use std::fmt;

/// A compiled endpoint.
///
/// ```
/// use argo_events_sources::http::Pattern;
///
/// let pattern = Pattern::parse("/orders/{id}")?;
/// assert!(pattern.matches(b"/orders/77"));
/// assert!(!pattern.matches(b"/orders/77/lines"));
/// # Ok::<(), argo_events_sources::http::PatternError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pattern(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Exact(Vec<u8>),
    Template(Regex),
}

impl Pattern {
    /// Compiles an endpoint; one without a slash at the beginning gets one.
    ///
    /// # Errors
    /// For endpoints that no request could ever reach: unclean paths and broken templates.
    pub fn parse(endpoint: &str) -> Result<Self, PatternError> {
        let slash = if endpoint.starts_with('/') { "" } else { "/" };
        let endpoint = format!("{slash}{endpoint}");
        let pieces = pieces(&endpoint)?;
        if pieces
            .iter()
            .all(|piece| matches!(piece, Piece::Literal(_)))
        {
            let clean = clean(endpoint.as_bytes());
            if clean != endpoint.as_bytes() {
                return Err(PatternError::Unclean(
                    String::from_utf8_lossy(&clean).into_owned(),
                ));
            }
            return Ok(Self(Kind::Exact(endpoint.into_bytes())));
        }
        compile(&pieces).map(|regex| Self(Kind::Template(regex)))
    }

    /// Tells whether a decoded path fits.
    pub fn matches(&self, path: &[u8]) -> bool {
        match &self.0 {
            Kind::Exact(exact) => exact == path,
            Kind::Template(regex) => regex.is_match(path),
        }
    }

    /// Returns the path, unless this is a template.
    #[cfg(feature = "http")]
    pub(super) fn exact(&self) -> Option<&[u8]> {
        match &self.0 {
            Kind::Exact(exact) => Some(exact),
            Kind::Template(_) => None,
        }
    }
}

/// Why no request could ever reach an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PatternError {
    /// Requests are redirected to the clean form, which is given.
    Unclean(String),
    /// A brace is missing or too many.
    Braces,
    /// A variable has no name, or an empty expression.
    EmptyVariable,
    /// An expression cannot be compiled.
    Expression(String),
    /// An expression has groups that capture.
    Groups,
}

impl fmt::Display for PatternError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unclean(clean) => write!(formatter, "is never reached; write {clean:?}"),
            Self::Braces => {
                formatter.write_str("has unbalanced braces; write {name} or {name:expression}")
            }
            Self::EmptyVariable => formatter.write_str("has a variable without name or expression"),
            Self::Expression(reason) => write!(formatter, "has a broken expression: {reason}"),
            Self::Groups => {
                formatter.write_str("has a capturing group; write (?:…) instead of (…)")
            }
        }
    }
}

impl std::error::Error for PatternError {}

/// Removes empty segments, `.` and `..`; a slash at the end stays.
pub(super) fn clean(path: &[u8]) -> Vec<u8> {
    let mut segments: Vec<&[u8]> = Vec::new();
    for segment in path.split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    let mut clean = vec![b'/'];
    clean.extend(segments.join(&b'/'));
    if path.ends_with(b"/") && clean.len() > 1 {
        clean.push(b'/');
    }
    clean
}

enum Piece<'a> {
    Literal(&'a str),
    Variable { expression: &'a str },
}

fn pieces(endpoint: &str) -> Result<Vec<Piece<'_>>, PatternError> {
    let mut pieces = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, byte) in endpoint.bytes().enumerate() {
        match byte {
            b'{' => {
                if depth == 0 {
                    pieces.push(Piece::Literal(&endpoint[start..at]));
                    start = at + 1;
                }
                depth += 1;
            }
            b'}' => {
                depth = depth.checked_sub(1).ok_or(PatternError::Braces)?;
                if depth == 0 {
                    pieces.push(variable(&endpoint[start..at])?);
                    start = at + 1;
                }
            }
            _ => {}
        }
    }
    if depth > 0 {
        return Err(PatternError::Braces);
    }
    pieces.push(Piece::Literal(&endpoint[start..]));
    Ok(pieces)
}

fn variable(text: &str) -> Result<Piece<'_>, PatternError> {
    let (name, expression) = text.split_once(':').unwrap_or((text, "[^/]+"));
    if name.is_empty() || expression.is_empty() {
        return Err(PatternError::EmptyVariable);
    }
    Ok(Piece::Variable { expression })
}

fn compile(pieces: &[Piece<'_>]) -> Result<Regex, PatternError> {
    let mut whole = b"^".to_vec();
    let mut variables = 0;
    for piece in pieces {
        match piece {
            Piece::Literal(text) => whole.extend(quote_meta(text.as_bytes())),
            Piece::Variable { expression } => {
                variables += 1;
                whole.extend([b"(", expression.as_bytes(), b")"].concat());
            }
        }
    }
    whole.push(b'$');
    let regex = Regex::new(&whole).map_err(|error| PatternError::Expression(error.to_string()))?;
    // The whole match counts as a group, too.
    if regex.group_names().len() != variables + 1 {
        return Err(PatternError::Groups);
    }
    Ok(regex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_matches_what_the_router_of_the_reference_matches() {
        let cases = [
            ("/a", "/a", true),
            ("/a", "/a/", false),
            ("a", "/a", true),
            ("/{id}", "/x", true),
            ("/{id}", "/x/y", false),
            ("/x/{id:[0-9]+}", "/x/12", true),
            ("/x/{id:[0-9]+}", "/x/1a", false),
            ("/x/{rest:.*}", "/x/", true),
            ("/x/{rest:.*}", "/x", false),
            ("/{a}/{a}", "/1/2", true),
            ("/{n:[0-9]{2}}", "/12", true),
            ("/A.b", "/AXb", false),
        ];
        for (endpoint, path, wanted) in cases {
            let pattern = Pattern::parse(endpoint).unwrap();
            assert_eq!(
                pattern.matches(path.as_bytes()),
                wanted,
                "{endpoint} {path}"
            );
        }
    }

    #[test]
    fn an_endpoint_that_no_request_reaches_is_refused() {
        let cases = [
            ("//a", PatternError::Unclean("/a".to_owned())),
            ("/a/../b", PatternError::Unclean("/b".to_owned())),
            ("/{bad", PatternError::Braces),
            ("/bad}", PatternError::Braces),
            ("/{}", PatternError::EmptyVariable),
            ("/{a:}", PatternError::EmptyVariable),
            ("/{a:(x)}", PatternError::Groups),
        ];
        for (endpoint, wanted) in cases {
            assert_eq!(Pattern::parse(endpoint).unwrap_err(), wanted, "{endpoint}");
        }
        let broken = Pattern::parse("/{a:[}").unwrap_err();
        assert!(matches!(broken, PatternError::Expression(_)), "{broken:?}");
    }

    proptest::proptest! {
        #[test]
        fn what_is_clean_stays_as_it_is(path in "(/|/a|/b|/\\.|/\\.\\.){0,8}") {
            let once = clean(path.as_bytes());
            proptest::prop_assert_eq!(clean(&once), once);
        }

        #[test]
        fn an_endpoint_of_any_kind_is_read_or_refused(endpoint in ".{0,40}") {
            if let Ok(pattern) = Pattern::parse(&endpoint) {
                pattern.matches(endpoint.as_bytes());
            }
        }
    }
}

//! What a condition still needs, in its own words.

use argo_events_expr::condition::Tree;
use std::fmt;

/// What is missing for a condition to hold.
///
/// Shown as a condition, so that `a, b || c` reads: `a`, and one of `b` and `c`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lack {
    /// An event of this dependency, or as many as the text says.
    Dependency(String),
    /// Every part.
    All(Vec<Lack>),
    /// One of the parts.
    Any(Vec<Lack>),
}

impl Lack {
    /// Leaves what is missing of a condition; `missing` names a dependency that is not there.
    ///
    /// `None` if the condition holds. The tree's depth is limited by the parser.
    pub(super) fn of(tree: &Tree, missing: &dyn Fn(u16) -> Option<String>) -> Option<Self> {
        match tree {
            Tree::Dependency(place) => missing(*place).map(Self::Dependency),
            Tree::All(parts) => {
                let parts: Vec<_> = parts
                    .iter()
                    .filter_map(|part| Self::of(part, missing))
                    .collect();
                (!parts.is_empty()).then(|| Self::joined(parts, Self::All))
            }
            Tree::Any(parts) => {
                let parts: Option<Vec<_>> =
                    parts.iter().map(|part| Self::of(part, missing)).collect();
                parts.map(|parts| Self::joined(parts, Self::Any))
            }
        }
    }

    fn joined(mut parts: Vec<Self>, join: fn(Vec<Self>) -> Self) -> Self {
        if parts.len() == 1 {
            parts.remove(0)
        } else {
            join(parts)
        }
    }

    /// Lists the dependencies, each once, in order.
    pub fn dependencies(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.collect(&mut names);
        names
    }

    fn collect<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Self::Dependency(name) if names.contains(&name.as_str()) => {}
            Self::Dependency(name) => names.push(name),
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.collect(names));
            }
        }
    }

    fn write(&self, out: &mut fmt::Formatter<'_>, within: &str) -> fmt::Result {
        let (parts, sign) = match self {
            Self::Dependency(name) => return out.write_str(name),
            Self::All(parts) => (parts, if within.is_empty() { ", " } else { " && " }),
            Self::Any(parts) => (parts, " || "),
        };
        // Only what another sign surrounds needs to be kept together; a comma does so by itself.
        let enclosed = within == " && " || within == " || ";
        out.write_str(if enclosed { "(" } else { "" })?;
        for (position, part) in parts.iter().enumerate() {
            out.write_str(if position == 0 { "" } else { sign })?;
            part.write(out, sign)?;
        }
        out.write_str(if enclosed { ")" } else { "" })
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(out, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events_expr::condition::Condition;

    fn lack(text: &str, present: &[&str]) -> Option<String> {
        let names = ["a", "b", "c", "d"];
        let condition = Condition::parse(text, &names).unwrap();
        let missing = |place: u16| {
            let name = names[condition.dependencies()[usize::from(place)]];
            (!present.contains(&name)).then(|| name.to_owned())
        };
        Lack::of(condition.tree(), &missing).map(|lack| lack.to_string())
    }

    #[test]
    fn what_is_there_is_left_out() {
        let cases: [(&str, &[&str], Option<&str>); 8] = [
            ("a && b", &[], Some("a, b")),
            ("a && b", &["a"], Some("b")),
            ("a && b", &["a", "b"], None),
            ("a || b", &[], Some("a || b")),
            ("a || b", &["b"], None),
            ("a && (b || c)", &[], Some("a, b || c")),
            ("a && (b || c)", &["a"], Some("b || c")),
            ("(a && b) || (c && d)", &["a"], Some("b || (c && d)")),
        ];
        for (text, present, wanted) in cases {
            assert_eq!(
                lack(text, present).as_deref(),
                wanted,
                "{text} with {present:?}"
            );
        }
    }

    #[test]
    fn a_dependency_named_twice_is_listed_once() {
        let once = |name: &str| Lack::Dependency(name.to_owned());
        let lack = Lack::Any(vec![once("a"), Lack::All(vec![once("a"), once("b")])]);
        assert_eq!(lack.dependencies(), ["a", "b"]);
    }
}

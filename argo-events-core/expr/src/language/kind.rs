//! The languages and how each is compiled.

use super::{Limits, Mistake, Program};

/// A language of manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// Paths into JSON such as `order.items.0.id`.
    Path,
    /// Patterns of RE2.
    Pattern,
    /// Go templates with sprig.
    Template,
    /// Expressions of filters, as govaluate evaluates them.
    FilterExpression,
    /// Expressions of event sources, as expr evaluates them.
    SourceExpression,
    /// Lua scripts.
    Lua,
    /// jq programs.
    Jq,
}

impl Language {
    /// Lists all languages, also those that this build leaves out.
    pub const ALL: [Self; 7] = [
        Self::Path,
        Self::Pattern,
        Self::Template,
        Self::FilterExpression,
        Self::SourceExpression,
        Self::Lua,
        Self::Jq,
    ];

    /// Compiles a text.
    ///
    /// # Errors
    /// When the text is no program of the language, costs more than the limits allow, or when this
    /// build leaves the language out.
    pub fn compile(self, text: &str, limits: &Limits) -> Result<Program, Mistake> {
        match self {
            Self::Path => super::path::compile(text, limits),
            #[cfg(feature = "re2")]
            Self::Pattern => super::pattern::compile(text, limits),
            #[cfg(all(feature = "gotemplate", feature = "sprig"))]
            Self::Template => super::template::compile(text, limits),
            #[cfg(feature = "govaluate")]
            Self::FilterExpression => super::filter_expression::compile(text, limits),
            #[cfg(feature = "expr")]
            Self::SourceExpression => super::source_expression::compile(text, limits),
            #[cfg(feature = "lua")]
            Self::Lua => super::lua::compile(text, limits),
            #[cfg(feature = "jq")]
            Self::Jq => super::jq::compile(text, limits),
            #[allow(unreachable_patterns, reason = "a build may contain every language")]
            _ => Err(self.left_out()),
        }
    }

    /// Tells whether this build runs the language.
    #[must_use]
    pub const fn is_built_in(self) -> bool {
        match self {
            Self::Path => true,
            Self::Pattern => cfg!(feature = "re2"),
            Self::Template => cfg!(all(feature = "gotemplate", feature = "sprig")),
            Self::FilterExpression => cfg!(feature = "govaluate"),
            Self::SourceExpression => cfg!(feature = "expr"),
            Self::Lua => cfg!(feature = "lua"),
            Self::Jq => cfg!(feature = "jq"),
        }
    }

    /// Names what is written in the language, such as `template`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Pattern => "pattern",
            Self::Template => "template",
            Self::FilterExpression | Self::SourceExpression => "expression",
            Self::Lua => "Lua script",
            Self::Jq => "jq program",
        }
    }

    /// Says of the language that this build leaves it out.
    pub(super) fn left_out(self) -> Mistake {
        let features = match self {
            Self::Path => "feature `gjson`",
            Self::Pattern => "feature `re2`",
            Self::Template => "features `gotemplate` and `sprig`",
            Self::FilterExpression => "feature `govaluate`",
            Self::SourceExpression => "feature `expr`",
            Self::Lua => "feature `lua`",
            Self::Jq => "feature `jq`",
        };
        Mistake::new(format!("this build runs no {}s", self.as_str()))
            .expecting(format!("a build with the {features}"))
    }
}

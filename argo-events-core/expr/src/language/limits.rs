//! What programs may cost.

#[cfg(feature = "expr")]
use crate::expr;
#[cfg(all(feature = "gotemplate", feature = "sprig"))]
use crate::gotemplate;
#[cfg(feature = "govaluate")]
use crate::govaluate;
#[cfg(feature = "jq")]
use crate::jq;
#[cfg(feature = "lua")]
use crate::lua;

/// Bounds of every language; paths and patterns have fixed ones.
///
/// ```
/// use argo_events_expr::language::{Language, Limits};
/// let long = "a.".repeat(1 << 20);
/// assert!(Language::Path.compile(&long, &Limits::default()).is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Bounds of templates.
    #[cfg(all(feature = "gotemplate", feature = "sprig"))]
    pub template: gotemplate::Limits,
    /// Bounds of expressions in filters.
    #[cfg(feature = "govaluate")]
    pub filter_expression: govaluate::Limits,
    /// Bounds of expressions in event sources.
    #[cfg(feature = "expr")]
    pub source_expression: expr::Limits,
    /// Bounds of Lua scripts.
    #[cfg(feature = "lua")]
    pub lua: lua::Limits,
    /// Bounds of jq programs.
    #[cfg(feature = "jq")]
    pub jq: jq::Limits,
}

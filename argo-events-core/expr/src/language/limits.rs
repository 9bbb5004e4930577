//! What programs may cost.

#[cfg(all(feature = "gotemplate", feature = "sprig"))]
use crate::gotemplate;
#[cfg(feature = "govaluate")]
use crate::govaluate;

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
}

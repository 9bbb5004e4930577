//! Reads values out of JSON by paths such as `pets.#(age<5).name`, as `tidwall/gjson` 1.19 does.
//!
//! A [`Path`] is compiled once and looked up in bytes, without decoding the document: what it finds
//! is a borrowed piece of it. Documents are not checked on the way; [`valid`] does that.
//! Writing by such paths is [`sjson`](crate::sjson)'s business.
//!
//! On purpose different: paths have a longest length and a greatest depth, modifiers that walk
//! everything refuse documents nested too deep, and no lookup costs more than a fixed multiple of
//! the document. What is refused is told by [`Path::try_get`] and not found by [`Path::get`].
//!
//! ```
//! use argo_events_expr::gjson::Path;
//! let path = Path::parse("items.#(price>10)#.name")?;
//! let found = path.get(r#"{"items": [{"name": "a", "price": 5}, {"name": "b", "price": 15}]}"#);
//! assert_eq!(found.text(), r#"["b"]"#);
//! # Ok::<(), argo_events_expr::gjson::PathError>(())
//! ```

mod bracket;
mod compile;
mod decode;
mod elements;
mod entries;
mod evaluate;
mod limits;
mod modifier;
mod path;
mod pattern;
mod program;
mod query;
mod scan;
#[cfg(test)]
mod tests;
mod text;
mod valid;
mod value;
mod walk;

pub use entries::{Entries, Entry};
pub use limits::{LimitError, MAX_NESTING, MAX_PATH_DEPTH, MAX_PATH_LENGTH, PathError};
pub use path::Path;
pub use valid::valid;
pub use value::{Found, Kind};

#[cfg(any(feature = "sjson", feature = "govalue"))]
pub(crate) use entries::Items;
#[cfg(feature = "sjson")]
pub(crate) use value::wrapping_digits;

/// Looks a path up that is used only once.
///
/// # Errors
/// When the path is too long or too deep.
pub fn get<'a>(
    json: &'a (impl AsRef<[u8]> + ?Sized),
    path: impl AsRef<[u8]>,
) -> Result<Found<'a>, PathError> {
    Ok(Path::parse(path)?.get(json))
}

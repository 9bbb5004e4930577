//! A path, read once and used often.

use super::{Found, LimitError, MAX_PATH_LENGTH, PathError, compile, evaluate, program::Program};
use std::{fmt, str::FromStr};

/// A path into JSON documents, compiled once.
///
/// Every text is a path; what is no operator is a key. Only the limits of length and depth refuse.
///
/// ```
/// use argo_events_expr::gjson::Path;
/// let json = r#"{"pets": [{"name": "Rex", "age": 3}, {"name": "Tom", "age": 9}]}"#;
/// for (path, text) in [
///     ("pets.1.name", "Tom"),
///     ("pets.#", "2"),
///     ("pets.#.name", r#"["Rex","Tom"]"#),
///     ("pets.#(age<5).name", "Rex"),
///     ("pets.0.{name,years:age}", r#"{"name":"Rex","years":3}"#),
///     ("pets|@reverse|0.name", "Tom"),
/// ] {
///     assert_eq!(Path::parse(path)?.get(json).text(), text);
/// }
/// # Ok::<(), argo_events_expr::gjson::PathError>(())
/// ```
#[derive(Clone)]
pub struct Path {
    text: Box<[u8]>,
    program: Program,
}

impl Path {
    /// Compiles a path.
    ///
    /// # Errors
    /// When it is longer than [`MAX_PATH_LENGTH`], or has more parts in a row than
    /// [`MAX_PATH_DEPTH`](super::MAX_PATH_DEPTH).
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, PathError> {
        let text = text.as_ref();
        if text.len() > MAX_PATH_LENGTH {
            return Err(PathError::TooLong { length: text.len() });
        }
        Ok(Self {
            program: compile::program(text)?,
            text: text.into(),
        })
    }

    /// Looks the path up; a lookup that would cost too much finds nothing.
    ///
    /// The document is not checked: in a broken one, what was read so far counts. See
    /// [`valid`](super::valid).
    #[must_use]
    pub fn get<'a>(&self, json: &'a (impl AsRef<[u8]> + ?Sized)) -> Found<'a> {
        self.try_get(json).unwrap_or_default()
    }

    /// Looks the path up and tells a lookup that would cost too much from one that finds nothing.
    ///
    /// # Errors
    /// When a modifier meets a document nested too deep, or the path makes too much of it.
    pub fn try_get<'a>(
        &self,
        json: &'a (impl AsRef<[u8]> + ?Sized),
    ) -> Result<Found<'a>, LimitError> {
        evaluate::run(&self.program, json.as_ref())
    }

    /// Gives the text of the path.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.text
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::parse(text)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(&self.text))
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Path")
            .field(&self.to_string())
            .finish()
    }
}

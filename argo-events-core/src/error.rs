//! The one error at trait boundaries: what went wrong, whether to try again, on what.
//!
//! There is no neutral constructor. Whoever makes an error says [`Error::permanent`] or
//! [`Error::transient`], because only the author of the failing call knows.

use std::{fmt, time::Duration};

/// What can be boxed as the cause of an [`Error`].
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Result with [`Error`] as its error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A manifest or a setting is wrong.
    ConfigInvalid,
    /// An event or a message cannot be read or rendered.
    PayloadInvalid,
    /// Something is larger than a stated limit.
    TooLarge,
    /// Credentials are missing, wrong or not sufficient.
    Unauthorized,
    /// What was asked for is not there.
    NotFound,
    /// A version moved, or something is held by somebody else.
    Conflict,
    /// The other side asks for patience.
    RateLimited,
    /// The other side cannot be reached or does not work.
    Unavailable,
    /// The other side did not answer in time.
    Timeout,
    /// The other side answered that it refuses, and why is in the message.
    Rejected,
    /// The thing was closed on our side.
    Closed,
    /// This implementation does not do that.
    Unsupported,
    /// Anything else.
    Unexpected,
}

/// Whether and when the failed call may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same call will fail again.
    Never,
    /// The call may succeed later; the caller's own back-off decides when.
    Backoff,
    /// The call may succeed after this long, as the other side said.
    After(Duration),
}

struct Inner {
    kind: ErrorKind,
    retry: Retry,
    message: String,
    operation: &'static str,
    context: Vec<(&'static str, String)>,
    source: Option<BoxError>,
}

/// An error with its kind, its retryability, the operation and the keys that find the culprit.
///
/// ```
/// use argo_events_core::{Error, ErrorKind, Retry};
///
/// let error = Error::transient(ErrorKind::Timeout, "broker sent no SUBACK")
///     .during("subscribe")
///     .with("topic", "orders");
/// assert_eq!(error.to_string(), "broker sent no SUBACK during subscribe (topic=orders)");
/// assert_eq!(error.retry(), Retry::Backoff);
/// ```
pub struct Error(Box<Inner>);

impl Error {
    /// Makes an error that the same call would meet again.
    pub fn permanent(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::make(kind, Retry::Never, message.into())
    }

    /// Makes an error that may be gone when the call is repeated.
    pub fn transient(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::make(kind, Retry::Backoff, message.into())
    }

    fn make(kind: ErrorKind, retry: Retry, message: String) -> Self {
        let (operation, context, source) = ("", Vec::new(), None);
        Self(Box::new(Inner {
            kind,
            retry,
            message,
            operation,
            context,
            source,
        }))
    }

    /// States when the other side wants to be asked again.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.0.retry = Retry::After(delay);
        self
    }

    /// Names the operation that failed.
    #[must_use]
    pub fn during(mut self, operation: &'static str) -> Self {
        self.0.operation = operation;
        self
    }

    /// Adds a key that helps to find the culprit. Never a secret, never a body.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((key, value.to_string()));
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Returns the kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether the call may be repeated.
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// Tells whether repeating the call can help.
    pub fn is_transient(&self) -> bool {
        self.0.retry != Retry::Never
    }

    /// Returns the message without operation and context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the value kept under a context key.
    pub fn context(&self, key: &str) -> Option<&str> {
        self.0
            .context
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)?;
        if !self.0.operation.is_empty() {
            write!(formatter, " during {}", self.0.operation)?;
        }
        for (index, (key, value)) in self.0.context.iter().enumerate() {
            write!(
                formatter,
                "{}{key}={value}",
                if index == 0 { " (" } else { ", " }
            )?;
        }
        if !self.0.context.is_empty() {
            formatter.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("retry", &self.0.retry)
            .field("message", &self.0.message)
            .field("operation", &self.0.operation)
            .field("context", &self.0.context)
            .field("source", &self.0.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

//! Reads the port of a manifest.

use argo_events_core::{Error, ErrorKind, Result};
use std::fmt;

/// A TCP port, however it was written: `12000`, `:12000`, `+12000` and `012000` are the same one.
///
/// ```
/// use argo_events_sources::http::Port;
///
/// assert_eq!(Port::parse(":012000")?, Port::parse("12000")?);
/// assert!(Port::parse("65536").is_err());
/// # Ok::<(), argo_events_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Port(u16);

impl Port {
    /// Reads a port; 0 lets the system choose.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, for anything but a number from 0 to 65535.
    pub fn parse(text: &str) -> Result<Self> {
        let digits = text.strip_prefix(':').unwrap_or(text);
        let digits = digits.strip_prefix('+').unwrap_or(digits);
        let port = digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse().ok());
        port.flatten().map(Self).ok_or_else(|| {
            let message = format!("{text:?} is no port; use a number from 1 to 65535");
            Error::permanent(ErrorKind::ConfigInvalid, message)
        })
    }

    /// Returns the number.
    pub fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Port {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

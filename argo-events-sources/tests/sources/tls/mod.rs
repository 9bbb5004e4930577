//! A certificate for `localhost` and 127.0.0.1, for tests only.

pub(crate) const CERTIFICATE: &str = include_str!("certificate.pem");
pub(crate) const KEY: &str = include_str!("key.pem");

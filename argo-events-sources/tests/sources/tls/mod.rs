//! Certificates for `localhost`, for tests only.

pub(crate) const CERTIFICATE: &str = include_str!("certificate.pem");
pub(crate) const KEY: &str = include_str!("key.pem");
/// What the one above is replaced with.
pub(crate) const RENEWED_CERTIFICATE: &str = include_str!("renewed_certificate.pem");
pub(crate) const RENEWED_KEY: &str = include_str!("renewed_key.pem");

//! Makes a TLS server of a certificate chain and a key in PEM text.

use argo_events_core::{Error, ErrorKind, Result, http_host::TlsPair};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// The first byte of every TLS connection.
const HANDSHAKE: u8 = 0x16;
/// What a client gets that speaks plain HTTP to a port with TLS.
pub(super) const PLAIN: &[u8] =
    b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

/// Reads certificate and key.
///
/// # Errors
/// `ConfigInvalid`, permanent, saying which of the two cannot be used.
pub(super) fn acceptor(pair: &TlsPair) -> Result<TlsAcceptor> {
    let chain = CertificateDer::pem_slice_iter(pair.certificate.expose().as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| invalid("certificate", &error))?;
    if chain.is_empty() {
        return Err(invalid(
            "certificate",
            &"there is no CERTIFICATE block in it",
        ));
    }
    let key = PrivateKeyDer::from_pem_slice(pair.key.expose().as_bytes())
        .map_err(|error| invalid("key", &error))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| invalid("certificate and key", &error))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn invalid(what: &str, reason: &dyn std::fmt::Display) -> Error {
    let message = format!("the server's {what} cannot be used: {reason}");
    Error::permanent(ErrorKind::ConfigInvalid, message)
}

/// Tells whether a connection begins as TLS does.
pub(super) async fn is_tls(stream: &tokio::net::TcpStream) -> std::io::Result<bool> {
    let mut first = [0];
    Ok(stream.peek(&mut first).await? == 0 || first[0] == HANDSHAKE)
}

//! TLS as a manifest describes it, as a configuration of rustls.

use argo_events_core::{Error, ErrorKind, Result, SecretSource, api, secret::KeySelector};
use async_nats::ConnectOptions;
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};
use std::sync::Arc;

/// Sets how the connection is secured.
pub(super) async fn apply(
    options: ConnectOptions,
    tls: Option<&api::BusTls>,
    secrets: &dyn SecretSource,
) -> Result<ConnectOptions> {
    let Some(tls) = tls else {
        let config = builder()?
            .dangerous()
            .with_custom_certificate_verifier(Unchecked::new());
        return Ok(options.tls_client_config(config.with_no_client_auth()));
    };
    let config = if tls.insecure_skip_verify == Some(true) {
        builder()?
            .dangerous()
            .with_custom_certificate_verifier(Unchecked::new())
    } else {
        builder()?.with_root_certificates(roots(tls.ca_cert_secret.as_ref(), secrets).await?)
    };
    let config = match (&tls.client_cert_secret, &tls.client_key_secret) {
        (Some(certificate), Some(key)) => {
            let certificates = certificates(certificate, secrets).await?;
            let secret = secrets.secret(key).await?;
            let private = PrivateKeyDer::from_pem_slice(secret.expose().as_bytes())
                .map_err(|_| invalid("holds no private key as PEM", key))?;
            config
                .with_client_auth_cert(certificates, private)
                .map_err(|error| {
                    invalid(
                        &format!("does not fit the client's certificate: {error}"),
                        key,
                    )
                })?
        }
        // As in the reference, one without the other is not used.
        _ => config.with_no_client_auth(),
    };
    Ok(options.tls_client_config(config).require_tls(true))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::permanent(ErrorKind::Unexpected, error.to_string()))
}

async fn roots(
    selector: Option<&KeySelector>,
    secrets: &dyn SecretSource,
) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    match selector {
        Some(selector) => {
            for certificate in certificates(selector, secrets).await? {
                roots.add(certificate).map_err(|error| {
                    invalid(
                        &format!("holds a certificate that cannot be used: {error}"),
                        selector,
                    )
                })?;
            }
        }
        None => {
            let found = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(found.certs);
        }
    }
    Ok(roots)
}

async fn certificates(
    selector: &KeySelector,
    secrets: &dyn SecretSource,
) -> Result<Vec<CertificateDer<'static>>> {
    let secret = secrets.secret(selector).await?;
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(secret.expose().as_bytes()).collect();
    match found {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(invalid("holds no certificate as PEM", selector)),
    }
}

fn invalid(reason: &str, selector: &KeySelector) -> Error {
    Error::permanent(
        ErrorKind::ConfigInvalid,
        format!("secret {selector} {reason}"),
    )
}

/// Takes any certificate, because the manifest says so or says nothing.
#[derive(Debug)]
struct Unchecked(Arc<CryptoProvider>);

impl Unchecked {
    fn new() -> Arc<Self> {
        Arc::new(Self(provider()))
    }
}

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

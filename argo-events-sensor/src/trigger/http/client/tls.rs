//! TLS of the HTTP trigger: what is trusted, and with which certificate we show ourselves.
//!
//! Certificates are read from secrets for every new connection, so that a rotated one takes effect.

use crate::trigger::http::TlsConfig;
use argo_events_core::{Error, ErrorKind, Result, Secret, SecretSource, secret::KeySelector};
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};
use std::sync::{Arc, Mutex, PoisonError};

/// Makes configurations for connections, and keeps the last one while its certificates stay.
#[derive(Debug)]
pub(crate) struct Tls {
    config: Option<TlsConfig>,
    secrets: Arc<dyn SecretSource>,
    last: Mutex<Option<(Material, Arc<ClientConfig>)>>,
}

/// A secret in PEM.
type Pem = Secret<Vec<u8>>;

/// What a configuration is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Material {
    authorities: Option<Pem>,
    /// Our certificate with its key.
    certificate: Option<(Pem, Pem)>,
}

impl Tls {
    pub(crate) fn new(config: Option<TlsConfig>, secrets: Arc<dyn SecretSource>) -> Self {
        Self {
            config,
            secrets,
            last: Mutex::default(),
        }
    }

    /// Tells whether the manifest says anything about TLS; then no proxy is used.
    pub(crate) fn is_configured(&self) -> bool {
        self.config.is_some()
    }

    /// Returns the configuration for a new connection.
    pub(super) async fn client(&self) -> Result<Arc<ClientConfig>> {
        let material = self.material().await?;
        if let Some((last, client)) = &*self.lock()
            && *last == material
        {
            return Ok(Arc::clone(client));
        }
        let skips = self
            .config
            .as_ref()
            .is_some_and(|config| config.insecure_skip_verify);
        let building = material.clone();
        let built = tokio::task::spawn_blocking(move || building.client(skips)).await;
        let client = Arc::new(built.map_err(|panic| invalid(format!("tls: {panic}")))??);
        *self.lock() = Some((material, Arc::clone(&client)));
        Ok(client)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Material, Arc<ClientConfig>)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn material(&self) -> Result<Material> {
        let Some(config) = self
            .config
            .as_ref()
            .filter(|config| !config.insecure_skip_verify)
        else {
            return Ok(Material::default());
        };
        let authorities = self.read(config.ca_cert_secret.as_ref()).await?;
        let certificate = match (&config.client_cert_secret, &config.client_key_secret) {
            (Some(certificate), Some(key)) => self
                .read(Some(certificate))
                .await?
                .zip(self.read(Some(key)).await?),
            _ => None,
        };
        Ok(Material {
            authorities,
            certificate,
        })
    }

    async fn read(&self, selector: Option<&KeySelector>) -> Result<Option<Pem>> {
        match selector {
            Some(selector) => self.secrets.secret_bytes(selector).await.map(Some),
            None => Ok(None),
        }
    }
}

impl Material {
    fn client(&self, skips_verification: bool) -> Result<ClientConfig> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| invalid(format!("tls: {error}")))?;
        let builder = if skips_verification {
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(TrustsAnyone(provider)))
        } else {
            builder.with_root_certificates(self.roots()?)
        };
        let Some((certificate, key)) = &self.certificate else {
            return Ok(builder.with_no_client_auth());
        };
        let chain = certificates(certificate.expose())?;
        let key = PrivateKeyDer::from_pem_slice(key.expose())
            .map_err(|error| invalid(format!("the client's key is not a key in PEM: {error}")))?;
        builder
            .with_client_auth_cert(chain, key)
            .map_err(|error| invalid(format!("the client's certificate does not fit: {error}")))
    }

    fn roots(&self) -> Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        let found = match &self.authorities {
            Some(authorities) => certificates(authorities.expose())?,
            None => rustls_native_certs::load_native_certs().certs,
        };
        roots.add_parsable_certificates(found);
        Ok(roots)
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| invalid(format!("a certificate is not PEM: {error}")))
}

fn invalid(message: String) -> Error {
    Error::permanent(ErrorKind::ConfigInvalid, message).during("tls")
}

/// Accepts any certificate, as `insecureSkipVerify` asks.
#[derive(Debug)]
struct TrustsAnyone(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustsAnyone {
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
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

//! Certificates for a server on this machine and its clients, made anew for each server.

use super::place;
use argo_events_core::{Error, ErrorKind, Result};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use std::path::PathBuf;

/// Files in PEM: an authority, and what it has signed for a server and for a client.
#[derive(Clone, Debug)]
pub struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// Makes all of them in a folder: for `localhost` and 127.0.0.1, and a client called `client`.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn make(folder: impl Into<PathBuf>) -> Result<Self> {
        let made = Self {
            folder: folder.into(),
        };
        let authority = found("argo-events tests").map_err(failed)?;
        let stranger = found("stranger").map_err(failed)?;
        made.write("ca.pem", &authority.pem())?;
        made.write("stranger.pem", &stranger.pem())?;
        made.sign(&authority, "server", ExtendedKeyUsagePurpose::ServerAuth)?;
        made.sign(&authority, "client", ExtendedKeyUsagePurpose::ClientAuth)?;
        Ok(made)
    }

    /// Returns the certificate of the authority, which clients trust.
    pub fn authority(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// Returns the certificate of an authority that has signed nothing here.
    pub fn stranger(&self) -> PathBuf {
        self.folder.join("stranger.pem")
    }

    /// Returns the certificate of the server.
    pub fn server(&self) -> PathBuf {
        self.folder.join("server.pem")
    }

    /// Returns the key of the server, in PKCS #8.
    pub fn server_key(&self) -> PathBuf {
        self.folder.join("server.key")
    }

    /// Returns the certificate of the client.
    pub fn client(&self) -> PathBuf {
        self.folder.join("client.pem")
    }

    /// Returns the key of the client, in PKCS #8.
    pub fn client_key(&self) -> PathBuf {
        self.folder.join("client.key")
    }

    fn sign(&self, issuer: &Issuer, name: &str, purpose: ExtendedKeyUsagePurpose) -> Result<()> {
        let (certificate, key) = signed(issuer, name, purpose).map_err(failed)?;
        self.write(&format!("{name}.pem"), &certificate)?;
        self.write(&format!("{name}.key"), &key)
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        place::write(&self.folder.join(name), text)
    }
}

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn found(name: &str) -> Result<Issuer, rcgen::Error> {
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(parameters, KeyPair::generate()?)
}

fn signed(
    issuer: &Issuer,
    name: &str,
    purpose: ExtendedKeyUsagePurpose,
) -> Result<(String, String), rcgen::Error> {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![purpose];
    let key = KeyPair::generate()?;
    let certificate = parameters.signed_by(&key, issuer)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

fn failed(error: rcgen::Error) -> Error {
    Error::permanent(ErrorKind::Unexpected, "a certificate cannot be made").caused_by(error)
}

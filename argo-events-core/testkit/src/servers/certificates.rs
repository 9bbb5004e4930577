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
        Self::make_with(folder, &[])
    }

    /// Makes all of them, and more that the same authority has signed.
    pub(super) fn make_with(folder: impl Into<PathBuf>, more: &[Leaf<'_>]) -> Result<Self> {
        let made = Self {
            folder: folder.into(),
        };
        let authority = found("argo-events tests").map_err(failed)?;
        let stranger = found("stranger").map_err(failed)?;
        made.write("ca.pem", &authority.pem())?;
        made.write("stranger.pem", &stranger.pem())?;
        for leaf in [&SERVER, &CLIENT].into_iter().chain(more) {
            let (certificate, key) = leaf.signed(&authority).map_err(failed)?;
            made.write(&format!("{}.pem", leaf.file), &certificate)?;
            made.write(&format!("{}.key", leaf.file), &key)?;
        }
        Ok(made)
    }

    /// Returns the files of something else that was signed: the certificate and its key.
    pub(super) fn pair(&self, file: &str) -> [PathBuf; 2] {
        ["pem", "key"].map(|kind| self.folder.join(format!("{file}.{kind}")))
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

    fn write(&self, name: &str, text: &str) -> Result<()> {
        place::write(&self.folder.join(name), text)
    }
}

type Issuer = CertifiedIssuer<'static, KeyPair>;

/// What an authority signs.
pub(super) struct Leaf<'a> {
    /// The name of its files.
    pub(super) file: &'a str,
    /// Who it is.
    pub(super) name: &'a str,
    /// The group that it belongs to, which is its organisation.
    pub(super) group: Option<&'a str>,
    /// Names and addresses that it is reached by, besides those of this machine.
    pub(super) hosts: &'a [&'a str],
    /// What it is for.
    pub(super) purposes: &'a [ExtendedKeyUsagePurpose],
}

const SERVER: Leaf<'static> = Leaf {
    file: "server",
    name: "server",
    group: None,
    hosts: &[],
    purposes: &[ExtendedKeyUsagePurpose::ServerAuth],
};
const CLIENT: Leaf<'static> = Leaf {
    file: "client",
    name: "client",
    purposes: &[ExtendedKeyUsagePurpose::ClientAuth],
    ..SERVER
};

impl Leaf<'_> {
    fn signed(&self, issuer: &Issuer) -> Result<(String, String), rcgen::Error> {
        let hosts = ["localhost", "127.0.0.1"].iter().chain(self.hosts);
        let hosts: Vec<_> = hosts.map(|host| (*host).to_owned()).collect();
        let mut parameters = CertificateParams::new(hosts)?;
        let subject = &mut parameters.distinguished_name;
        if let Some(group) = self.group {
            subject.push(DnType::OrganizationName, group);
        }
        subject.push(DnType::CommonName, self.name);
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = self.purposes.to_vec();
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, issuer)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }
}

fn found(name: &str) -> Result<Issuer, rcgen::Error> {
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(parameters, KeyPair::generate()?)
}

fn failed(error: rcgen::Error) -> Error {
    Error::permanent(ErrorKind::Unexpected, "a certificate cannot be made").caused_by(error)
}

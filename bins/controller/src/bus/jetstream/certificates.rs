//! Certificates of the servers: an authority that signs once and is forgotten, and what it signs.

use argo_events_core::{Error, ErrorKind, Result, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};

/// For how many years certificates are good.
pub(super) const YEARS: i32 = 10;
/// Whose they are.
const ORGANISATION: &str = "io.argoproj";

/// What they are good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Servers towards clients.
    Server,
    /// Servers among themselves, each being the other's client.
    Peer,
}

/// A certificate, its key, and that of the authority it leads to; all PEM.
#[derive(Clone)]
pub(super) struct Pair {
    pub(super) certificate: String,
    pub(super) key: String,
    pub(super) authority: String,
}

/// Makes a pair for servers with these names.
pub(super) fn pair(names: &[String], purpose: Use, now: Timestamp) -> Result<Pair> {
    let issue = || -> std::result::Result<Pair, rcgen::Error> {
        let authority = CertifiedIssuer::self_signed(authority(names, now)?, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let certificate = leaf(names, purpose, now)?.signed_by(&key, &authority)?;
        Ok(Pair {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            authority: authority.pem(),
        })
    };
    issue().map_err(|error| {
        Error::permanent(ErrorKind::Unexpected, "a certificate cannot be made").caused_by(error)
    })
}

fn authority(
    names: &[String],
    now: Timestamp,
) -> std::result::Result<CertificateParams, rcgen::Error> {
    let mut terms = terms(names, now)?;
    terms.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    terms.key_usages.push(KeyUsagePurpose::KeyCertSign);
    terms.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    Ok(terms)
}

fn leaf(
    names: &[String],
    purpose: Use,
    now: Timestamp,
) -> std::result::Result<CertificateParams, rcgen::Error> {
    let mut terms = terms(names, now)?;
    terms.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    if purpose == Use::Peer {
        terms
            .extended_key_usages
            .push(ExtendedKeyUsagePurpose::ClientAuth);
    }
    Ok(terms)
}

fn terms(names: &[String], now: Timestamp) -> std::result::Result<CertificateParams, rcgen::Error> {
    let mut terms = CertificateParams::new(names)?;
    terms.distinguished_name = DistinguishedName::new();
    terms
        .distinguished_name
        .push(DnType::OrganizationName, ORGANISATION);
    terms.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let (year, month, day) = date(now);
    terms.not_before = date_time_ymd(year, month, day);
    terms.not_after = date_time_ymd(year + YEARS, month, day);
    Ok(terms)
}

/// Returns the day; one that every month has, so that it exists in every year.
fn date(at: Timestamp) -> (i32, u8, u8) {
    let text = at.to_string();
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse().ok());
    let year = text.get(..4).and_then(|part| part.parse().ok());
    let month = number(5..7).unwrap_or(1);
    let day: u8 = number(8..10).unwrap_or(1);
    (year.unwrap_or(1970), month, day.min(28))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        vec!["*.svc.ns.svc".to_owned()]
    }

    #[test]
    fn certificates_are_good_for_ten_years_and_what_they_are_for() {
        let now: Timestamp = "2024-02-29T10:00:00Z".parse().unwrap();
        let peer = leaf(&names(), Use::Peer, now).unwrap();
        assert_eq!(peer.not_before, date_time_ymd(2024, 2, 28));
        assert_eq!(peer.not_after, date_time_ymd(2034, 2, 28));
        assert_eq!(peer.extended_key_usages.len(), 2);
        assert_eq!(peer.key_usages, [KeyUsagePurpose::DigitalSignature]);
        let server = leaf(&names(), Use::Server, now).unwrap();
        assert_eq!(
            server.extended_key_usages,
            [ExtendedKeyUsagePurpose::ServerAuth]
        );
    }

    #[test]
    fn every_pair_has_an_authority_of_its_own() {
        let now = Timestamp::EPOCH;
        let one = pair(&names(), Use::Peer, now).unwrap();
        let other = pair(&names(), Use::Peer, now).unwrap();
        assert_ne!(one.authority, other.authority);
        assert!(one.key.starts_with("-----BEGIN PRIVATE KEY-----"));
    }
}

//! The certificates of the webhook: made here, kept in a Secret, renewed in time.
//!
//! A certificate authority that nobody else uses signs the server's certificate. What is renewed is
//! trusted before it is shown: the bundle that the API server gets has the old authority and the new
//! one. The Secret has the reference's keys, and one for the authority's key.

use super::der;
use argo_events::{Error, Result, core::ErrorKind};
use argo_events_core::Timestamp;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use serde_json::{Map, Value, json};
use std::{fmt, time::Duration};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long an authority and a certificate last.
const AUTHORITY: Duration = DAY.saturating_mul(3650);
const CERTIFICATE: Duration = DAY.saturating_mul(365);
/// How long before their end they are renewed.
const AUTHORITY_RENEWAL: Duration = DAY.saturating_mul(730);
const CERTIFICATE_RENEWAL: Duration = DAY.saturating_mul(122);
/// How long before now they begin: clocks differ.
const EARLIER: Duration = Duration::from_secs(60 * 60);

/// Keys of the Secret; the first three are the reference's.
const KEY: &str = "server-key.pem";
const CERT: &str = "server-cert.pem";
const AUTHORITIES: &str = "ca-cert.pem";
const AUTHORITY_KEY: &str = "ca-key.pem";

/// What the webhook shows, and what the API server trusts.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Certificates {
    /// Private key of the server, as PEM.
    pub(super) key: String,
    /// Certificate of the server, as PEM.
    pub(super) cert: String,
    /// Authorities to trust, as PEM; the one in use first.
    pub(super) authorities: String,
    /// Private key of the first authority, as PEM; empty if it is not ours.
    authority_key: String,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Certificates")
            .field("authorities", &self.authorities)
            .finish_non_exhaustive()
    }
}

impl Certificates {
    /// Reads what a Secret holds; `None` if something is missing.
    pub(super) fn read(secret: &Value) -> Option<Self> {
        let text = |key: &str| {
            let text = BASE64_STANDARD.decode(secret["data"][key].as_str()?).ok()?;
            String::from_utf8(text).ok()
        };
        Some(Self {
            key: text(KEY)?,
            cert: text(CERT)?,
            authorities: text(AUTHORITIES)?,
            authority_key: text(AUTHORITY_KEY).unwrap_or_default(),
        })
    }

    /// Writes what a Secret holds.
    pub(super) fn data(&self) -> Value {
        let pairs = [
            (KEY, &self.key),
            (CERT, &self.cert),
            (AUTHORITIES, &self.authorities),
            (AUTHORITY_KEY, &self.authority_key),
        ];
        let encoded = pairs
            .into_iter()
            .map(|(key, text)| (key.to_owned(), json!(BASE64_STANDARD.encode(text))));
        Value::Object(encoded.collect::<Map<_, _>>())
    }

    /// Makes certificates of a new authority; others are to be trusted beside it.
    fn beside(others: &str, names: &[String], now: Timestamp) -> Result<Self> {
        Authority::new(now)?.sign(names, others, now)
    }

    /// Makes what takes the place of certificates that are lost, and still shown: by a new authority,
    /// for whoever deletes a Secret may want one, and with the old one trusted meanwhile.
    pub(super) fn instead_of(
        lost: Option<&Self>,
        names: &[String],
        now: Timestamp,
    ) -> Result<Self> {
        let trusted = lost.map(|lost| der::split_first(&lost.authorities).0);
        let trusted = trusted.map(|first| der::still_valid(&first, now));
        Self::beside(&trusted.unwrap_or_default(), names, now)
    }

    /// Returns what is to be used from now on for a server of these names; `None` to go on with this.
    pub(super) fn renewed(
        before: Option<&Self>,
        names: &[String],
        now: Timestamp,
    ) -> Result<Option<Self>> {
        let before = before.filter(|before| !before.authorities.is_empty());
        let Some(before) = before else {
            return Self::beside("", names, now).map(Some);
        };
        let is_ours = !before.authority_key.is_empty();
        if !is_ours || !lasts(&before.authorities, AUTHORITY_RENEWAL, now) {
            let trusted = der::still_valid(&before.authorities, now);
            // What is not ours, such as the reference's, is left as long as it lasts.
            let is_fine = !is_ours && is_certificate_fine(before, names, now);
            return match is_fine {
                true => Ok(None),
                false => Self::beside(&trusted, names, now).map(Some),
            };
        }
        if is_certificate_fine(before, names, now) {
            return Ok(None);
        }
        let authority = Authority::read(before)?;
        let (first, others) = der::split_first(&before.authorities);
        let authority = Authority {
            pem: first,
            ..authority
        };
        authority
            .sign(names, &der::still_valid(&others, now), now)
            .map(Some)
    }
}

/// Tells whether a certificate goes on long enough, and names the server.
fn is_certificate_fine(certificates: &Certificates, names: &[String], now: Timestamp) -> bool {
    let is_named = |name: &String| der::mentions(&certificates.cert, name);
    lasts(&certificates.cert, CERTIFICATE_RENEWAL, now) && names.iter().all(is_named)
}

fn lasts(pem: &str, margin: Duration, now: Timestamp) -> bool {
    der::end(pem).is_some_and(|end| now + margin < end)
}

/// A certificate authority.
struct Authority {
    pem: String,
    key: KeyPair,
    params: CertificateParams,
}

impl Authority {
    fn new(now: Timestamp) -> Result<Self> {
        let key = KeyPair::generate().map_err(failed)?;
        let mut params = Self::params();
        span(&mut params, now, AUTHORITY);
        let pem = params.self_signed(&key).map_err(failed)?.pem();
        Ok(Self { pem, key, params })
    }

    /// Takes the authority that signed certificates before.
    fn read(certificates: &Certificates) -> Result<Self> {
        let key = KeyPair::from_pem(&certificates.authority_key).map_err(failed)?;
        Ok(Self {
            pem: String::new(),
            key,
            params: Self::params(),
        })
    }

    /// What all our authorities have in common; their keys tell them apart.
    fn params() -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::OrganizationName, "io.argoproj");
        params
            .distinguished_name
            .push(DnType::CommonName, "argo-events admission webhook");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
    }

    /// Makes a server's certificate; others are to be trusted beside this authority.
    fn sign(self, names: &[String], others: &str, now: Timestamp) -> Result<Certificates> {
        let key = KeyPair::generate().map_err(failed)?;
        let mut params = CertificateParams::new(names.to_vec()).map_err(failed)?;
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::OrganizationName, "io.argoproj");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        span(&mut params, now, CERTIFICATE);
        let issuer = Issuer::from_params(&self.params, &self.key);
        let cert = params.signed_by(&key, &issuer).map_err(failed)?.pem();
        Ok(Certificates {
            key: key.serialize_pem(),
            cert,
            authorities: format!("{}{others}", self.pem),
            authority_key: self.key.serialize_pem(),
        })
    }
}

fn span(params: &mut CertificateParams, now: Timestamp, lasts: Duration) {
    let begin = date_time_ymd(1970, 1, 1) + now.since(Timestamp::EPOCH);
    params.not_before = begin - EARLIER;
    params.not_after = begin + lasts;
}

fn failed(error: rcgen::Error) -> Error {
    Error::permanent(ErrorKind::Unexpected, "a certificate cannot be made").caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        vec!["events-webhook.argo.svc".to_owned()]
    }

    fn day(number: u64) -> Timestamp {
        Timestamp::EPOCH
            + DAY.saturating_mul(20_000)
            + DAY.saturating_mul(u32::try_from(number).unwrap())
    }

    fn renewed(before: Option<&Certificates>, now: Timestamp) -> Option<Certificates> {
        Certificates::renewed(before, &names(), now).unwrap()
    }

    #[test]
    fn a_certificate_is_renewed_in_its_last_third_and_its_authority_stays() {
        let first = renewed(None, day(0)).unwrap();
        assert_eq!(renewed(Some(&first), day(200)), None);
        let second = renewed(Some(&first), day(250)).unwrap();
        assert_ne!(second.cert, first.cert);
        assert_eq!(second.authorities, first.authorities);
        assert_eq!(renewed(Some(&second), day(250)), None);
    }

    #[test]
    fn a_new_authority_is_trusted_beside_the_old_one() {
        let first = renewed(None, day(0)).unwrap();
        let second = renewed(Some(&first), day(3000)).unwrap();
        assert!(second.authorities.ends_with(&first.authorities));
        assert_ne!(second.authorities, first.authorities);
        let third = renewed(Some(&second), day(3000 + 3000)).unwrap();
        assert!(
            !third.authorities.contains(&first.authorities),
            "it is over"
        );
    }

    #[test]
    fn what_takes_the_place_of_lost_certificates_trusts_what_is_still_shown() {
        let first = renewed(None, day(0)).unwrap();
        let second = Certificates::instead_of(Some(&first), &names(), day(1)).unwrap();
        assert!(second.authorities.ends_with(&first.authorities));
        let third = Certificates::instead_of(Some(&second), &names(), day(2)).unwrap();
        assert!(
            !third.authorities.contains(&first.authorities),
            "one is enough"
        );
        assert_eq!(renewed(Some(&third), day(2)), None);
    }

    #[test]
    fn a_service_of_another_name_gets_another_certificate() {
        let first = renewed(None, day(0)).unwrap();
        let other = vec!["other.argo.svc".to_owned()];
        assert!(
            Certificates::renewed(Some(&first), &other, day(0))
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn certificates_of_the_reference_are_used_until_they_end() {
        let mut theirs = renewed(None, day(0)).unwrap();
        theirs.authority_key.clear();
        assert_eq!(renewed(Some(&theirs), day(10)), None);
        let ours = renewed(Some(&theirs), day(250)).unwrap();
        assert!(ours.authorities.ends_with(&theirs.authorities));
    }

    #[test]
    fn what_a_secret_holds_is_read_as_it_was_written() {
        let first = renewed(None, day(0)).unwrap();
        let secret = json!({ "data": first.data() });
        assert_eq!(Certificates::read(&secret), Some(first));
        assert_eq!(Certificates::read(&json!({})), None);
    }
}

//! As much of X.509 as it takes to know when a certificate ends, and whether it names a server.
//!
//! Nothing is verified here: these are our own certificates, and whoever trusts them verifies.

use argo_events_core::Timestamp;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::time::Duration;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Returns when the first certificate of a PEM text ends; `None` if there is none.
pub(super) fn end(pem: &str) -> Option<Timestamp> {
    let der = decode(blocks(pem).next()?)?;
    not_after(&der)
}

/// Tells whether a name is among the first certificate's bytes.
pub(super) fn mentions(pem: &str, name: &str) -> bool {
    let der = blocks(pem).next().and_then(decode).unwrap_or_default();
    der.windows(name.len().max(1))
        .any(|window| window == name.as_bytes())
}

/// Returns the certificates of a PEM text that have not ended.
pub(super) fn still_valid(pem: &str, now: Timestamp) -> String {
    blocks(pem)
        .filter(|block| end(block).is_some_and(|end| now < end))
        .map(|block| format!("{block}\n"))
        .collect()
}

/// Splits the first certificate from the others.
pub(super) fn split_first(pem: &str) -> (String, String) {
    let mut blocks = blocks(pem).map(|block| format!("{block}\n"));
    (blocks.next().unwrap_or_default(), blocks.collect())
}

/// Returns each certificate of a PEM text, with its frame.
fn blocks(pem: &str) -> impl Iterator<Item = &str> {
    let starts = pem.match_indices(BEGIN).map(|(at, _)| &pem[at..]);
    starts.filter_map(|rest| Some(&rest[..rest.find(END)? + END.len()]))
}

fn decode(block: &str) -> Option<Vec<u8>> {
    let text: String = block
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .flat_map(str::chars)
        .filter(|character| !character.is_ascii_whitespace())
        .collect();
    BASE64_STANDARD.decode(text).ok()
}

/// Reads `notAfter`: the second time of the validity, which is the fourth part of what is signed, or
/// the fifth where a version comes first.
fn not_after(der: &[u8]) -> Option<Timestamp> {
    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xa0;
    let (_, certificate, _) = part(der)?;
    let (_, mut signed, _) = part(certificate)?;
    if *signed.first()? == VERSION {
        signed = part(signed)?.2;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        signed = part(signed)?.2;
    }
    let (tag, validity, _) = part(signed)?;
    let (_, _, rest) = part(validity)?;
    let (kind, text, _) = part(rest)?;
    (tag == SEQUENCE).then(|| time(kind, text))?
}

/// Splits off the first part: its tag, its content, and what follows.
fn part(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let bytes = usize::from(first & 0x7f);
        let (length, rest) = (rest.get(..bytes)?, rest.get(bytes..)?);
        if bytes > 4 {
            return None;
        }
        let length = length
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        (length, rest)
    };
    Some((tag, rest.get(..length)?, rest.get(length..)?))
}

/// Reads `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ`.
fn time(kind: u8, text: &[u8]) -> Option<Timestamp> {
    const SHORT: u8 = 0x17;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = if kind == SHORT {
        let year: i64 = text.get(..2)?.parse().ok()?;
        (
            if year < 50 { 2000 + year } else { 1900 + year },
            text.get(2..)?,
        )
    } else {
        (text.get(..4)?.parse().ok()?, text.get(4..)?)
    };
    let number = |at: usize| rest.get(at..at + 2)?.parse::<i64>().ok();
    let days = days(year, number(0)?, number(2)?);
    let seconds = ((days * 24 + number(4)?) * 60 + number(6)?) * 60 + number(8)?;
    Some(Timestamp::EPOCH + Duration::from_secs(seconds.try_into().ok()?))
}

/// Counts the days from 1970 to a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years are counted from March, so that the leap day is their last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    fn certificate(year: i32) -> String {
        let mut params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 3, 1);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn the_end_of_a_certificate_is_read_in_both_forms_of_time() {
        assert_eq!(
            end(&certificate(2032)).unwrap().to_string(),
            "2032-03-01T00:00:00Z"
        );
        assert_eq!(
            end(&certificate(2096)).unwrap().to_string(),
            "2096-03-01T00:00:00Z"
        );
    }

    #[test]
    fn names_are_found_and_what_has_ended_is_left_out() {
        let (old, new) = (certificate(2001), certificate(2090));
        assert!(mentions(&new, "a.example") && !mentions(&new, "b.example"));
        let now = Timestamp::EPOCH + Duration::from_secs(1_800_000_000);
        let both = format!("{old}{new}");
        assert_eq!(end(&still_valid(&both, now)), end(&new));
        assert_eq!(end(&split_first(&both).1), end(&new));
    }

    #[test]
    fn garbage_is_no_certificate() {
        for garbage in [
            "",
            BEGIN,
            "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
        ] {
            assert_eq!(end(garbage), None);
        }
        assert_eq!(part(&[0x30, 0x85, 1, 1, 1, 1, 1, 0]), None);
    }
}

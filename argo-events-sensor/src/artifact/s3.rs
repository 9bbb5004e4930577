//! Objects in buckets: one GET, signed with version 4 of the signatures of AWS.
//!
//! Buckets are named in the path, which every server understands. Knows static credentials only.

use super::{
    S3Artifact, S3Bucket,
    fetch::{Fetcher, Target, refused},
};
use crate::trigger::http::client::{Fetched, Headers};
use argo_events_core::{
    Error, ErrorKind, Result, Secret, SecretSource, Timestamp, secret::KeySelector,
};
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// Largest object.
const MOST: usize = 1_253_376;
/// Region where the manifest names none.
const REGION: &str = "us-east-1";
/// The host of AWS that leads to the region's own.
const GLOBAL: &str = "s3.amazonaws.com";
/// Hash of no body.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// An object in a bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    endpoint: String,
    scheme: &'static str,
    place: S3Bucket,
    region: String,
    access_key: KeySelector,
    secret_key: KeySelector,
}

/// Credentials, trimmed.
struct Keys {
    id: String,
    secret: Secret<String>,
}

impl Bucket {
    pub(super) fn new(artifact: S3Artifact) -> Result<Self> {
        let mistake = artifact.mistake();
        let (Some(access_key), Some(secret_key), Some(place), None) = (
            artifact.access_key,
            artifact.secret_key,
            artifact.bucket,
            mistake,
        ) else {
            let message = mistake.unwrap_or("bucket must be there");
            return Err(
                Error::permanent(ErrorKind::ConfigInvalid, message).with("field", "source.s3")
            );
        };
        Ok(Self {
            endpoint: artifact.endpoint,
            scheme: if artifact.insecure { "http" } else { "https" },
            place,
            region: artifact.region,
            access_key,
            secret_key,
        })
    }

    /// Reads the object. Where the server names another region, it is asked again for that one.
    pub(super) async fn get(
        &self,
        fetcher: &Fetcher,
        secrets: &dyn SecretSource,
        now: Timestamp,
    ) -> Result<Bytes> {
        let keys = Keys {
            id: trimmed(secrets, &self.access_key).await?,
            secret: Secret::new(trimmed(secrets, &self.secret_key).await?),
        };
        let region = if self.region.is_empty() {
            REGION
        } else {
            &self.region
        };
        let first = self.fetch(fetcher, &keys, region, now).await?;
        let fetched = match other_region(&first, region) {
            Some(region) => self.fetch(fetcher, &keys, &region, now).await?,
            None => first,
        };
        if fetched.status == 200 {
            return Ok(fetched.body);
        }
        let error = refused(fetched.status)
            .with("bucket", &self.place.name)
            .with("key", &self.place.key);
        Err(match element(&fetched.body, "Code") {
            Some(code) => error.with("code", code),
            None => error,
        })
    }

    async fn fetch(
        &self,
        fetcher: &Fetcher,
        keys: &Keys,
        region: &str,
        now: Timestamp,
    ) -> Result<Fetched> {
        let host = if self.endpoint == GLOBAL {
            format!("s3.{region}.amazonaws.com")
        } else {
            self.endpoint.clone()
        };
        let path = format!(
            "/{}/{}",
            escaped(&self.place.name),
            escaped(&self.place.key)
        );
        let target = Target::new(&format!("{}://{host}{path}", self.scheme), true)?;
        let host = without_default_port(&host, self.scheme);
        let headers = sign(keys, host, &path, region, now);
        fetcher.get_with(&target, headers, MOST).await
    }
}

async fn trimmed(secrets: &dyn SecretSource, selector: &KeySelector) -> Result<String> {
    let value = secrets.secret(selector).await?;
    Ok(value.expose().trim().to_owned())
}

/// A host is signed as it is sent: without the port that its scheme implies.
fn without_default_port<'a>(host: &'a str, scheme: &str) -> &'a str {
    let port = if scheme == "http" { ":80" } else { ":443" };
    host.strip_suffix(port).unwrap_or(host)
}

/// Makes the headers of a signed GET.
fn sign(keys: &Keys, host: &str, path: &str, region: &str, now: Timestamp) -> Headers {
    let time = now
        .truncated_to_seconds()
        .to_string()
        .replace(['-', ':'], "");
    let day = time.split('T').next().unwrap_or_default();
    let names = "host;x-amz-content-sha256;x-amz-date";
    let canonical = format!(
        "GET\n{path}\n\nhost:{host}\nx-amz-content-sha256:{EMPTY}\nx-amz-date:{time}\n\n{names}\n{EMPTY}"
    );
    let scope = format!("{day}/{region}/s3/aws4_request");
    let text = format!(
        "AWS4-HMAC-SHA256\n{time}\n{scope}\n{}",
        hexadecimal(&Sha256::digest(canonical))
    );
    let mut key = format!("AWS4{}", keys.secret.expose()).into_bytes();
    for part in [day, region, "s3", "aws4_request"] {
        key = authenticate(&key, part);
    }
    let signature = hexadecimal(&authenticate(&key, &text));
    let mut headers = Headers::default();
    let credential = format!("{}/{scope}", keys.id);
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    );
    headers.set_secret("Authorization", authorization);
    headers.set("X-Amz-Content-Sha256", EMPTY);
    headers.set("X-Amz-Date", time);
    headers
}

fn authenticate(key: &[u8], text: &str) -> Vec<u8> {
    let mut code = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
    code.update(text.as_bytes());
    code.finalize().into_bytes().to_vec()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Escapes a path as signatures want it: everything but letters, digits and a few signs.
fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Returns the region that a refusal says to ask instead.
fn other_region(fetched: &Fetched, asked: &str) -> Option<String> {
    let is_refusal = matches!(fetched.status, 301 | 307 | 400);
    let region = element(&fetched.body, "Region").filter(|_| is_refusal)?;
    let is_name = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (region != asked && is_name(&region)).then_some(region)
}

/// Returns the text of an element of XML that has no elements in it.
fn element(xml: &[u8], name: &str) -> Option<String> {
    let xml = std::str::from_utf8(xml).ok()?;
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The wanted signature was computed by another program.
    #[test]
    fn a_signature_depends_on_key_host_path_region_and_time() {
        let keys = |secret: &str| Keys {
            id: "AKIDEXAMPLE".into(),
            secret: Secret::new(secret.into()),
        };
        let now: Timestamp = "2013-05-24T00:00:00Z".parse().unwrap();
        let signature = |secret: &str, host: &str, path: &str, region: &str, now: Timestamp| {
            let headers = sign(&keys(secret), host, path, region, now);
            String::from_utf8(headers.get("Authorization").unwrap().to_vec()).unwrap()
        };
        let first = signature("k", "h", "/b/o", "r", now);
        assert!(first.starts_with(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20130524/r/s3/aws4_request, SignedHeaders="
        ));
        let wanted = "Signature=c7064426c8ab3542493778871942ebfbce668e9c6132079154c2e1c7b7694c25";
        assert!(first.ends_with(wanted), "{first}");
        for other in [
            signature("l", "h", "/b/o", "r", now),
            signature("k", "i", "/b/o", "r", now),
            signature("k", "h", "/b/p", "r", now),
            signature("k", "h", "/b/o", "s", now),
            signature(
                "k",
                "h",
                "/b/o",
                "r",
                now + std::time::Duration::from_secs(1),
            ),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn keys_are_derived_as_the_reference_document_shows() {
        let mut key = b"AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_vec();
        for part in ["20150830", "us-east-1", "iam", "aws4_request"] {
            key = authenticate(&key, part);
        }
        let wanted = "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9";
        assert_eq!(hexadecimal(&key), wanted);
    }

    #[test]
    fn paths_are_escaped_but_for_slashes() {
        assert_eq!(escaped("a b/ü.yaml"), "a%20b/%C3%BC.yaml");
        assert_eq!(escaped("a+b=(c)"), "a%2Bb%3D%28c%29");
    }

    #[test]
    fn another_region_is_taken_from_the_refusal() {
        let fetched = |status, body: &'static str| Fetched {
            status,
            tag: None,
            is_zipped: false,
            body: Bytes::from_static(body.as_bytes()),
        };
        let body =
            "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>";
        let other = |status, body| other_region(&fetched(status, body), "us-east-1");
        assert_eq!(other(400, body).as_deref(), Some("eu-west-1"));
        assert_eq!(other(403, body), None);
        assert_eq!(other(400, "<Region>us-east-1</Region>"), None);
        assert_eq!(other(400, "<Region>evil.example/</Region>"), None);
    }
}

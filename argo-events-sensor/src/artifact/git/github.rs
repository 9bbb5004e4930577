//! Tokens of an app of GitHub: asked for with a signed claim, and kept while they hold.

use crate::{
    artifact::{
        GithubAppCreds,
        fetch::{Fetcher, Target, refused},
    },
    trigger::http::client::Headers,
};
use argo_events_core::{Error, ErrorKind, Result, Secret, SecretSource, Timestamp};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use rustls::{
    SignatureScheme,
    crypto::ring::sign::any_supported_type,
    pki_types::{PrivateKeyDer, pem::PemObject as _},
};
use serde::Deserialize;
use std::{fmt, time::Duration};
use tokio::{sync::Mutex, time::Instant};

const API: &str = "https://api.github.com";
/// How long a token is used; GitHub gives them for an hour.
const KEPT: Duration = Duration::from_secs(50 * 60);
/// How far clocks may differ, and how long a claim holds; GitHub allows ten minutes.
const SLACK_SECONDS: i64 = 60;
const CLAIM_SECONDS: i64 = 540;
const MOST: usize = 64 * 1024;

/// The token that was asked for last.
#[derive(Default)]
pub(super) struct Tokens(Mutex<Option<(Instant, Secret<String>)>>);

#[derive(Deserialize)]
struct Answer {
    token: String,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tokens(…)")
    }
}

impl Tokens {
    /// Returns a token that holds for a while.
    pub(super) async fn get(
        &self,
        app: &GithubAppCreds,
        fetcher: &Fetcher,
        secrets: &dyn SecretSource,
        now: Timestamp,
    ) -> Result<Secret<String>> {
        let mut last = self.0.lock().await;
        if let Some((asked, token)) = &*last
            && asked.elapsed() < KEPT
        {
            return Ok(token.clone());
        }
        let token = ask(app, fetcher, secrets, now).await?;
        *last = Some((Instant::now(), token.clone()));
        Ok(token)
    }
}

async fn ask(
    app: &GithubAppCreds,
    fetcher: &Fetcher,
    secrets: &dyn SecretSource,
    now: Timestamp,
) -> Result<Secret<String>> {
    let Some(selector) = &app.private_key else {
        return Err(invalid("githubApp.privateKey is required"));
    };
    let key = secrets.secret_bytes(selector).await?;
    let claim = claim(app.app_id, key.expose(), now)?;
    let path = format!(
        "{API}/app/installations/{}/access_tokens",
        app.installation_id
    );
    let target = Target::new(&path, true)?;
    let mut headers = Headers::default();
    headers.set_secret("Authorization", format!("Bearer {claim}"));
    headers.set("Accept", "application/vnd.github+json");
    let sent = fetcher.send(&target, "POST", headers, Bytes::new(), MOST);
    let fetched = sent.await?;
    if !matches!(fetched.status, 200 | 201) {
        return Err(refused(fetched.status).with("url", target.url.shown()));
    }
    let answer: Answer = serde_json::from_slice(&fetched.body).map_err(|_| {
        let message = "GitHub's answer holds no token";
        Error::transient(ErrorKind::Unexpected, message)
    })?;
    Ok(Secret::new(answer.token))
}

/// Makes the signed claim to be an app.
fn claim(app: i64, key: &[u8], now: Timestamp) -> Result<String> {
    let seconds = now.as_millis() / 1000;
    let encode = |value: serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let head = encode(serde_json::json!({"alg": "RS256", "typ": "JWT"}));
    let body = encode(serde_json::json!({
        "iat": seconds - SLACK_SECONDS,
        "exp": seconds + CLAIM_SECONDS,
        "iss": app.to_string(),
    }));
    let text = format!("{head}.{body}");
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|_| invalid("githubApp.privateKey is no private key in PEM"))?;
    let key = any_supported_type(&key)
        .map_err(|_| invalid("githubApp.privateKey is a key of no known type"))?;
    let signer = key
        .choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])
        .ok_or_else(|| invalid("githubApp.privateKey is no RSA key"))?;
    let signature = signer
        .sign(text.as_bytes())
        .map_err(|error| invalid(&format!("githubApp.privateKey cannot sign: {error}")))?;
    Ok(format!(
        "{text}.{}",
        BASE64_URL_SAFE_NO_PAD.encode(signature)
    ))
}

fn invalid(message: &str) -> Error {
    Error::permanent(ErrorKind::ConfigInvalid, message)
}

//! The way to a server: addresses, TLS, who we are.
//!
//! Without a word about TLS in the manifest a plain server is used plainly, and one that wants TLS
//! gets it without a look at its certificate, as the reference does. Addresses may hold a password,
//! so that errors show them without.

use super::{settings::pairs, tls};
use crate::quiet::Quiet;
use argo_events_core::{Error, ErrorKind, Result, SecretSource, api, secret::KeySelector};
use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use std::{error::Error as _, sync::Arc, time::Duration};
use tokio::{sync::watch, time::timeout};

/// How long a connection may take, and how long an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the server is asked whether it is still there.
const PING: Duration = Duration::from_secs(10);
/// Most commands that wait to be written.
const COMMANDS: usize = 4096;
/// Longest pause between attempts to connect again.
const LONGEST: Duration = Duration::from_secs(1);

/// What a connection is made of.
#[derive(Debug)]
pub(super) struct Target<'a> {
    pub(super) url: &'a str,
    pub(super) name: &'a str,
    pub(super) access: Option<&'a KeySelector>,
    pub(super) tls: Option<&'a api::BusTls>,
    pub(super) secrets: Arc<dyn SecretSource>,
}

impl Target<'_> {
    /// Connects, and returns what counts connections.
    pub(super) async fn connect(&self) -> Result<(Client, watch::Receiver<u64>)> {
        let addresses = addresses(self.url)?;
        let shown = shown(&addresses);
        let (sender, mut connections) = watch::channel(0);
        let options = self
            .authenticate(options(self.name, sender), &addresses)
            .await?;
        let options = tls::apply(options, self.tls, &*self.secrets).await?;
        let client = options
            .connect(addresses)
            .await
            .map_err(|error| refused(&error, &shown))?;
        // Later ones are new connections. If the first is noted late it passes for a new one, after
        // which is only sent again what waits for an answer.
        let _ = timeout(PATIENCE, connections.wait_for(|count| *count > 0)).await;
        if self.tls.is_none() && client.server_info().tls_required {
            tracing::warn!(
                address = shown,
                "the server wants TLS and the manifest says nothing of it: its certificate is not checked; set tls with caCertSecret, or with insecureSkipVerify to say so"
            );
        }
        Ok((client, connections))
    }

    async fn authenticate(
        &self,
        options: ConnectOptions,
        addresses: &[ServerAddr],
    ) -> Result<ConnectOptions> {
        let Some(selector) = self.access else {
            return Ok(match addresses.iter().find_map(in_address) {
                Some((user, Some(password))) => options.user_and_password(user, password),
                Some((token, None)) => options.token(token),
                None => options,
            });
        };
        let content = self.secrets.secret(selector).await?;
        match Access::read(content.expose(), selector)? {
            Access::User(user, password) => Ok(options.user_and_password(user, password)),
            Access::Token(token) => Ok(options.token(token)),
            Access::Seed(seed) => Ok(options.nkey(seed)),
            Access::Credentials(file) => options.credentials(&file).map_err(|_| {
                let message = "the credentials in the secret cannot be read; it must hold a user's JWT and seed as the nsc tool writes them";
                Error::permanent(ErrorKind::ConfigInvalid, message).with("secret", selector)
            }),
        }
    }
}

/// Returns the user and the password, or the token, that an address holds.
fn in_address(address: &ServerAddr) -> Option<(String, Option<String>)> {
    Some((
        decoded(address.username()?),
        address.password().map(decoded),
    ))
}

/// Returns what percent signs in a part of an address stand for; those that stand for nothing stay.
fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let digits = behind.get(..2).filter(|_| byte == b'%');
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(byte));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| part.to_owned())
}

fn options(name: &str, sender: watch::Sender<u64>) -> ConnectOptions {
    let quiet = Quiet::default();
    ConnectOptions::new()
        .name(name)
        .connection_timeout(PATIENCE)
        .request_timeout(Some(PATIENCE))
        .ping_interval(PING)
        .client_capacity(COMMANDS)
        .skip_subject_validation(true)
        .reconnect_delay_callback(pause)
        .event_callback(move |event| {
            note(&event, &sender, &quiet);
            std::future::ready(())
        })
}

fn note(event: &Event, sender: &watch::Sender<u64>, quiet: &Quiet) {
    match event {
        Event::Connected => {
            if *sender.borrow() > 0 {
                tracing::info!("connected to NATS again");
            }
            sender.send_modify(|count| *count += 1);
        }
        Event::Disconnected => tracing::warn!("the connection to NATS is lost: trying again"),
        Event::SlowConsumer(_) => {
            tracing::warn!("messages came faster than they were taken; they come again");
        }
        Event::ClientError(error) => note_error(error, quiet),
        Event::ServerError(error) => note_error(error, quiet),
        // A server that is about to leave disconnects in time; what else there is comes of closing.
        _ => {}
    }
}

fn note_error(error: &dyn std::fmt::Display, quiet: &Quiet) {
    if let Some(suppressed) = quiet.may_speak() {
        tracing::warn!(%error, suppressed, "trouble with the connection to NATS");
    }
}

/// Doubles from attempt to attempt.
fn pause(attempts: usize) -> Duration {
    if attempts <= 1 {
        return Duration::ZERO;
    }
    let doublings = u32::try_from(attempts - 2).unwrap_or(u32::MAX).min(10);
    (Duration::from_millis(20) * 2_u32.pow(doublings)).min(LONGEST)
}

/// Reads addresses separated by commas.
fn addresses(url: &str) -> Result<Vec<ServerAddr>> {
    let invalid = |reason: &str| {
        let message =
            format!("url {reason}; write nats://host:4222, and several with commas between");
        Error::permanent(ErrorKind::ConfigInvalid, message)
    };
    let texts = url
        .split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty());
    let addresses = texts
        .map(|text| {
            text.parse()
                .map_err(|_| invalid("is not an address of a NATS server"))
        })
        .collect::<Result<Vec<ServerAddr>>>()?;
    if addresses.is_empty() {
        return Err(invalid("is empty"));
    }
    Ok(addresses)
}

fn shown(addresses: &[ServerAddr]) -> String {
    let shown = addresses
        .iter()
        .map(|address| format!("{}:{}", address.host(), address.port()));
    shown.collect::<Vec<_>>().join(",")
}

fn refused(error: &async_nats::ConnectError, shown: &str) -> Error {
    let mut message = format!("cannot connect to NATS: {}", error.kind());
    let mut cause = error.source();
    while let Some(inner) = cause {
        message = format!("{message}: {inner}");
        cause = inner.source();
    }
    match error.kind() {
        ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
            Error::permanent(
                ErrorKind::Unauthorized,
                format!("{message}; see accessSecret"),
            )
        }
        ConnectErrorKind::ServerParse => Error::permanent(ErrorKind::ConfigInvalid, message),
        ConnectErrorKind::TimedOut => Error::transient(ErrorKind::Timeout, message),
        _ => Error::transient(ErrorKind::Unavailable, message),
    }
    .during("connect")
    .with("address", shown)
}

/// How a client proves who it is.
enum Access {
    User(String, String),
    Token(String),
    Seed(String),
    Credentials(String),
}

impl Access {
    /// Reads the content of a secret; nothing of it is shown.
    fn read(content: &str, selector: &KeySelector) -> Result<Self> {
        if content.contains("BEGIN NATS USER JWT") {
            return Ok(Self::Credentials(content.to_owned()));
        }
        if is_seed(content.trim()) {
            return Ok(Self::Seed(content.trim().to_owned()));
        }
        let mut pairs = pairs(content).unwrap_or_default();
        let mut take = |key: &str| pairs.remove(key);
        if let Some(user) = take("username").or_else(|| take("user")) {
            return Ok(Self::User(user, take("password").unwrap_or_default()));
        }
        if let Some(token) = take("token") {
            return Ok(Self::Token(token));
        }
        if let Some(seed) = take("nkey")
            .or_else(|| take("seed"))
            .filter(|seed| is_seed(seed))
        {
            return Ok(Self::Seed(seed));
        }
        let message = "the secret of the bus holds no access; write the lines `username: …` and `password: …`, or `token: …`, `nkey: …` with a seed, or the content of a credentials file";
        Err(Error::permanent(ErrorKind::ConfigInvalid, message).with("secret", selector))
    }
}

fn is_seed(text: &str) -> bool {
    text.len() == 58
        && text.starts_with("SU")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_tokens_of_addresses_are_decoded() {
        for (address, user, password) in [
            ("nats://shop:p%40ss%3A%25@host", "shop", Some("p@ss:%")),
            ("nats://t%2Foken@host", "t/oken", None),
            ("nats://caf%C3%A9:100%@host", "café", Some("100%")),
            ("nats://a%zz%+1:%FF@host", "a%zz%+1", Some("%FF")),
        ] {
            let address: ServerAddr = address.parse().unwrap();
            let wanted = (user.to_owned(), password.map(str::to_owned));
            assert_eq!(in_address(&address), Some(wanted));
        }
    }
}

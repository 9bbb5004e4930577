//! A bus in one line: `memory:`, `local:PATH`, `nats://…`, `tls://…`, `kafka://…`.
//!
//! A URL becomes the kind and the configuration that an EventBus would have; what a kind makes of them
//! is its own business. Credentials leave the URL at once and are handed on as a secret.

use argo_events_core::{
    Error, ErrorKind, Result, Secret, SecretSource, registry::BusBuild, secret::KeySelector,
};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A bus that a URL names.
///
/// | written | means |
/// |---|---|
/// | `memory:` | in memory: nothing survives the process |
/// | `local:`, `local:PATH` | embedded and durable, in the data directory or in `PATH` |
/// | `nats://user:password@host:4222,other:4222` | NATS JetStream |
/// | `tls://user:password@host:4222` | NATS JetStream, only over TLS |
/// | `kafka://broker:9092,other:9092/topic` | Kafka |
///
/// ```
/// use argo_events::engine::BusUrl;
///
/// let url = BusUrl::parse("nats://me:hunter2@localhost:4222")?;
/// assert_eq!(url.kind(), "jetstreamExotic");
/// assert!(!format!("{url:?}").contains("hunter2"));
/// # Ok::<(), argo_events::Error>(())
/// ```
#[derive(Clone)]
pub struct BusUrl {
    kind: &'static str,
    config: Value,
    data_directory: Option<PathBuf>,
    credentials: Option<Secret<String>>,
}

/// What can be written, for messages.
const FORMS: &str = "write memory:, local:PATH, nats://USER:PASSWORD@HOST:4222, tls://HOST:4222 or kafka://BROKER,BROKER/TOPIC";
/// Where the credentials of a URL are found among the secrets.
const HOLDER: (&str, &str) = ("bus-url", "credentials");

impl BusUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, saying what can be written.
    pub fn parse(url: &str) -> Result<Self> {
        let url = url.trim();
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        match (scheme, rest.strip_prefix("//")) {
            ("memory", _) if rest.is_empty() => Ok(Self::of("memory", json!({}))),
            ("local", None) => Ok(Self::local(rest)),
            ("nats" | "tls", Some(servers)) => Self::nats(scheme, servers),
            ("kafka", Some(brokers)) => Self::kafka(brokers),
            _ => Err(invalid(format!("no kind of bus is meant by it; {FORMS}"))),
        }
    }

    /// Returns the kind of bus, as manifests name it.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Returns the folder that an embedded bus keeps its files in, if the URL names one.
    pub fn data_directory(&self) -> Option<&Path> {
        self.data_directory.as_deref()
    }

    fn of(kind: &'static str, config: Value) -> Self {
        Self {
            kind,
            config,
            data_directory: None,
            credentials: None,
        }
    }

    fn local(path: &str) -> Self {
        let data_directory = (!path.is_empty()).then(|| PathBuf::from(path));
        Self {
            data_directory,
            ..Self::of("local", json!({}))
        }
    }

    fn nats(scheme: &str, rest: &str) -> Result<Self> {
        let rest = rest.trim_end_matches('/');
        let (user, hosts) = credentials_of(rest);
        if user.is_some_and(|user| user.contains(['@', ',', '/'])) {
            let once = "credentials come once, before the first host; in them write %40 for @, %2C for a comma and %2F for /";
            return Err(invalid(once.to_owned()));
        }
        let hosts: Vec<_> = hosts.split(',').map(str::trim).collect();
        if hosts
            .iter()
            .any(|host| host.is_empty() || host.contains('/'))
        {
            return Err(invalid(format!(
                "a NATS URL is a list of hosts without a path; {FORMS}"
            )));
        }
        let servers: Vec<_> = hosts.iter().map(|host| format!("nats://{host}")).collect();
        let mut config = json!({ "url": servers.join(",") });
        if scheme == "tls" {
            config["tls"] = json!({ "enabled": true });
        }
        let credentials = user.map(nats_login).transpose()?;
        if credentials.is_some() {
            config["accessSecret"] = json!({ "name": HOLDER.0, "key": HOLDER.1 });
        }
        Ok(Self {
            credentials,
            ..Self::of("jetstreamExotic", config)
        })
    }

    fn kafka(rest: &str) -> Result<Self> {
        let (user, rest) = credentials_of(rest);
        if user.is_some() {
            return Err(invalid(
                "a Kafka URL carries no credentials; write an EventBus with `kafka.sasl` instead"
                    .to_owned(),
            ));
        }
        let (brokers, topic) = rest.split_once('/').unwrap_or((rest, ""));
        let is_blank = |broker: &str| broker.trim().is_empty();
        if brokers.split(',').any(is_blank) || topic.contains('/') {
            return Err(invalid(format!(
                "a Kafka URL is a list of brokers and one topic; {FORMS}"
            )));
        }
        let mut config = json!({ "url": brokers });
        if !topic.is_empty() {
            config["topic"] = json!(topic);
        }
        Ok(Self::of("kafka", config))
    }

    /// Returns kind and configuration, and puts the rest into what the bus is built of.
    pub(super) fn describe(self, build: &mut BusBuild) -> (String, Value) {
        if let Some(directory) = self.data_directory {
            build.data_directory = directory;
        }
        if let Some(credentials) = self.credentials {
            build.secrets = Arc::new(WithCredentials {
                credentials,
                others: build.secrets.clone(),
            });
        }
        (self.kind.to_owned(), self.config)
    }
}

/// Shows no credentials.
impl fmt::Debug for BusUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BusUrl")
            .field("kind", &self.kind)
            .field("config", &self.config)
            .field("data_directory", &self.data_directory)
            .finish_non_exhaustive()
    }
}

/// Never shows the URL itself, which may hold a password.
fn invalid(message: String) -> Error {
    Error::permanent(ErrorKind::ConfigInvalid, format!("the bus URL: {message}"))
}

/// Takes what is before the last `@`.
fn credentials_of(rest: &str) -> (Option<&str>, &str) {
    match rest.rsplit_once('@') {
        Some((user, rest)) => (Some(user), rest),
        None => (None, rest),
    }
}

/// Writes credentials as the reference's access secret has them.
fn nats_login(user: &str) -> Result<Secret<String>> {
    let login = match user.split_once(':') {
        Some((user, password)) => {
            json!({ "username": unescaped(user)?, "password": unescaped(password)? })
        }
        None => json!({ "token": unescaped(user)? }),
    };
    // JSON is YAML, and quotes whatever would mean something else there.
    Ok(Secret::new(login.to_string()))
}

/// Decodes `%40` and the like.
fn unescaped(text: &str) -> Result<String> {
    let wrong = || invalid("credentials have a `%` that begins no escape; write %25 for it".into());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, others)) = rest.split_first() {
        rest = others;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, others) = rest.split_at_checked(2).ok_or_else(wrong)?;
        let digits = str::from_utf8(digits).map_err(|_| wrong())?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
        rest = others;
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

/// The credentials of a URL, beside the secrets there are.
#[derive(Debug)]
struct WithCredentials {
    credentials: Secret<String>,
    others: Arc<dyn SecretSource>,
}

#[async_trait]
impl SecretSource for WithCredentials {
    async fn secret(&self, selector: &KeySelector) -> Result<Secret<String>> {
        if (selector.name.as_str(), selector.key.as_str()) == HOLDER {
            return Ok(self.credentials.clone());
        }
        self.others.secret(selector).await
    }

    async fn secret_bytes(&self, selector: &KeySelector) -> Result<Secret<Vec<u8>>> {
        if (selector.name.as_str(), selector.key.as_str()) == HOLDER {
            return Ok(Secret::new(self.credentials.expose().clone().into_bytes()));
        }
        self.others.secret_bytes(selector).await
    }

    async fn config(&self, selector: &KeySelector) -> Result<String> {
        self.others.config(selector).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> (&'static str, Value, Option<String>) {
        let url = BusUrl::parse(url).unwrap();
        let credentials = url.credentials.map(|it| it.expose().clone());
        (url.kind, url.config, credentials)
    }

    #[test]
    fn urls_become_the_configuration_that_an_event_bus_would_have() {
        let access = json!({ "name": "bus-url", "key": "credentials" });
        let login = r#"{"password":"p@ss:w","username":"me"}"#.to_owned();
        let cases = [
            ("memory", "memory", json!({}), None),
            ("memory:", "memory", json!({}), None),
            ("local", "local", json!({}), None),
            (
                "nats://a:4222, b:4222/",
                "jetstreamExotic",
                json!({ "url": "nats://a:4222,nats://b:4222" }),
                None,
            ),
            (
                "nats://me:p%40ss:w@a:4222",
                "jetstreamExotic",
                json!({ "url": "nats://a:4222", "accessSecret": access }),
                Some(login),
            ),
            (
                "tls://a:4222",
                "jetstreamExotic",
                json!({ "url": "nats://a:4222", "tls": { "enabled": true } }),
                None,
            ),
            (
                "kafka://a:9092,b:9092/events",
                "kafka",
                json!({ "url": "a:9092,b:9092", "topic": "events" }),
                None,
            ),
            ("kafka://a:9092", "kafka", json!({ "url": "a:9092" }), None),
        ];
        for (url, kind, config, credentials) in cases {
            assert_eq!(parsed(url), (kind, config, credentials), "{url}");
        }
    }

    #[test]
    fn a_local_bus_may_name_its_folder() {
        let url = BusUrl::parse("local:/var/lib/events").unwrap();
        assert_eq!(url.data_directory(), Some(Path::new("/var/lib/events")));
    }

    #[test]
    fn what_is_no_bus_is_refused_without_repeating_a_password() {
        let wrong = [
            "redis://a",
            "nats:a",
            "nats://",
            "nats://a/b",
            "nats://me:hunter2%@a:4222",
            "nats://me:hunter2@a:4222,me:hunter2@b:4222",
            "kafka://me:hunter2@a:9092/t",
            "kafka:///t",
            "memory:x",
            "",
        ];
        for url in wrong {
            let error = BusUrl::parse(url).unwrap_err().to_string();
            assert!(error.contains("bus URL"), "{url}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}

//! Secrets of servers and clients. What exists is kept, whoever made it; what is missing is made.
//!
//! Nothing that exists is ever replaced but certificates in their last year: the new authority is
//! added to the old one, which is still trusted then.

use super::{
    Names, Observed,
    certificates::{self, Pair, Use},
};
use crate::{
    Action, Note,
    children::{self, Reasons},
    object::{self, Ownership},
};
use argo_events_core::{Error, ErrorKind, Result, Timestamp};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Reason of a condition when Secrets cannot be made.
pub(super) const REASON: &str = "JetStreamAuthSecretsFailed";
/// Key of the clients' Secret.
pub(super) const CLIENT_KEY: &str = "client-auth";
/// Annotation of the servers' Secret: until when its certificates are good.
const GOOD_UNTIL: &str = "events.argoproj.io/certificates-until";
/// Annotation of the servers' Secret: when its certificates were renewed last.
const RENEWED: &str = "events.argoproj.io/certificates-renewed";
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What is to be done about Secrets.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub(super) actions: Vec<Action>,
    /// When certificates were renewed last, if ever.
    pub(super) renewed: Option<String>,
    pub(super) notes: Vec<Note>,
}

/// Returns what to do so that both Secrets are whole.
pub(super) fn settle(observed: &Observed<'_>) -> Result<Settled> {
    let bus = observed.bus;
    let names = Names::of(object::name(bus));
    let existing = |name: &str| {
        let found = children::find(observed.children, "Secret", name);
        found.filter(|found| {
            object::ownership(found, bus) != Ownership::Foreign && !object::is_deleting(found)
        })
    };
    let (server, client) = (
        existing(&names.server_secret()),
        existing(&names.client_secret()),
    );
    let login = Login::find(server, client)?;
    let mut settled = Settled::default();
    let (server_wanted, renewed) = servers(observed, server, &login)?;
    let client_wanted = clients(observed, client, &login);
    if is_due(server, observed.now) {
        settled.notes.push(Note {
            warning: false,
            reason: "CertificatesRenewed".to_owned(),
            message: "certificates were in their last year; servers restart with new ones"
                .to_owned(),
        });
    }
    settled.renewed = renewed;
    for (wanted, found) in [(server_wanted, server), (client_wanted, client)] {
        settled
            .actions
            .extend(children::ensure(wanted, found, bus, Reasons::same(REASON)));
    }
    Ok(settled)
}

/// How clients are let in.
struct Login {
    user: String,
    password: String,
    /// Whether both Secrets say so already.
    agreed: bool,
}

impl Login {
    /// Takes what one of the Secrets says, or makes it up.
    fn find(server: Option<&Value>, client: Option<&Value>) -> Result<Self> {
        let of_client = client
            .and_then(|secret| text(secret, CLIENT_KEY))
            .and_then(|text| Some((line(&text, "username")?, line(&text, "password")?)));
        let of_server = server
            .and_then(|secret| text(secret, "auth"))
            .and_then(|text| account(&text));
        let agreed = of_server.is_some() && of_server == of_client;
        // The servers are running with theirs.
        let (user, password) = match of_server.or(of_client) {
            Some(known) => known,
            None => (random(8)?, random(32)?),
        };
        Ok(Self {
            user,
            password,
            agreed,
        })
    }
}

/// Reads `key: value` of YAML with two lines.
fn line(text: &str, key: &str) -> Option<String> {
    let value = argo_events::manifest::value_of(text).ok()?[key].clone();
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Reads the user of the account `js` of a server's configuration, which is the first but `sys`.
fn account(text: &str) -> Option<(String, String)> {
    let after = |rest: &str, key: &str| {
        let (_, rest) = rest.split_once(&format!("\"{key}\""))?;
        let (_, rest) = rest.split_once('"')?;
        let (value, rest) = rest.split_once('"')?;
        Some((value.to_owned(), rest.to_owned()))
    };
    let mut rest = text.to_owned();
    loop {
        let (user, behind) = after(&rest, "user")?;
        let (password, behind) = after(&behind, "pass")?;
        if user != "sys" {
            return Some((user, password));
        }
        rest = behind;
    }
}

fn servers(
    observed: &Observed<'_>,
    found: Option<&Value>,
    login: &Login,
) -> Result<(Value, Option<String>)> {
    let names = Names::of(object::name(observed.bus));
    let mut data = data_of(found);
    if !says_login(found) {
        data.insert(
            "auth".to_owned(),
            encoded(&auth_config(login, &random(32)?)),
        );
    }
    if data.get("encryption").is_none_or(object::is_empty) {
        data.insert("encryption".to_owned(), encoded(&random(32)?));
    }
    let annotations = certify(observed, found, &mut data)?;
    let renewed = annotations[RENEWED].as_str().map(str::to_owned);
    let mut wanted = secret(observed.bus, &names.server_secret(), data);
    if !object::is_empty(&annotations) {
        wanted["metadata"]["annotations"] = annotations;
    }
    Ok((wanted, renewed))
}

/// Makes the certificates that are missing, or all if they are old; returns the annotations.
fn certify(
    observed: &Observed<'_>,
    found: Option<&Value>,
    data: &mut Map<String, Value>,
) -> Result<Value> {
    let now = observed.now;
    let mut annotations = found.map_or(json!({}), |found| found["metadata"]["annotations"].clone());
    let due = is_due(found, now);
    let mut made = 0;
    for (prefix, purpose) in [("", Use::Server), ("cluster-", Use::Peer)] {
        let keys = Keys::with(prefix);
        if due || !keys.are_in(data) {
            let old = due.then(|| text_of(data, &keys.authority)).flatten();
            let pair = certificates::pair(&host_names(observed.bus, purpose), purpose, now)?;
            keys.put(pair, old, data);
            made += 1;
        }
    }
    // Beside a new pair the other one ends first: what was noted, or the Secret's age, still counts.
    if made == 2 {
        annotations[GOOD_UNTIL] = json!(expiry(now).to_string());
    }
    if due {
        annotations[RENEWED] = json!(now.truncated_to_seconds().to_string());
    }
    Ok(annotations)
}

fn clients(observed: &Observed<'_>, found: Option<&Value>, login: &Login) -> Value {
    let mut data = data_of(found);
    if !login.agreed {
        let text = format!("username: {}\npassword: {}", login.user, login.password);
        data.insert(CLIENT_KEY.to_owned(), encoded(&text));
    }
    let names = Names::of(object::name(observed.bus));
    secret(observed.bus, &names.client_secret(), data)
}

/// Tells whether the servers' Secret says how clients are let in, so that it stays as it is.
fn says_login(found: Option<&Value>) -> bool {
    found
        .and_then(|secret| text(secret, "auth"))
        .is_some_and(|text| account(&text).is_some())
}

/// Keys of the servers' Secret that hold one pair.
struct Keys {
    key: String,
    certificate: String,
    authority: String,
}

impl Keys {
    fn with(prefix: &str) -> Self {
        Self {
            key: format!("{prefix}private-key"),
            certificate: format!("{prefix}cert"),
            authority: format!("{prefix}ca-cert"),
        }
    }

    fn are_in(&self, data: &Map<String, Value>) -> bool {
        [&self.key, &self.certificate, &self.authority]
            .iter()
            .all(|key| data.get(*key).is_some_and(|value| !object::is_empty(value)))
    }

    fn put(&self, pair: Pair, old_authority: Option<String>, data: &mut Map<String, Value>) {
        let trusted = match old_authority {
            Some(old) => format!("{}{old}", pair.authority),
            None => pair.authority,
        };
        data.insert(self.key.clone(), encoded(&pair.key));
        data.insert(self.certificate.clone(), encoded(&pair.certificate));
        data.insert(self.authority.clone(), encoded(&trusted));
    }
}

/// Tells whether certificates are in their last year. Those without a note of it are the
/// reference's, and as old as their Secret.
fn is_due(found: Option<&Value>, now: Timestamp) -> bool {
    let Some(found) = found else { return false };
    let noted = object::annotation(found, GOOD_UNTIL).and_then(|text| text.parse().ok());
    let made = found["metadata"]["creationTimestamp"]
        .as_str()
        .and_then(|text| text.parse::<Timestamp>().ok());
    noted
        .or_else(|| made.map(expiry))
        .is_some_and(|until: Timestamp| now + YEAR >= until)
}

/// Returns until when certificates made at a time are good, not counting leap days.
fn expiry(made: Timestamp) -> Timestamp {
    made.truncated_to_seconds() + YEAR * certificates::YEARS.unsigned_abs()
}

fn host_names(bus: &Value, purpose: Use) -> Vec<String> {
    let prefix = match purpose {
        Use::Server => "",
        Use::Peer => "*.",
    };
    let service = Names::of(object::name(bus)).service();
    let namespace = object::namespace(bus);
    vec![
        format!("{prefix}{service}.{namespace}.svc.cluster.local"),
        format!("{prefix}{service}.{namespace}.svc"),
    ]
}

/// Returns the servers' configuration of who is let in, and of TLS towards clients.
fn auth_config(login: &Login, system_password: &str) -> String {
    let Login { user, password, .. } = login;
    format!(
        r#"system_account: sys
accounts: {{
  "js": {{
    "jetstream": true,
    "users": [
      {{"user": "{user}", "pass": "{password}"}}
    ]
  }},
  "sys": {{
    "users": [
      {{"user": "sys", "pass": "{system_password}"}}
    ]
  }}
}}
tls {{
  cert_file: "/etc/nats-config/server-cert.pem"
  key_file: "/etc/nats-config/server-key.pem"
  ca_file: "/etc/nats-config/ca-cert.pem"
}}
"#
    )
}

fn secret(bus: &Value, name: &str, data: Map<String, Value>) -> Value {
    let labels = Names::of(object::name(bus)).labels();
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": object::child_metadata(bus, name, labels),
        "type": "Opaque",
        "data": data,
    })
}

fn data_of(secret: Option<&Value>) -> Map<String, Value> {
    let data = secret.and_then(|secret| secret["data"].as_object());
    data.cloned().unwrap_or_default()
}

fn text(secret: &Value, key: &str) -> Option<String> {
    text_of(secret["data"].as_object()?, key)
}

fn text_of(data: &Map<String, Value>, key: &str) -> Option<String> {
    let bytes = BASE64_STANDARD.decode(data.get(key)?.as_str()?).ok()?;
    String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.is_empty())
}

fn encoded(text: &str) -> Value {
    Value::from(BASE64_STANDARD.encode(text))
}

/// Makes up letters and digits that nobody can guess.
fn random(length: usize) -> Result<String> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut text = String::with_capacity(length);
    let mut bytes = [0; 64];
    while text.len() < length {
        getrandom::fill(&mut bytes).map_err(|error| {
            Error::transient(ErrorKind::Unexpected, "the system has no random bytes")
                .with("error", error)
        })?;
        // Bytes beyond a multiple of the letters would make the first ones likelier.
        let fair = bytes
            .iter()
            .filter(|byte| usize::from(**byte) < LETTERS.len() * 4);
        let letters = fair.map(|byte| LETTERS[usize::from(*byte) % LETTERS.len()] as char);
        text.extend(letters.take(length - text.len()));
    }
    Ok(text)
}

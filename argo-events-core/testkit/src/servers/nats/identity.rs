//! Keys of users, and the signed words of an operator about who is a user.
//!
//! An operator's word on an account, and an account's on a user, are JSON web tokens signed with
//! Ed25519; a user shows the last one and proves to have the key that it names.

use crate::servers::place;
use argo_events_core::{Error, ErrorKind, Result};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use nkeys::KeyPair;
use serde_json::{Value, json};
use std::path::Path;

/// A user, and what a server must be told to let it in.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    /// The secret key of the user.
    pub(super) seed: String,
    /// Lines for the server's configuration.
    pub(super) text: String,
    /// The file that a user of an operator shows.
    pub(super) credentials: Option<String>,
}

impl Identity {
    /// Makes a user whose key the server knows.
    pub(super) fn key() -> Result<Self> {
        let user = KeyPair::new_user();
        let key = user.public_key();
        Ok(Self {
            seed: user.seed().map_err(failed)?,
            text: format!("authorization {{ users: [ {{ nkey: {key:?} }} ] }}\n"),
            credentials: None,
        })
    }

    /// Makes an operator whom the server trusts, an account with JetStream, and a user of it.
    pub(super) fn operator() -> Result<Self> {
        let (operator, user) = (KeyPair::new_operator(), KeyPair::new_user());
        let (account, system) = (KeyPair::new_account(), KeyPair::new_account());
        let (id, system_id) = (account.public_key(), system.public_key());
        let root = signed(
            &operator,
            &operator.public_key(),
            json!({"type": "operator"}),
        )?;
        let word = signed(&operator, &id, unlimited_account(true))?;
        let system_word = signed(&operator, &system_id, unlimited_account(false))?;
        let permission =
            json!({"type": "user", "pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1});
        let shown = signed(&account, &user.public_key(), permission)?;
        let seed = user.seed().map_err(failed)?;
        Ok(Self {
            text: format!(
                "operator: \"{root}\"\nsystem_account: {system_id}\nresolver: MEMORY\n\
                 resolver_preload {{ {id}: \"{word}\", {system_id}: \"{system_word}\" }}\n"
            ),
            credentials: Some(credentials(&shown, &seed)),
            seed,
        })
    }

    /// Writes the file that a user shows, if there is one.
    pub(super) fn write(&self, file: &Path) -> Result<()> {
        match &self.credentials {
            Some(text) => place::write(file, text),
            None => Ok(()),
        }
    }
}

fn unlimited_account(jetstream: bool) -> Value {
    let mut limits = json!({
        "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true,
        "conn": -1, "leaf": -1
    });
    if jetstream {
        for limit in ["mem_storage", "disk_storage", "streams", "consumer"] {
            limits[limit] = json!(-1);
        }
    }
    json!({"type": "account", "limits": limits, "default_permissions": {"pub": {}, "sub": {}}})
}

/// Says something about a key, in the name of another.
fn signed(issuer: &KeyPair, subject: &str, mut nats: Value) -> Result<String> {
    nats["version"] = json!(2);
    let claims = json!({
        "jti": subject, "iat": 1, "iss": issuer.public_key(), "name": "tests", "sub": subject,
        "nats": nats
    });
    let header = json!({"typ": "JWT", "alg": "ed25519-nkey"});
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let words = format!("{}.{}", encode(&header), encode(&claims));
    let signature = issuer.sign(words.as_bytes()).map_err(failed)?;
    Ok(format!("{words}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn credentials(word: &str, seed: &str) -> String {
    let block = |name: &str, text: &str| {
        format!("-----BEGIN {name}-----\n{text}\n------END {name}------\n\n")
    };
    block("NATS USER JWT", word) + &block("USER NKEY SEED", seed)
}

fn failed(error: nkeys::error::Error) -> Error {
    Error::permanent(ErrorKind::Unexpected, "a key cannot be made").caused_by(error)
}

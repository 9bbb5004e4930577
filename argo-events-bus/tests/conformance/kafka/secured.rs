//! TLS and users.

use super::{
    broker::{self, Running, Started},
    together::publish,
    trial,
};
use argo_events_core::{Error, ErrorKind, EventBus as _, Result, secret::MemorySecrets};
use argo_events_testkit::{
    bus::{Broken, Outcome, ensure},
    servers::{Certificates, KafkaServer, Listener, Server},
};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::{fs, path::PathBuf};
use tokio::task::block_in_place;

/// Makes the trials.
pub(super) fn trials() -> Vec<Trial> {
    vec![trial(
        "users and certificates are shown, and wrong ones are refused with a reason",
        secured,
    )]
}

/// Starts a broker that wants a password by SCRAM, and encrypts.
pub(super) fn start() -> Result<Started> {
    let server = KafkaServer::options(Server::Kafka)
        .listener(Listener::SaslTls)
        .scram_sha_512("carol", "carol-secret")
        .start()?;
    let secrets = secrets(server.certificates());
    Ok(Started {
        address: server.at(Listener::SaslTls),
        settings: json!({
            "tls": tls(&["ca"]),
            "sasl": sasl("SCRAM-SHA-512", "carol", "carol"),
        }),
        secrets: secrets.map_err(|broken| Error::permanent(ErrorKind::NotFound, broken.0))?,
        _running: Running::One(server),
    })
}

async fn secured() -> Outcome {
    let server = block_in_place(|| {
        KafkaServer::options(Server::Kafka)
            .listener(Listener::Sasl)
            .listener(Listener::Tls)
            .listener(Listener::MutualTls)
            .listener(Listener::SaslTls)
            .plain("alice", "alice-secret")
            .scram_sha_256("bob", "bob-secret")
            .scram_sha_512("carol", "carol-secret")
            .start()
    })?;
    let secrets = secrets(server.certificates())?;
    let secured = Secured { server, secrets };
    let (trust, mutual) = (tls(&["ca"]), tls(&["ca", "client"]));
    secured
        .works(Listener::Tls, trust.clone(), Value::Null)
        .await?;
    secured
        .works(
            Listener::Tls,
            json!({ "insecureSkipVerify": true }),
            Value::Null,
        )
        .await?;
    secured
        .works(Listener::MutualTls, mutual, Value::Null)
        .await?;
    for (mechanism, user) in [
        ("PLAIN", "alice"),
        ("SCRAM-SHA-256", "bob"),
        ("SCRAM-SHA-512", "carol"),
    ] {
        let sasl = sasl(mechanism, user, user);
        secured
            .works(Listener::Sasl, Value::Null, sasl.clone())
            .await?;
        secured
            .works(Listener::SaslTls, trust.clone(), sasl)
            .await?;
    }
    let wrong = sasl("SCRAM-SHA-256", "bob", "carol");
    secured
        .is_refused(Listener::Sasl, Value::Null, wrong)
        .await?;
    secured
        .is_refused(Listener::Tls, tls(&["stranger"]), Value::Null)
        .await?;
    secured
        .is_refused(Listener::Tls, json!({ "enabled": true }), Value::Null)
        .await
}

struct Secured {
    server: KafkaServer,
    secrets: MemorySecrets,
}

impl Secured {
    fn config(&self, listener: Listener, tls: Value, sasl: Value) -> Value {
        let mut config = json!({ "url": self.server.at(listener), "topic": "events" });
        for (field, value) in [("tls", tls), ("sasl", sasl)] {
            if !value.is_null() {
                config[field] = value;
            }
        }
        config
    }

    async fn works(&self, listener: Listener, tls: Value, sasl: Value) -> Outcome {
        let config = self.config(listener, tls, sasl);
        let said = config.to_string();
        let told = |error: Error| Broken(format!("{said}: {error:?}"));
        let bus = broker::open(config, self.secrets.clone())
            .await
            .map_err(told)?;
        publish(&bus, 1).await?;
        bus.check().await?;
        Ok(bus.close().await?)
    }

    async fn is_refused(&self, listener: Listener, tls: Value, sasl: Value) -> Outcome {
        let config = self.config(listener, tls, sasl);
        let said = config.to_string();
        match broker::open(config, self.secrets.clone()).await {
            Ok(_) => Err(Broken(format!("{said} is let in"))),
            Err(error) => {
                let is_right = error.kind() == ErrorKind::Unauthorized && !error.is_transient();
                ensure(is_right, format!("{said}: {error:?}"))?;
                let shows = format!("{error:?}").contains("-secret");
                ensure(!shows, format!("a secret is shown: {error:?}"))
            }
        }
    }
}

fn tls(files: &[&str]) -> Value {
    let mut tls = json!({});
    for file in files {
        match *file {
            "client" => {
                tls["clientCertSecret"] = json!({ "name": "kafka", "key": "client" });
                tls["clientKeySecret"] = json!({ "name": "kafka", "key": "key" });
            }
            authority => tls["caCertSecret"] = json!({ "name": "kafka", "key": authority }),
        }
    }
    tls
}

fn sasl(mechanism: &str, user: &str, password_of: &str) -> Value {
    json!({
        "mechanism": mechanism,
        "userSecret": { "name": "kafka", "key": user },
        "passwordSecret": { "name": "kafka", "key": format!("{password_of}-password") },
    })
}

fn secrets(certificates: Option<&Certificates>) -> Outcome<MemorySecrets> {
    let certificates =
        certificates.ok_or_else(|| Broken("the broker has no certificates".to_owned()))?;
    let mut secrets = MemorySecrets::default();
    for (key, path) in [
        ("ca", certificates.authority()),
        ("stranger", certificates.stranger()),
        ("client", certificates.client()),
        ("key", certificates.client_key()),
    ] {
        secrets = secrets.with_secret("kafka", key, text(path)?);
    }
    for user in ["alice", "bob", "carol"] {
        secrets = secrets.with_secret("kafka", user, user).with_secret(
            "kafka",
            &format!("{user}-password"),
            format!("{user}-secret"),
        );
    }
    Ok(secrets)
}

fn text(path: PathBuf) -> Outcome<String> {
    fs::read_to_string(&path).map_err(|error| Broken(format!("{}: {error}", path.display())))
}

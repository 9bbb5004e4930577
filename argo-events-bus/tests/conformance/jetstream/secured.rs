//! Who may connect and how, and what is said to those who may not.

use argo_events_bus::{JetStreamBus, JetStreamConfig};
use argo_events_core::{
    Error, ErrorKind, Event, EventBus as _,
    api::{BusTls, JetStreamExoticBus},
    secret::{KeySelector, MemorySecrets},
};
use argo_events_testkit::{
    bus::{Broken, Outcome, ensure},
    servers::{self, NatsServer, Server},
};
use futures::future::BoxFuture;
use libtest_mimic::Trial;
use std::{fs, path::Path, sync::Arc};
use tokio::runtime::Builder;

type Run = fn() -> BoxFuture<'static, Outcome>;

/// Makes the trials.
pub(crate) fn trials() -> Vec<Trial> {
    let cases: [(&str, Run); 8] = [
        (
            "a password, a token and a seed are taken from the secret",
            || Box::pin(access()),
        ),
        ("users and tokens in addresses are decoded", || {
            Box::pin(in_addresses())
        }),
        (
            "who may not connect is told so, without the password",
            || Box::pin(refused()),
        ),
        (
            "a server that wants TLS gets it though nothing is said of it",
            || Box::pin(opportunistic()),
        ),
        ("certificates are checked as the manifest says", || {
            Box::pin(certificates())
        }),
        (
            "a client's certificate is shown to a server that wants it",
            || Box::pin(mutual()),
        ),
        ("a server that is not there is named", || Box::pin(absent())),
        (
            "more replicas than servers are refused, naming the setting",
            || Box::pin(replicas()),
        ),
    ];
    let trial = |(name, run): (&str, Run)| {
        let test = move || {
            let runtime = Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()?;
            Ok(runtime.block_on(run())?)
        };
        servers::needing(
            &[Server::Nats],
            Trial::test(name, test).with_kind("jetstream"),
        )
    };
    cases.into_iter().map(trial).collect()
}

/// A manifest's settings and the secrets they name.
#[derive(Default)]
struct Settings {
    config: JetStreamExoticBus,
    secrets: MemorySecrets,
}

impl Settings {
    fn new(url: &str) -> Self {
        let config = JetStreamExoticBus {
            url: url.to_owned(),
            ..Default::default()
        };
        Self {
            config,
            ..Self::default()
        }
    }

    fn access(mut self, content: &str) -> Self {
        self.config.access_secret = Some(KeySelector::new("access", "auth"));
        self.secrets = self.secrets.with_secret("access", "auth", content);
        self
    }

    fn file(&mut self, key: &str, path: &Path) -> Option<KeySelector> {
        let content = fs::read_to_string(path).expect("is written");
        self.secrets = std::mem::take(&mut self.secrets).with_secret("tls", key, content);
        Some(KeySelector::new("tls", key))
    }

    async fn open(self) -> Result<JetStreamBus, Error> {
        JetStreamBus::open(
            &JetStreamConfig(self.config),
            "test",
            Arc::new(self.secrets),
        )
        .await
    }

    async fn works(self) -> Outcome {
        let bus = self.open().await?;
        let event = Event::builder("1", "shop", "paid").build();
        bus.publish(event.into()).await?;
        Ok(bus.close().await?)
    }

    async fn fails(self) -> Outcome<Error> {
        match self.open().await {
            Ok(_) => Err(Broken("it connects".to_owned())),
            Err(error) => Ok(error),
        }
    }
}

async fn access() -> Outcome {
    let server = NatsServer::options(Server::Nats)
        .user("shop", "pass: word")
        .start()?;
    Settings::new(&server.url())
        .access("username: shop\npassword: 'pass: word'\n")
        .works()
        .await?;
    let server = NatsServer::options(Server::Nats).token("t0ken").start()?;
    Settings::new(&server.url())
        .access("token: t0ken")
        .works()
        .await?;
    let server = NatsServer::options(Server::Nats).nkey().start()?;
    let seed = server.seed().unwrap_or_default().to_owned();
    Settings::new(&server.url()).access(&seed).works().await?;
    Settings::new(&server.url())
        .access(&format!("nkey: {seed}"))
        .works()
        .await
}

async fn in_addresses() -> Outcome {
    let server = NatsServer::options(Server::Nats)
        .user("sh@p", "p:s/%+")
        .start()?;
    let address = server.address();
    Settings::new(&format!("nats://sh%40p:p%3As%2F%25+@{address}"))
        .works()
        .await?;
    let server = NatsServer::options(Server::Nats).token("t/k?n").start()?;
    let address = server.address();
    Settings::new(&format!("nats://t%2Fk%3Fn@{address}"))
        .works()
        .await
}

async fn refused() -> Outcome {
    let server = NatsServer::options(Server::Nats)
        .user("shop", "secret")
        .start()?;
    let wrong = Settings::new(&server.url()).access("username: shop\npassword: guessed");
    let none = Settings::new(&server.url());
    let in_url = Settings::new(&format!("nats://shop:guessed@{}", server.address()));
    for settings in [wrong, none, in_url] {
        let error = settings.fails().await?;
        let kind = (error.kind(), error.is_transient());
        ensure(
            kind == (ErrorKind::Unauthorized, false),
            format!("{error:?}"),
        )?;
        let shown = format!("{error} {error:?}");
        ensure(shown.contains(&server.address().to_string()), shown.clone())?;
        ensure(!shown.contains("guessed"), shown)?;
    }
    Settings::new(&format!("nats://shop:secret@{}", server.address()))
        .works()
        .await?;
    let error = Settings::new(&server.url())
        .access("shop secret")
        .fails()
        .await?;
    let shown = format!("{error} {error:?}");
    ensure(
        error.kind() == ErrorKind::ConfigInvalid && shown.contains("username:"),
        shown.clone(),
    )?;
    ensure(!shown.contains("shop secret"), shown)
}

async fn opportunistic() -> Outcome {
    let server = NatsServer::options(Server::Nats).tls().start()?;
    Settings::new(&server.url()).works().await
}

async fn certificates() -> Outcome {
    let server = NatsServer::options(Server::Nats).tls().start()?;
    let certificates = server
        .certificates()
        .ok_or_else(|| Broken("no certificates".to_owned()))?;
    let mut good = Settings::new(&server.url());
    let authority = good.file("ca", &certificates.authority());
    good.config.tls = Some(BusTls {
        ca_cert_secret: authority,
        ..Default::default()
    });
    good.works().await?;
    let mut unchecked = Settings::new(&server.url());
    unchecked.config.tls = Some(BusTls {
        insecure_skip_verify: Some(true),
        ..Default::default()
    });
    unchecked.works().await?;
    let mut stranger = Settings::new(&server.url());
    let authority = stranger.file("ca", &certificates.stranger());
    stranger.config.tls = Some(BusTls {
        ca_cert_secret: authority,
        ..Default::default()
    });
    let error = stranger.fails().await?;
    ensure(error.message().contains("certificate"), format!("{error}"))?;
    let plain = NatsServer::start(Server::Nats)?;
    let mut demanding = Settings::new(&plain.url());
    demanding.config.tls = Some(BusTls {
        insecure_skip_verify: Some(true),
        ..Default::default()
    });
    demanding.fails().await.map(drop)
}

async fn mutual() -> Outcome {
    let server = NatsServer::options(Server::Nats).mutual_tls().start()?;
    let certificates = server
        .certificates()
        .ok_or_else(|| Broken("no certificates".to_owned()))?;
    let mut settings = Settings::new(&server.url());
    settings.config.tls = Some(BusTls {
        ca_cert_secret: settings.file("ca", &certificates.authority()),
        client_cert_secret: settings.file("cert", &certificates.client()),
        client_key_secret: settings.file("key", &certificates.client_key()),
        ..Default::default()
    });
    settings.works().await
}

async fn absent() -> Outcome {
    let server = NatsServer::start(Server::Nats)?;
    let (url, address) = (server.url(), server.address().to_string());
    server.stop()?;
    let error = Settings::new(&url).fails().await?;
    ensure(
        error.is_transient() && error.to_string().contains(&address),
        format!("{error}"),
    )?;
    let error = Settings::new("not an address").fails().await?;
    ensure(error.kind() == ErrorKind::ConfigInvalid, format!("{error}"))
}

async fn replicas() -> Outcome {
    let server = NatsServer::start(Server::Nats)?;
    let mut settings = Settings::new(&server.url());
    settings.config.stream_config = Some("replicas: 3".to_owned());
    let bus = settings.open().await?;
    let event = Event::builder("1", "shop", "paid").build();
    match bus.publish(event.into()).await {
        Err(error) if error.message().contains("replicas in streamConfig") => Ok(()),
        other => Err(Broken(format!("{other:?}"))),
    }
}

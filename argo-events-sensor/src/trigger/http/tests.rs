//! What the HTTP trigger promises, against a server that keeps every byte.

#![cfg(feature = "http")]

use super::{
    HttpConfig, TlsConfig,
    client::{Client, Headers, Proxies, Request, Tls, Url},
};
use argo_events_core::{
    Error, ErrorKind, Event, Executed, Firing, Result, SystemClock, Trigger, TriggerContext,
    registry::{BuildTrigger, TriggerBuild},
    resolver::{Held, Shape},
    secret::{KeySelector, MemorySecrets},
};
use bytes::Bytes;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{
        AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _,
        BufReader,
    },
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

const CERTIFICATE: &str = include_str!("testdata/certificate.pem");
const KEY: &str = include_str!("testdata/key.pem");
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// A server that gives the same answers to every connection, in order, and then ends it.
struct Server {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
    _tasks: JoinSet<()>,
}

impl Server {
    async fn start(answers: &[&str]) -> Self {
        Self::start_with(answers, |stream| async move { Ok(stream) }).await
    }

    async fn start_with<S, W, F>(answers: &[&str], wrap: W) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        W: Fn(TcpStream) -> F + Send + 'static,
        F: Future<Output = std::io::Result<S>> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let connections: Arc<Mutex<usize>> = Arc::default();
        let (kept, counted) = (Arc::clone(&heads), Arc::clone(&connections));
        let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut conversations = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                *counted.lock().unwrap() += 1;
                if let Ok(stream) = wrap(stream).await {
                    conversations.spawn(converse(stream, answers.clone(), Arc::clone(&kept)));
                }
            }
        });
        Self {
            address,
            heads,
            connections,
            _tasks: tasks,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    answers: Vec<String>,
    heads: Arc<Mutex<Vec<String>>>,
) {
    let mut stream = BufReader::new(stream);
    for answer in answers {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = value.trim().parse().unwrap();
            }
            head.push_str(&line);
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        heads.lock().unwrap().push(head);
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
    }
}

fn firing() -> Firing {
    let shape = Shape {
        sensor: "orders".to_owned(),
        trigger: "ship".to_owned(),
        dependencies: vec!["paid".to_owned()],
    };
    let event = Event::builder("77", "shop", "paid").data("{}").extension(
        "traceparent",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    );
    Firing::new(
        Arc::new(shape),
        [Held {
            dependency: 0,
            event: Arc::new(event.build()),
        }],
    )
}

fn trigger(config: HttpConfig) -> Arc<dyn Trigger> {
    let secrets = MemorySecrets::default()
        .with_secret("auth", "token", "hunter2\n")
        .with_secret("tls", "ca", CERTIFICATE);
    config
        .build(&TriggerBuild::new(
            "orders",
            "ship",
            Arc::new(secrets),
            Arc::new(SystemClock),
        ))
        .unwrap()
}

fn get(url: String) -> HttpConfig {
    HttpConfig {
        url,
        method: "GET".to_owned(),
        ..HttpConfig::default()
    }
}

async fn fire(trigger: &Arc<dyn Trigger>) -> Result<Executed> {
    let rendered = trigger.render(&firing()).await?;
    let context = TriggerContext::new(1, CancellationToken::new(), Arc::new(SystemClock));
    trigger.execute(&rendered, &context).await
}

fn secret_header() -> HttpConfig {
    let headers =
        r#"[{"name":"X-Key","valueFrom":{"secretKeyRef":{"name":"auth","key":"token"}}}]"#;
    HttpConfig {
        secure_headers: Some(serde_json::from_str(headers).unwrap()),
        ..HttpConfig::default()
    }
}

#[tokio::test]
async fn a_connection_serves_many_firings() {
    let server = Server::start(&[OK, OK, OK]).await;
    let trigger = trigger(get(server.url("/")));
    for _ in 0..3 {
        assert_eq!(fire(&trigger).await.unwrap().status, Some(200));
    }
    assert_eq!((server.heads().len(), server.connections()), (3, 1));
}

#[tokio::test]
async fn a_connection_that_ended_while_idle_is_replaced() {
    let server = Server::start(&[OK]).await;
    let trigger = trigger(get(server.url("/")));
    for _ in 0..2 {
        assert!(fire(&trigger).await.is_ok());
    }
    assert_eq!((server.heads().len(), server.connections()), (2, 2));
}

#[tokio::test]
async fn a_new_connection_without_an_answer_is_not_tried_again() {
    let server = Server::start(&[""]).await;
    let error = fire(&trigger(get(server.url("/")))).await.unwrap_err();
    assert!(error.is_transient());
    assert_eq!(server.heads().len(), 1);
}

#[tokio::test]
async fn an_answer_before_all_is_sent_counts() {
    const BODY: usize = 16 << 20;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let mut server = JoinSet::new();
    server.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream
            .write_all(b"HTTP/1.1 413 X\r\nContent-Length: 0\r\n\r\n")
            .await
            .unwrap();
        std::future::pending::<()>().await;
    });
    let value = serde_json::json!([{"src": {"dependencyName": "paid", "value": "x".repeat(BODY)}}]);
    let payload = Some(serde_json::from_value(value).unwrap());
    let trigger = trigger(HttpConfig {
        url,
        payload,
        ..HttpConfig::default()
    });
    assert_eq!(fire(&trigger).await.unwrap().status, Some(413));
}

#[tokio::test]
async fn the_firing_travels_as_idempotency_key_and_the_trace_goes_on() {
    let server = Server::start(&[OK]).await;
    fire(&trigger(get(server.url("/")))).await.unwrap();
    let head = &server.heads()[0];
    assert!(head.contains(&format!("\r\nIdempotency-Key: {}\r\n", firing().id())));
    assert!(
        head.contains(
            "\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
        )
    );
}

#[tokio::test]
async fn a_manifest_switches_the_added_headers_off_or_sets_its_own() {
    let server = Server::start(&[OK]).await;
    let off = HttpConfig {
        firing_headers: Some(false),
        ..get(server.url("/"))
    };
    fire(&trigger(off)).await.unwrap();
    let own = [("idempotency-key".to_owned(), "mine".to_owned())];
    let own = HttpConfig {
        headers: Some(own.into()),
        ..get(server.url("/"))
    };
    fire(&trigger(own)).await.unwrap();
    let heads = server.heads();
    assert!(!heads[0].contains("Idempotency-Key") && !heads[0].contains("traceparent"));
    assert!(
        heads[1].contains("\r\nidempotency-key: mine\r\n") && !heads[1].contains("Idempotency-Key")
    );
}

#[tokio::test]
async fn a_secret_is_in_the_request_and_neither_in_the_view_nor_in_an_error() {
    let server = Server::start(&[OK]).await;
    let config = HttpConfig {
        url: server.url("/"),
        ..secret_header()
    };
    let rendered = trigger(config.clone()).render(&firing()).await.unwrap();
    assert!(!rendered.view().to_string().contains("hunter2"));
    assert!(!format!("{rendered:?}").contains("hunter2"));
    fire(&trigger(config)).await.unwrap();
    assert!(server.heads()[0].contains("\r\nX-Key: hunter2\r\n"));
    let closed = format!(
        "http://user:hunter2@{}/",
        SocketAddr::from(([127, 0, 0, 1], 1))
    );
    let error = fire(&trigger(get(closed))).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_secret_header_does_not_leave_its_host() {
    let server = Server::start(&[OK]).await;
    let elsewhere = format!("http://localhost:{}/there", server.address.port());
    let redirect = format!("HTTP/1.1 307 X\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n");
    let first = Server::start(&[&redirect]).await;
    fire(&trigger(HttpConfig {
        url: first.url("/"),
        ..secret_header()
    }))
    .await
    .unwrap();
    assert!(first.heads()[0].contains("X-Key"));
    assert!(server.heads()[0].starts_with("POST /there ") && !server.heads()[0].contains("X-Key"));
}

#[tokio::test]
async fn no_answer_in_time_is_a_transient_timeout() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let trigger = trigger(HttpConfig {
        timeout: Some(1),
        ..get(url)
    });
    let error: Error = fire(&trigger).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_transient()),
        (ErrorKind::Timeout, true)
    );
}

#[tokio::test]
async fn what_cannot_be_sent_is_a_permanent_error_before_anything_is_sent() {
    let bad_header = [("X-NL".to_owned(), "a\nb".to_owned())];
    for config in [
        get("ftp://h/".to_owned()),
        get("svc:80/p".to_owned()),
        get(String::new()),
        HttpConfig {
            method: "GÉT".to_owned(),
            ..get("http://127.0.0.1:1/".to_owned())
        },
        HttpConfig {
            headers: Some(bad_header.into()),
            ..get("http://127.0.0.1:1/".to_owned())
        },
    ] {
        assert!(!fire(&trigger(config)).await.unwrap_err().is_transient());
    }
}

async fn secure_server() -> Server {
    use rustls::{
        ServerConfig,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    };
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    Server::start_with(&[OK], move |stream| {
        let acceptor = acceptor.clone();
        async move { acceptor.accept(stream).await }
    })
    .await
}

#[tokio::test]
async fn a_certificate_is_trusted_through_its_authority_or_not_at_all() {
    let server = secure_server().await;
    let url = format!("https://localhost:{}/", server.address.port());
    let with = |tls| HttpConfig {
        tls,
        ..get(url.clone())
    };
    assert!(fire(&trigger(with(None))).await.is_err());
    let trusted = TlsConfig {
        ca_cert_secret: Some(KeySelector::new("tls", "ca")),
        ..TlsConfig::default()
    };
    assert_eq!(
        fire(&trigger(with(Some(trusted)))).await.unwrap().status,
        Some(200)
    );
    let anyone = TlsConfig {
        insecure_skip_verify: true,
        ..TlsConfig::default()
    };
    assert_eq!(
        fire(&trigger(with(Some(anyone)))).await.unwrap().status,
        Some(200)
    );
}

#[tokio::test]
async fn whoever_says_anything_about_tls_uses_no_proxy() {
    let proxy = Server::start(&[OK]).await;
    let send = async |tls: Option<TlsConfig>, proxy: &Server| {
        let secrets = Arc::new(MemorySecrets::default());
        let address = proxy.address.to_string();
        let proxies =
            Proxies::from_variables(|name| (name == "HTTP_PROXY").then(|| address.clone()));
        let client = Client::new(Tls::new(tls, secrets), proxies, Duration::from_secs(5));
        // A name that nobody has, so that only a proxy can be asked for it.
        let url = Url::parse("http://svc.invalid/").unwrap();
        let request = Request {
            method: "GET".into(),
            url: Arc::new(url),
            host: None,
            headers: Headers::default(),
            body: Bytes::new(),
        };
        client.send(&request).await
    };
    assert_eq!(send(None, &proxy).await.unwrap(), 200);
    assert!(proxy.heads()[0].starts_with("GET http://svc.invalid/ "));
    assert!(send(Some(TlsConfig::default()), &proxy).await.is_err());
    assert_eq!(proxy.connections(), 1);
}

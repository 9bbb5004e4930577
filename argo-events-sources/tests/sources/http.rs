//! The HTTP host: ports, routes, limits.

use crate::{
    client::{connect, connect_tls, exchange, get, post, read, send},
    tls,
};
use argo_events_core::{
    ErrorKind, Secret,
    http_host::{Admission, Handler, HttpHost, Request, Response, Route, TlsPair},
};
use argo_events_sources::http::{MountedRoutes, WebServer, text};
use argo_events_testkit::servers::reserve_port;
use async_trait::async_trait;
use http::{Method, StatusCode, request::Parts};
use std::{net::Ipv4Addr, sync::Arc, time::Duration};
use tokio::{io::AsyncReadExt as _, io::AsyncWriteExt as _, sync::Semaphore};

const GRACE: Duration = Duration::from_secs(60);

/// Answers with a name and the body.
struct Echo(&'static str);

#[async_trait]
impl Handler for Echo {
    async fn handle(&self, request: Request) -> Response {
        text(
            StatusCode::OK,
            format!("{} {}", self.0, String::from_utf8_lossy(request.body())),
        )
    }
}

fn local() -> WebServer {
    WebServer::builder().address(Ipv4Addr::LOCALHOST).build()
}

fn route(port: &str, endpoint: &str, name: &'static str) -> Route {
    Route::new(
        format!("test/{name}"),
        port,
        endpoint,
        Method::POST,
        Arc::new(Echo(name)),
    )
}

#[tokio::test]
async fn events_share_a_port_and_come_and_go_alone() {
    let server = local();
    let first = server.serve(route("0", "/a", "a")).await.unwrap();
    let second = server.serve(route(":00", "/b", "b")).await.unwrap();
    let address = server.address("0").unwrap();
    assert_eq!(post(address, "/a", "1").await.body, "a 1");
    assert_eq!(post(address, "/b", "2").await.body, "b 2");
    let owners: Vec<_> = server.listening().into_iter().map(|it| it.owner).collect();
    assert_eq!(owners, ["test/a", "test/b"]);
    drop(first);
    assert_eq!(post(address, "/a", "3").await.status, 404);
    assert_eq!(post(address, "/b", "4").await.status, 200);
    drop(second);
    server.close(GRACE).await;
}

#[tokio::test]
async fn a_port_is_free_again_when_its_last_route_is_gone() {
    let port = reserve_port().unwrap().port().to_string();
    let server = local();
    for name in ["a", "b"] {
        let guard = server.serve(route(&port, "/a", name)).await.unwrap();
        drop(guard);
    }
    server.close(GRACE).await;
    let _guard = local().serve(route(&port, "/a", "a")).await.unwrap();
}

#[tokio::test]
async fn a_port_in_use_names_who_needs_it() {
    let (server, other) = (local(), local());
    let _guard = server.serve(route("0", "/a", "a")).await.unwrap();
    let port = server.address("0").unwrap().port().to_string();
    let error = other.serve(route(&port, "/b", "b")).await.unwrap_err();
    let wanted =
        format!("port {port} is in use (needed by test/b); set `port`, or stop what listens there");
    assert_eq!(error.message(), wanted);
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_place_that_is_taken_names_who_has_it() {
    let server = local();
    let _guard = server.serve(route("0", "/a", "a")).await.unwrap();
    let error = server.serve(route("0", "/a", "b")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains("belongs to test/a"), "{error}");
}

#[tokio::test]
async fn health_is_fine_and_unknown_paths_are_not() {
    let server = local();
    let _guard = server.serve(route("0", "/a", "a")).await.unwrap();
    let address = server.address("0").unwrap();
    assert_eq!(get(address, "/health").await.body, "OK");
    let unknown = get(address, "/metrics").await;
    assert_eq!(
        (unknown.status, &*unknown.body),
        (404, "404 page not found\n")
    );
    let unclean = get(address, "//a?x=1").await;
    assert_eq!(unclean.status, 301);
    assert!(
        unclean.head.contains("location: /a?x=1"),
        "{}",
        unclean.head
    );
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_whether_announced_or_not() {
    let server = local();
    let mut limited = route("0", "/a", "a");
    limited.max_body_bytes = 4;
    let _guard = server.serve(limited).await.unwrap();
    let address = server.address("0").unwrap();
    assert_eq!(post(address, "/a", "1234").await.status, 200);
    assert_eq!(post(address, "/a", "12345").await.status, 413);
    let mut stream = connect(address).await;
    let chunks = "3\r\n123\r\n3\r\n456\r\n0\r\n\r\n";
    let head = "POST /a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream
        .write_all(format!("{head}{chunks}").as_bytes())
        .await
        .unwrap();
    assert_eq!(read(&mut stream).await.status, 413);
}

#[tokio::test]
async fn a_client_that_never_ends_its_head_is_let_go() {
    let server = WebServer::builder()
        .address(Ipv4Addr::LOCALHOST)
        .head_timeout(Duration::from_millis(50))
        .build();
    let _guard = server.serve(route("0", "/a", "a")).await.unwrap();
    let mut stream = connect(server.address("0").unwrap()).await;
    stream
        .write_all(b"POST /a HTTP/1.1\r\nHost: t\r\n")
        .await
        .unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(
        rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"),
        "{rest:?}"
    );
}

#[tokio::test]
async fn a_client_that_never_ends_its_body_is_told_and_let_go() {
    let server = WebServer::builder()
        .address(Ipv4Addr::LOCALHOST)
        .body_timeout(Duration::from_millis(50))
        .build();
    let _guard = server.serve(route("0", "/a", "a")).await.unwrap();
    let mut stream = connect(server.address("0").unwrap()).await;
    stream
        .write_all(b"POST /a HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\n12")
        .await
        .unwrap();
    assert_eq!(read(&mut stream).await.status, 408);
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

/// Refuses every head.
struct Closed;

#[async_trait]
impl Handler for Closed {
    async fn admit(&self, _: &Parts) -> Admission {
        Admission::Answer(text(StatusCode::UNAUTHORIZED, "no"))
    }

    async fn handle(&self, _: Request) -> Response {
        unreachable!("the head was refused")
    }
}

#[tokio::test]
async fn a_refused_head_is_answered_without_asking_for_the_body() {
    let server = local();
    let closed = Route::new("test/a", "0", "/a", Method::POST, Arc::new(Closed));
    let _guard = server.serve(closed).await.unwrap();
    let mut stream = connect(server.address("0").unwrap()).await;
    let head = "POST /a HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(read(&mut stream).await.status, 401);
}

/// Answers once it may.
struct Slow(Arc<Semaphore>, Arc<Semaphore>);

#[async_trait]
impl Handler for Slow {
    async fn handle(&self, _: Request) -> Response {
        self.0.add_permits(1);
        self.1.acquire().await.unwrap().forget();
        text(StatusCode::OK, "done")
    }
}

#[tokio::test]
async fn a_request_under_way_is_answered_after_the_end() {
    let server = local();
    let (begun, may_end) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let slow = Slow(Arc::clone(&begun), Arc::clone(&may_end));
    let guard = server
        .serve(Route::new("t", "0", "/a", Method::POST, Arc::new(slow)))
        .await
        .unwrap();
    let address = server.address("0").unwrap();
    let request = async { post(address, "/a", "1").await };
    let end = async {
        begun.acquire().await.unwrap().forget();
        drop(guard);
        let release = async { may_end.add_permits(1) };
        tokio::join!(server.close(GRACE), release);
    };
    let (answer, ()) = tokio::join!(request, end);
    assert_eq!(answer.body, "done");
}

#[tokio::test]
async fn a_request_that_does_not_end_is_cut_off_after_the_grace_period() {
    let server = local();
    let (begun, may_end) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let slow = Slow(Arc::clone(&begun), may_end);
    let _guard = server
        .serve(Route::new("t", "0", "/a", Method::POST, Arc::new(slow)))
        .await
        .unwrap();
    let mut stream = connect(server.address("0").unwrap()).await;
    stream
        .write_all(b"POST /a HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n")
        .await
        .unwrap();
    begun.acquire().await.unwrap().forget();
    server.close(Duration::from_millis(20)).await;
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end() {
    let server = local();
    let _guard = server.serve(route("0", "/a", "a")).await.unwrap();
    let address = server.address("0").unwrap();
    let mut used = connect(address).await;
    exchange(&mut used, "POST /a HTTP/1.1", "1").await;
    let _fresh = connect(address).await;
    let never = Duration::from_secs(3600);
    let closed = tokio::time::timeout(GRACE, server.close(never)).await;
    assert!(
        closed.is_ok(),
        "the end waited for connections that say nothing"
    );
    assert_eq!(used.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let server = local();
    let _guard = server.serve(route("0", "/a", "a")).await.unwrap();
    let mut stream = connect(server.address("0").unwrap()).await;
    for body in ["1", "2", "3"] {
        assert_eq!(
            exchange(&mut stream, "POST /a HTTP/1.1", body).await.body,
            format!("a {body}")
        );
        assert_eq!(
            exchange(&mut stream, "PUT /nowhere HTTP/1.1", body)
                .await
                .status,
            404
        );
    }
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_their_turn() {
    let server = WebServer::builder()
        .address(Ipv4Addr::LOCALHOST)
        .connections(1)
        .build();
    let _guard = server.serve(route("0", "/a", "a")).await.unwrap();
    let address = server.address("0").unwrap();
    let mut first = connect(address).await;
    assert_eq!(
        exchange(&mut first, "POST /a HTTP/1.1", "1").await.status,
        200
    );
    let mut second = connect(address).await;
    second
        .write_all(b"POST /a HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\n2")
        .await
        .unwrap();
    assert_eq!(
        exchange(&mut first, "POST /a HTTP/1.1", "3").await.body,
        "a 3"
    );
    drop(first);
    assert_eq!(read(&mut second).await.body, "a 2");
}

#[tokio::test]
async fn smuggled_framings_are_refused() {
    let server = local();
    let _guard = server.serve(route("0", "/a", "a")).await.unwrap();
    let address = server.address("0").unwrap();
    let twice = "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked";
    assert_eq!(send(address, twice, "0\r\n\r\n").await.status, 501);
    let hosts = "POST /a HTTP/1.1\r\nHost: other";
    assert_eq!(send(address, hosts, "").await.status, 400);
}

#[tokio::test]
async fn mounted_routes_answer_in_the_router_of_a_service() {
    use tower::ServiceExt as _;
    let routes = MountedRoutes::default();
    let app = axum::Router::new()
        .route("/mine", axum::routing::get(|| async { "mine" }))
        .merge(routes.router());
    let guard = routes.serve(route("12000", "/a", "a")).await.unwrap();
    let ask = |method: &str, path: &str| {
        let request = http::Request::builder().method(method).uri(path);
        app.clone()
            .oneshot(request.body(axum::body::Body::from("1")).unwrap())
    };
    assert_eq!(ask("GET", "/mine").await.unwrap().status(), 200);
    assert_eq!(ask("POST", "/a").await.unwrap().status(), 200);
    drop(guard);
    assert_eq!(ask("POST", "/a").await.unwrap().status(), 404);
}

#[tokio::test]
async fn between_an_old_route_and_a_new_one_callers_wait() {
    let server = local();
    let old = server.serve(route("0", "/a", "old")).await.unwrap();
    let address = server.address("0").unwrap();
    let mut open = connect(address).await;
    let hold = server.hold();
    drop(old);
    open.write_all(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1")
        .await
        .unwrap();
    let new = std::sync::Mutex::new(None);
    // The port is still there, on which whoever comes now waits too.
    let (late, ()) = tokio::join!(post(address, "/a", "2"), async {
        *new.lock().unwrap() = Some(server.serve(route("0", "/a", "new")).await.unwrap());
        drop(hold);
        assert_eq!(read(&mut open).await.body, "new 1");
    });
    assert_eq!(late.body, "new 2");
    assert_eq!(server.address("0"), Some(address));
}

#[tokio::test]
async fn a_change_that_brings_nothing_back_ends_in_404_and_a_free_port() {
    let server = local();
    let (old, kept) = (
        server.serve(route("0", "/a", "old")).await.unwrap(),
        server.serve(route("0", "/b", "kept")).await.unwrap(),
    );
    let address = server.address("0").unwrap();
    let hold = server.hold();
    drop(old);
    let (missing, ()) = tokio::join!(post(address, "/a", ""), async {
        assert_eq!(post(address, "/b", "3").await.body, "kept 3");
        let others = async { (get(address, "/health").await, get(address, "//b").await) };
        let (health, unclean) = tokio::time::timeout(GRACE, others)
            .await
            .expect("what needs no route does not wait for one");
        assert_eq!((health.status, &*health.body), (200, "OK"));
        assert_eq!(unclean.status, 301);
        drop(hold);
    });
    assert_eq!(missing.status, 404);
    let hold = server.hold();
    drop(kept);
    assert_eq!(server.address("0"), Some(address));
    drop(hold);
    assert_eq!(server.address("0"), None);
}

#[tokio::test]
async fn an_event_for_the_path_of_the_probe_waits_for_its_route() {
    let server = local();
    let old = server.serve(route("0", "/health", "old")).await.unwrap();
    let address = server.address("0").unwrap();
    let hold = server.hold();
    drop(old);
    let (event, _new) = tokio::join!(post(address, "/health", "1"), async {
        let probe = tokio::time::timeout(GRACE, get(address, "/health")).await;
        assert_eq!(probe.expect("a probe does not wait").body, "OK");
        let new = server.serve(route("0", "/health", "new")).await.unwrap();
        drop(hold);
        new
    });
    assert_eq!(event.body, "new 1");
}

#[tokio::test]
async fn a_route_that_cannot_have_a_kept_port_leaves_it_to_the_next() {
    let server = local();
    let old = server.serve(route("0", "/a", "old")).await.unwrap();
    let _hold = server.hold();
    drop(old);
    let mut wrong = route("0", "/a", "wrong");
    wrong.tls = Some(TlsPair {
        certificate: Secret::new("no certificate".to_owned()),
        key: Secret::new("no key".to_owned()),
    });
    assert!(server.serve(wrong).await.is_err());
    let _next = server.serve(route("0", "/a", "next")).await.unwrap();
    let address = server.address("0").unwrap();
    assert_eq!(post(address, "/a", "1").await.body, "next 1");
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_to_who_comes_and_open_connections_go_on() {
    let pair = |certificate: &str, key: &str| TlsPair {
        certificate: Secret::new(certificate.to_owned()),
        key: Secret::new(key.to_owned()),
    };
    let server = local();
    let mut first = route("0", "/a", "a");
    first.tls = Some(pair(tls::CERTIFICATE, tls::KEY));
    let _guard = server.serve(first).await.unwrap();
    let address = server.address("0").unwrap();
    let mut open = connect_tls(address, tls::CERTIFICATE).await.unwrap();
    let halves = pair(tls::RENEWED_CERTIFICATE, tls::KEY);
    assert!(server.renew("0", halves).await.is_err());
    assert!(connect_tls(address, tls::CERTIFICATE).await.is_ok());
    let renewed = pair(tls::RENEWED_CERTIFICATE, tls::RENEWED_KEY);
    server.renew("0", renewed).await.unwrap();
    assert!(connect_tls(address, tls::CERTIFICATE).await.is_err());
    assert!(connect_tls(address, tls::RENEWED_CERTIFICATE).await.is_ok());
    let answer = exchange(&mut open, "POST /a HTTP/1.1", "1").await;
    assert_eq!(answer.body, "a 1");
}

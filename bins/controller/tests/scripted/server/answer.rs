//! Answers of the API server.

use axum::body::Body;
use http::Response;
use serde_json::{Value, json};

pub(super) fn found(code: u16, body: &Value) -> Response<Body> {
    let response = Response::builder()
        .status(code)
        .header("content-type", "application/json");
    response.body(Body::from(body.to_string())).unwrap()
}

pub(super) fn refusal(code: u16, reason: &str, message: &str, wait: u32) -> Response<Body> {
    let mut response = found(code, &status(code, reason, message));
    if wait > 0 {
        let headers = response.headers_mut();
        headers.insert("retry-after", wait.to_string().parse().unwrap());
    }
    response
}

pub(super) fn status(code: u16, reason: &str, message: &str) -> Value {
    json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    })
}

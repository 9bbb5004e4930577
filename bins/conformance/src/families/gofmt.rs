//! Family `gofmt`: values formatted as `fmt.Sprintf` does.

use crate::{Outcome, vectors};
use argo_events_expr::{
    gofmt::{self, sprintf},
    gojson,
};
use serde_json::Value;

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let bytes = |field| vectors::bytes(vector, field).unwrap_or_default();
    let Ok(gojson::Value::Array(values)) = gojson::decode(&bytes("args")) else {
        return Outcome::failed("a list of arguments", vector["args"].to_string());
    };
    let mut values: Vec<_> = values.into_iter().map(gofmt::Value::from).collect();
    if vector["ints"] == true {
        values.iter_mut().for_each(make_whole);
    }
    let got = match sprintf(bytes("format"), &values) {
        Ok(got) => got,
        Err(error) => error.to_string().into_bytes(),
    };
    if got == bytes("want") {
        return Outcome::Passed;
    }
    Outcome::failed(
        String::from_utf8_lossy(&bytes("want")),
        String::from_utf8_lossy(&got),
    )
}

/// Turns all numbers of a value into whole ones.
fn make_whole(value: &mut gofmt::Value) {
    match value {
        gofmt::Value::Float(number) => *value = gofmt::Value::Int64(whole(*number)),
        gofmt::Value::List(elements) => elements.iter_mut().for_each(make_whole),
        gofmt::Value::Map(members) => members.values_mut().for_each(make_whole),
        _ => {}
    }
}

/// Drops the fraction; what no integer holds becomes the smallest one, as on amd64.
fn whole(number: f64) -> i64 {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if (-BEYOND..BEYOND).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

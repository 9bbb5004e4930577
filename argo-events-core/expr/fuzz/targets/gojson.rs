#![no_main]
//! Fuzzes `gojson`.

#[path = "../../tests/fuzz/functions.rs"]
mod functions;

libfuzzer_sys::fuzz_target!(|input: &[u8]| functions::gojson(input));

#![no_main]
//! Fuzzes `gjson`.

#[path = "../../tests/fuzz/functions.rs"]
mod functions;

libfuzzer_sys::fuzz_target!(|input: &[u8]| functions::gjson(input));

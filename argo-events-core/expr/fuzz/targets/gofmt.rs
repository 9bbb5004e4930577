#![no_main]
//! Fuzzes `gofmt`.

#[path = "../../tests/fuzz/functions.rs"]
mod functions;

libfuzzer_sys::fuzz_target!(|input: &[u8]| functions::gofmt(input));

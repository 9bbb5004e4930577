#![no_main]
//! Fuzzes `gotemplate`.

#[path = "../../tests/fuzz/functions.rs"]
mod functions;

libfuzzer_sys::fuzz_target!(|input: &[u8]| functions::gotemplate(input));

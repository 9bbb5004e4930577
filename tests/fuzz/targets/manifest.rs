#![no_main]
//! Fuzzes `manifest`.

#[path = "../functions.rs"]
mod functions;

libfuzzer_sys::fuzz_target!(|input: &[u8]| functions::manifest(input));

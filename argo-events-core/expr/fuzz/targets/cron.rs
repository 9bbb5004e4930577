#![no_main]
//! Fuzzes `cron`.

#[path = "../../tests/fuzz/functions.rs"]
mod functions;

libfuzzer_sys::fuzz_target!(|input: &[u8]| functions::cron(input));

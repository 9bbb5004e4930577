#![no_main]
//! Fuzzes `jq`.

#[path = "../../tests/fuzz/targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|input: &[u8]| targets::jq(input));

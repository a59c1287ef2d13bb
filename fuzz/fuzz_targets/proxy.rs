#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostws::fuzzing::run("proxy", bytes));

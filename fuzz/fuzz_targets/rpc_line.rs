#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| betwixt_fuzz::rpc_line(bytes));

//! Empty on purpose: no target of ours compiles the real crate. See `docs/adr/0002-an-empty-wasm-bindgen-futures.md`.

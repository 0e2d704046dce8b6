//! The `betwixt` program.

fn main() {}

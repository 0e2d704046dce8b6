//! The `betwixt` program.

/// Some thirty threads work here in turns. The C library's allocator gives each a heap of its own, which
/// only grows (ADR 0039).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    betwixt::cli::run()
}

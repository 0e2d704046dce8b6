//! The `betwixt` program.

fn main() -> std::process::ExitCode {
    betwixt::cli::run()
}

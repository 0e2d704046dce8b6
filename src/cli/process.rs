//! What concerns the whole process: secrets that must not leak from it, logs, signals, its runtime.

use std::{io, time::Duration};

use tokio::runtime::Runtime;
use tracing_subscriber::{EnvFilter, filter::ParseError};

use super::failure::Failure;

/// Keeps secrets from core dumps, other users and crash reports. What the system refuses of that is
/// no reason not to run.
pub(super) fn harden() {
    std::panic::set_hook(Box::new(|panic| {
        // Never the message, which may hold what it choked on.
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        super::print::error(&format!("a bug, at {place}; please report this line."));
    }));
    #[cfg(unix)]
    {
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
        let none = rustix::process::Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        let _ = rustix::process::setrlimit(rustix::process::Resource::Core, none);
    }
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Logs to standard error.
pub(super) fn log(filter: &str) -> Result<(), Failure> {
    let wrong = |error: ParseError| {
        Failure::usage(format!(
            "The log filter `{filter}` cannot be read ({error}): say for example --log info."
        ))
    };
    let filter = EnvFilter::builder().parse(filter).map_err(wrong)?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::IsTerminal::is_terminal(&io::stderr()));
    let _ = subscriber.try_init();
    Ok(())
}

/// Runs to its end, whatever blocking reads are still waiting for.
pub(super) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = runtime()?;
    let result = runtime.block_on(future);
    // A read of standard input cannot be cancelled; it must not hold the end up.
    runtime.shutdown_background();
    result
}

/// Two workers are enough for one person's node; the disk has threads of its own.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build()?;
    Ok(runtime)
}

/// What the system asks of the process.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// From now on they no longer end the process by themselves.
    pub(super) fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits until the process is asked to end.
    pub(super) async fn asked_to_end(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// How long a clean end may take.
pub(super) const END: Duration = Duration::from_secs(2);

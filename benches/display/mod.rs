//! A screen for windows that nobody looks at.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

/// A process that ends with the benchmark.
pub struct Ended(pub Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A display without a screen.
pub struct Display {
    _server: Ended,
    pub name: String,
}

impl Display {
    /// Starts it, where there is one to start.
    pub fn up() -> Option<Self> {
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1280x800x24",
                "-nolisten",
                "tcp",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut number = String::new();
        let said = BufReader::new(server.stdout.take()?).read_line(&mut number);
        let server = Ended(server);
        said.ok()?;
        Some(Self {
            _server: server,
            name: format!(":{}", number.trim()),
        })
    }
}

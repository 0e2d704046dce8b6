//! Files, environment, defaults, directories.
//!
//! What is said later wins: defaults, `config.toml` in the profile, environment, flags. The last two
//! come together as [`Overrides`].

mod file;
mod ports;
mod relay;

use std::path::{Path, PathBuf};

use directories::ProjectDirs;
pub use file::{FileError, TEMPLATE};
pub use ports::{read_ports, write_ports};
pub use relay::{Quota, RELAY_TEMPLATE, RelayConfig, read_token};

/// What the program was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where everything is kept.
    pub profile: PathBuf,
    /// A file whose first line is the passphrase.
    pub passphrase_file: Option<PathBuf>,
    /// Multiaddrs to listen at.
    pub listen: Vec<String>,
    /// Multiaddrs of nodes to dial.
    pub dial: Vec<String>,
    /// Multiaddrs of relays to use.
    pub relay: Vec<String>,
    /// Find people on this network, and be found.
    pub mdns: bool,
    /// The largest file of a contact that is fetched without being asked for, in MiB.
    pub auto_download_mib: u64,
    /// What all files of messages together may take on this disk, in GiB.
    pub file_quota_gib: u64,
    /// How fast files may come and go, in KiB a second; 0: as fast as it goes.
    pub file_rate_kib: u64,
    /// What to log, as `tracing_subscriber::EnvFilter` reads it.
    pub log: String,
}

/// What was set in one place; `None` leaves a setting as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overrides {
    /// See [`Config::profile`]. It cannot be said in the file, which lies in it.
    #[serde(skip)]
    pub profile: Option<PathBuf>,
    /// See [`Config::passphrase_file`].
    pub passphrase_file: Option<PathBuf>,
    /// See [`Config::listen`].
    pub listen: Option<Vec<String>>,
    /// See [`Config::dial`].
    pub dial: Option<Vec<String>>,
    /// See [`Config::relay`].
    pub relay: Option<Vec<String>>,
    /// See [`Config::mdns`].
    pub mdns: Option<bool>,
    /// See [`Config::auto_download_mib`]. This and the next two are said in the file only.
    pub auto_download_mib: Option<u64>,
    /// See [`Config::file_quota_gib`].
    pub file_quota_gib: Option<u64>,
    /// See [`Config::file_rate_kib`].
    pub file_rate_kib: Option<u64>,
    /// See [`Config::log`].
    pub log: Option<String>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// What is set for a relay makes no sense.
    #[error("{0}")]
    Relay(String),
    /// The system names no home directory.
    #[error("There is no home directory to keep a profile in; name one with --profile DIR.")]
    NoHome,
    /// The passphrase file cannot be read.
    #[error("The passphrase file {path} cannot be read: {source}")]
    PassphraseFile {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

impl Config {
    /// Everything by default, for a profile.
    pub fn of(profile: PathBuf) -> Self {
        Self {
            profile,
            passphrase_file: None,
            listen: vec!["/ip4/0.0.0.0/tcp/0".into(), "/ip6/::/tcp/0".into()],
            dial: Vec::new(),
            relay: Vec::new(),
            mdns: true,
            auto_download_mib: 5,
            file_quota_gib: 32,
            file_rate_kib: 0,
            log: LOG.into(),
        }
    }

    /// Defaults, then the file in the profile, then flags and environment.
    pub fn load(overrides: Overrides) -> Result<Self, ConfigError> {
        let profile = overrides.profile.clone().or_else(default_profile);
        let profile = profile.ok_or(ConfigError::NoHome)?;
        let file = file::read(&profile.join(FILE))?;
        Ok(Self::of(profile).with(file).with(overrides))
    }

    /// The passphrase of the passphrase file, if one is named: its first line.
    pub fn passphrase(&self) -> Result<Option<zeroize::Zeroizing<String>>, ConfigError> {
        let Some(path) = &self.passphrase_file else {
            return Ok(None);
        };
        let failed = |source| ConfigError::PassphraseFile {
            path: path.display().to_string(),
            source,
        };
        let text = zeroize::Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?);
        let line = text.lines().next().unwrap_or_default();
        Ok(Some(zeroize::Zeroizing::new(line.to_owned())))
    }

    fn with(mut self, overrides: Overrides) -> Self {
        fn set<T>(to: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *to = value;
            }
        }
        set(&mut self.listen, overrides.listen);
        set(&mut self.dial, overrides.dial);
        set(&mut self.relay, overrides.relay);
        set(&mut self.mdns, overrides.mdns);
        set(&mut self.auto_download_mib, overrides.auto_download_mib);
        set(&mut self.file_quota_gib, overrides.file_quota_gib);
        set(&mut self.file_rate_kib, overrides.file_rate_kib);
        set(&mut self.log, overrides.log);
        self.passphrase_file = overrides.passphrase_file.or(self.passphrase_file);
        self
    }
}

/// Puts the commented template into a profile that has no configuration file yet. Nothing depends on
/// it, so a failure is none.
pub fn write_template(profile: &Path) {
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(profile.join(FILE));
    if let Ok(mut file) = file {
        let _ = std::io::Write::write_all(&mut file, TEMPLATE.as_bytes());
    }
}

/// Where the profile is when nobody says otherwise.
fn default_profile() -> Option<PathBuf> {
    ProjectDirs::from("", "", "betwixt").map(|dirs| dirs.data_dir().to_owned())
}

/// gossipsub logs whole frames, though sealed ones, when a queue is full; its errors are of peers that have just gone,
/// or what a peer sent.
const LOG: &str = "warn,libp2p_gossipsub=off";

/// The file in the profile.
const FILE: &str = "config.toml";

#[cfg(test)]
mod tests;

//! `relay.toml`: what whoever runs a relay may set.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{Config, ConfigError, Overrides, file};

/// The commented sample of the file.
pub const RELAY_TEMPLATE: &str = include_str!("../../assets/relay.toml");

/// What a relay was told.
#[derive(Clone, PartialEq, Eq)]
pub struct RelayConfig {
    /// Where its key and its mailboxes are.
    pub directory: PathBuf,
    /// Multiaddrs to listen at.
    pub listen: Vec<String>,
    /// Whoever does not know it is not let in.
    pub token: Option<[u8; 16]>,
    /// Whether topics are forwarded by gossip.
    pub gossip: bool,
    /// Where numbers are told.
    pub metrics: Option<SocketAddr>,
    /// What to log.
    pub log: String,
    /// How much is kept, if anything is.
    pub quota: Option<Quota>,
}

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quota {
    /// Days that a frame is kept.
    pub keep_days: u64,
    /// MiB of one topic.
    pub topic_mib: u64,
    /// Frames of one topic.
    pub topic_frames: u64,
    /// Topics of one client.
    pub client_topics: usize,
    /// MiB of all topics that count against one client.
    pub client_mib: u64,
    /// Topics in all.
    pub total_topics: usize,
    /// MiB in all.
    pub total_mib: u64,
    /// MiB that are left free on the disk.
    pub min_free_mib: u64,
    /// MiB of one file.
    pub file_mib: u64,
    /// MiB of all files of one topic.
    pub topic_files_mib: u64,
    /// MiB of all files that one client put.
    pub client_files_mib: u64,
    /// MiB of files in all; 0: none is kept.
    pub total_files_mib: u64,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            keep_days: 7,
            topic_mib: 64,
            topic_frames: 10_000,
            client_topics: 1024,
            client_mib: 1024,
            total_topics: 65_536,
            total_mib: 20_480,
            min_free_mib: 1024,
            file_mib: 256,
            topic_files_mib: 1024,
            client_files_mib: 2048,
            total_files_mib: 20_480,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RelayFile {
    directory: Option<PathBuf>,
    listen: Option<Vec<String>>,
    token: Option<String>,
    token_file: Option<PathBuf>,
    gossip: Option<bool>,
    keep: Option<bool>,
    metrics: Option<String>,
    log: Option<String>,
    quota: Option<Quota>,
}

impl RelayConfig {
    /// Defaults, then the file, then flags and environment. Without a named file, `relay.toml` in the
    /// directory of the profile is read, if it is there.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], which says what is wrong where.
    pub fn load(path: Option<&Path>, flags: Overrides) -> Result<Self, ConfigError> {
        let base = Config::load(flags.clone())?;
        let usual = base.profile.join(FILE);
        let text = match path {
            Some(path) => Some(file::read_text(path)?),
            None => file::read_if_there(&usual)?,
        };
        let name = path.unwrap_or(&usual).display().to_string();
        let read = text.map(|text| file::parse_as(&text, &name)).transpose()?;
        Self::of(base, read.unwrap_or_default(), flags, &name)
    }

    fn of(
        base: Config,
        file: RelayFile,
        flags: Overrides,
        name: &str,
    ) -> Result<Self, ConfigError> {
        let wrong = |key: &str, problem: &str| {
            ConfigError::Relay(format!("{name}, key `{key}`: {problem}."))
        };
        let token = match (&file.token, &file.token_file) {
            (Some(_), Some(_)) => {
                return Err(wrong(
                    "token_file",
                    "there is a `token`, too; name one of them",
                ));
            }
            (Some(token), None) => Some(token.clone()),
            (None, Some(path)) => Some(file::read_text(path)?),
            (None, None) => None,
        };
        let token = token.map(|token| read_token(&token).ok_or_else(|| wrong("token", TOKEN)));
        let metrics = match file.metrics.as_deref() {
            None | Some("") => None,
            Some(text) => Some(
                text.parse::<SocketAddr>()
                    .ok()
                    .filter(|address| address.ip().is_loopback())
                    .ok_or_else(|| wrong("metrics", METRICS))?,
            ),
        };
        let quota = file.quota.unwrap_or_default();
        quota
            .check()
            .map_err(|(key, problem)| wrong(key, problem))?;
        Ok(Self {
            directory: match (&flags.profile, file.directory) {
                (None, Some(directory)) => directory,
                (Some(_), _) | (None, None) => base.profile,
            },
            listen: flags.listen.or(file.listen).unwrap_or(base.listen),
            token: token.transpose()?,
            gossip: file.gossip.unwrap_or(true),
            metrics,
            log: flags.log.or(file.log).unwrap_or_else(|| LOG.into()),
            quota: file.keep.unwrap_or(true).then_some(quota),
        })
    }
}

impl Quota {
    /// A quota with which a relay makes sense, or the key and what is wrong with it.
    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let least = "it is too small for one message; leave it out for the usual";
        if !(1..=30).contains(&self.keep_days) {
            return Err(("keep_days", "messages are kept for 1 to 30 days"));
        }
        if self.topic_mib == 0 {
            return Err(("topic_mib", least));
        }
        if self.topic_frames == 0 {
            return Err(("topic_frames", least));
        }
        if self.client_topics == 0 || self.client_topics > 1024 {
            return Err(("client_topics", "a client has 1 to 1024 topics"));
        }
        if self.client_mib < self.topic_mib {
            return Err(("client_mib", "it must not be smaller than `topic_mib`"));
        }
        if self.total_mib < self.client_mib {
            return Err(("total_mib", "it must not be smaller than `client_mib`"));
        }
        if self.total_topics < self.client_topics || self.total_topics > 1_000_000 {
            let problem = "there are `client_topics` to 1000000 topics in all";
            return Err(("total_topics", problem));
        }
        if self.total_files_mib > 0 {
            if self.file_mib == 0 {
                let problem = "it is too small for a file; `total_files_mib = 0` keeps none";
                return Err(("file_mib", problem));
            }
            if self.topic_files_mib < self.file_mib {
                return Err(("topic_files_mib", "it must not be smaller than `file_mib`"));
            }
            if self.client_files_mib < self.topic_files_mib {
                let problem = "it must not be smaller than `topic_files_mib`";
                return Err(("client_files_mib", problem));
            }
            if self.total_files_mib < self.client_files_mib {
                let problem = "it must not be smaller than `client_files_mib`, or 0 for none";
                return Err(("total_files_mib", problem));
            }
            if self.total_files_mib > (1 << 40) {
                return Err(("total_files_mib", "no disk is so large"));
            }
        }
        if self.total_mib > (1 << 40) || self.min_free_mib > (1 << 40) {
            return Err(("total_mib", "no disk is so large"));
        }
        Ok(())
    }
}

/// Reads an access token: 32 hex digits.
pub fn read_token(text: &str) -> Option<[u8; 16]> {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes());
    bytes.ok()?.try_into().ok()
}

/// Prints no token.
impl std::fmt::Debug for RelayConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayConfig")
            .field("directory", &self.directory)
            .field("listen", &self.listen)
            .field("gossip", &self.gossip)
            .field("metrics", &self.metrics)
            .field("quota", &self.quota)
            .finish_non_exhaustive()
    }
}

/// The file in the directory of a relay.
const FILE: &str = "relay.toml";

const TOKEN: &str = "a token is 32 hex digits, such as `openssl rand -hex 16` prints";

const METRICS: &str = "numbers are told on this machine only: say for example \"127.0.0.1:9464\"";

/// What a relay did that whoever runs it may want to know. No topics, no addresses of clients.
const LOG: &str = "warn,betwixt::relay=info,libp2p_gossipsub=off";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<RelayConfig, ConfigError> {
        let file = file::parse_as(text, "relay.toml")?;
        RelayConfig::of(
            Config::of("p".into()),
            file,
            Overrides::default(),
            "relay.toml",
        )
    }

    #[test]
    fn what_the_sample_shows_is_the_default() {
        let shown: Vec<&str> = RELAY_TEMPLATE
            .lines()
            .filter(|line| line.starts_with('#') && !line.starts_with("# ") && *line != "#")
            .map(|line| line.trim_start_matches('#'))
            .collect();

        let shown = read(&shown.join("\n")).unwrap();

        assert_eq!(read(RELAY_TEMPLATE).unwrap(), read("").unwrap());
        let expected = RelayConfig {
            // These differ from place to place.
            directory: shown.directory.clone(),
            listen: shown.listen.clone(),
            metrics: shown.metrics,
            ..read("").unwrap()
        };
        assert_eq!(shown, expected);
        assert!(shown.metrics.is_some() && shown.quota.is_some());
    }

    #[test]
    fn flags_win_over_the_file() {
        let file = file::parse_as("listen = [\"/ip4/10.0.0.1/tcp/1\"]\ndirectory = \"d\"", "f");
        let flags = Overrides {
            profile: Some("flag".into()),
            log: Some("debug".into()),
            ..Overrides::default()
        };

        let base = Config::of("flag".into());
        let config = RelayConfig::of(base, file.unwrap(), flags, "f").unwrap();

        assert_eq!(config.directory, Path::new("flag"));
        assert_eq!(config.listen, ["/ip4/10.0.0.1/tcp/1"]);
        assert_eq!(config.log, "debug");
    }

    #[test]
    fn what_makes_no_sense_is_a_sentence_that_names_the_key() {
        for (text, key) in [
            ("token = \"1234\"", "token"),
            ("token = \"00\"\ntoken_file = \"f\"", "token_file"),
            ("metrics = \"0.0.0.0:9464\"", "metrics"),
            ("metrics = \"nonsense\"", "metrics"),
            ("[quota]\nkeep_days = 0", "keep_days"),
            ("[quota]\nkeep_days = 31", "keep_days"),
            ("[quota]\ntopic_mib = 0", "topic_mib"),
            ("[quota]\nclient_mib = 1", "client_mib"),
            ("[quota]\ntotal_mib = 100", "total_mib"),
            ("[quota]\nclient_topics = 2000", "client_topics"),
            ("[quota]\ntotal_topics = 7", "total_topics"),
            ("[quota]\nevict = true", "evict"),
            ("tokn = \"\"", "tokn"),
        ] {
            let said = read(text).unwrap_err().to_string();
            assert!(said.contains(&format!("key `{key}`")), "{text}: {said}");
        }
    }

    #[test]
    fn a_relay_that_keeps_nothing_has_no_quota() {
        assert_eq!(read("keep = false").unwrap().quota, None);
        let token = "token = \"00112233445566778899aabbccddeeff\"";
        assert!(read(token).unwrap().token.is_some());
        assert!(!format!("{:?}", read(token).unwrap()).contains("0011"));
    }
}

//! What can be said on the command line and in the environment.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use serde_json::Value;

use super::call::params;
use crate::config::Overrides;

/// Chat with the people around you, without a server. Everything is end-to-end encrypted.
#[derive(Debug, Parser)]
#[command(name = "betwixt", version, after_help = EXAMPLES, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) verb: Option<Verb>,
}

/// Options of every verb. Each can also be set in the environment, and in config.toml in the profile.
#[derive(Args, Debug)]
#[command(next_help_heading = "Options")]
pub(super) struct Global {
    /// Where keys, messages and settings are kept
    #[arg(
        long,
        global = true,
        env = "BETWIXT_PROFILE",
        value_name = "DIR",
        hide_env = true
    )]
    profile: Option<PathBuf>,
    #[arg(
        help = "A file whose first line is the passphrase (or set BETWIXT_PASSPHRASE to it)",
        long,
        global = true,
        env = "BETWIXT_PASSPHRASE_FILE",
        value_name = "FILE",
        hide_env = true
    )]
    passphrase_file: Option<PathBuf>,
    /// Listen at this address, such as /ip4/0.0.0.0/tcp/4001; may be repeated
    #[arg(
        long,
        global = true,
        env = "BETWIXT_LISTEN",
        value_name = "MULTIADDR",
        value_delimiter = ',',
        hide_env = true
    )]
    listen: Option<Vec<String>>,
    /// Connect to the node at this address, wherever it is; may be repeated
    #[arg(
        long,
        global = true,
        env = "BETWIXT_DIAL",
        value_name = "MULTIADDR",
        value_delimiter = ',',
        hide_env = true
    )]
    dial: Option<Vec<String>>,
    /// Meet people through this relay; may be repeated
    #[arg(
        long,
        global = true,
        env = "BETWIXT_RELAY",
        value_name = "MULTIADDR",
        value_delimiter = ',',
        hide_env = true
    )]
    relay: Option<Vec<String>>,
    /// Neither look for people on this network nor be found by them
    #[arg(long, global = true, env = "BETWIXT_NO_MDNS", hide_env = true)]
    no_mdns: bool,
    /// What to log to standard error: error, warn, info, debug, trace
    #[arg(
        long,
        global = true,
        env = "BETWIXT_LOG",
        value_name = "FILTER",
        hide_env = true
    )]
    log: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Be driven by a program: JSON-RPC 2.0 lines on standard input and output
    #[command(after_help = RPC)]
    Rpc,
    /// Carry and keep sealed messages for people who cannot reach each other directly
    #[command(after_help = RELAY)]
    Relay(RelayArguments),
    /// Open the window, and show an invite in it: what a desktop does with a `betwixt:` link
    Open {
        /// betwixt://…
        link: Option<String>,
    },
    /// Show two people talking, on this machine, and what others on the network can see of it
    Demo {
        /// In this terminal instead of two windows
        #[arg(long)]
        headless: bool,
    },
    /// Print who you are
    Id,
    /// Be again who you were, from the 24 recovery words on standard input
    #[command(after_help = RESTORE)]
    Restore {
        /// What others call you; a random name when not given
        #[arg(long)]
        name: Option<String>,
    },
    /// Send a message, a file or a folder
    #[command(after_help = SEND)]
    Send {
        /// Whom to: a contact or a group, by name or id
        #[arg(long, value_name = "PERSON|GROUP")]
        to: String,
        /// A file or folder, if there is one of that name here; else what to say
        #[arg(value_name = "FILE|FOLDER|TEXT")]
        text: String,
        /// What to say about the file or folder
        #[arg(long, value_name = "TEXT")]
        caption: Option<String>,
        /// A picture as it is, with all that its camera wrote into it
        #[arg(long)]
        original: bool,
        /// A sound as a voice note
        #[arg(long, conflicts_with = "original")]
        voice: bool,
        /// It is what to say, even if a file or folder is called like it
        #[arg(long, conflicts_with_all = ["caption", "original", "voice"])]
        as_text: bool,
    },
    /// Fetch the file or folder of a message and save it
    #[command(after_help = GET)]
    Get {
        /// The message, by its id (`betwixt log --ids` prints them)
        #[arg(value_name = "MESSAGE", value_parser = message_id)]
        message: String,
        /// Where to save it: a directory, or a name that is not taken; here when not given
        #[arg(long, value_name = "PATH")]
        out: Option<PathBuf>,
    },
    /// Write a file that shows to anybody who has a message of yours
    #[command(after_help = PROVE)]
    Prove {
        /// The message, by its id (`betwixt log --ids` prints them)
        #[arg(value_name = "MESSAGE", value_parser = message_id)]
        message: String,
        /// The file, which must not be there yet
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Check a file that `betwixt prove` wrote; needs neither a profile nor a network
    Verify {
        /// The file
        file: PathBuf,
    },
    /// Run many people with everything that can go wrong in a simulated world, and check what must be so
    #[command(after_help = SIM)]
    Sim(SimArguments),
    /// Ask for one thing that programs can ask for, and print the answer
    #[command(after_help = CALL)]
    Call {
        /// What is asked, such as `people.nearby`; docs/rpc.md and `rpc.discover` have all
        #[arg(value_name = "METHOD")]
        method: String,
        /// What it needs, as a JSON object
        #[arg(value_name = "PARAMS", default_value = "{}", value_parser = params)]
        params: Value,
    },
    /// Print messages
    Log {
        /// Only of this chat: a group or a contact, by name or id
        #[arg(long, value_name = "CHAT", conflicts_with = "person")]
        chat: Option<String>,
        /// Only of the chat with this person, by name or person id
        #[arg(long, value_name = "PERSON")]
        person: Option<String>,
        /// The newest so many of each chat
        #[arg(long, value_name = "COUNT")]
        last: Option<usize>,
        /// Each with its id
        #[arg(long)]
        ids: bool,
        /// Each as a JSON object, as the method `message.list` answers
        #[arg(long)]
        json: bool,
    },
    /// Find messages by their words
    #[command(after_help = SEARCH)]
    Search {
        /// Words, "phrases", beginnings*, and from:, in:, date:, before:, after:, has:
        #[arg(required = true)]
        words: Vec<String>,
        /// Only in this chat: a group or a contact, by name or id
        #[arg(long, value_name = "CHAT")]
        chat: Option<String>,
        /// Only what this person wrote, by name or person id
        #[arg(long, value_name = "PERSON")]
        from: Option<String>,
        /// How many, the newest first
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Each as a JSON object, as the method `search` answers
        #[arg(long)]
        json: bool,
    },
}

/// Options of `betwixt relay`.
#[derive(Args, Clone)]
pub(super) struct RelayArguments {
    /// Settings of the relay; relay.toml in the profile when not given
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Let in only who knows this token, 32 hex digits; it becomes part of the printed addresses
    #[arg(
        long,
        env = "BETWIXT_RELAY_TOKEN",
        value_name = "HEX",
        value_parser = token,
        hide_env = true
    )]
    pub(super) token: Option<[u8; 16]>,
}

/// Options of `betwixt sim`.
#[derive(Args, Clone, Debug)]
pub(super) struct SimArguments {
    /// The first seed
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// How many seeds, one after the other
    #[arg(long, default_value_t = 1)]
    pub(super) runs: u64,
    /// How many people; 5 to 8 by the seed when not given
    #[arg(long)]
    pub(super) peers: Option<usize>,
    /// How many groups; 2 when not given
    #[arg(long)]
    pub(super) chats: Option<usize>,
    /// Over how much simulated time
    #[arg(long, default_value_t = 0.02)]
    pub(super) hours: f64,
    /// How many things people do and that go wrong; 6 an hour from everybody, at least 60, when not given
    #[arg(long)]
    pub(super) acts: Option<usize>,
    /// How many of 100 messages are lost
    #[arg(long, default_value_t = 0, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(..=100))]
    pub(super) loss: u32,
    /// Cables are cut and mended
    #[arg(long)]
    pub(super) partition: bool,
    /// People come and go, and members of groups too
    #[arg(long)]
    pub(super) churn: bool,
    /// Power goes away between any two steps
    #[arg(long)]
    pub(super) crash: bool,
    /// How many relays, which come, go, forget and lie
    #[arg(long, default_value_t = 0)]
    pub(super) relays: u8,
    /// All of that at once, by the seed
    #[arg(long)]
    pub(super) faults: bool,
    /// Run what this file says instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["runs", "peers", "chats", "faults"])]
    pub(super) scenario: Option<PathBuf>,
    /// Where to write the smallest schedule that breaks a rule
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// How many schedules to try to find a smaller one
    #[arg(long, default_value_t = 300)]
    pub(super) tries: u32,
    /// How many schedules run at a time; one on each processor when not given
    #[arg(long)]
    pub(super) jobs: Option<usize>,
    /// A line for each schedule
    #[arg(long)]
    pub(super) verbose: bool,
}

/// Prints no token.
impl std::fmt::Debug for RelayArguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayArguments").finish_non_exhaustive()
    }
}

fn message_id(text: &str) -> Result<String, String> {
    let is_digit = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    if text.len() == 64 && text.bytes().all(is_digit) {
        return Ok(text.to_owned());
    }
    Err("the id of a message is the 64 hex digits that `betwixt log --ids` prints before it".into())
}

fn token(text: &str) -> Result<[u8; 16], String> {
    crate::config::read_token(text)
        .ok_or_else(|| "a token is 32 hex digits, such as `openssl rand -hex 16` prints".to_owned())
}

impl Global {
    pub(super) fn into_overrides(self) -> Overrides {
        // A variable that is empty names nothing.
        let list = |list: Option<Vec<String>>| {
            list.map(|mut list| {
                list.retain(|one| !one.is_empty());
                list
            })
            .filter(|list| !list.is_empty())
        };
        Overrides {
            profile: self.profile,
            passphrase_file: self.passphrase_file,
            listen: list(self.listen),
            dial: list(self.dial),
            relay: list(self.relay),
            mdns: self.no_mdns.then_some(false),
            log: self.log,
            ..Overrides::default()
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  betwixt                          open the window; people on this network appear by themselves
  betwixt demo                     try it with two people on this machine, nothing is kept
  betwixt send --to Ben 'On my way'
  betwixt send --to Ben photo.jpg  a file
  betwixt log --person Ben
  betwixt --profile /tmp/ada       be somebody else; each profile is a person
  betwixt --dial /ip4/192.0.2.7/tcp/4001    reach somebody who is not on this network

Every option can also be set in the environment (BETWIXT_PROFILE, BETWIXT_LISTEN, ...) and in the
file config.toml in the profile. The command line wins over the environment, and that over the file.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 profile in use, 4 wrong passphrase, 5 profile
damaged.";

const RPC: &str = "\
Example:
  printf '%s\\n' '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"people.nearby\"}' | betwixt rpc

The method rpc.discover describes all others. See docs/rpc.md and examples/.";

const RELAY: &str = "\
Example:
  betwixt relay --listen /ip4/0.0.0.0/tcp/4002

It prints its addresses. Whoever wants to use it says betwixt --relay 'ADDRESS', in quotes, because
# begins a comment in many shells. A relay can read nothing of what it carries and keeps. A sample
of its settings is in assets/relay.toml, and docs/relay.md says the rest.";

const RESTORE: &str = "\
Example:
  betwixt --profile NEW restore --name Ada

The words stand for your account only: contacts, messages and settings are not in them. Contacts who
still know you see you as the same person as soon as you add them again, or they you; until then
they cannot reach you. Your earlier device is then no longer heard. The profile must be new.";

const PROVE: &str = "\
Example:
  betwixt prove 3f0a…    # writes 3f0a….betwixt-proof
  betwixt verify 3f0a….betwixt-proof

The file holds the message itself, and what the devices of those who have it, and relays that hold
it, signed. Devices sign within a minute after a message came, while both are connected.";

const SIM: &str = "\
Examples:
  betwixt sim --faults --runs 1000          5 to 8 people, everything that can go wrong
  betwixt sim --seed 7 --faults             one of them, with what it cost
  betwixt sim --peers 1000 --chats 100 --hours 0.5
  betwixt sim --scenario assets/scenarios/two-admins.toml

The same seed gives the same run, and prints the same trace. See docs/scale.md. Exit code 1: a rule
does not hold; the schedule is then made smaller and written to a file.";

const SEARCH: &str = "\
Examples:
  betwixt search heron river               both words, the last one may go on
  betwixt search '\"back to the river\"'     one after the other
  betwixt search 'heron* from:Ben date:2026-11'
  betwixt search has:link in:Herons after:2026-11-01

All that is said must fit. Neither case nor accents make a difference. has: is link, file, picture,
sound, film, folder, mention or reply.";

const CALL: &str = "\
Examples:
  betwixt call people.nearby
  betwixt call chat.create '{\"name\": \"Herons\", \"members\": []}'
  betwixt call chat.list | jq -r '.[].name'

If Betwixt runs already it is asked; else the answer comes from the profile alone, and what is to
go to others goes when Betwixt runs next. To hear what happens, a program runs betwixt rpc.";

const SEND: &str = "\
If Betwixt runs already it is asked to send; else the message is sent from here, and what cannot
be delivered within ten seconds goes out when Betwixt runs next. A file is kept in the profile and
given to those in the chat while both run; on a terminal it is shown how far that has come. A
picture goes without what its camera wrote into it, and smaller where that saves enough;
--original sends it as it is. A sound of any usual kind can be a voice note: --voice sends it as
Opus, at most a quarter of an hour.";

const GET: &str = "\
If Betwixt runs already it is asked to fetch; else the file is fetched from here, as long as
somebody who has it is there. What has come is kept: the next time it goes on from there. Nothing
is ever replaced or opened.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(line: &str) -> Arguments {
        Arguments::try_parse_from(line.split(' ')).unwrap()
    }

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn no_line_of_help_is_broken_by_the_terminal() {
        let mut all = Arguments::command();
        let mut texts = vec![all.get_after_help().unwrap().to_string()];
        for verb in all.get_subcommands_mut() {
            texts.extend(verb.get_after_help().map(ToString::to_string));
        }
        assert!(texts.len() > 8);
        for line in texts.iter().flat_map(|text| text.lines()) {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }

    #[test]
    fn a_list_that_is_empty_is_not_set() {
        let line = ["betwixt", "--listen", "", "--dial", ""];
        let overrides = Arguments::try_parse_from(line).unwrap();
        let overrides = overrides.global.into_overrides();

        assert_eq!((overrides.listen, overrides.dial), (None, None));
    }

    #[test]
    fn options_stand_before_or_after_the_verb() {
        for line in [
            "betwixt --profile p --no-mdns --dial a --dial b rpc",
            "betwixt rpc --profile p --no-mdns --dial a --dial b",
            "betwixt --profile p rpc --dial a,b --no-mdns",
        ] {
            let overrides = parse(line).global.into_overrides();

            assert_eq!(overrides.profile, Some("p".into()), "{line}");
            assert_eq!(overrides.mdns, Some(false), "{line}");
            assert_eq!(overrides.dial, Some(vec!["a".into(), "b".into()]), "{line}");
        }
    }

    #[test]
    fn what_is_not_said_overrides_nothing() {
        let overrides = parse("betwixt").global.into_overrides();

        assert_eq!(overrides, Overrides::default());
    }

    #[test]
    fn help_fits_a_terminal() {
        let help = Arguments::command().render_long_help().to_string();

        assert!(help.contains("betwixt demo"), "{help}");
        assert!(
            help.lines().all(|line| line.chars().count() <= 100),
            "{help}"
        );
    }
}

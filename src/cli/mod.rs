//! The command line: a file per verb.

mod args;
mod client;
mod demo;
mod failure;
mod id;
mod instance;
mod log;
mod print;
mod process;
mod relay;
mod restore;
mod rpc;
mod send;
mod window;

use std::process::ExitCode;

use clap::Parser as _;

use self::{
    args::{Arguments, Verb},
    failure::Failure,
};
use crate::config::Config;

/// Runs the program, and returns its exit code (`docs/rpc.md`).
pub fn run() -> ExitCode {
    process::harden();
    let arguments = Arguments::parse();
    match carry_out(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print::error(&failure.sentence);
            ExitCode::from(failure.code)
        }
    }
}

fn carry_out(arguments: Arguments) -> Result<(), Failure> {
    if let Some(Verb::Demo { headless }) = arguments.verb {
        return demo::run(headless);
    }
    let config = Config::load(arguments.global.into_overrides())?;
    process::log(&config.log)?;
    match arguments.verb {
        None => window::run(&config, None),
        Some(Verb::Open { link }) => window::run(&config, link),
        Some(Verb::Rpc) => rpc::run(&config),
        Some(Verb::Relay(relay)) => relay::run(&config, &relay),
        Some(Verb::Demo { .. }) => Ok(()),
        Some(Verb::Id) => id::run(&config),
        Some(Verb::Restore { name }) => restore::run(&config, name),
        Some(Verb::Send { to, text }) => send::run(&config, &to, &text),
        Some(Verb::Log { chat, person }) => log::run(&config, chat.as_deref(), person.as_deref()),
    }
}

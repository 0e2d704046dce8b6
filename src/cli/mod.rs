//! The command line: a file per verb.

mod args;
mod call;
mod client;
mod demo;
mod failure;
mod get;
mod id;
mod instance;
mod log;
mod print;
mod process;
mod progress;
mod prove;
mod relay;
mod restore;
mod rpc;
mod search;
mod send;
mod sim;
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
    if let Some(Verb::Relay(relay)) = arguments.verb {
        return relay::run(arguments.global.into_overrides(), &relay);
    }
    if let Some(Verb::Verify { file }) = arguments.verb {
        return prove::verify(&file);
    }
    if let Some(Verb::Sim(sim)) = arguments.verb {
        return sim::run(&sim);
    }
    let config = Config::load(arguments.global.into_overrides())?;
    process::log(&config.log)?;
    match arguments.verb {
        None => window::run(&config, None),
        Some(Verb::Open { link }) => window::run(&config, link),
        Some(Verb::Rpc) => rpc::run(&config),
        // These read settings of their own, or none.
        Some(Verb::Relay(_) | Verb::Demo { .. } | Verb::Verify { .. } | Verb::Sim(_)) => Ok(()),
        Some(Verb::Prove { message, out }) => prove::prove(&config, &message, out),
        Some(Verb::Id) => id::run(&config),
        Some(Verb::Restore { name }) => restore::run(&config, name),
        Some(Verb::Send {
            to,
            text,
            caption,
            original,
            voice,
            as_text,
        }) => match send::file(&text, caption, (original, voice), as_text)? {
            Some(file) => send::run_file(&config, &to, file),
            None => send::run(&config, &to, &text),
        },
        Some(Verb::Get { message, out }) => get::run(&config, &message, out),
        Some(Verb::Call { method, params }) => call::run(&config, &method, params),
        Some(Verb::Log {
            chat,
            person,
            last,
            ids,
            json,
        }) => {
            let logged = log::Logged {
                chat: chat.as_deref(),
                person: person.as_deref(),
                last,
                ids,
                json,
            };
            log::run(&config, &logged)
        }
        Some(Verb::Search {
            words,
            chat,
            from,
            limit,
            json,
        }) => {
            let looked = search::Looked {
                words: &words,
                chat: chat.as_deref(),
                from: from.as_deref(),
                limit,
                json,
            };
            search::run(&config, &looked)
        }
    }
}

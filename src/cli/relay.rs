//! `betwixt relay`

use super::{args::RelayArguments, failure::Failure};
use crate::config::Config;

pub(super) fn run(_: &Config, _: RelayArguments) -> Result<(), Failure> {
    Err(Failure::usage("This version has no relay yet."))
}

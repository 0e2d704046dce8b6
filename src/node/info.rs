//! `node.info`

use std::sync::atomic::Ordering;

use super::{
    NodeSettings, show,
    step::Core,
    view::{NodeInfo, UsedRelay},
};
use crate::{
    net::{self, address},
    proto::engine::Engine,
    store::Profile,
};

/// Who and where an open node is.
pub(super) fn of(settings: &NodeSettings, core: &Core) -> NodeInfo {
    let engine: &Engine = &core.engine;
    let peer = engine.peer();
    NodeInfo {
        person_id: Some(engine.person()),
        peer_id: address::peer_text(peer),
        name: show::own_name(engine),
        avatar: engine.avatar(),
        listen: engine
            .listening()
            .iter()
            .map(|at| address::full_text(at, peer))
            .collect(),
        relays: relays(settings, engine),
        protected: core.protected.load(Ordering::Relaxed),
        ..closed(settings)
    }
}

/// The relays that were named, as they are now.
fn relays(settings: &NodeSettings, engine: &Engine) -> Vec<UsedRelay> {
    // They were read when the node started.
    let named = net::named_relays(&settings.relays).unwrap_or_default();
    let used = |(peer, at)| {
        let topics = engine.carried_by(&peer);
        UsedRelay {
            address: address::full_text(&at, peer),
            connected: topics.is_some(),
            topics: topics.unwrap_or(0),
        }
    };
    named.into_iter().map(used).collect()
}

/// What is known while the profile is locked.
pub(super) fn locked(settings: &NodeSettings, profile: &Profile) -> NodeInfo {
    NodeInfo {
        protected: profile.is_protected(),
        locked: true,
        ..closed(settings)
    }
}

fn closed(settings: &NodeSettings) -> NodeInfo {
    NodeInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        profile: settings.profile.display().to_string(),
        ..NodeInfo::default()
    }
}

//! From a directory to a running node, to a locked one, and to the end.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicBool},
};

use tokio::{runtime::Handle as Runtime, task::spawn_blocking};
use zeroize::Zeroizing;

use super::{
    CommandError, ErrorKind, NodeError, NodeSettings, Restore, StartError, WarningKind, clock,
    driver::{Network, Next, Open},
    handle::{Ask, Ends, Waiting},
    info,
    step::{Core, Release, Released, chance},
    vault,
    view::{Answer, Event, NodeCommand, Query},
};
use crate::{
    config, net,
    proto::{
        engine::{Effect, Engine, LoadError, Unread, event::EngineEvent},
        identity::Account,
        record::CLASSES,
        text,
    },
    store::{
        OpenError, Opened, Profile, Store, StoreError, UnlockError, UnlockFailed, search::Search,
    },
    wire::id::Address,
};

/// A profile that is ours, open or not.
pub(super) enum State {
    /// The node runs.
    Open(Box<Open>),
    /// It waits for the passphrase.
    Locked(Box<Profile>),
}

/// An account from its words, and a name.
type Restored = (Account, Option<String>);

/// Who is to live in a new profile, if that was said.
fn restored(
    settings: &mut NodeSettings,
    profile: &Profile,
) -> Result<Option<Restored>, StartError> {
    let Some(Restore { words, name }) = settings.restore.take() else {
        return Ok(None);
    };
    if !profile.is_new() {
        let profile = settings.profile.display().to_string();
        return Err(StartError::Inhabited(profile));
    }
    let account = Account::from_words(&words);
    let account = account.map_err(|error| {
        StartError::Usage(format!(
            "Nothing was restored, because {error}. Give all words as they were shown, in their order."
        ))
    })?;
    let name = match name.map(|name| text::clean_name(&name)) {
        Some(None) => {
            let message = "A name needs at least one visible letter.";
            return Err(StartError::Usage(message.to_owned()));
        }
        Some(name) => name,
        None => None,
    };
    Ok(Some((account, name)))
}

/// Takes the profile, and opens it unless it is protected and there is no passphrase.
pub(super) async fn begin(
    settings: &mut NodeSettings,
    runtime: &Runtime,
) -> Result<State, StartError> {
    if settings.online {
        net::named_relays(&settings.relays).map_err(not_on_net)?;
    }
    let dir = settings.profile.clone();
    let profile = on_disk(move || Profile::open(&dir)).await?;
    let profile = profile.map_err(|error| not_ours(settings, error))?;
    let restored = restored(settings, &profile)?;
    let passphrase = settings.passphrase.take();
    if profile.is_protected() && passphrase.is_none() {
        return Ok(State::Locked(Box::new(profile)));
    }
    let open = open(settings, profile, passphrase, restored, runtime).await;
    open.map(|open| State::Open(Box::new(open)))
        .map_err(|failed| failed.why)
}

/// Runs until the node is to end, through any number of locks, with the network in `runtime`.
pub(super) async fn run(
    settings: NodeSettings,
    mut ends: Ends,
    mut state: State,
    runtime: Runtime,
) -> Result<(), NodeError> {
    loop {
        state = match state {
            State::Open(open) => match Box::pin(open.run(&settings, &mut ends)).await? {
                Next::Stop => return Ok(()),
                Next::Locked(profile, waiting) => {
                    let info = info::locked(&settings, &profile);
                    let _ = ends.events.send(Event::Node(Box::new(info)));
                    let _ = waiting.send(Ok(Answer::Done {}));
                    State::Locked(profile)
                }
            },
            State::Locked(profile) => match wait(&settings, &mut ends, *profile, &runtime).await? {
                Some(open) => State::Open(Box::new(open)),
                None => return Ok(()),
            },
        };
    }
}

/// Waits for the passphrase; `None` when the node is to end.
async fn wait(
    settings: &NodeSettings,
    ends: &mut Ends,
    mut profile: Profile,
    runtime: &Runtime,
) -> Result<Option<Open>, NodeError> {
    loop {
        match ends.asks.recv().await {
            None | Some(Ask::Stop) => return Ok(None),
            Some(Ask::Query(Query::NodeInfo, waiting)) => {
                let info = info::locked(settings, &profile);
                let _ = waiting.send(Ok(Answer::Node(Box::new(info))));
            }
            Some(Ask::Node(NodeCommand::Lock, waiting)) => {
                let _ = waiting.send(Ok(Answer::Done {}));
            }
            Some(Ask::Node(NodeCommand::Unlock { passphrase }, waiting)) => {
                let passphrase = Some(Zeroizing::new(passphrase));
                match open(settings, profile, passphrase, None, runtime).await {
                    Ok(open) => {
                        let _ = waiting.send(Ok(Answer::Done {}));
                        return Ok(Some(open));
                    }
                    Err(Failed { why, profile: back }) => {
                        let _ = waiting.send(Err(not_unlocked(&why)));
                        profile = *back.ok_or(NodeError::Bug)?;
                    }
                }
            }
            Some(Ask::Node(_, waiting) | Ask::Query(_, waiting) | Ask::File(_, waiting)) => {
                refuse(waiting);
            }
            Some(Ask::Command(_, waiting)) => refuse(waiting),
        }
    }
}

fn refuse<T>(waiting: Waiting<T>) {
    let _ = waiting.send(Err(vault::locked()));
}

fn not_unlocked(why: &StartError) -> CommandError {
    match why {
        StartError::WrongPassphrase(_) => vault::wrong_passphrase(),
        StartError::Network(_) => CommandError::new(ErrorKind::Network, why.to_string()),
        other => CommandError::new(ErrorKind::Storage, other.to_string()),
    }
}

/// Why a profile was not opened, and the profile, unless that is lost.
struct Failed {
    why: StartError,
    profile: Option<Box<Profile>>,
}

/// Opens the vault, loads or makes the engine, and starts the network.
async fn open(
    settings: &NodeSettings,
    profile: Profile,
    passphrase: Option<Zeroizing<String>>,
    restored: Option<Restored>,
    runtime: &Runtime,
) -> Result<Open, Failed> {
    let lost = |why| Failed { why, profile: None };
    let is_protected = profile.is_protected() || passphrase.is_some();
    let unlocked = on_disk(move || {
        let passphrase = passphrase.as_deref().map(String::as_str);
        profile.unlock(passphrase)
    });
    let store = unlocked
        .await
        .map_err(lost)?
        .map_err(|failed: UnlockFailed| Failed {
            why: not_open(settings, failed.why),
            profile: Some(failed.profile),
        })?;
    let held = store.clone();
    match set_going(settings, store, is_protected, restored, runtime).await {
        Ok(open) => Ok(open),
        Err(why) => {
            let profile = on_disk(move || held.lock()).await.map_err(lost)?;
            Err(Failed {
                why,
                profile: profile.ok().map(Box::new),
            })
        }
    }
}

async fn set_going(
    settings: &NodeSettings,
    store: Store,
    is_protected: bool,
    restored: Option<Restored>,
    runtime: &Runtime,
) -> Result<Open, StartError> {
    let mdns = settings.mdns;
    let announce = match &settings.announce {
        Some(text) => Some(address(text)?),
        None => None,
    };
    let profile = settings.profile.clone();
    let started = on_disk(move || {
        let (engine, created) = load(&store, restored)?;
        let [ip4, ip6] = config::read_ports(&profile);
        let search = Search::start(&store).map_err(|e| StartError::Storage(e.to_string()))?;
        let mut core = Core {
            engine,
            store,
            search: Arc::new(search),
            mdns,
            announce,
            protected: Arc::new(AtomicBool::new(is_protected)),
            profile,
            ports: net::Ports { ip4, ip6 },
        };
        let started = core.start(created);
        let started = started.map_err(|error| StartError::Storage(error.to_string()))?;
        Ok::<_, StartError>((core, started))
    });
    let (core, mut started) = started.await??;
    warn_of(&core.store, &mut started);
    let network = if settings.online {
        let _network_lives_there = runtime.enter();
        Some(start_net(settings, &core)?)
    } else {
        None
    };
    let shelf = core.store.shelf();
    let shelf = shelf.map_err(|error| StartError::Storage(error.to_string()))?;
    shelf.set_quota(settings.files.quota);
    Ok(Open {
        core,
        network,
        shelf,
        runtime: runtime.clone(),
        started,
    })
}

/// Loads the engine, or makes one if the profile is new.
fn load(store: &Store, restored: Option<Restored>) -> Result<(Engine, Vec<Effect>), StartError> {
    let refused = |error: StoreError| StartError::Storage(error.to_string());
    let mut records = BTreeMap::new();
    for class in CLASSES {
        records.insert(class, store.records(class).map_err(refused)?);
    }
    // What was copied before anything was in it has lost nothing.
    let Opened {
        salvaged,
        rolled_back,
        ..
    } = store.opened();
    if records.values().all(Vec::is_empty) && !salvaged && !rolled_back {
        let (now, mut chance) = (clock::now(), chance());
        return Ok(match restored {
            Some((account, name)) => Engine::restore(account, name, now, &mut chance),
            None => Engine::create(None, now, &mut chance),
        });
    }
    // An account that is lost is never silently replaced by another.
    let loaded = Engine::load(records, clock::now());
    let loaded = loaded.map_err(|error: LoadError| StartError::Damaged(error.to_string()))?;
    let (mut engine, unread) = loaded;
    let is_suspect = store.opened().is_suspect() || !unread.is_empty();
    let mut effects = Vec::new();
    if !unread.is_empty() {
        tracing::warn!("{} records cannot be read and are set aside", unread.len());
        effects.push(Effect::Emit(EngineEvent::Warning {
            kind: WarningKind::Storage,
            text: "Some of this profile could not be read by this version and was set aside. Messages or \
                   contacts may be missing; sessions with contacts begin anew."
                .to_owned(),
        }));
    }
    let writes = unread.into_iter().flat_map(Unread::set_aside);
    effects.extend(writes.map(Effect::Write));
    if is_suspect {
        let now = clock::now();
        engine.mistrust(now, &mut chance());
        for chat in engine.chat_ids() {
            let here = store.counters(chat).map_err(refused)?;
            effects.extend(engine.recount(&chat, &here, now));
        }
    }
    Ok((engine, effects))
}

/// What there is to say about how the profile was found.
fn warn_of(store: &Store, started: &mut Released) {
    let opened = store.opened();
    let mut warn = |kind, text: &str| {
        let text = text.to_owned();
        started
            .effects
            .push(Release::Event(Event::Warning { kind, text }));
    };
    if opened.salvaged {
        warn(
            WarningKind::Storage,
            "The database was damaged. What could be read of it was saved; messages may be missing.",
        );
    }
    if opened.rolled_back || opened.copied {
        warn(
            WarningKind::RolledBack,
            "This profile is older than it has been, or a copy of one in use elsewhere. Messages \
             may be missing. Sessions with contacts begin anew; of two copies use only one from now \
             on.",
        );
    }
}

fn start_net(settings: &NodeSettings, core: &Core) -> Result<Network, StartError> {
    let net = net::Settings {
        node_secret: Zeroizing::new(*core.engine.node_secret().expose()),
        listen: settings.listen.clone(),
        ports: core.ports,
        mdns: settings.mdns,
        dial: settings.dial.clone(),
        relays: settings.relays.clone(),
        today: clock::today,
    };
    let (net, events) = net::start(net).map_err(not_on_net)?;
    Ok(Network { net, events })
}

fn not_on_net(error: net::NetError) -> StartError {
    match error {
        net::NetError::Address(_) | net::NetError::Relay(_) | net::NetError::Relays(_) => {
            StartError::Usage(format!("{error}."))
        }
        other => StartError::Network(other.to_string()),
    }
}

fn address(text: &str) -> Result<Address, StartError> {
    let (_, address) = net::address::parse(text)
        .map_err(|_| StartError::Usage(format!("`{text}` is not an address.")))?;
    Ok(address)
}

fn not_ours(settings: &NodeSettings, error: OpenError) -> StartError {
    match error {
        OpenError::InUse { pid } => StartError::InUse {
            profile: settings.profile.display().to_string(),
            pid: pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string()),
        },
        OpenError::Damaged(what) => StartError::Damaged(what),
        OpenError::Refused(sentence) => StartError::Storage(sentence),
    }
}

fn not_open(settings: &NodeSettings, error: UnlockError) -> StartError {
    match error {
        UnlockError::NeedsPassphrase | UnlockError::WrongPassphrase => {
            StartError::WrongPassphrase(settings.profile.display().to_string())
        }
        UnlockError::TooShort(short) => StartError::Usage(short.to_string()),
        UnlockError::Damaged(what) => StartError::Damaged(what),
        other @ (UnlockError::Newer | UnlockError::Full | UnlockError::Io(_)) => {
            StartError::Storage(other.to_string())
        }
    }
}

/// Does something that waits for the disk.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StartError> {
    let done = spawn_blocking(work).await;
    done.map_err(|_| StartError::Storage("a bug was met while it was opened".into()))
}

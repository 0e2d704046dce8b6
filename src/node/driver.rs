//! The node's loop: waits for the first of time, a face and the network, takes what else is ready,
//! and has one turn of [`Core`] made of it.

mod files;
mod kinds;
mod savings;

use std::{collections::BTreeMap, sync::atomic::Ordering, time::Duration};

use tokio::{
    runtime::Handle as Runtime,
    task::{JoinSet, spawn_blocking},
    time::{Instant, sleep, sleep_until, timeout},
};
use tracing::{debug, error, warn};

use self::{
    files::Files,
    kinds::{can_wait, changes_info, changes_peers, next_event},
};
use super::{
    CommandError, ErrorKind, NodeError, NodeSettings, Reply, WarningKind, clock,
    handle::{Ask, Ends, Waiting},
    info, query,
    step::{Core, Happened, Release, Released, Stepped, not_stored},
    transfer::Transfers,
    vault,
    view::{Answer, Event, FileCommand, NodeCommand, NodeInfo, Query},
};
use crate::{
    files::Shelf,
    net::{Net, NetEvent, NetEvents},
    proto::engine::{Input, input::CommandId},
    store::{Profile, StoreError},
    wire::limits,
};

/// A node whose profile is open.
pub(super) struct Open {
    /// The engine and its memory.
    pub(super) core: Core,
    /// None if the node stays off it.
    pub(super) network: Option<Network>,
    /// Where files are.
    pub(super) shelf: Shelf,
    /// Where the network lives.
    pub(super) runtime: Runtime,
    /// What starting the engine led to.
    pub(super) started: Released,
}

/// The network, and what happens there.
pub(super) struct Network {
    pub(super) net: Net,
    pub(super) events: NetEvents,
}

/// Why the loop ended.
pub(super) enum Next {
    /// The profile is locked; somebody waits for that.
    Locked(Box<Profile>, Waiting<Answer>),
    /// The node is to end.
    Stop,
}

/// Everything beside the engine and its memory.
struct Driver<'a> {
    settings: &'a NodeSettings,
    ends: &'a mut Ends,
    network: Option<Network>,
    files: Files,
    /// Commands that the engine has not answered.
    waiting: BTreeMap<CommandId, Waiting<Reply>>,
    next_command: u64,
    /// Questions that are being answered from the store.
    reading: JoinSet<()>,
    /// What the engine asked for, for the next turn.
    loaded: Vec<Input>,
    /// Acknowledgements, which can wait a moment for something else to share a commit with, and until when
    /// they do.
    patient: Vec<Happened>,
    patient_until: Instant,
    /// What cannot be taken in, because the disk is full. Until it can, nothing more is heard from
    /// the network: who sent it keeps it.
    held: Vec<Happened>,
    is_full: bool,
    /// What faces were last told of the node itself.
    told: Option<NodeInfo>,
    /// When the key of the ratchet states is to be replaced (protocol §8.4).
    rotate_at: Instant,
    /// When the store may look after itself.
    tidy_at: Instant,
}

/// What was ready.
#[derive(Default)]
struct Gathered {
    batch: Vec<Happened>,
    questions: Vec<(Query, Waiting<Answer>)>,
    files: Vec<(FileCommand, Waiting<Answer>)>,
    /// What can wait has waited.
    is_due: bool,
    /// Comes after the others.
    order: Option<Order>,
}

/// What concerns the loop itself.
enum Order {
    Stop,
    Node(NodeCommand, Waiting<Answer>),
    RotateKey,
    Tidy,
}

impl Open {
    /// Runs until the profile is to be locked or the node is to end.
    pub(super) async fn run(
        self,
        settings: &NodeSettings,
        ends: &mut Ends,
    ) -> Result<Next, NodeError> {
        let mut core = self.core;
        let mut network = self.network;
        let rules = settings.files;
        let blobs = network.as_mut().and_then(|network| network.net.blobs());
        let events = ends.events.clone();
        let (transfers, asks) =
            Transfers::start(&self.runtime, (self.shelf, rules.rate), blobs, events);
        let mut driver = Driver {
            settings,
            ends,
            network,
            files: Files {
                transfers,
                asks,
                unasked: rules.unasked,
            },
            waiting: BTreeMap::new(),
            next_command: 0,
            reading: JoinSet::new(),
            loaded: Vec::new(),
            patient: Vec::new(),
            patient_until: Instant::now(),
            held: Vec::new(),
            is_full: false,
            told: None,
            rotate_at: Instant::now() + KEY_LIFE,
            tidy_at: Instant::now() + TIDY,
        };
        driver.release(self.started);
        driver.resume_files(&core);
        driver.tell_info(&core);
        loop {
            let gathered = driver.gather(&core).await;
            if !gathered.batch.is_empty() {
                driver.turn(&mut core, gathered.batch)?;
            }
            for (command, waiting) in gathered.files {
                driver.file_command(&core, command, waiting);
            }
            for (question, waiting) in gathered.questions {
                driver.answer(&core, question, waiting).await;
            }
            match gathered.order {
                None => {}
                Some(Order::Stop) => {
                    driver.close(core).await;
                    return Ok(Next::Stop);
                }
                Some(Order::Node(NodeCommand::Lock, waiting)) => {
                    if !core.protected.load(Ordering::Relaxed) {
                        let _ = waiting.send(Err(vault::nothing_to_lock()));
                        continue;
                    }
                    return match driver.close(core).await {
                        Some(profile) => Ok(Next::Locked(Box::new(profile), waiting)),
                        None => Err(NodeError::Bug),
                    };
                }
                Some(Order::Node(command, waiting)) => {
                    driver.order(&core, command, waiting).await;
                }
                Some(Order::RotateKey) => driver.rotate_key(&core).await?,
                Some(Order::Tidy) => driver.tidy(&core),
            }
        }
    }
}

impl Driver<'_> {
    /// Waits until there is something to do, and takes what else is ready, up to a bound.
    async fn gather(&mut self, core: &Core) -> Gathered {
        let mut gathered = Gathered::default();
        if !self.held.is_empty() {
            self.gather_asks(&mut gathered).await;
            return gathered;
        }
        let loaded = std::mem::take(&mut self.loaded);
        gathered
            .batch
            .extend(loaded.into_iter().map(|it| Happened::Loaded(Box::new(it))));
        if gathered.batch.is_empty() {
            let patient = !self.patient.is_empty();
            tokio::select! {
                ask = self.ends.asks.recv() => self.take_ask(ask, &mut gathered),
                Some(ask) = self.files.asks.recv() => self.take_file_ask(core, ask, &mut gathered),
                event = next_event(&mut self.network) => self.take_event(event, &mut gathered),
                () = sleep_until(self.patient_until), if patient => gathered.is_due = true,
                () = sleep_until(wake_at(core)) => gathered.batch.push(Happened::Timeout),
                () = sleep_until(self.rotate_at) => gathered.order = Some(Order::RotateKey),
                () = sleep_until(self.tidy_at) => gathered.order = Some(Order::Tidy),
                Some(_) = self.reading.join_next() => {}
            }
        }
        while gathered.order.is_none() && gathered.len() + self.patient.len() < limits::BATCH {
            let ask = self.ends.asks.try_recv().ok();
            let network = self.network.as_mut();
            let event = network.and_then(|network| network.events.try_recv());
            if ask.is_none() && event.is_none() {
                break;
            }
            if ask.is_some() {
                self.take_ask(ask, &mut gathered);
            }
            if event.is_some() {
                self.take_event(event, &mut gathered);
            }
        }
        if gathered.is_due || !gathered.batch.is_empty() || self.patient.len() >= limits::BATCH {
            let batch = std::mem::take(&mut gathered.batch);
            gathered.batch.append(&mut self.patient);
            gathered.batch.extend(batch);
        }
        gathered
    }

    fn take_event(&mut self, event: Option<NetEvent>, gathered: &mut Gathered) {
        match event {
            Some(event) if can_wait(&event) => {
                if self.patient.is_empty() {
                    self.patient_until = Instant::now() + PATIENCE;
                }
                self.patient.push(Happened::Net(event));
            }
            Some(event) => gathered.batch.push(Happened::Net(event)),
            None => gathered.order = Some(Order::Stop),
        }
    }

    /// Waits for a face or for room on the disk.
    async fn gather_asks(&mut self, gathered: &mut Gathered) {
        tokio::select! {
            ask = self.ends.asks.recv() => self.take_ask(ask, gathered),
            () = sleep(ROOM) => {}
        }
        gathered.batch.append(&mut self.held);
    }

    fn take_ask(&mut self, ask: Option<Ask>, gathered: &mut Gathered) {
        match ask {
            Some(Ask::Command(_, waiting)) if self.waiting.len() >= WAITING => {
                let message = "Too much is being done at once; repeat this in a moment.";
                let _ = waiting.send(Err(CommandError::new(ErrorKind::Conflict, message)));
            }
            Some(Ask::Command(command, waiting)) => {
                self.next_command += 1;
                let id = CommandId(self.next_command);
                self.waiting.insert(id, waiting);
                gathered.batch.push(Happened::Command(id, command));
            }
            Some(Ask::Query(query, waiting)) => gathered.questions.push((query, waiting)),
            Some(Ask::File(command, waiting)) => gathered.files.push((command, waiting)),
            Some(Ask::Node(command, waiting)) => {
                gathered.order = Some(Order::Node(command, waiting));
            }
            // Without a face nobody could ever ask for the end.
            Some(Ask::Stop) | None => gathered.order = Some(Order::Stop),
        }
    }

    /// One turn of the engine. It waits for the disk where it is: the loop has this thread to itself, and
    /// a message is not handed to another for that and back.
    fn turn(&mut self, core: &mut Core, batch: Vec<Happened>) -> Result<(), NodeError> {
        let shows = batch.iter().any(changes_info);
        let meets = batch.iter().any(changes_peers);
        match core.step(batch) {
            Stepped::Released(released) => {
                self.is_full = false;
                self.fetch_new(core, &released.effects);
                self.release(released);
            }
            Stepped::NoRoom { batch, why } => self.hold(batch, &why),
            Stepped::Failed(error) => return Err(self.fail(&error)),
        }
        if shows {
            self.tell_info(core);
        }
        if meets {
            self.files.transfers.peers_changed();
        }
        Ok(())
    }

    /// Hands out what a turn led to. Nothing here waits for anybody.
    fn release(&mut self, released: Released) {
        self.loaded.extend(released.loaded);
        for release in released.effects {
            match release {
                Release::Net(command) => {
                    if let Some(network) = &self.network
                        && !network.net.send(command)
                    {
                        debug!("the network is busy; what it could not take is sent again later");
                    }
                }
                Release::Event(event) => self.tell(event),
                Release::Reply(id, reply) => {
                    if let Some(waiting) = self.waiting.remove(&id) {
                        let _ = waiting.send(reply);
                    }
                }
            }
        }
    }

    fn tell(&self, event: Event) {
        // No listener is no failure.
        let _ = self.ends.events.send(event);
    }

    fn tell_info(&mut self, core: &Core) {
        let info = info::of(self.settings, core);
        if self.told.as_ref() != Some(&info) {
            self.tell(Event::Node(Box::new(info.clone())));
            self.told = Some(info);
        }
    }

    /// The disk is full: what can wait waits, and who cannot is told.
    fn hold(&mut self, batch: Vec<Happened>, why: &StoreError) {
        for happened in batch {
            match happened {
                Happened::Command(id, _) | Happened::Offer(id, ..) => {
                    if let Some(waiting) = self.waiting.remove(&id) {
                        let _ = waiting.send(Err(not_stored(why)));
                    }
                }
                Happened::Timeout => {}
                Happened::Net(_) | Happened::Loaded(_) => self.held.push(happened),
            }
        }
        if !std::mem::replace(&mut self.is_full, true) {
            warn!(%why, "nothing is taken in");
            self.tell(Event::Warning {
                kind: WarningKind::Storage,
                text: format!("Nothing can be sent or received: {why}. Make room."),
            });
        }
    }

    /// The disk refused: nothing that waits will be done.
    fn fail(&mut self, error: &StoreError) -> NodeError {
        error!(%error, "the disk refused, the node ends");
        for (_, waiting) in std::mem::take(&mut self.waiting) {
            let _ = waiting.send(Err(not_stored(error)));
        }
        self.tell(Event::Warning {
            kind: WarningKind::Storage,
            text: format!("Betwixt stops, because {error}. What was confirmed is safe."),
        });
        NodeError::Storage(error.to_string())
    }

    /// Answers a question, from the store if need be, while the loop goes on.
    async fn answer(&mut self, core: &Core, query: Query, waiting: Waiting<Answer>) {
        if query == Query::NodeInfo {
            let info = info::of(self.settings, core);
            let _ = waiting.send(Ok(Answer::Node(Box::new(info))));
            return;
        }
        while self.reading.len() >= READING {
            self.reading.join_next().await;
        }
        let question = query::ask(&core.engine, query);
        let store = core.store.clone();
        let search = core.search.clone();
        self.reading.spawn_blocking(move || {
            let _ = waiting.send(question.answer(&store, &search));
        });
    }

    /// Carries out what concerns the vault. Stretching a passphrase takes a second; the loop goes on
    /// meanwhile.
    async fn order(&mut self, core: &Core, command: NodeCommand, waiting: Waiting<Answer>) {
        while self.reading.len() >= READING {
            self.reading.join_next().await;
        }
        let words = core.engine.recovery_words();
        let store = core.store.clone();
        let protected = core.protected.clone();
        let mut info = info::of(self.settings, core);
        let events = self.ends.events.clone();
        self.reading.spawn_blocking(move || {
            let answer = vault::carry_out(&store, command, &words);
            let now = store.is_protected();
            if now != protected.swap(now, Ordering::Relaxed) {
                info.protected = now;
                let _ = events.send(Event::Node(Box::new(info)));
            }
            let _ = waiting.send(answer);
        });
    }

    async fn rotate_key(&mut self, core: &Core) -> Result<(), NodeError> {
        self.rotate_at = Instant::now() + KEY_LIFE;
        let store = core.store.clone();
        let rotated = spawn_blocking(move || store.rotate_ratchet_key()).await;
        let rotated = rotated.map_err(|_| NodeError::Bug)?;
        rotated.map_err(|error| self.fail(&error))
    }

    fn tidy(&mut self, core: &Core) {
        self.tidy_at = Instant::now() + TIDY;
        let store = core.store.clone();
        self.reading.spawn_blocking(move || {
            if let Err(error) = store.tidy() {
                warn!(%error, "the store could not be tidied");
            }
        });
    }

    /// Ends the network, then everything that holds keys. The profile stays ours.
    async fn close(mut self, core: Core) -> Option<Profile> {
        if let Some(network) = self.network.take()
            && timeout(LAST_WORDS, network.net.stop()).await.is_err()
        {
            debug!("the network did not end in time");
        }
        self.files.transfers.stop().await;
        while self.reading.join_next().await.is_some() {}
        let Core {
            engine,
            store,
            search,
            ..
        } = core;
        drop(engine);
        let closed = spawn_blocking(move || {
            // Nobody reads any more: this is the last one, and ends its thread.
            drop(search);
            store.lock()
        });
        let locked = closed.await.ok()?;
        locked
            .inspect_err(|error| error!(%error, "the profile did not close"))
            .ok()
    }
}

impl Gathered {
    fn len(&self) -> usize {
        self.batch.len() + self.questions.len() + self.files.len()
    }
}

/// When the engine is due. At the latest soon, because the clock may be set, and the monotonic one
/// stands still while the machine sleeps.
fn wake_at(core: &Core) -> Instant {
    let due = core
        .engine
        .poll_timeout()
        .map(|due| due.since(clock::now()));
    let wait = due.map_or(LONGEST_SLEEP, |ms| Duration::from_millis(ms.max(1)));
    Instant::now() + wait.min(LONGEST_SLEEP)
}

/// How long acknowledgements wait for something to share a commit with.
const PATIENCE: Duration = Duration::from_millis(15);

/// Commands that may wait for an answer at once.
const WAITING: usize = 1024;

/// Questions that are answered from the store at once.
const READING: usize = 8;

/// How long a key of ratchet states is used (protocol §8.4).
const KEY_LIFE: Duration = Duration::from_hours(6);

/// How often the store looks after itself.
const TIDY: Duration = Duration::from_mins(20);

/// How often a full disk is looked at again.
const ROOM: Duration = Duration::from_secs(1);

/// After a sleep of the machine, what was due meanwhile is noticed within this time.
const LONGEST_SLEEP: Duration = Duration::from_secs(10);

/// How long the network may take to say goodbye.
const LAST_WORDS: Duration = Duration::from_millis(800);

//! Between the window's thread and the node's: one bounded channel each way.
//!
//! The window's ends never block. What they carry is handed to the node in order; answers and events
//! wake the window.

use std::{future::Future, path::PathBuf, pin::Pin, sync::Arc, thread::JoinHandle, time::Duration};

use egui::{ColorImage, Context};
use futures::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use tokio::sync::{
    Semaphore,
    mpsc::{self, error::TrySendError},
};

use super::{
    appearance::Appearance,
    audio::{Ask, Audio, Heard},
    disk::{self, Found},
    login, proof,
    shot::{self, Shot, Unseen},
    thumbnail, watch,
    weight::{self, Weight},
};
use crate::node::{
    Command, CommandError, ErrorKind, FileId, Handle, MessageId, Reply, StartError,
    view::{Answer, Content, Event, FileCommand, NodeCommand, Preview, Query},
};
use crate::sound::Speed;

/// Starts the node, on the node's thread.
pub type Start = Box<dyn FnOnce() -> Starting + Send>;

/// The node, starting.
pub type Starting = Pin<Box<dyn Future<Output = Result<Handle, StartError>> + Send>>;

/// Tells answers apart.
pub type Ticket = u64;

/// What the window wants of the node's thread. Some hold passphrases, so there is no `Debug`.
pub enum Request {
    /// For the engine.
    Command(Ticket, Command),
    /// For the node.
    Node(Ticket, NodeCommand),
    /// For the store.
    Query(Ticket, Query),
    /// For files.
    File(Ticket, FileCommand),
    /// Look what stands at places of the disk.
    Look(Ticket, Vec<PathBuf>),
    /// Look what stands there, to be sent: folders with all that is in them. The answer is the same.
    Choose(Ticket, Vec<PathBuf>),
    /// Find out what would be sent of a file, or of bytes that are in none.
    Weigh(PathBuf, Option<Content>),
    /// Make a picture from the clipboard something that can be sent; it comes as what was looked for.
    Keep(Ticket, Arc<ColorImage>),
    /// Decode the picture of a message, to show it large.
    View(MessageId),
    /// Play the sound of a message, from there, so fast.
    Play(MessageId, u64, Speed),
    /// Something else about sound.
    Sound(Ask),
    /// Save the proof of a message there.
    Prove(MessageId, String),
    /// Open the film of a message with the system's player.
    Watch(MessageId),
    /// Make the small picture of a file what can be drawn.
    Decode(FileId, Preview),
    /// Store how the window looks.
    Remember(Appearance),
}

/// What the window is told.
#[derive(Debug)]
pub enum Update {
    /// The node runs.
    Started,
    /// The node did not start, or has ended.
    Stopped {
        /// A sentence.
        why: String,
        /// Whether it is about this profile's files.
        damaged: bool,
    },
    /// Something happened.
    Event(Event),
    /// The answer to a [`Request::Command`].
    Reply(Ticket, Result<Reply, CommandError>),
    /// The answer to a [`Request::Node`], [`Request::Query`] or [`Request::File`].
    Answer(Ticket, Result<Answer, CommandError>),
    /// What stands at the places of a [`Request::Look`].
    Looked(Ticket, Vec<Found>),
    /// What would be sent of a file.
    Weighed(PathBuf, Weight),
    /// The picture of a message, or why it cannot be shown.
    Viewed(MessageId, Result<Vec<Shot>, Unseen>),
    /// What is heard, or was spoken.
    Heard(Heard),
    /// The film of a message is opened, or why not.
    Watched(Result<(), String>),
    /// Where the proof of a message is saved, or why not.
    Proved(Result<String, String>),
    /// The small picture of a file; none if it is no picture.
    Decoded(FileId, Option<Arc<ColorImage>>),
}

/// The window's ends.
pub struct Bridge {
    requests: mpsc::Sender<Request>,
    updates: mpsc::Receiver<Update>,
}

/// The other ends.
pub struct FarEnd {
    /// What the window asks.
    pub requests: mpsc::Receiver<Request>,
    /// What the window is told.
    pub updates: mpsc::Sender<Update>,
}

/// A bridge and its far end.
pub fn bridge() -> (Bridge, FarEnd) {
    let (ask, asked) = mpsc::channel(REQUESTS);
    let (tell, told) = mpsc::channel(UPDATES);
    let near = Bridge {
        requests: ask,
        updates: told,
    };
    let far = FarEnd {
        requests: asked,
        updates: tell,
    };
    (near, far)
}

impl Bridge {
    /// Sends a request, or gives it back when the channel is full. A far end that has ended told
    /// why, and the window shows that.
    pub fn send(&self, request: Request) -> Option<Request> {
        match self.requests.try_send(request) {
            Ok(()) | Err(TrySendError::Closed(_)) => None,
            Err(TrySendError::Full(request)) => Some(request),
        }
    }

    /// The next update, if there is one.
    pub fn receive(&mut self) -> Option<Update> {
        self.updates.try_recv().ok()
    }
}

/// Starts the node's thread. It ends when the bridge is dropped.
pub fn spawn(start: Start, profile: PathBuf, far: FarEnd, ctx: Context) -> JoinHandle<()> {
    let work = move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("betwixt-node")
            .enable_all()
            .build();
        let teller = Teller {
            updates: far.updates,
            ctx,
        };
        match runtime {
            Ok(runtime) => {
                runtime.block_on(serve(start, profile, far.requests, teller));
                // The node has ended; nothing it left behind may hold the window's end up.
                runtime.shutdown_background();
            }
            Err(error) => teller.tell_now(Update::Stopped {
                why: error.to_string(),
                damaged: false,
            }),
        }
    };
    std::thread::spawn(work)
}

/// Tells the window, and wakes it.
#[derive(Clone)]
struct Teller {
    updates: mpsc::Sender<Update>,
    ctx: Context,
}

impl Teller {
    async fn tell(&self, update: Update) {
        // A closed window needs no answer.
        let _ = self.updates.send(update).await;
        self.ctx.request_repaint();
    }

    /// Now, or as soon as there is room.
    fn tell_soon(&self, update: Update) {
        match self.updates.try_send(update) {
            Err(TrySendError::Full(update)) => {
                let teller = self.clone();
                tokio::spawn(async move { teller.tell(update).await });
            }
            Ok(()) | Err(TrySendError::Closed(_)) => self.ctx.request_repaint(),
        }
    }

    fn tell_now(&self, update: Update) {
        let _ = self.updates.try_send(update);
        self.ctx.request_repaint();
    }
}

async fn serve(
    start: Start,
    profile: PathBuf,
    mut requests: mpsc::Receiver<Request>,
    teller: Teller,
) {
    let node = match start().await {
        Ok(node) => node,
        Err(error) => {
            let damaged = matches!(error, StartError::Damaged(_) | StartError::Storage(_));
            let why = error.to_string();
            teller.tell(Update::Stopped { why, damaged }).await;
            return;
        }
    };
    let mut events = node.events();
    let large = Arc::new(Semaphore::new(LARGE));
    let audio = {
        let teller = teller.clone();
        Audio::start(move |heard| teller.tell_soon(Update::Heard(heard)))
    };
    let rooms = Rooms {
        profile,
        large,
        audio,
    };
    teller.tell(Update::Started).await;
    let mut answers: FuturesUnordered<BoxFuture<'_, Update>> = FuturesUnordered::new();
    loop {
        tokio::select! {
            request = requests.recv(), if answers.len() < UNDER_WAY => match request {
                Some(request) => answers.extend(hand_in(&node, &rooms, request).await),
                None => break,
            },
            Some(update) = answers.next() => teller.tell(update).await,
            event = events.next() => {
                let Some(event) = event else {
                    let why = super::strings::tr("failed-ended");
                    teller.tell(Update::Stopped { why, damaged: false }).await;
                    return;
                };
                teller.tell(Update::Event(event)).await;
            }
        }
    }
    node.stop().await;
    // What was watched goes with the window.
    let _ = watch::clear(&rooms.profile);
}

/// What requests are answered with, beside the node.
struct Rooms {
    profile: PathBuf,
    /// Turns for what takes much memory.
    large: Arc<Semaphore>,
    audio: Audio,
}

/// Hands a request to the node, in order; its answer comes later.
async fn hand_in<'a>(
    node: &Handle,
    rooms: &Rooms,
    request: Request,
) -> Option<BoxFuture<'a, Update>> {
    let Rooms {
        profile,
        large,
        audio,
    } = rooms;
    match request {
        Request::Command(ticket, command) => {
            let reply = node.submit_command(command).await;
            Some(Box::pin(async move { Update::Reply(ticket, reply.await) }))
        }
        Request::Node(ticket, command) => {
            let answer = node.submit_node_command(command).await;
            Some(Box::pin(
                async move { Update::Answer(ticket, answer.await) },
            ))
        }
        Request::Query(ticket, query) => {
            let answer = node.submit_query(query).await;
            Some(Box::pin(
                async move { Update::Answer(ticket, answer.await) },
            ))
        }
        Request::File(ticket, command) => {
            let node = node.clone();
            Some(Box::pin(async move {
                Update::Answer(ticket, node.file_command(command).await)
            }))
        }
        Request::Look(ticket, places) => Some(Box::pin(async move {
            let look = move || places.iter().map(|place| disk::look(place)).collect();
            let found = tokio::task::spawn_blocking(look).await;
            Update::Looked(ticket, found.unwrap_or_default())
        })),
        Request::Choose(ticket, places) => Some(Box::pin(async move {
            let look = move || places.iter().map(|place| disk::choose(place)).collect();
            let found = tokio::task::spawn_blocking(look).await;
            Update::Looked(ticket, found.unwrap_or_default())
        })),
        Request::Weigh(path, content) => {
            let place = path.clone();
            let weigh = one_of(Arc::clone(large), move || {
                weight::weigh(&place, content.as_ref())
            });
            Some(Box::pin(async move {
                // What breaks a decoder is refused when it is sent.
                Update::Weighed(path, weigh.await.unwrap_or(Weight::Whole))
            }))
        }
        Request::Keep(ticket, picture) => {
            let keep = one_of(Arc::clone(large), move || shot::kept(&picture, ticket));
            Some(Box::pin(async move {
                let kept = keep.await.flatten();
                Update::Looked(ticket, kept.into_iter().collect())
            }))
        }
        Request::View(message) => {
            let (node, large) = (node.clone(), Arc::clone(large));
            Some(Box::pin(async move {
                let shots = view(&node, message, large).await;
                Update::Viewed(message, shots)
            }))
        }
        Request::Play(message, from_ms, speed) => {
            let (node, audio) = (node.clone(), audio.clone());
            Some(Box::pin(async move {
                match read(&node, message).await {
                    Ok(content) => {
                        audio.ask(Ask::Play(message, content, from_ms, speed));
                        Update::Heard(Heard::At(message, from_ms, None))
                    }
                    Err(unseen) => Update::Heard(Heard::Refused(message, unseen.why)),
                }
            }))
        }
        Request::Sound(ask) => {
            audio.ask(ask);
            None
        }
        Request::Prove(message, path) => Some(Box::pin(proof::save(node.clone(), message, path))),
        Request::Watch(message) => {
            let (node, profile) = (node.clone(), profile.clone());
            Some(Box::pin(async move {
                Update::Watched(watch::watch(&node, message, profile).await)
            }))
        }
        Request::Decode(file, preview) => Some(Box::pin(async move {
            let decode = move || thumbnail::decode(&preview).map(Arc::new);
            // A picture that breaks the decoder breaks no more than this.
            let picture = tokio::task::spawn_blocking(decode).await;
            Update::Decoded(file, picture.ok().flatten())
        })),
        Request::Remember(appearance) => {
            let before = Appearance::load(profile);
            if let Err(error) = appearance.save(profile) {
                tracing::warn!(%error, "window.toml cannot be written");
            }
            if before.at_login != appearance.at_login
                && let Err(error) = login::set(appearance.at_login, profile)
            {
                tracing::warn!(%error, "the desktop cannot be told about starting at login");
            }
            None
        }
    }
}

/// Has something done with a large picture, which takes its time and much memory; none if that went wrong.
async fn one_of<T: Send + 'static>(
    large: Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let turn = large.acquire_owned().await;
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    done.await.ok()
}

/// Reads and decodes the picture of a message.
async fn view(
    node: &Handle,
    message_id: MessageId,
    large: Arc<Semaphore>,
) -> Result<Vec<Shot>, Unseen> {
    let content = read(node, message_id).await?;
    let shots = one_of(large, move || shot::shots(&content.0));
    let shots = tokio::time::timeout(LONGEST, shots).await;
    // A picture that breaks the decoder breaks no more than this.
    let broken = || Err(Unseen::none());
    shots.ok().flatten().unwrap_or_else(broken)
}

/// Requests that wait for the node; then they wait in the model.
const REQUESTS: usize = 256;

/// Updates that wait for the window; then the node's events wait in their own bounded channel.
const UPDATES: usize = 1024;

/// Reads the file of a message.
async fn read(node: &Handle, message_id: MessageId) -> Result<Content, Unseen> {
    match node.file_command(FileCommand::Read { message_id }).await {
        Ok(Answer::Content(content)) => Ok(content),
        Ok(_) => Err(Unseen::none()),
        Err(error) => Err(Unseen {
            why: super::refusal::said(&error),
            large: error.kind == ErrorKind::TooLarge,
        }),
    }
}

/// Large pictures that are decoded at a time: each takes much memory.
const LARGE: usize = 2;

/// So long is waited for a picture that is to be shown.
const LONGEST: Duration = Duration::from_secs(30);

/// Requests whose answers are awaited at a time.
const UNDER_WAY: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Ask;

    #[tokio::test]
    async fn requests_reach_the_node_in_order_and_answers_come_back() {
        let (handle, mut ends) = crate::node::handle();
        let (mut near, far) = bridge();
        let start: Start = Box::new(move || Box::pin(async move { Ok(handle) }));
        let thread = spawn(start, PathBuf::new(), far, Context::default());

        assert!(near.send(Request::Query(1, Query::NodeInfo)).is_none());
        assert!(near.send(Request::Query(2, Query::Chats)).is_none());
        for expected in [Query::NodeInfo, Query::Chats] {
            let Some(Ask::Query(query, waiting)) = ends.asks.recv().await else {
                panic!("no query")
            };
            assert_eq!(query, expected);
            let answer = Answer::Node(Box::default());
            waiting.send(Ok(answer)).unwrap();
        }

        let mut tickets = Vec::new();
        while tickets.len() < 2 {
            match near.updates.recv().await.unwrap() {
                Update::Answer(ticket, Ok(_)) => tickets.push(ticket),
                Update::Started | Update::Heard(_) => {}
                other => panic!("{other:?}"),
            }
        }
        tickets.sort_unstable();
        assert_eq!(tickets, [1, 2]);
        drop(near);
        while !matches!(ends.asks.recv().await, Some(Ask::Stop) | None) {}
        drop(ends);
        thread.join().unwrap();
    }

    #[tokio::test]
    async fn a_node_that_does_not_start_says_why() {
        let (mut near, far) = bridge();
        let start: Start = Box::new(|| {
            Box::pin(async { Err(StartError::Damaged("the head does not match".into())) })
        });

        let thread = spawn(start, PathBuf::new(), far, Context::default());

        let Some(Update::Stopped { why, damaged }) = near.updates.recv().await else {
            panic!("no reason")
        };
        assert!(why.contains("the head does not match"));
        assert!(damaged);
        thread.join().unwrap();
    }

    #[test]
    fn a_full_channel_gives_the_request_back() {
        let (near, _far) = bridge();
        let send = |n| near.send(Request::Query(n, Query::Chats));

        let refused = (0..10_000).find(|&n| send(n).is_some());

        assert_eq!(refused, Some(REQUESTS as u64));
    }
}

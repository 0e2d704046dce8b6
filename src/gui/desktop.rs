//! The desktop around the window: notifications, whether it is light or dark, whether somebody is there.
//!
//! Each has a thread of its own, because the desktop may take its time. Where there is no desktop, or it
//! does not answer, the window does without and the log says so once.

#[cfg(target_os = "linux")]
mod awake;
#[cfg(target_os = "linux")]
mod away;
#[cfg(target_os = "linux")]
#[cfg(test)]
mod bus;
#[cfg(target_os = "linux")]
mod chooser;
#[cfg(target_os = "linux")]
mod notices;
#[cfg(target_os = "linux")]
mod scheme;
#[cfg(target_os = "linux")]
mod tray;

use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
};

use egui::{Context, Theme};
#[cfg(target_os = "linux")]
use zbus::blocking::Connection;

use super::{
    alert::Note,
    scan::{self, Refusal, Source},
    sounds::Sounds,
};
use crate::node::{ChatId, MessageId};

/// What the desktop is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Show this, in place of what was shown of the same chat.
    Show(Note),
    /// Nothing of this chat is new any more.
    Withdraw(ChatId),
    /// Let somebody choose a picture, and read the code in it.
    Choose,
    /// Read the code in a picture.
    Read(Source),
    /// Nothing at all is to be seen any more.
    WithdrawAll,
    /// The tray shows this.
    Tray(Tray),
    /// Let somebody choose files or a place.
    Pick(Pick),
    /// The computer must not fall asleep by itself, or may again.
    Awake(bool),
}

/// What somebody is to choose, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Files for a chat.
    Files(ChatId),
    /// A folder for a chat.
    Folder(ChatId),
    /// Where the file of a message is to be saved, which is called so.
    Save(MessageId, String),
    /// Where the proof of a message is to be saved, which is called so.
    Proof(MessageId, String),
}

/// What the icon in the tray says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tray {
    /// Messages not yet read.
    pub unread: u32,
    /// Whether nothing is told now.
    pub quiet: bool,
}

/// What the desktop says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Somebody clicked on a notification of this chat.
    Opened(ChatId),
    /// Somebody answered in a notification.
    Answered(ChatId, String),
    /// What the code in a picture says, or why it was not read.
    Read(Result<String, Refusal>),
    /// The program was started again, perhaps with a link.
    Knocked(Option<String>),
    /// There is a tray, or none any more.
    TrayShown(bool),
    /// Somebody wants no notifications until tomorrow, or wants them again.
    Quiet,
    /// Somebody wants the program to end.
    Quit,
    /// Nobody is there any more: the desktop locks or sleeps.
    Away,
    /// There is a window of the desktop's own to choose files.
    Chooser,
    /// What somebody chose; nothing if they gave it up, none where there is no window for that.
    Picked(Pick, Option<Vec<PathBuf>>),
    /// The desktop is light or dark, or does not care.
    Scheme(Option<Theme>),
}

/// The window's ends.
pub struct Desktop {
    wishes: SyncSender<Wish>,
    heard: Receiver<Heard>,
}

/// The other ends.
pub struct FarDesktop {
    /// What is asked for.
    pub wishes: Receiver<Wish>,
    /// What is said.
    pub tell: SyncSender<Heard>,
}

/// Both ends.
pub fn desktop() -> (Desktop, FarDesktop) {
    let (wishes, wished) = sync_channel(WAITING);
    let (tell, heard) = sync_channel(WAITING);
    let near = Desktop { wishes, heard };
    let far = FarDesktop {
        wishes: wished,
        tell,
    };
    (near, far)
}

impl Desktop {
    /// Asks for something. A desktop that is behind misses it.
    pub fn wish(&self, wish: Wish) {
        let _ = self.wishes.try_send(wish);
    }

    /// What was said, if anything.
    pub fn hear(&self) -> Option<Heard> {
        self.heard.try_recv().ok()
    }
}

impl FarDesktop {
    /// Something that can say things.
    pub fn teller(&self, ctx: &Context) -> Teller {
        Teller {
            tell: self.tell.clone(),
            ctx: ctx.clone(),
        }
    }
}

/// Begins to talk with the desktop. The threads end with the window.
pub fn spawn(far: FarDesktop, profile: PathBuf, ctx: &Context) {
    let teller = far.teller(ctx);
    #[cfg(target_os = "linux")]
    {
        let for_scheme = teller.clone();
        std::thread::spawn(move || scheme::follow(&for_scheme));
        let for_screen = teller.clone();
        std::thread::spawn(move || away::follow_screen(Connection::session(), &for_screen));
        let for_machine = teller.clone();
        std::thread::spawn(move || away::follow_machine(Connection::system(), &for_machine));
        let (notes, noted) = sync_channel(WAITING);
        let (states, stated) = sync_channel(WAITING);
        let (wakings, wakes) = sync_channel(WAITING);
        std::thread::spawn(move || awake::follow(Connection::session(), &wakes));
        let for_chooser = teller.clone();
        std::thread::spawn(move || {
            if Connection::session().is_ok_and(|bus| chooser::is_there(&bus)) {
                for_chooser.tell(Heard::Chooser);
            }
        });
        let for_tray = teller.clone();
        std::thread::spawn(move || tray::show(&stated, &for_tray));
        let for_notes = teller.clone();
        std::thread::spawn(move || {
            let sounds = Sounds::in_profile(&profile);
            notices::show(&noted, &for_notes, &sounds);
        });
        std::thread::spawn(move || {
            serve(&far.wishes, &teller, |wish| match wish {
                Wish::Tray(state) => {
                    let _ = states.try_send(state);
                }
                Wish::Awake(awake) => {
                    let _ = wakings.try_send(awake);
                }
                other => {
                    let _ = notes.try_send(other);
                }
            });
        });
    }
    #[cfg(not(target_os = "linux"))]
    {
        drop(profile);
        std::thread::spawn(move || serve(&far.wishes, &teller, drop));
    }
}

/// Reads codes, one after the other, and hands on what is not that.
fn serve(wishes: &Receiver<Wish>, teller: &Teller, rest: impl Fn(Wish)) {
    while let Ok(wish) = wishes.recv() {
        match wish {
            Wish::Choose => {
                // Somebody may take their time.
                let teller = teller.clone();
                std::thread::spawn(move || teller.tell(Heard::Read(chosen())));
            }
            Wish::Pick(pick) => {
                let teller = teller.clone();
                std::thread::spawn(move || {
                    let places = picked(&pick);
                    teller.tell(Heard::Picked(pick, places));
                });
            }
            Wish::Read(source) => teller.tell(Heard::Read(scan::read(source))),
            other => rest(other),
        }
    }
}

/// What the code in a picture says that somebody chooses.
fn chosen() -> Result<String, Refusal> {
    #[cfg(target_os = "linux")]
    {
        let chosen = Connection::session()
            .and_then(|connection| chooser::choose(&connection))
            .map_err(|error| {
                tracing::info!(%error, "the desktop has no window to choose files");
                Refusal::NoChooser
            })?;
        scan::read(Source::File(chosen.ok_or(Refusal::GivenUp)?))
    }
    #[cfg(not(target_os = "linux"))]
    Err(Refusal::NoChooser)
}

/// What somebody chooses in the desktop's window; none if it has none.
fn picked(pick: &Pick) -> Option<Vec<PathBuf>> {
    #[cfg(target_os = "linux")]
    {
        let picked = Connection::session().and_then(|bus| chooser::pick(&bus, pick));
        if let Err(error) = &picked {
            tracing::info!(%error, "the desktop has no window to choose files");
        }
        picked.ok()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = pick;
        None
    }
}

/// Tells the window, and wakes it.
#[derive(Clone)]
pub struct Teller {
    tell: SyncSender<Heard>,
    ctx: Context,
}

#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
impl Teller {
    pub(super) fn tell(&self, heard: Heard) {
        let _ = self.tell.try_send(heard);
        self.ctx.request_repaint();
    }
}

/// What waits in either direction.
const WAITING: usize = 64;

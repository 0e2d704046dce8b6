//! Files: what comes and goes, what is to be sent, what they take.

use std::{
    collections::{BTreeMap, VecDeque},
    path::{Path, PathBuf},
    sync::Arc,
};

use egui::ColorImage;

use super::{
    Asked, Model, Referred, Want,
    nav::{Dialog, Pane},
    timeline::Pending,
    viewed::Viewed,
};
use crate::{
    gui::{
        action::FileAction,
        bridge::Request,
        desktop::Pick,
        disk::{Chosen, Folder, Found},
        refusal,
        strings::tr_name,
        weight::Weight,
    },
    node::{
        ChatId, FileId, MessageId, Timestamp,
        view::{
            ContentsOf, FileCommand, FileState, FolderContents, Query, Storage, Transfer,
            TransferState,
        },
    },
};

/// Files, as far as they are not messages.
#[derive(Default)]
pub struct Files {
    /// What all of them take, as it was when settings were opened.
    pub storage: Option<Storage>,
    /// The folder that is shown to choose from.
    pub folder: Option<Folder>,
    /// What was chosen to be sent.
    pub chosen: Vec<Chosen>,
    /// The picture that is shown large.
    pub viewed: Option<Viewed>,
    /// What is in the folder that is looked into, or why that is not known.
    pub contents: Option<Result<FolderContents, String>>,
    /// Whether pictures of it go as they are.
    pub original: bool,
    /// What would be sent of those, as far as that is known.
    weights: BTreeMap<PathBuf, Option<Weight>>,
    /// What comes and goes, and when it was heard of last.
    live: BTreeMap<FileId, (Transfer, Timestamp)>,
    pictures: BTreeMap<FileId, Picture>,
    /// The pictures, the oldest first.
    order: VecDeque<FileId>,
}

/// How far something has come, in bytes, and how many more a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moving {
    /// So many are there.
    pub have: u64,
    /// Of so many.
    pub size: u64,
    /// A second.
    pub rate: u64,
}

/// The small picture of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Picture {
    /// Nobody asked yet.
    #[default]
    Unknown,
    /// It is being decoded.
    Asked,
    /// It is none.
    None,
    /// This is it.
    Here(Arc<ColorImage>),
}

impl Files {
    /// What is known of a file that comes or goes, or did not come.
    pub fn live(&self, file: FileId) -> Option<&Transfer> {
        self.live.get(&file).map(|(transfer, _)| transfer)
    }

    /// How far what comes in a chat has come, all of it together; if nothing comes, what goes.
    pub fn moving(&self, chat: ChatId) -> Option<Moving> {
        let of = |state: TransferState| {
            let live = self.live.values().map(|(live, _)| live);
            let live = live.filter(|live| live.chat_id == chat && live.state == state);
            live.fold(None, |sum: Option<Moving>, live| {
                let sum = sum.unwrap_or_default();
                Some(Moving {
                    have: sum.have.saturating_add(live.have),
                    size: sum.size.saturating_add(live.size),
                    rate: sum.rate.saturating_add(live.rate),
                })
            })
        };
        of(TransferState::Fetching).or_else(|| of(TransferState::Giving))
    }

    /// Whether anything comes or goes.
    pub fn is_moving(&self) -> bool {
        let mut live = self.live.values().map(|(live, _)| live.state);
        live.any(|state| {
            matches!(
                state,
                TransferState::Fetching | TransferState::Giving | TransferState::Keeping
            )
        })
    }

    /// The small picture of a file.
    pub fn picture(&self, file: FileId) -> &Picture {
        self.pictures.get(&file).unwrap_or(&Picture::Unknown)
    }

    /// What would be sent of a file that was chosen; none while nobody knows.
    pub fn weight(&self, path: &Path) -> Option<&Weight> {
        self.weights.get(path).and_then(Option::as_ref)
    }

    /// Whether there are pictures among what was chosen, so that it matters whether they go as they are.
    pub fn has_pictures(&self) -> bool {
        let weights = self.chosen.iter().map(|file| self.weight(&file.path));
        weights.flatten().any(|weight| *weight != Weight::Whole)
    }

    /// Whether something of what was chosen cannot be sent so.
    pub fn has_refused(&self) -> bool {
        let weights = self.chosen.iter().map(|file| self.weight(&file.path));
        !self.original
            && weights
                .flatten()
                .any(|weight| matches!(weight, Weight::Refused(_)))
    }

    pub(super) fn weighed(&mut self, path: &Path, weight: Weight) {
        if let Some(known) = self.weights.get_mut(path) {
            *known = Some(weight);
        }
    }

    /// A small picture was decoded, or is none.
    pub(super) fn decoded(&mut self, file: FileId, picture: Option<Arc<ColorImage>>) {
        let picture = picture.map_or(Picture::None, Picture::Here);
        if let Some(asked) = self.pictures.get_mut(&file) {
            *asked = picture;
        }
    }

    /// The dialog that chose is closed.
    pub(super) fn close(&mut self) {
        self.folder = None;
        self.chosen.clear();
        self.weights.clear();
        self.viewed = None;
        self.contents = None;
        self.original = false;
    }

    /// When [`Files::expire`] next has work, if ever.
    pub(super) fn next_expiry(&self) -> Option<Timestamp> {
        let moving = self.live.values().filter(|(live, _)| moves(live));
        moving.map(|(_, heard)| heard.plus(SILENT)).min()
    }

    /// Of what nothing was heard for a while does not move.
    pub(super) fn expire(&mut self, now: Timestamp) {
        self.live
            .retain(|_, (live, heard)| !moves(live) || heard.plus(SILENT) > now);
    }

    fn heard(&mut self, transfer: Transfer, now: Timestamp) {
        let is_over = match transfer.state {
            TransferState::Fetching
            | TransferState::Waiting
            | TransferState::Failed
            | TransferState::Giving
            | TransferState::Keeping => false,
            TransferState::Paused
            | TransferState::Cancelled
            | TransferState::Here
            | TransferState::Saved
            | TransferState::Given
            | TransferState::Kept => true,
        };
        if is_over {
            self.live.remove(&transfer.file_id);
            return;
        }
        if self.live.len() >= LIVE && !self.live.contains_key(&transfer.file_id) {
            self.live.pop_first();
        }
        self.live.insert(transfer.file_id, (transfer, now));
    }
}

fn moves(transfer: &Transfer) -> bool {
    !matches!(
        transfer.state,
        TransferState::Failed | TransferState::Waiting
    )
}

impl Model {
    /// Does what the person wants with a file.
    pub(super) fn perform_with_file(&mut self, wanted: FileAction, now: Timestamp) {
        match wanted {
            FileAction::Fetch(message_id) => {
                self.forget_failure(message_id);
                let path = None;
                self.file_command(FileCommand::Fetch { message_id, path }, Asked::Change(&[]));
            }
            FileAction::Pause(file_id) => {
                self.file_command(FileCommand::Pause { file_id }, Asked::Change(&[]));
            }
            FileAction::Resume(file_id) => {
                self.file_command(FileCommand::Resume { file_id }, Asked::Change(&[]));
            }
            FileAction::Cancel(file_id) => {
                let asked = Asked::Change(&[Want::Files]);
                self.file_command(FileCommand::Cancel { file_id }, asked);
            }
            FileAction::Save { message, path } => {
                self.dialog.waiting = true;
                self.dialog.refused = None;
                let (message_id, path) = (message, Some(path));
                let command = FileCommand::Fetch { message_id, path };
                self.file_command(command, Asked::Save(message));
            }
            FileAction::Picture(message) => self.ask_picture(message),
            FileAction::Pick { chat, folder: true } => self.pick(Pick::Folder(chat)),
            FileAction::Pick { chat, .. } => self.pick(Pick::Files(chat)),
            FileAction::Look(place) => self.look_at(place),
            FileAction::Choose(chat, places) => self.choose(chat, places),
            FileAction::Paste(chat, picture) => self.paste(chat, picture),
            FileAction::StopLooking => self.files.folder = None,
            FileAction::Unchoose(path) => {
                self.files.chosen.retain(|file| file.path != path);
                if self.files.chosen.is_empty() {
                    self.look_at(PathBuf::new());
                }
            }
            FileAction::Original(on) => self.files.original = on,
            FileAction::Send { chat, caption } => {
                let mut caption = caption;
                let original = self.files.original;
                for mut file in std::mem::take(&mut self.files.chosen) {
                    file.original = original;
                    // What is said about them all stands with the first.
                    self.send_file(chat, file, std::mem::take(&mut caption), now);
                }
                self.close_dialog();
            }
        }
    }

    /// Sends a file: it is shown at once, and sealed by the node.
    pub(super) fn send_file(
        &mut self,
        chat_id: ChatId,
        file: Chosen,
        caption: String,
        now: Timestamp,
    ) {
        self.next_ticket += 1;
        let number = self.next_ticket;
        let path = file.path.to_string_lossy().into_owned();
        let (original, voice) = (file.original, file.voice);
        let content = file.content.clone();
        let open = self.timeline.as_mut();
        if let Some(timeline) = open.filter(|timeline| timeline.chat() == chat_id) {
            timeline.say(Pending {
                number,
                text: caption.clone(),
                reply_to: None,
                mentions: Vec::new(),
                file: Some(file),
                at: now,
                stored: None,
                failed: None,
            });
            if !timeline.at_end() {
                self.load(super::timeline::Side::Latest);
            }
        }
        let command = FileCommand::Send {
            chat_id,
            path,
            caption,
            original,
            voice,
            thumbnail: None,
            content,
        };
        self.file_command(command, Asked::Said(chat_id, number));
    }

    /// Something happens to a file.
    pub(super) fn transfer(&mut self, mut transfer: Transfer, now: Timestamp) {
        transfer.problem = transfer.problem.map(refusal::words);
        let whole = transfer.have >= transfer.size;
        let state = match transfer.state {
            // What is all here was not saved, which takes nothing away.
            TransferState::Failed | TransferState::Waiting if whole => Some(FileState::Here),
            TransferState::Fetching | TransferState::Waiting => Some(FileState::Fetching),
            TransferState::Paused | TransferState::Failed => Some(FileState::Paused),
            TransferState::Cancelled => Some(FileState::Cancelled),
            TransferState::Here | TransferState::Saved => Some(FileState::Here),
            TransferState::Giving
            | TransferState::Given
            | TransferState::Keeping
            | TransferState::Kept => None,
        };
        if let Some(state) = state {
            let (file, have) = (transfer.file_id, transfer.have);
            let open = self.timeline.iter_mut();
            for shown in open.flat_map(|timeline| timeline.files(file)) {
                (shown.state, shown.have) = (state, have);
            }
            let shown = self.chats.iter_mut().filter_map(|chat| chat.last.as_mut());
            let shown = shown.filter_map(|last| last.file.as_mut());
            for last in shown.filter(|last| last.file_id == file) {
                last.state = state;
                last.have = have;
            }
            if state != FileState::Fetching {
                self.want_storage();
            }
        }
        match (transfer.state, &transfer.path, &transfer.problem) {
            (TransferState::Saved, Some(path), _) => self.say(tr_name("file-saved", path), now),
            (TransferState::Failed, _, Some(why)) if whole => {
                // The dialog that asked says so itself.
                if !matches!(self.nav.dialog(), Some(Dialog::Save(_))) {
                    self.complain(why.clone(), now);
                }
                return;
            }
            _ => {}
        }
        self.lacked(&transfer);
        self.files.heard(transfer, now);
    }

    /// What files take is asked for again where it is seen.
    pub(super) fn want_storage(&mut self) {
        if self.nav.pane() == Pane::Settings {
            self.want(&[Want::Files]);
        }
    }

    /// Looks at a place of the disk.
    pub(super) fn look_at(&mut self, place: PathBuf) {
        self.dialog.refused = None;
        let ticket = self.ticket(Asked::Looked);
        self.outbox.push(Request::Look(ticket, vec![place]));
    }

    /// Files that were chosen or dropped. How large they are is not known yet.
    fn choose(&mut self, chat: ChatId, mut places: Vec<PathBuf>) {
        self.attach(chat);
        places.truncate(AT_ONCE);
        let ticket = self.ticket(Asked::Chosen(chat));
        self.outbox.push(Request::Choose(ticket, places));
    }

    /// A picture from the clipboard. It is in no file.
    fn paste(&mut self, chat: ChatId, picture: Arc<ColorImage>) {
        self.attach(chat);
        let ticket = self.ticket(Asked::Chosen(chat));
        self.outbox.push(Request::Keep(ticket, picture));
    }

    fn attach(&mut self, chat: ChatId) {
        if self.nav.dialog() != Some(Dialog::Attach(chat)) {
            self.close_dialog();
            self.nav.show(Dialog::Attach(chat));
        }
        self.dialog.refused = None;
        self.files.folder = None;
    }

    /// What stands at places of the disk.
    pub(super) fn looked(&mut self, asked: &Asked, found: Vec<Found>) {
        let dialog = self.nav.dialog();
        let chosen = match *asked {
            Asked::Looked
                if matches!(
                    dialog,
                    Some(Dialog::Save(_) | Dialog::Attach(_) | Dialog::Prove(_))
                ) =>
            {
                false
            }
            Asked::Chosen(chat) if dialog == Some(Dialog::Attach(chat)) => true,
            _ => return,
        };
        for found in found {
            match found {
                // What is chosen is no place to look around.
                Found::Folder(_) if chosen => {}
                Found::Folder(folder) => self.files.folder = Some(folder),
                Found::File(file) => {
                    if self.files.chosen.len() < AT_ONCE && !self.files.chosen.contains(&file) {
                        self.weigh(&file);
                        self.files.chosen.push(file);
                    }
                    self.files.folder = None;
                }
                Found::Nothing { path, why } => {
                    self.dialog.refused = Some(format!("{}: {why}", path.display()));
                }
            }
        }
    }

    /// Wants to know what would be sent of a file.
    fn weigh(&mut self, file: &Chosen) {
        if file.folder.is_none() && !self.files.weights.contains_key(&file.path) {
            self.files.weights.insert(file.path.clone(), None);
            let request = Request::Weigh(file.path.clone(), file.content.clone());
            self.outbox.push(request);
        }
    }

    fn ask_picture(&mut self, message: MessageId) {
        let Referred::Here(message) = self.referred(message) else {
            return;
        };
        let Some(file) = &message.file else {
            return;
        };
        let (id, Some(preview)) = (file.file_id, file.thumbnail.clone()) else {
            return;
        };
        if *self.files.picture(id) != Picture::Unknown {
            return;
        }
        while self.files.pictures.len() >= PICTURES
            && let Some(oldest) = self.files.order.pop_front()
        {
            self.files.pictures.remove(&oldest);
        }
        self.files.pictures.insert(id, Picture::Asked);
        self.files.order.push_back(id);
        self.outbox.push(Request::Decode(id, preview));
    }

    /// What is tried again has not failed yet.
    fn forget_failure(&mut self, message: MessageId) {
        if let Referred::Here(message) = self.referred(message)
            && let Some(file) = &message.file
        {
            let id = file.file_id;
            self.files.live.remove(&id);
        }
    }

    /// Wants to know what is in the folder of a message.
    pub(super) fn ask_contents(&mut self, message_id: MessageId) {
        let part = ContentsOf {
            message_id,
            from: 0,
            limit: Some(CONTENTS),
        };
        self.query(Query::Contents(part), Asked::Contents(message_id));
    }

    fn file_command(&mut self, command: FileCommand, asked: Asked) {
        let ticket = self.ticket(asked);
        self.outbox.push(Request::File(ticket, command));
    }
}

/// Files that are sent in one go.
pub const AT_ONCE: usize = 32;

/// Entries of a folder that are shown.
const CONTENTS: u32 = 5000;

/// Files of which it is known how they come or go.
const LIVE: usize = 256;

/// Small pictures that are kept decoded.
const PICTURES: usize = 128;

/// After so long without a word nothing moves, in milliseconds.
const SILENT: u64 = 5_000;

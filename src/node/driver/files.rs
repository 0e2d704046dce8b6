//! Files, as far as the loop has to do with them: it knows who may have what.

use std::path::PathBuf;

use data_encoding::BASE64;
use tokio::sync::mpsc;

use super::{Driver, Gathered, savings};
use crate::{
    files::{Standing, Wish},
    node::{
        CommandError, ErrorKind,
        handle::Waiting,
        query::no_message,
        step::{Core, Happened, Release},
        transfer::{Away, FileAsk, Guest, Holder, How, Order, Reading, Saving, Sending, Transfers},
        view::{Answer, Event, FileCommand, Preview},
    },
    proto::{
        chat::{
            acts,
            content::{Attachment, Thumbnail},
        },
        engine::input::CommandId,
        id::{FileId, MessageId},
        record::FileRow,
    },
    store::StoreError,
    wire::{blob::Shape, id::PeerId, limits, mailbox::RelayRequest},
};

/// Where files are worked on.
pub(in crate::node) struct Files {
    pub(in crate::node) transfers: Transfers,
    pub(in crate::node) asks: mpsc::Receiver<FileAsk>,
    /// The largest file that a contact sends and that is fetched without being asked for.
    pub(in crate::node) unasked: u64,
}

impl Driver<'_> {
    /// Answers what files need to know.
    pub(super) fn take_file_ask(&mut self, core: &Core, ask: FileAsk, gathered: &mut Gathered) {
        match ask {
            FileAsk::MayHave { peer, blob, answer } => {
                let named = core.store.naming(&blob).unwrap_or_default();
                let mut named = named.iter();
                let row = named.find(|row| core.engine.holders(&row.chat).contains(&peer));
                let guest = row.zip(core.engine.person_at(&peer));
                let _ = answer.send(guest.map(|(row, person)| Guest {
                    person,
                    chat: row.chat,
                    is_listing: row.blob != blob,
                }));
            }
            FileAsk::Holders { blob, answer } => {
                let named = core.store.naming(&blob).unwrap_or_default();
                let shared = named
                    .iter()
                    .any(|row| core.engine.chat(&row.chat).is_none());
                let chats = named.iter().map(|row| row.chat);
                let of = |peers: Vec<PeerId>, is_relay| {
                    peers.into_iter().map(move |peer| Holder { peer, is_relay })
                };
                let members = chats
                    .clone()
                    .flat_map(|chat| of(core.engine.holders(&chat), false));
                let relays = chats.flat_map(|chat| of(core.engine.keepers(&chat), true));
                let mut holders: Vec<Holder> = members.chain(relays).collect();
                holders.sort_unstable_by_key(|it| (it.is_relay, it.peer));
                holders.dedup();
                let _ = answer.send((holders, shared));
            }
            FileAsk::Away { blob, answer } => {
                let row = sent(core, &blob);
                let _ = answer.send(row.map(|row| Away {
                    people: core.engine.others(&row.chat),
                    relays: core.engine.keepers(&row.chat),
                    row,
                }));
            }
            FileAsk::Requests {
                relay,
                blob,
                put,
                answer,
            } => {
                let _ = answer.send(requests(core, relay, blob, put));
            }
            FileAsk::Offer {
                chat,
                attachment,
                answer,
            } => {
                self.next_command += 1;
                let id = CommandId(self.next_command);
                self.waiting.insert(id, answer);
                let offer = Happened::Offer(id, chat, attachment);
                gathered.batch.push(offer);
            }
            FileAsk::IsNamed { blob, answer } => {
                let named = core.store.naming(&blob).unwrap_or_default();
                let _ = answer.send(!named.is_empty());
            }
            FileAsk::Settled { message, to } => self.settled(core, message, &to),
        }
    }

    /// Goes on with what was being fetched when the node ended, and saves it where it was to be saved.
    pub(super) fn resume_files(&self, core: &Core) {
        let rows = core.store.files().unwrap_or_default();
        for blob in rows
            .iter()
            .filter(|row| row.outgoing)
            .flat_map(FileRow::blobs)
        {
            let told = core.store.shelf().ok().and_then(|it| it.told(&blob));
            if told.is_some_and(|told| told.is_open()) {
                self.files.transfers.look_after(blob);
            }
        }
        let savings = savings::all(core);
        let saved = savings::files(&savings);
        let is_wanted = |row: &FileRow| match self.standing(core, row) {
            Some(Standing::Part(Wish::Wanted)) => true,
            Some(Standing::Whole | Standing::Part(_)) => false,
            None => saved.contains(&row.blob) || self.comes_unasked(core, row),
        };
        // Of a folder that is not wanted perhaps what is in it.
        let wanted: Vec<FileRow> = rows
            .into_iter()
            .filter_map(|row| {
                let rows = [Some(row), row.listing()].into_iter().flatten();
                rows.into_iter().find(is_wanted)
            })
            .collect();
        self.files.transfers.order(Order::GoOn(wanted, savings));
    }

    /// Fetches the files of messages that have just come, if they come unasked.
    pub(super) fn fetch_new(&self, core: &Core, released: &[Release]) {
        for release in released {
            let Release::Event(Event::Message(message)) = release else {
                continue;
            };
            if message.outgoing || message.file.is_none() {
                continue;
            }
            if let Ok(Some(row)) = core.store.file(&message.message_id)
                && self.standing(core, &row).is_none()
            {
                // Of a folder at least what is in it.
                let rows = [Some(row), row.listing()].into_iter().flatten();
                let first = rows.into_iter().find(|row| self.comes_unasked(core, row));
                if let Some(row) = first {
                    self.files.transfers.order(Order::Fetch(row, None));
                }
            }
        }
    }

    /// Does something with a file.
    pub(super) fn file_command(&self, core: &Core, command: FileCommand, waiting: Waiting<Answer>) {
        if let Err((waiting, refusal)) = self.try_file_command(core, command, waiting) {
            let _ = waiting.send(Err(refusal));
        }
    }

    fn try_file_command(
        &self,
        core: &Core,
        command: FileCommand,
        waiting: Waiting<Answer>,
    ) -> Result<(), (Waiting<Answer>, CommandError)> {
        let order = match command {
            FileCommand::Send {
                chat_id,
                path,
                caption,
                original,
                voice,
                thumbnail,
                content,
            } => {
                let checked = core.engine.may_write(&chat_id);
                let checked = checked.and_then(|()| preview(thumbnail));
                let thumbnail = match checked {
                    Ok(_) if caption.len() > limits::TEXT => {
                        let message = "A caption has at most 16 KiB; shorten it.";
                        return Err((waiting, CommandError::new(ErrorKind::TooLarge, message)));
                    }
                    Ok(thumbnail) => thumbnail,
                    Err(refusal) => return Err((waiting, refusal)),
                };
                let sending = Sending {
                    chat: chat_id,
                    path: PathBuf::from(path),
                    content,
                    caption,
                    how: How { original, voice },
                    thumbnail,
                    waiting,
                };
                self.files.transfers.order(Order::Send(Box::new(sending)));
                return Ok(());
            }
            FileCommand::Read { message_id } => {
                let (row, attachment) = match found(core, &message_id) {
                    Ok(found) => found,
                    Err(refusal) => return Err((waiting, refusal)),
                };
                let manifest = attachment.manifest;
                let reading = Reading { manifest, waiting };
                self.files
                    .transfers
                    .order(Order::Read(row, Box::new(reading)));
                return Ok(());
            }
            FileCommand::Fetch { message_id, path } => {
                let found = found(core, &message_id);
                let (row, attachment) = match found {
                    Ok(found) => found,
                    Err(refusal) => return Err((waiting, refusal)),
                };
                let is_here = self.standing(core, &row) == Some(Standing::Whole);
                let to = match path.map(savings::place).transpose() {
                    Ok(to) => to,
                    Err(refusal) => return Err((waiting, refusal)),
                };
                let message = message_id;
                let later = match to {
                    Some(to) if is_here => {
                        let waiting = Some(waiting);
                        let saving = Saving {
                            message,
                            attachment,
                            to,
                            waiting,
                        };
                        self.files
                            .transfers
                            .order(Order::Fetch(row, Some(Box::new(saving))));
                        return Ok(());
                    }
                    Some(to) => match savings::note(core, (message, attachment), &to) {
                        Ok(saving) => Some(Box::new(saving)),
                        Err(refusal) => return Err((waiting, refusal)),
                    },
                    None => None,
                };
                (row, Order::Fetch(row, later))
            }
            FileCommand::Pause { file_id } => match self.unfinished(core, file_id) {
                Ok(row) => (row, Order::Pause(row)),
                Err(refusal) => return Err((waiting, refusal)),
            },
            FileCommand::Resume { file_id } => match self.unfinished(core, file_id) {
                Ok(row) => (row, Order::Fetch(row, None)),
                Err(refusal) => return Err((waiting, refusal)),
            },
            FileCommand::Cancel { file_id } => match self.given_up(core, file_id) {
                Ok(row) => (row, Order::Cancel(row)),
                Err(refusal) => return Err((waiting, refusal)),
            },
        };
        let (row, order) = order;
        if !self.files.transfers.order(order) {
            let message = "Too much is being done at once; repeat this in a moment.";
            return Err((waiting, CommandError::new(ErrorKind::Conflict, message)));
        }
        let _ = waiting.send(Ok(Answer::File {
            file_id: FileId(row.blob),
            path: None,
        }));
        Ok(())
    }

    /// A file that is not all here.
    fn unfinished(&self, core: &Core, file_id: FileId) -> Result<FileRow, CommandError> {
        let named = core.store.naming(&file_id.0).map_err(|e| unreadable(&e))?;
        let plausible = named.iter().find(|row| is_plausible(row).is_ok());
        let row = plausible.or(named.first()).copied().ok_or_else(no_file)?;
        if self.standing(core, &row) == Some(Standing::Whole) {
            let message = "All of this file is here already. Delete its message to remove it.";
            return Err(CommandError::new(ErrorKind::Conflict, message));
        }
        is_plausible(&row)?;
        Ok(row)
    }

    /// A file of which nothing is wanted any more.
    fn given_up(&self, core: &Core, file_id: FileId) -> Result<FileRow, CommandError> {
        let row = self.unfinished(core, file_id)?;
        savings::drop_all(core, file_id)?;
        Ok(row)
    }

    #[expect(clippy::unused_self, reason = "beside its siblings")]
    fn standing(&self, core: &Core, row: &FileRow) -> Option<Standing> {
        core.store.shelf().ok()?.standing(&row.blob)
    }

    fn comes_unasked(&self, core: &Core, row: &FileRow) -> bool {
        !row.outgoing
            && row.size <= self.files.unasked
            && is_plausible(row).is_ok()
            && core.engine.comes_unasked(&row.chat, &row.sender)
    }
}

/// What was sent under this name, if it was we who did.
fn sent(core: &Core, blob: &[u8; 32]) -> Option<FileRow> {
    let named = core.store.naming(blob).unwrap_or_default();
    let row = named.into_iter().find(|row| row.outgoing)?;
    if row.blob == *blob {
        return Some(row);
    }
    row.listing()
}

/// What opens a file at a relay.
fn requests(
    core: &Core,
    relay: PeerId,
    blob: [u8; 32],
    put: Option<(u64, Vec<u8>)>,
) -> Vec<RelayRequest> {
    if let Some((size, pages)) = put {
        let chat = sent(core, &blob).map(|row| row.chat);
        let put = chat.and_then(|chat| core.engine.blob_put((&chat, relay), (blob, size, pages)));
        return put.into_iter().map(RelayRequest::BlobPut).collect();
    }
    let named = core.store.naming(&blob).unwrap_or_default();
    let gets = named
        .iter()
        .flat_map(|row| core.engine.blob_gets(&row.chat, relay, blob));
    gets.map(RelayRequest::BlobGet).collect()
}

/// The file of a message, and what is needed to open it.
pub(super) fn found(
    core: &Core,
    message: &MessageId,
) -> Result<(FileRow, Box<Attachment>), CommandError> {
    let stored = core.store.message(message).map_err(|e| unreadable(&e))?;
    let content = stored.ok_or_else(no_message)?.row.content;
    let attachment = acts::attachment(&content).ok_or_else(|| {
        let message = "There is no file in this message.";
        CommandError::new(ErrorKind::Invalid, message)
    })?;
    let row = core.store.file(message).map_err(|e| unreadable(&e))?;
    let row = row.ok_or_else(no_file)?;
    is_plausible(&row)?;
    Ok((row, attachment))
}

/// Whether a file can be as large as is said, sealed and unsealed.
fn is_plausible(row: &FileRow) -> Result<(), CommandError> {
    let list = row.listing();
    let is_plausible = |row: &FileRow| {
        let sealed = Shape::sealing(row.size).map(|shape| shape.size());
        sealed == Some(row.sealed_size)
    };
    if is_plausible(row) && list.as_ref().is_none_or(is_plausible) {
        return Ok(());
    }
    let message = "This file is not what its message says, and cannot be fetched.";
    Err(CommandError::new(ErrorKind::Invalid, message))
}

fn preview(preview: Option<Preview>) -> Result<Option<Thumbnail>, CommandError> {
    let Some(preview) = preview else {
        return Ok(None);
    };
    let bytes = BASE64.decode(preview.data.as_bytes()).ok();
    match bytes {
        Some(bytes) if bytes.len() <= limits::THUMBNAIL && preview.mime.len() <= limits::MIME => {
            Ok(Some(Thumbnail {
                mime: preview.mime,
                width: preview.width,
                height: preview.height,
                bytes: bytes.into(),
            }))
        }
        _ => {
            let message = "A thumbnail has at most 12 KiB, in base64.";
            Err(CommandError::new(ErrorKind::Invalid, message))
        }
    }
}

fn no_file() -> CommandError {
    let message = "There is no file with that file_id here.";
    CommandError::new(ErrorKind::NotFound, message)
}

fn unreadable(error: &StoreError) -> CommandError {
    CommandError::new(
        ErrorKind::Storage,
        format!("The files cannot be read: {error}."),
    )
}

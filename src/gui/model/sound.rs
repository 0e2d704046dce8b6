//! What is heard and what is spoken, as the window knows it.

use std::{collections::VecDeque, path::PathBuf, sync::Arc};

use super::{Model, timeline::Timeline};
use crate::{
    gui::{
        action::SoundAction,
        audio::{Ask, Heard},
        bridge::Request,
        disk::Chosen,
    },
    node::{
        ChatId, MessageId, Timestamp,
        view::{Content, FileInfo, FileState, Message},
    },
    sound::Speed,
};

/// Sound in and out.
#[derive(Default)]
pub struct Sound {
    /// Whether it was said that there is no sound server.
    pub missing: bool,
    /// How fast sounds are played.
    pub speed: Speed,
    /// The sound that is played.
    pub playing: Option<Played>,
    /// What is being spoken.
    pub spoken: Option<Spoken>,
}

/// A sound that is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Played {
    /// Of which message.
    pub message: MessageId,
    /// Where it is, in milliseconds.
    pub at_ms: u64,
    /// How long it is, if that is known.
    pub long_ms: Option<u64>,
    /// Whether it waits.
    pub paused: bool,
}

/// What is being spoken.
pub struct Spoken {
    /// For which chat.
    pub chat: ChatId,
    /// So long already, in milliseconds.
    pub ms: u64,
    /// How loud it was, the last at the end, each from 0 to 31.
    pub levels: VecDeque<u8>,
    /// It is to be sent as soon as it comes.
    sent: bool,
    /// All of it, once it has become as long as it can be.
    note: Option<Arc<[u8]>>,
}

impl Model {
    /// Does what the person wants with sound.
    pub(super) fn perform_with_sound(&mut self, wanted: SoundAction, now: Timestamp) {
        match wanted {
            SoundAction::Play(message) => self.play_or_wait(message),
            SoundAction::Seek(message, share) => self.play_from(message, share),
            SoundAction::Faster => {
                self.sound.speed = self.sound.speed.next();
                self.ask_sound(Ask::Speed(self.sound.speed));
            }
            SoundAction::Record(chat) => {
                self.sound.playing = None;
                self.sound.spoken = Some(Spoken {
                    chat,
                    ms: 0,
                    levels: VecDeque::new(),
                    sent: false,
                    note: None,
                });
                self.ask_sound(Ask::Record);
            }
            SoundAction::Send => {
                let Some(spoken) = &mut self.sound.spoken else {
                    return;
                };
                spoken.sent = true;
                match spoken.note.take() {
                    Some(note) => self.send_note(note, now),
                    None => self.ask_sound(Ask::End { keep: true }),
                }
            }
            SoundAction::Discard => self.discard_spoken(),
            SoundAction::Watch(message) => self.outbox.push(Request::Watch(message)),
        }
    }

    /// Takes what is said of sound.
    pub(super) fn heard(&mut self, heard: Heard, now: Timestamp) {
        match heard {
            Heard::There(there) => self.sound.missing = !there,
            Heard::At(message, at_ms, long_ms) => {
                if let Some(playing) = self.playing(message) {
                    playing.at_ms = at_ms;
                    playing.long_ms = long_ms;
                }
            }
            Heard::Over(message) => {
                if self.playing(message).is_some() {
                    self.sound.playing = None;
                    if let Some(next) = self.next_note(message) {
                        self.play(next, 0);
                    }
                }
            }
            Heard::Refused(message, why) => {
                if self.playing(message).is_some() {
                    self.sound.playing = None;
                }
                self.complain(why, now);
            }
            Heard::Spoken(ms, level) => {
                if let Some(spoken) = &mut self.sound.spoken {
                    spoken.ms = ms;
                    spoken.levels.push_back(level);
                    if spoken.levels.len() > LEVELS {
                        spoken.levels.pop_front();
                    }
                }
            }
            Heard::Note(note) => match &mut self.sound.spoken {
                Some(spoken) if !spoken.sent => spoken.note = Some(note),
                Some(_) => self.send_note(note, now),
                None => {}
            },
            Heard::Deaf(why) => {
                self.sound.spoken = None;
                self.complain(why, now);
            }
        }
    }

    /// What was spoken for a chat that is not seen any more is forgotten.
    pub(super) fn mind_spoken(&mut self) {
        let open = self.timeline.as_ref().map(Timeline::chat);
        let left = |spoken: &Spoken| Some(spoken.chat) != open && !spoken.sent;
        if self.sound.spoken.as_ref().is_some_and(left) {
            self.discard_spoken();
        }
    }

    fn discard_spoken(&mut self) {
        self.sound.spoken = None;
        self.ask_sound(Ask::End { keep: false });
    }

    fn send_note(&mut self, note: Arc<[u8]>, now: Timestamp) {
        let Some(spoken) = self.sound.spoken.take() else {
            return;
        };
        let file = Chosen {
            path: PathBuf::from(NAME),
            name: NAME.to_owned(),
            size: note.len() as u64,
            folder: None,
            original: false,
            voice: true,
            content: Some(Content(note)),
        };
        self.send_file(spoken.chat, file, String::new(), now);
    }

    /// The sound of a message, if that is what is played.
    fn playing(&mut self, message: MessageId) -> Option<&mut Played> {
        let playing = self.sound.playing.as_mut();
        playing.filter(|playing| playing.message == message)
    }

    fn play_or_wait(&mut self, message: MessageId) {
        let Some(playing) = self.playing(message) else {
            self.play(message, 0);
            return;
        };
        playing.paused = !playing.paused;
        let ask = if playing.paused {
            Ask::Pause
        } else {
            Ask::Resume
        };
        self.ask_sound(ask);
    }

    /// Plays from a part of a thousand.
    fn play_from(&mut self, message: MessageId, share: u16) {
        let mut said = self.timeline.iter().flat_map(Timeline::messages);
        let said = said.find(|said| said.message_id == message);
        let said = said.and_then(|said| said.file.as_ref()?.duration_ms);
        let long = self.playing(message).and_then(|playing| playing.long_ms);
        let Some(long) = long.or(said.map(u64::from)) else {
            return;
        };
        let ms = long * u64::from(share.min(1000)) / 1000;
        match self.playing(message) {
            Some(playing) => {
                playing.at_ms = ms;
                self.ask_sound(Ask::Seek(ms));
            }
            None => self.play(message, ms),
        }
    }

    fn play(&mut self, message: MessageId, from_ms: u64) {
        self.sound.playing = Some(Played {
            message,
            at_ms: from_ms,
            long_ms: None,
            paused: false,
        });
        let request = Request::Play(message, from_ms, self.sound.speed);
        self.outbox.push(request);
    }

    /// The voice note that follows another one in the open chat.
    fn next_note(&self, message: MessageId) -> Option<MessageId> {
        let mut after = self.timeline.iter().flat_map(Timeline::messages);
        after
            .by_ref()
            .find(|said| said.message_id == message && is_note(said))?;
        let next = after.find(|said| is_note(said) && can_be_played(said));
        next.map(|said| said.message_id)
    }

    fn ask_sound(&mut self, ask: Ask) {
        self.outbox.push(Request::Sound(ask));
    }
}

fn is_note(message: &Message) -> bool {
    message.file.as_ref().is_some_and(|file| file.voice)
}

/// Whether there is a sound in a message that can be played: all of it is here.
pub fn can_be_played(message: &Message) -> bool {
    let file = message.file.as_ref().filter(|_| !message.deleted);
    file.is_some_and(|file| is_sound(file) && file.state == FileState::Here)
}

/// Whether a file is a sound that can be played, by its extension.
pub fn is_sound(file: &FileInfo) -> bool {
    let extension = file.extension.as_str();
    matches!(
        extension,
        "opus" | "ogg" | "oga" | "mp3" | "m4a" | "aac" | "flac" | "wav"
    )
}

/// Whether a file is a film that the system's player can show, by its extension.
pub fn is_film(file: &FileInfo) -> bool {
    let extension = file.extension.as_str();
    matches!(extension, "mp4" | "m4v" | "webm" | "mkv" | "mov" | "avi")
}

/// Of what is spoken so much is seen: six seconds.
const LEVELS: usize = 60;

/// What a voice note is called.
const NAME: &str = "voice.opus";

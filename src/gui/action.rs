//! What the person wants, as panels say it.

use std::{path::PathBuf, sync::Arc};

use egui::ColorImage;
use zeroize::Zeroizing;

use crate::node::{
    ChatId, DeleteFor, FileId, GroupRole, History, MessageId, PersonId, SettingsChange,
};

use super::{
    appearance::Appearance,
    model::{nav::Dialog, nav::Place, timeline::Side},
    scan::Source,
};

/// Something the person wants. Panels collect them while drawing; the model carries them out.
/// Some hold passphrases, so there is no `Debug`.
#[derive(Clone, PartialEq)]
pub enum Action {
    /// Shows another place of the rail.
    Go(Place),
    /// Opens a chat.
    OpenChat(ChatId),
    /// The chat above or below the open one.
    NextChat {
        /// Towards newer chats.
        up: bool,
    },
    /// Something about messages that are looked for.
    Find(FindAction),
    /// Shows who somebody is.
    OpenPerson(PersonId),
    /// Opens the chat with a contact.
    Talk(PersonId),
    /// Asks somebody nearby to become a contact, and opens the chat.
    Greet(PersonId),
    /// Shows the safety number.
    OpenVerify(PersonId),
    /// One step back.
    Back,
    /// Shows a dialog.
    Show(Dialog),
    /// Closes the dialog.
    CloseDialog,
    /// Says something.
    Send {
        /// Where.
        chat: ChatId,
        /// What.
        text: String,
        /// Who is named in it.
        mentions: Vec<PersonId>,
    },
    /// A link was clicked: where it leads is shown first.
    AskLink(String),
    /// The link that is shown is to be opened.
    OpenLink,
    /// Something with a message.
    On(MessageId, MessageAction),
    /// Something with a file.
    File(FileAction),
    /// Something with sound.
    Sound(SoundAction),
    /// What is written in a chat is neither an answer nor a change any more.
    WriteNew(ChatId),
    /// Says something that was written outside of the window.
    AnswerOutside {
        /// Where.
        chat: ChatId,
        /// What.
        text: String,
    },
    /// Says again what could not be kept.
    Retry {
        /// Which of my messages.
        number: u64,
    },
    /// Throws away what could not be kept.
    Discard {
        /// Which of my messages.
        number: u64,
    },
    /// A key was pressed in the composer, or it was emptied.
    Typing {
        /// Where.
        chat: ChatId,
        /// Whether there is text.
        typing: bool,
    },
    /// The end of the open chat came in sight, or went.
    Follow(bool),
    /// Chooses after how many seconds what is said in a chat disappears; 0: never.
    Disappear(ChatId, u32),
    /// The message was on screen, and all before it.
    Seen(MessageId),
    /// Wants more of the open chat's history.
    Load(Side),
    /// Accepts a contact request.
    Accept(PersonId),
    /// Declines a contact request, or removes a contact.
    Remove(PersonId),
    /// Hears nothing more of somebody.
    Block(PersonId),
    /// Takes a block back.
    Unblock(PersonId),
    /// The safety number was compared.
    Verify {
        /// Whose.
        person: PersonId,
        /// Whether it was the same.
        same: bool,
    },
    /// The safety numbers were compared and differ.
    Differs(PersonId),
    /// Mutes a chat, or not.
    Mute(ChatId, bool),
    /// Pins a chat, or not.
    Pin(ChatId, bool),
    /// Founds a group.
    CreateGroup {
        /// What it is called.
        name: String,
        /// Who is in it besides me.
        members: Vec<PersonId>,
    },
    /// Something in a group.
    InGroup(ChatId, GroupAction),
    /// Makes a new invite.
    Invite,
    /// Chooses a picture that shows an invite.
    ChoosePicture,
    /// Reads the invite that a picture shows.
    ReadPicture(Source),
    /// Adds somebody by link.
    Add {
        /// What was pasted.
        link: String,
    },
    /// Changes my name.
    Rename(String),
    /// Another pattern for my avatar.
    NextAvatar,
    /// Changes a setting that concerns others.
    Set(SettingsChange),
    /// Changes how the window looks.
    Look(Appearance),
    /// Opens a locked profile.
    Unlock(Zeroizing<String>),
    /// Locks the profile.
    Lock,
    /// Sets, changes or removes the passphrase.
    Passphrase {
        /// The one in force.
        current: Option<Zeroizing<String>>,
        /// The new one.
        new: Option<Zeroizing<String>>,
    },
    /// Reveals the recovery words.
    Recovery {
        /// The passphrase, if there is one.
        passphrase: Option<Zeroizing<String>>,
    },
    /// Copies something, and says so.
    Copy(String),
    /// Something was copied that is no text.
    Copied,
    /// Copies a secret; the clipboard is emptied after a while.
    CopySecret(Zeroizing<String>),
    /// Takes the notice at the top away.
    DismissNotice,
    /// Takes the offer of a first start away.
    DismissOffer,
}

/// Something the person wants with a message.
#[derive(Clone, PartialEq, Eq)]
pub enum MessageAction {
    /// Begins an answer to it.
    Answer,
    /// Begins to change it.
    Change,
    /// Gives it another text.
    Rewrite(String),
    /// Puts an emoji of mine at it, or takes it away.
    React {
        /// Which emoji.
        emoji: String,
        /// Whether it is to be there.
        on: bool,
    },
    /// Removes it from this device, or takes it from everybody.
    Delete(DeleteFor),
    /// Pins it for everybody in the chat, or takes it off.
    Pin(bool),
    /// Says the same in other chats.
    Forward(Vec<ChatId>),
    /// Shows it among those before and after it.
    GoTo,
    /// Wants to know what it says, because another one refers to it.
    Find,
    /// Shows who signed that they have it, and where a proof of that can be saved.
    AskProof,
    /// Chooses in the desktop's own window where that proof is to be saved, which is called so.
    PickProof(String),
    /// Saves that proof there.
    Prove(String),
}

/// Something the person wants with a file.
#[derive(Clone, PartialEq)]
pub enum FileAction {
    /// Fetches the file of a message.
    Fetch(MessageId),
    /// Fetches no more of it for now.
    Pause(FileId),
    /// Goes on with it.
    Resume(FileId),
    /// Does not want it any more.
    Cancel(FileId),
    /// Saves the file of a message.
    Save {
        /// Of which.
        message: MessageId,
        /// Where.
        path: String,
    },
    /// Wants to see the small picture of a file.
    Picture(MessageId),
    /// Chooses files in the desktop's own window, or a folder.
    Pick {
        /// For which chat.
        chat: ChatId,
        /// A folder.
        folder: bool,
    },
    /// Looks at a place of the disk, to choose files there.
    Look(PathBuf),
    /// Chooses files for a chat.
    Choose(ChatId, Vec<PathBuf>),
    /// Chooses a picture from the clipboard.
    Paste(ChatId, Arc<ColorImage>),
    /// Chooses no more.
    StopLooking,
    /// Does not want this one of them.
    Unchoose(PathBuf),
    /// Wants pictures to go as they are, or not.
    Original(bool),
    /// Sends what was chosen.
    Send {
        /// Where.
        chat: ChatId,
        /// What to say about it.
        caption: String,
    },
}

/// Something the person wants with sound.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SoundAction {
    /// Plays the sound of a message, or no further, or on.
    Play(MessageId),
    /// Plays it from there, in thousandths.
    Seek(MessageId, u16),
    /// Plays faster; after the fastest as usual.
    Faster,
    /// Speaks to a chat.
    Record(ChatId),
    /// Sends what was spoken.
    Send,
    /// Forgets what was spoken.
    Discard,
    /// Opens the film of a message, or a picture that is too large here, in another program.
    Watch(MessageId),
}

/// Something about messages that are looked for.
#[derive(Clone, PartialEq, Eq)]
pub enum FindAction {
    /// Looks for something in all chats; for nothing if it is empty.
    All(String),
    /// Wants more of what was found in all chats.
    MoreOfAll,
    /// Shows a message in its chat, among those before and after it.
    Open(ChatId, MessageId),
    /// Begins to look for something in a chat.
    In(ChatId),
    /// Looks for something there.
    InFor(String),
    /// Shows the one before the one that is shown.
    Older,
    /// Shows the one after it.
    Newer,
    /// Looks for nothing in the chat any more.
    Stop,
}

/// Something the person wants in a group.
#[derive(Clone, PartialEq, Eq)]
pub enum GroupAction {
    /// Shows who is in it.
    Open,
    /// Accepts the invitation.
    Join,
    /// Declines the invitation.
    Decline,
    /// Leaves.
    Leave,
    /// Removes it from this device.
    Delete,
    /// Adds people, who get so much of what was said before.
    Add(Vec<PersonId>, History),
    /// Removes somebody.
    Remove(PersonId),
    /// Makes somebody an admin, or a plain member again.
    SetRole(PersonId, GroupRole),
    /// Changes its name and what it is for; what is none stays.
    Describe {
        /// What it is called.
        name: Option<String>,
        /// What it is for.
        topic: Option<String>,
    },
    /// Whether plain members may add people.
    MembersMayAdd(bool),
}

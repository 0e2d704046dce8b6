//! A message in one line, wherever it is referred to.

use crate::{
    gui::{
        markup, measure,
        model::Model,
        strings::{Argument, tr, tr_name, tr_with},
        theme::Tokens,
        widget::{
            avatar,
            bubble::{Quote, card::Kind},
        },
    },
    node::{MessageId, PersonId, view::Message},
};

/// What it says, or why that cannot be shown.
pub fn words(message: &Message) -> String {
    if message.deleted {
        tr("message-deleted")
    } else if let Some(file) = message.file.as_ref().filter(|file| file.voice) {
        let time = file.duration_ms.map(|ms| measure::clock(ms.into()));
        tr_name("sound-note-of", &time.unwrap_or_default())
    } else if let Some(file) = &message.file {
        let kind = tr(Kind::of_file(file).words());
        let both = [
            ("kind", Argument::Text(&kind)),
            ("name", Argument::Text(&file.name)),
        ];
        tr_with("file-in-a-line", &both)
    } else if let Some(change) = &message.change {
        super::change::words(change)
    } else if message.text.is_empty() {
        tr("message-newer")
    } else {
        let end = message.text.char_indices().nth(SHOWN);
        let text = end.and_then(|(at, _)| message.text.get(..at));
        markup::plain(text.unwrap_or(&message.text))
    }
}

/// No line shows more of a message, in characters.
const SHOWN: usize = 300;

/// Who wrote it.
pub fn author(model: &Model, message: &Message) -> String {
    if message.outgoing {
        tr("you")
    } else {
        model.name_of(message.sender)
    }
}

/// The colour of somebody's name.
pub fn ink(model: &Model, person: PersonId, tokens: &Tokens) -> egui::Color32 {
    let avatar = model.face(person).map_or(0, |face| face.avatar);
    avatar::ink(person, avatar, tokens)
}

/// A message that another one answers.
pub fn quote(model: &Model, id: MessageId, tokens: &Tokens) -> Quote {
    use crate::gui::model::Referred;
    match model.referred(id) {
        Referred::Here(message) => Quote {
            author: author(model, message),
            ink: ink(model, message.sender, tokens),
            words: words(message),
        },
        Referred::Nowhere => nobodys(tr("quote-nowhere"), tokens),
        Referred::Asked | Referred::Unknown => nobodys(tr("quote-waiting"), tokens),
    }
}

fn nobodys(words: String, tokens: &Tokens) -> Quote {
    Quote {
        author: String::new(),
        ink: tokens.text3,
        words,
    }
}

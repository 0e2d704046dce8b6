//! Pictures that were sent together: one bubble shows them all.

use std::collections::VecDeque;

use egui::Context;

use super::file;
use crate::{
    gui::{
        model::{timeline::Timeline, viewed::is_picture},
        view::View,
        widget::bubble::album::{Album, Cell},
    },
    node::{DeliveryState, view::Message},
};

/// How many messages from one on are shown in one bubble; 1: it is alone.
pub(super) fn count(messages: &VecDeque<Message>, from: usize, most: usize) -> usize {
    let pairs = messages.iter().zip(messages.iter().skip(1)).skip(from);
    let joined = pairs.take(most.min(MOST).saturating_sub(1));
    1 + joined.take_while(|(one, next)| joins(one, next)).count()
}

/// What is shown of pictures that were sent together.
pub(super) fn album(
    ctx: &Context,
    timeline: &Timeline,
    (index, count): (usize, usize),
    view: &View<'_>,
) -> Option<Album> {
    if count < 2 {
        return None;
    }
    let all = messages(timeline, index, count);
    let cells = all.filter_map(|message| {
        let card = file::card(ctx, message, view)?;
        Some(Cell {
            name: card.name,
            line: card.line,
            share: card.share,
            opens: card.opens,
            texture: card.texture,
        })
    });
    Some(Album {
        cells: cells.collect(),
    })
}

/// The messages of a bubble.
pub(super) fn messages(
    timeline: &Timeline,
    index: usize,
    count: usize,
) -> impl Iterator<Item = &Message> {
    timeline.messages().iter().skip(index).take(count)
}

/// How far all of them have come.
pub(super) fn state(timeline: &Timeline, index: usize, count: usize) -> Option<DeliveryState> {
    messages(timeline, index, count)
        .map(|message| message.state)
        .min()
}

/// Whether a picture stands in one bubble with the one before it.
fn joins(before: &Message, after: &Message) -> bool {
    is_cell(before)
        && is_cell(after)
        && after.text.is_empty()
        && before.outgoing == after.outgoing
        && before.sender == after.sender
        && after.sent_at.since(before.sent_at) <= TOGETHER
}

/// Whether there is nothing about a picture that needs a bubble of its own.
fn is_cell(message: &Message) -> bool {
    let file = message.file.as_ref().filter(|_| !message.deleted);
    file.is_some_and(|file| file.thumbnail.is_some() && is_picture(file))
        && message.reactions.is_empty()
        && message.reply_to.is_none()
        && !message.reaches_removed
}

/// Pictures in one bubble.
const MOST: usize = 12;

/// Who sends several at once needs no longer for each, in milliseconds.
const TOGETHER: u64 = 30_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        gui::sample::{incoming, with_file},
        node::{
            ChatId, Timestamp,
            view::{FileState, Preview},
        },
    };

    fn photo(number: u64, seconds: u64) -> Message {
        let message = incoming(ChatId([2; 32]), number, "");
        let mut message = with_file(message, "a.jpg", 900, FileState::Offered);
        message.sent_at = Timestamp(1_000_000 + seconds * 1000);
        message.file.as_mut().unwrap().thumbnail = Some(Preview {
            mime: String::new(),
            width: 4,
            height: 3,
            data: String::new(),
        });
        message
    }

    fn together(messages: Vec<Message>) -> usize {
        let most = messages.len();
        count(&messages.into(), 0, most)
    }

    #[test]
    fn pictures_that_are_sent_together_stand_together() {
        let photos = |seconds: &[u64]| {
            let photos = (0..).zip(seconds).map(|(n, s)| photo(n, *s));
            photos.collect::<Vec<_>>()
        };

        assert_eq!(together(photos(&[0, 5, 9])), 3);
        assert_eq!(together(photos(&[0, 5, 90])), 2);
        assert_eq!(together(photos(&[0])), 1);
        assert_eq!(together(photos(&[0; 20])), MOST);
        assert_eq!(count(&photos(&[0; 5]).into(), 3, 2), 2);
        assert_eq!(
            count(&photos(&[0; 5]).into(), 0, 2),
            2,
            "no more than belong together"
        );
    }

    #[test]
    fn what_needs_a_bubble_of_its_own_has_one() {
        let plain = photo(2, 0);
        let mut said = plain.clone();
        said.text = "look".into();
        let mut deleted = plain.clone();
        deleted.deleted = true;
        let mut answers = plain.clone();
        answers.reply_to = Some(plain.message_id);
        let mut paper = plain.clone();
        paper.file.as_mut().unwrap().extension = "pdf".into();
        let mut bare = plain.clone();
        bare.file.as_mut().unwrap().thumbnail = None;
        let mut other = plain.clone();
        other.outgoing = true;

        for apart in [&said, &deleted, &answers, &paper, &bare, &other] {
            assert_eq!(together(vec![photo(1, 0), apart.clone()]), 1);
        }
        assert_eq!(
            together(vec![said, plain]),
            2,
            "what is said stands with the first"
        );
    }
}

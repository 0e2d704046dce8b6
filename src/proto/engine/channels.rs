//! The channels of direct chats, and when they are renewed (protocol §4.1).

use super::{Engine, Turn};
use crate::proto::{
    chat::{
        content::{Body, ChannelSet},
        state::ChannelSecret,
    },
    id::{ChatId, PersonId},
    outbox::Cargo,
    secret::Secret,
    time::{DAY, Timestamp},
};

/// A direct chat's channel secret is renewed this often (protocol §4.1).
const CHANNEL_LIFE: u64 = 30 * DAY;

impl Engine {
    /// When the next channel secret is due for renewal.
    pub(super) fn next_channel_change(&self) -> Option<Timestamp> {
        self.chats
            .values()
            .filter(|chat| self.is_contact(&chat.person))
            .filter_map(|chat| chat.channels.first())
            .map(|channel| channel.since.plus(CHANNEL_LIFE))
            .min()
    }

    pub(super) fn handle_channel_change(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let due: Vec<(ChatId, PersonId)> = self
            .chats
            .values()
            .filter(|chat| self.is_contact(&chat.person))
            .filter(|chat| {
                chat.channels
                    .first()
                    .is_some_and(|held| held.since.plus(CHANNEL_LIFE) <= now)
            })
            .map(|chat| (chat.id, chat.person))
            .collect();
        for (chat, person) in due {
            self.renew_channel(turn, chat, &person);
        }
    }

    /// Gives a chat a new channel. The old one carries the news, and is heard until the next change.
    pub(super) fn renew_channel(&mut self, turn: &mut Turn<'_>, chat: ChatId, person: &PersonId) {
        let Some(best) = self.chats.get(&chat).and_then(|held| held.channels.first()) else {
            return;
        };
        let seq = best.seq.saturating_add(1);
        let secret: Secret<32> = Secret::random(turn.rng);
        let set = ChannelSet {
            seq,
            secret: secret.clone(),
        };
        self.send_control(turn, person, Body::ChannelSet(set), Cargo::Control);
        let since = turn.now;
        if let Some(held) = self.chat_mut(&chat) {
            held.learn_channel(ChannelSecret { seq, secret, since });
        }
        self.listen(turn, &chat);
    }
}

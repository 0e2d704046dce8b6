//! Messages that are looked for: everywhere, and in the open chat.

use super::{Asked, Model};
use crate::{
    gui::action::FindAction,
    node::{
        ChatId, CommandError, Found, MessageId, ResultOrder, Results, SearchFor, Timestamp,
        view::Query,
    },
};

/// What is looked for, and what was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// What is looked for, as it is written.
    pub text: String,
    /// The newest first.
    pub found: Vec<Found>,
    /// Whether there may be more.
    pub more: bool,
    /// Whether an answer is on its way.
    pub waiting: bool,
    /// Why it makes no sense.
    pub refused: Option<String>,
    /// While not all messages can be found yet: of a hundred, how many can.
    pub indexed: Option<u8>,
    /// When it is asked again, as more can be found then.
    again: Option<Timestamp>,
}

/// What is looked for in the open chat.
#[derive(Clone, Debug, PartialEq)]
pub struct Seek {
    /// Which chat.
    pub chat: ChatId,
    /// What is looked for there.
    pub look: Look,
    /// Which of those that were found is shown.
    pub at: usize,
}

/// A question about messages, while its answer is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Looking {
    /// In the open chat, or everywhere.
    chat: Option<ChatId>,
    text: String,
    /// Whether it adds to what was found before.
    more: bool,
}

/// Of a hundred messages, how many were looked at; none when it was all of them.
fn percent(results: &Results) -> Option<u8> {
    let state = results.state;
    let of_all = state.indexed.saturating_mul(100) / state.messages.max(1);
    let percent = u8::try_from(of_all.min(99)).unwrap_or(99);
    (!state.complete).then_some(percent)
}

/// After how many milliseconds it is asked again what could not all be found.
const AGAIN: u64 = 1_000;

/// Messages asked for at a time.
const PAGE: usize = 30;

/// Messages that a list shows; who wants more says more exactly what they look for.
const MOST: usize = 300;

impl Model {
    /// What is looked for in a chat.
    pub fn seek(&self, chat: ChatId) -> Option<&Seek> {
        self.seek.as_ref().filter(|seek| seek.chat == chat)
    }

    /// Does what the person wants of a search.
    pub(super) fn perform_find(&mut self, wanted: FindAction) {
        match wanted {
            FindAction::All(text) => self.look_for(None, text),
            FindAction::MoreOfAll => self.look_further(None),
            FindAction::Open(chat, message) => {
                if self.nav.chat() != Some(chat) || self.timeline.is_none() {
                    self.open_chat(chat);
                }
                self.go_to(message);
            }
            FindAction::In(chat) => {
                if self.seek(chat).is_none() {
                    let (look, at) = (Look::default(), 0);
                    self.seek = Some(Seek { chat, look, at });
                }
            }
            FindAction::InFor(text) => {
                let chat = self.seek.as_ref().map(|seek| seek.chat);
                if chat.is_some() {
                    self.look_for(chat, text);
                }
            }
            FindAction::Older => self.step(true),
            FindAction::Newer => self.step(false),
            FindAction::Stop => self.seek = None,
        }
    }

    fn look(&mut self, chat: Option<ChatId>) -> Option<&mut Look> {
        match chat {
            None => Some(&mut self.found),
            Some(chat) => {
                let seek = self.seek.as_mut().filter(|seek| seek.chat == chat);
                seek.map(|seek| &mut seek.look)
            }
        }
    }

    fn look_for(&mut self, chat: Option<ChatId>, text: String) {
        let Some(look) = self.look(chat) else {
            return;
        };
        if text.trim().is_empty() {
            let waiting = look.waiting;
            *look = Look {
                text,
                waiting,
                ..Look::default()
            };
            return;
        }
        look.text = text;
        // One question at a time; the answer leads to the next.
        if !look.waiting {
            self.ask_found(chat, false);
        }
    }

    fn look_further(&mut self, chat: Option<ChatId>) {
        let look = self.look(chat);
        if look.is_some_and(|look| look.more && !look.waiting) {
            self.ask_found(chat, true);
        }
    }

    fn ask_found(&mut self, chat: Option<ChatId>, more: bool) {
        let Some(look) = self.look(chat) else {
            return;
        };
        look.waiting = true;
        let text = look.text.clone();
        let last = look.found.last().filter(|_| more);
        let before = last.map(|last| last.message.message_id);
        let query = Query::Search(SearchFor {
            query: text.clone(),
            chat_id: chat,
            from: None,
            limit: Some(PAGE),
            before,
            order: ResultOrder::Newest,
        });
        self.query(query, Asked::Found(Looking { chat, text, more }));
    }

    /// What was found.
    pub(super) fn take_found(
        &mut self,
        asked: &Looking,
        found: Result<Results, CommandError>,
        now: Timestamp,
    ) {
        let Some(look) = self.look(asked.chat) else {
            return;
        };
        look.waiting = false;
        if look.text.trim().is_empty() {
            return;
        }
        if look.text != asked.text {
            return self.ask_found(asked.chat, false);
        }
        match found {
            Ok(results) => {
                look.indexed = percent(&results);
                let found = results.found;
                look.refused = None;
                look.more = found.len() == PAGE;
                if !asked.more {
                    look.found.clear();
                }
                look.found.extend(found);
                look.more &= look.found.len() < MOST;
                // What somebody goes through stays as it is.
                let unread = match asked.chat {
                    None => look.found.len() <= PAGE,
                    Some(_) => look.found.is_empty(),
                };
                look.again = (look.indexed.is_some() && unread).then(|| now.plus(AGAIN));
            }
            Err(error) => {
                look.refused = Some(error.message);
                look.found.clear();
                look.more = false;
                look.indexed = None;
                look.again = None;
            }
        }
        if asked.chat.is_some() {
            self.show_sought(asked.more);
        }
    }

    /// When [`Model::look_again`] next has work.
    pub(super) fn looks_again(&self) -> Option<Timestamp> {
        let seek = self.seek.as_ref().map(|seek| &seek.look);
        let looks = [Some(&self.found), seek].into_iter().flatten();
        looks.filter_map(|look| look.again).min()
    }

    /// Asks again for what could not all be found.
    pub(super) fn look_again(&mut self, now: Timestamp) {
        let seek = self.seek.as_ref().map(|seek| seek.chat);
        for chat in [None].into_iter().chain(seek.map(Some)) {
            let Some(look) = self.look(chat) else {
                continue;
            };
            if look.again.take_if(|at| *at <= now).is_some() && !look.waiting {
                self.ask_found(chat, false);
            }
        }
    }

    /// The first that was found, or the one after those that were.
    fn show_sought(&mut self, next: bool) {
        let Some(seek) = &mut self.seek else {
            return;
        };
        seek.at = if next { seek.at + 1 } else { 0 };
        self.go_to_sought();
    }

    fn step(&mut self, older: bool) {
        let Some(seek) = &mut self.seek else {
            return;
        };
        let last = seek.look.found.len().saturating_sub(1);
        if older && seek.at >= last {
            let chat = Some(seek.chat);
            return self.look_further(chat);
        }
        seek.at = if older {
            seek.at + 1
        } else {
            seek.at.saturating_sub(1)
        };
        self.go_to_sought();
    }

    fn go_to_sought(&mut self) {
        let Some(seek) = &mut self.seek else {
            return;
        };
        seek.at = seek.at.min(seek.look.found.len().saturating_sub(1));
        let found = seek.look.found.get(seek.at);
        if let Some(id) = found.map(|found| found.message.message_id) {
            self.go_to(id);
        }
    }

    /// A message is gone, or says nothing any more.
    pub(super) fn found_no_more(&mut self, id: MessageId) {
        let seek = self.seek.as_mut().map(|seek| &mut seek.look);
        for look in [Some(&mut self.found), seek].into_iter().flatten() {
            look.found.retain(|found| found.message.message_id != id);
        }
    }
}

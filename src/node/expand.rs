//! What happened, with what only the store knows of it.

use std::ops::RangeInclusive;

use super::{ChatId, DeliveryState, PersonId, show, view::Event};
use crate::{
    proto::engine::{Engine, event::EngineEvent},
    store::{Store, StoreError},
};

/// The events that faces get for one of the engine's.
pub(super) fn expand(
    engine: &Engine,
    store: &Store,
    event: EngineEvent,
) -> Result<Vec<Event>, StoreError> {
    Ok(vec![match event {
        EngineEvent::Message(id) => {
            let Some(stored) = store.message(&id)? else {
                return Ok(Vec::new());
            };
            let people = show::People::of_message(engine, &stored.row);
            let message = show::message(store, &people, stored)?;
            Event::Message(Box::new(message))
        }
        EngineEvent::Removed { chat, message } => Event::Removed {
            chat_id: chat,
            message_id: message,
        },
        EngineEvent::Status {
            chat,
            counters,
            person,
            state,
        } => return statuses(engine, store, chat, counters, person, state),
        EngineEvent::Typing {
            chat,
            person,
            typing,
        } => Event::Typing {
            chat_id: chat,
            person_id: person,
            typing,
        },
        EngineEvent::Presence { person, online } => Event::Presence {
            person_id: person,
            online,
        },
        EngineEvent::Nearby {
            person,
            name,
            present,
        } => Event::Nearby {
            person_id: person,
            name,
            present,
        },
        EngineEvent::Contact(person) => Event::Contact {
            person_id: person,
            contact: show::contact(engine, &person),
        },
        EngineEvent::Chat { chat, what } => Event::Chat {
            chat_id: chat,
            what,
        },
        EngineEvent::Warning { kind, text } => Event::Warning { kind, text },
    }])
}

/// One event for each message. Of very many the newest; the rest is said to be missed.
fn statuses(
    engine: &Engine,
    store: &Store,
    chat: ChatId,
    counters: RangeInclusive<u32>,
    person: PersonId,
    state: DeliveryState,
) -> Result<Vec<Event>, StoreError> {
    let (first, last) = counters.into_inner();
    let start = first.max(last.saturating_sub(MOST - 1));
    let mut events = Vec::new();
    if start > first {
        let count = u64::from(start - first);
        events.push(Event::Missed { count });
    }
    for counter in start..=last {
        if let Some(message_id) = store.message_at(chat, engine.device(), counter)? {
            events.push(Event::Status {
                message_id,
                person_id: person,
                state,
            });
        }
    }
    Ok(events)
}

/// Status events of one receipt: a quarter of what is kept for a slow listener.
const MOST: u32 = 1024;

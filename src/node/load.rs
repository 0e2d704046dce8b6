//! What only the store knows and the engine needs.

use either::Either;

use super::{MessageId, query, step::Core};
use crate::{
    proto::engine::{Effect, Input, input::CommandId},
    store::StoreError,
    wire::{direct::Receipt, id::PeerId},
};

impl Core {
    /// Reads what the engine asks for; or gives back what is no such wish.
    pub(super) fn load(&self, effect: Effect) -> Result<Either<Option<Input>, Effect>, StoreError> {
        let store = &self.store;
        let loaded = match effect {
            Effect::Load(chat, counter) => {
                let row = store.row_at(chat, self.engine.device(), counter)?;
                Input::Loaded(chat, counter, row.map(Box::new))
            }
            Effect::LoadSaid {
                chat,
                device,
                counter,
            } => {
                let row = store.row_at(chat, device, counter)?;
                return Ok(Either::Left(row.map(|row| Input::Said(Box::new(row)))));
            }
            Effect::LoadIds(chat, device, counters) => {
                let mut found = Vec::with_capacity(counters.len());
                for counter in counters {
                    let row = store.row_at(chat, device, counter)?;
                    found.push((counter, row.map(|row| row.id)));
                }
                Input::Ids(chat, device, found)
            }
            Effect::Sift(rows) => {
                let mut missing = Vec::new();
                for row in rows {
                    if !store.holds(&row.id)? {
                        missing.push(row);
                    }
                }
                Input::Sifted(missing)
            }
            Effect::SiftGiven { chat, from, rows } => {
                let (mut missing, mut here) = (Vec::new(), Vec::new());
                for row in rows {
                    if store.holds(&row.id)? {
                        here.push((row.device, row.counter));
                    } else {
                        missing.push(row);
                    }
                }
                Input::SiftedGiven {
                    chat,
                    from,
                    rows: missing,
                    here,
                }
            }
            Effect::LoadToGive(fetch) => {
                let chat = fetch.chat;
                let rows = fetch.read(|device, number| store.row_at(chat, device, number))?;
                Input::ToGive(fetch, rows)
            }
            Effect::LoadHistory(asked) => Input::History(asked, query::history(store, asked)?),
            other => return Ok(Either::Right(other)),
        };
        Ok(Either::Left(Some(loaded)))
    }

    /// A signed receipt, with the numbers of those of its messages that this device wrote.
    pub(super) fn receipt(&self, from: PeerId, receipt: Receipt) -> Result<Input, StoreError> {
        let own = self.engine.device();
        let mut counters = Vec::with_capacity(receipt.messages.len());
        for id in &receipt.messages {
            let row = self.store.row(&MessageId((*id).into()))?;
            let row = row.filter(|row| row.device == own && row.chat.0 == receipt.chat);
            counters.push(row.map(|row| row.counter));
        }
        Ok(Input::Receipt {
            from,
            receipt,
            own: counters,
        })
    }

    /// A message that is to be proved, and what others signed of it.
    pub(super) fn to_prove(&self, id: CommandId, message: &MessageId) -> Result<Input, StoreError> {
        let row = self.store.message(message)?.map(|held| held.row);
        let mut signed = Vec::new();
        for person in row.iter().flat_map(|row| self.engine.recipients_of(row)) {
            let Some(row) = &row else { continue };
            let of = self
                .store
                .deliveries(row.chat, row.device, person, row.counter)?;
            signed.push((person, of));
        }
        let message = row.map(Box::new);
        Ok(Input::Prove {
            id,
            message,
            signed,
        })
    }
}

//! Checking a proof, with nothing but the proof.

use std::collections::BTreeSet;

use super::{Body, Kept, LABEL, Layout, MAGIC, MOST_BYTES, Outer, Recipient, Said};
use crate::{
    proto::{
        chat::{
            content::{Body as Saying, Content},
            sender_chain::GroupPlace,
        },
        id::{ChatId, DeviceId, MessageId, PersonId},
        identity::DeviceList,
        time::Timestamp,
    },
    wire::{codec, id::PeerId, limits, mailbox::Custody},
};

/// What a proof shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The message.
    pub message: MessageId,
    /// Its chat.
    pub chat: ChatId,
    /// Whether that is a group.
    pub is_group: bool,
    /// Who wrote it, and made the proof.
    pub author: PersonId,
    /// When it was said, as its author says.
    pub said_at: Timestamp,
    /// What it says, if it is a text.
    pub text: Option<String>,
    /// When the proof was made, as its maker says.
    pub made_at: Timestamp,
    /// Whose devices signed that they have it, and since when the first of them does, by its clock.
    pub delivered: Vec<(PersonId, Timestamp)>,
    /// For whom it was beside them, as the maker says.
    pub outstanding: Vec<PersonId>,
    /// Which relays signed that they hold a frame that carries it, as the maker says, and until when.
    pub kept: Vec<(PeerId, Timestamp)>,
}

/// Why a file proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Something else.
    #[error("it is no proof of this version of Betwixt, or not all of it is here")]
    NotOne,
    /// Not as it was signed.
    #[error("it was changed after it was made: its maker's signature does not fit")]
    Changed,
    /// A device list in it does not hold.
    #[error("what it says of somebody's devices does not hold")]
    Devices,
    /// The message in it does not hold.
    #[error("the message in it is not one that its maker wrote")]
    Message,
    /// A receipt in it does not hold.
    #[error("a receipt in it was not signed by who is said to have the message")]
    Receipt,
    /// A relay's word in it does not hold.
    #[error("a relay that is said to hold the message did not sign that")]
    Relay,
}

/// Checks every signature of a proof.
///
/// # Errors
///
/// A [`Flaw`]: if any part does not hold, nothing is shown.
pub fn verify(file: &[u8]) -> Result<Verified, Flaw> {
    if file.len() > MOST_BYTES {
        return Err(Flaw::NotOne);
    }
    let outer = file.strip_prefix(MAGIC).ok_or(Flaw::NotOne)?;
    let outer: Outer = codec::from_slice(outer, MOST_BYTES).map_err(|_| Flaw::NotOne)?;
    let body: Body = codec::from_slice(&outer.body, MOST_BYTES).map_err(|_| Flaw::NotOne)?;
    if body.version != 1 {
        return Err(Flaw::NotOne);
    }
    let author = DeviceList::verify(&body.author).map_err(|_| Flaw::Devices)?;
    let said = Said::from(body.said);
    let place = Place::of(&said)?;
    let device = author.device(&place.device).ok_or(Flaw::Message)?;
    device
        .ds
        .verify(LABEL, &outer.body, &outer.signature)
        .map_err(|_| Flaw::Changed)?;
    if let Said::InGroup { context, signature } = &said {
        let signed = device.ds.verify("gm-sig", context, signature);
        signed.map_err(|_| Flaw::Message)?;
    }
    let message = said.id();
    let mut people = BTreeSet::from([author.person()]);
    let mut delivered = Vec::with_capacity(body.delivered.len());
    for recipient in &body.delivered {
        let (person, at) = check_recipient(recipient, &place, &message)?;
        if !people.insert(person) {
            return Err(Flaw::Receipt);
        }
        delivered.push((person, at));
    }
    if !body.outstanding.iter().all(|person| people.insert(*person)) {
        return Err(Flaw::NotOne);
    }
    let kept = body.kept.iter().map(check_kept);
    Ok(Verified {
        message,
        chat: place.chat,
        is_group: matches!(said, Said::InGroup { .. }),
        author: author.person(),
        said_at: place.content.created,
        text: match place.content.body {
            Saying::Text(text) => Some(text.text),
            _ => None,
        },
        made_at: body.made_at,
        delivered,
        outstanding: body.outstanding.clone(),
        kept: kept.collect::<Result<_, _>>()?,
    })
}

/// Where a message was said, and what.
struct Place {
    chat: ChatId,
    device: DeviceId,
    content: Content,
}

impl Place {
    fn of(said: &Said) -> Result<Self, Flaw> {
        let (chat, device, content) = match said {
            Said::InGroup { context, .. } => {
                let (place, content) = GroupPlace::split(context).ok_or(Flaw::Message)?;
                (place.chat, place.device, content)
            }
            Said::Directly {
                chat,
                device,
                content,
                ..
            } => (*chat, *device, content.as_slice()),
        };
        let content = Content::decode(content).map_err(|_| Flaw::Message)?;
        Ok(Self {
            chat,
            device,
            content,
        })
    }
}

/// Who has it, and since when.
fn check_recipient(
    recipient: &Recipient,
    place: &Place,
    message: &MessageId,
) -> Result<(PersonId, Timestamp), Flaw> {
    let list = DeviceList::verify(&recipient.list).map_err(|_| Flaw::Devices)?;
    let mut first = None;
    for delivery in &recipient.deliveries {
        let device = list.device(&delivery.device).ok_or(Flaw::Receipt)?;
        let fits = delivery.is_within_limits()
            && delivery.chat == place.chat
            && delivery.author == place.device
            && delivery.says(message)
            && delivery.is_signed_by(&device.ds);
        if !fits {
            return Err(Flaw::Receipt);
        }
        first = Some(first.map_or(delivery.at, |at: Timestamp| at.min(delivery.at)));
    }
    Ok((list.person(), first.ok_or(Flaw::Receipt)?))
}

/// Which relay holds it, and until when.
fn check_kept(kept: &Kept) -> Result<(PeerId, Timestamp), Flaw> {
    if kept.frames.contains(&kept.frame) && custody_holds(kept) {
        Ok((kept.relay, kept.until))
    } else {
        Err(Flaw::Relay)
    }
}

fn custody_holds(kept: &Kept) -> bool {
    let custody = Custody {
        until: kept.until.0,
        signature: kept.signature,
    };
    kept.frames.len() <= limits::RELAY_PUT && custody.holds(kept.relay, &kept.frames)
}

impl From<Layout> for Said {
    fn from(layout: Layout) -> Self {
        match layout {
            Layout::InGroup { context, signature } => Self::InGroup {
                context: context.into(),
                signature,
            },
            Layout::Directly {
                chat,
                device,
                counter,
                content,
            } => Self::Directly {
                chat,
                device,
                counter,
                content: content.into(),
            },
        }
    }
}

//! What relays say of mailboxes: checked before anything of it is believed.

use super::{
    NetEvent,
    check::{Checker, Verdict},
    event::Kept,
};
use crate::wire::{
    frame::frame_id,
    id::{PeerId, TopicKey},
    mailbox::{Fetch, Mailbox, Refusal, RelayReply, RelayRequest},
};

/// An answer that no honest relay gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nonsense;

/// What an answer, or its absence, means for the node, if it waits for one.
pub(crate) fn read(
    relay: PeerId,
    request: &RelayRequest,
    reply: Option<RelayReply>,
    checker: &Checker,
) -> Result<Option<NetEvent>, Nonsense> {
    Ok(Some(match request {
        RelayRequest::Put { frames } => {
            let (statuses, custody) = match reply {
                Some(RelayReply::Stored { statuses, custody })
                    if statuses.len() == frames.len() =>
                {
                    (Some(statuses), custody)
                }
                Some(RelayReply::Refused(_)) | None => (None, None),
                Some(_) => return Err(Nonsense),
            };
            let frames = frames.iter().map(|put| frame_id(&put.frame)).collect();
            NetEvent::Deposited {
                relay,
                frames,
                statuses,
                custody,
            }
        }
        RelayRequest::Fetch(fetch) => {
            let asked = std::slice::from_ref(fetch);
            fetched((relay, false), asked, reply, checker)?
        }
        RelayRequest::Watch { topics, .. } => fetched((relay, true), topics, reply, checker)?,
        RelayRequest::Challenge
        | RelayRequest::Hello { .. }
        | RelayRequest::Lease(_)
        | RelayRequest::Ack(_)
        | RelayRequest::Release { .. }
        | RelayRequest::BlobPut(_)
        | RelayRequest::BlobGet(_) => return Ok(None),
    }))
}

fn fetched(
    (relay, watched): (PeerId, bool),
    asked: &[Fetch],
    reply: Option<RelayReply>,
    checker: &Checker,
) -> Result<NetEvent, Nonsense> {
    let found = match reply {
        Some(RelayReply::Frames(boxes)) => {
            let boxes = boxes.into_iter().map(|it| check(asked, it, checker));
            Some(boxes.collect::<Result<Vec<Kept>, Nonsense>>()?)
        }
        // Nothing of these topics is there.
        Some(RelayReply::Refused(Refusal::NotHere)) if !watched => {
            let nothing = |fetch: &Fetch| Kept {
                topic: fetch.topic,
                frames: Vec::new(),
                upto: 0,
                head: 0,
            };
            Some(asked.iter().map(nothing).collect())
        }
        Some(RelayReply::Refused(_)) | None => None,
        Some(_) => return Err(Nonsense),
    };
    let asked: Vec<(TopicKey, u64)> = asked.iter().map(|it| (it.topic, it.after)).collect();
    Ok(NetEvent::Fetched {
        relay,
        watched,
        asked,
        found,
    })
}

/// The frames that pass, as gossip would let them; their places must ascend from the one that was asked
/// for. What a relay should not have taken shows that it is none of ours.
fn check(asked: &[Fetch], mailbox: Mailbox, checker: &Checker) -> Result<Kept, Nonsense> {
    let topic = mailbox.topic;
    let fetch = asked.iter().find(|fetch| fetch.topic == topic);
    let fetch = fetch.ok_or(Nonsense)?;
    let mut kept = Kept {
        topic,
        frames: Vec::new(),
        upto: fetch.after,
        head: mailbox.head,
    };
    for placed in mailbox.frames {
        if placed.seq <= kept.upto || placed.seq > mailbox.head {
            return Err(Nonsense);
        }
        kept.upto = placed.seq;
        let frame = Vec::from(placed.frame);
        match checker.kept(&topic, &frame) {
            Verdict::New | Verdict::Known => kept.frames.push(frame),
            // It has become too old meanwhile.
            Verdict::Ignored => {}
            Verdict::Rejected => return Err(Nonsense),
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        net::testing::{Channel, TODAY, today},
        wire::mailbox::Placed,
    };

    const RELAY: PeerId = PeerId([2; 32]);

    fn fetch(channel: &Channel, after: u64) -> RelayRequest {
        RelayRequest::Fetch(Fetch {
            topic: channel.topic,
            after,
            max: 64,
            reader: [1; 16],
            auth: [0; 64],
        })
    }

    fn answer(channel: &Channel, head: u64, frames: Vec<(u64, Vec<u8>)>) -> RelayReply {
        let placed = |(seq, frame): (u64, Vec<u8>)| Placed {
            seq,
            frame: frame.into(),
        };
        RelayReply::Frames(vec![Mailbox {
            topic: channel.topic,
            frames: frames.into_iter().map(placed).collect(),
            head,
            floor: 0,
        }])
    }

    #[test]
    fn frames_come_in_the_order_of_their_places_and_old_ones_are_passed_over() {
        let (checker, channel) = (Checker::new(today), Channel::new(1));
        let good = channel.frame(TODAY, 1);
        let frames = vec![(6, channel.frame(TODAY - 31, 0)), (9, good.clone())];

        let event = read(
            RELAY,
            &fetch(&channel, 5),
            Some(answer(&channel, 12, frames)),
            &checker,
        );

        let Ok(Some(NetEvent::Fetched { found, asked, .. })) = event else {
            panic!("{event:?}")
        };
        let kept = Kept {
            topic: channel.topic,
            frames: vec![good],
            upto: 9,
            head: 12,
        };
        assert_eq!(asked, [(channel.topic, 5)]);
        assert_eq!(found, Some(vec![kept]));
    }

    #[test]
    fn what_no_honest_relay_says_is_nonsense() {
        let (checker, channel, other) = (Checker::new(today), Channel::new(1), Channel::new(2));
        let frame = |n| channel.frame(TODAY, n);
        let ask = fetch(&channel, 5);
        let said = |reply| read(RELAY, &ask, Some(reply), &checker);

        for nonsense in [
            answer(&channel, 9, vec![(5, frame(1))]),
            answer(&channel, 9, vec![(7, frame(1)), (6, frame(2))]),
            answer(&channel, 9, vec![(7, frame(1)), (7, frame(1))]),
            answer(&channel, 6, vec![(7, frame(1))]),
            answer(&channel, 9, vec![(7, other.frame(TODAY, 1))]),
            answer(&channel, 9, vec![(7, vec![1; 364])]),
            answer(&other, 9, vec![]),
            RelayReply::Done,
        ] {
            assert_eq!(
                said(nonsense.clone()).unwrap_err(),
                Nonsense,
                "{nonsense:?}"
            );
        }
        let refused = said(RelayReply::Refused(Refusal::Full)).unwrap();
        assert!(matches!(
            refused,
            Some(NetEvent::Fetched { found: None, .. })
        ));
    }
}

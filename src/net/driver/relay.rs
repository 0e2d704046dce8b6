//! Using relays: they carry topics to peers that cannot be reached directly.

use std::collections::BTreeMap;

use libp2p::request_response::{self, OutboundRequestId};

use super::Driver;
use crate::{
    net::{
        NetEvent, address, exchange, mailbox,
        relays::{Named, News},
        supervisor::Bond,
    },
    wire::{
        id::PeerId,
        mailbox::{RelayReply, RelayRequest},
    },
};
use tokio::time::Instant;

/// Requests that were sent.
pub(super) type Sent = BTreeMap<OutboundRequestId, (PeerId, RelayRequest)>;

impl Driver {
    /// Opens gossip to the relays that were named, and keeps a connection to each. A relay is not
    /// shown the direct stream.
    pub(crate) fn use_relays(&mut self, named: Vec<Named>) {
        let now = Instant::now();
        for (peer, address, _) in named {
            if let Some(id) = address::to_libp2p(peer)
                && peer != self.local
            {
                self.swarm.behaviour_mut().use_relay(id);
                let bond = Bond::Contact;
                self.supervisor
                    .want((peer, vec![address]), bond, false, now);
            }
        }
    }

    /// Asks a relay of ours to let us in. `false` if the peer is none.
    pub(super) fn relay_connected(&mut self, peer: PeerId) -> bool {
        let is_relay = self.relays.connected(peer);
        if is_relay {
            self.send_to_relay(peer);
        }
        is_relay
    }

    pub(super) fn relay_disconnected(&mut self, relay: PeerId) {
        for request in self.relays.disconnected(relay) {
            self.unanswered_by_relay(relay, &request);
        }
    }

    pub(super) fn ask_relay(&mut self, relay: PeerId, request: RelayRequest) {
        match self.relays.ask(relay, request) {
            None => self.send_to_relay(relay),
            Some(request) => self.unanswered_by_relay(relay, &request),
        }
    }

    /// Whoever waits for an answer gets one.
    fn unanswered_by_relay(&mut self, relay: PeerId, request: &RelayRequest) {
        if let RelayRequest::Lease(lease) = request {
            self.tell(NetEvent::Leased {
                relay,
                topic: lease.topic,
                until: None,
            });
        }
        self.mailbox_answered(relay, request, None);
    }

    /// A relay answered what concerns mailboxes, or did not.
    fn mailbox_answered(
        &mut self,
        relay: PeerId,
        request: &RelayRequest,
        reply: Option<RelayReply>,
    ) {
        match mailbox::read(relay, request, reply, &self.checker) {
            Ok(Some(event)) => self.tell(event),
            Ok(None) => {}
            Err(mailbox::Nonsense) => {
                tracing::debug!(peer = %relay, "a relay answers what makes no sense");
                if self.relays.answered_nonsense(relay) {
                    let text = format!(
                        "The relay {} answers what makes no sense, and is not used any more until \
                         Betwixt is started again.",
                        address::peer_text(relay)
                    );
                    self.tell(NetEvent::Warning(text));
                }
                self.mailbox_answered(relay, request, None);
                if let Some(id) = address::to_libp2p(relay) {
                    // Fails if it is gone.
                    let _ = self.swarm.disconnect_peer_id(id);
                }
            }
        }
    }

    fn send_to_relay(&mut self, relay: PeerId) {
        let Some(id) = address::to_libp2p(relay) else {
            return;
        };
        while let Some(request) = self.relays.next(relay) {
            let protocol = self.swarm.behaviour_mut().relay();
            let number = protocol.send_request(&id, request.clone());
            self.sent.insert(number, (relay, request));
        }
    }

    pub(super) fn handle_relay(&mut self, event: exchange::Event<RelayRequest, RelayReply>) {
        let (number, reply) = match event {
            request_response::Event::Message {
                message:
                    request_response::Message::Response {
                        request_id,
                        response,
                    },
                ..
            } => (request_id, Some(response)),
            request_response::Event::OutboundFailure {
                request_id, error, ..
            } => {
                tracing::debug!(%error, "a relay did not answer");
                (request_id, None)
            }
            // We are not a relay.
            request_response::Event::Message { .. }
            | request_response::Event::InboundFailure { .. }
            | request_response::Event::ResponseSent { .. } => return,
        };
        let Some((relay, request)) = self.sent.remove(&number) else {
            return;
        };
        let about_mailboxes = reply.clone();
        match self.relays.answered(relay, &request, reply) {
            Some(News::Open(terms)) => self.tell(NetEvent::RelayChallenge {
                relay,
                challenge: terms.challenge,
                limits: terms.limits,
                store: terms.store,
            }),
            Some(News::Leased(topic, until)) => {
                if until.is_some() {
                    self.supervisor.proved(relay);
                }
                self.tell(NetEvent::Leased {
                    relay,
                    topic,
                    until,
                });
            }
            Some(News::Denied(topic)) => {
                self.warn_of(relay);
                self.tell(NetEvent::Leased {
                    relay,
                    topic,
                    until: None,
                });
            }
            Some(News::Shut) => self.warn_of(relay),
            None => self.mailbox_answered(relay, &request, about_mailboxes),
        }
        self.send_to_relay(relay);
    }

    fn warn_of(&mut self, relay: PeerId) {
        self.tell(NetEvent::Warning(format!(
            "The relay {} does not let this node in: ask whoever runs it for its full address with \
             the access token.",
            address::peer_text(relay)
        )));
    }
}

//! Asking and answering over the hello protocol.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use libp2p::request_response::{self, InboundRequestId, OutboundRequestId, ResponseChannel};
use tokio::time::Instant;

use super::Driver;
use crate::{
    net::{NetEvent, address, admission, exchange, visits::Question},
    wire::{
        hello::{HelloReply, HelloRequest},
        id::{Address, PeerId},
    },
};

/// Requests under way, ours and those of others.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    next: u64,
    /// Requests that the node has not answered yet.
    open: BTreeMap<u64, Ticket>,
    /// Answers that are leaving; once they have left they stay until the peer has read them.
    leaving: BTreeMap<InboundRequestId, (PeerId, Option<Instant>)>,
    /// Our own requests.
    asked: BTreeMap<OutboundRequestId, (PeerId, u64)>,
}

#[derive(Debug)]
struct Ticket {
    peer: PeerId,
    request: InboundRequestId,
    channel: ResponseChannel<HelloReply>,
}

impl Tickets {
    /// Whether something of this peer would be lost if its connection were closed now.
    pub(super) fn is_busy(&self, peer: PeerId) -> bool {
        self.open.values().any(|ticket| ticket.peer == peer)
            || self.leaving.values().any(|(other, _)| *other == peer)
            || self.asked.values().any(|(other, _)| *other == peer)
    }

    /// Keeps a request until it is answered; `None` if too many wait.
    fn issue(&mut self, ticket: Ticket) -> Option<u64> {
        let peer = ticket.peer;
        let same = self.open.values().filter(|ticket| ticket.peer == peer);
        if self.open.len() >= TICKETS || same.count() >= TICKETS_PER_PEER {
            return None;
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.open.insert(number, ticket);
        Some(number)
    }

    /// A request came to nothing.
    fn failed(&mut self, request: InboundRequestId) {
        self.open.retain(|_, ticket| ticket.request != request);
        self.leaving.remove(&request);
    }

    /// An answer has left. If the connection were closed at once, the peer might hear of that before
    /// it reads the answer.
    fn sent(&mut self, request: InboundRequestId, now: Instant) {
        if let Some((_, read)) = self.leaving.get_mut(&request) {
            *read = Some(now + READING);
        }
    }

    /// Forgets answers that have been read by now.
    pub(super) fn forget(&mut self, now: Instant) {
        self.leaving
            .retain(|_, (_, read)| read.is_none_or(|read| read > now));
    }

    /// When [`Tickets::forget`] next has work, if ever.
    pub(super) fn next(&self) -> Option<Instant> {
        self.leaving.values().filter_map(|(_, read)| *read).min()
    }
}

impl Driver {
    pub(super) fn ask(
        &mut self,
        ask: u64,
        to: PeerId,
        addresses: &[Address],
        request: HelloRequest,
        now: Instant,
    ) {
        let question = Question { ask, request };
        if self.connections.is_connected(to) {
            self.send_question(to, question);
            return;
        }
        if to == self.local {
            self.unanswered(ask);
            return;
        }
        let dial = self.polite(to, now);
        if let Some(question) = self.visits.add(to, addresses, Some(question), dial) {
            self.unanswered(question.ask);
        }
    }

    pub(super) fn send_question(&mut self, to: PeerId, question: Question) {
        let Some(id) = address::to_libp2p(to) else {
            return self.unanswered(question.ask);
        };
        if self.tickets.asked.len() >= ASKED {
            return self.unanswered(question.ask);
        }
        let hello = self.swarm.behaviour_mut().hello();
        let request = hello.send_request(&id, question.request);
        self.tickets.asked.insert(request, (to, question.ask));
    }

    pub(super) fn unanswered(&mut self, ask: u64) {
        self.tell(NetEvent::Answered { ask, reply: None });
    }

    pub(super) fn answer(&mut self, number: u64, reply: HelloReply) {
        let Some(ticket) = self.tickets.open.remove(&number) else {
            return;
        };
        let hello = self.swarm.behaviour_mut().hello();
        // Fails if the request has timed out.
        if hello.send_response(ticket.channel, reply).is_ok() {
            let leaving = (ticket.peer, None);
            self.tickets.leaving.insert(ticket.request, leaving);
        }
    }

    pub(super) fn handle_hello(&mut self, event: exchange::Event<HelloRequest, HelloReply>) {
        match event {
            request_response::Event::Message {
                peer,
                connection_id,
                message,
            } => match message {
                request_response::Message::Request {
                    request_id,
                    request,
                    channel,
                } => {
                    if let Some(peer) = address::from_libp2p(&peer) {
                        let ip = self.ip_of(peer, connection_id);
                        let ticket = Ticket {
                            peer,
                            request: request_id,
                            channel,
                        };
                        self.asked_by(ticket, ip, request);
                    }
                }
                request_response::Message::Response {
                    request_id,
                    response,
                } => {
                    if let Some((_, ask)) = self.tickets.asked.remove(&request_id) {
                        let reply = Some(response);
                        self.tell(NetEvent::Answered { ask, reply });
                    }
                }
            },
            request_response::Event::OutboundFailure {
                request_id, error, ..
            } => {
                tracing::debug!(%error, "a request was not answered");
                if let Some((_, ask)) = self.tickets.asked.remove(&request_id) {
                    self.unanswered(ask);
                }
            }
            request_response::Event::InboundFailure { request_id, .. } => {
                self.tickets.failed(request_id);
            }
            request_response::Event::ResponseSent { request_id, .. } => {
                self.tickets.sent(request_id, Instant::now());
            }
        }
    }

    fn asked_by(&mut self, ticket: Ticket, ip: Option<IpAddr>, request: HelloRequest) {
        let from = ticket.peer;
        // A ticket that is dropped closes its stream: that is the answer when there is no room.
        let Some(number) = self.tickets.issue(ticket) else {
            return;
        };
        let told = self.tell_if_room(NetEvent::Hello {
            from,
            ip,
            ticket: number,
            request,
        });
        if !told {
            self.tickets.open.remove(&number);
        }
    }

    fn ip_of(&self, peer: PeerId, connection: libp2p::swarm::ConnectionId) -> Option<IpAddr> {
        let address = self.connections.address_of(peer, connection)?;
        admission::ip_of(&address::to_multiaddr(address)?)
    }
}

/// How long a peer may need to read an answer that has arrived.
const READING: Duration = Duration::from_millis(50);

/// Requests of others that wait for the node.
const TICKETS: usize = 64;

/// Of them, those of one peer.
const TICKETS_PER_PEER: usize = 4;

/// Our own requests under way.
const ASKED: usize = 64;

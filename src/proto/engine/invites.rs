//! Making invites.

use super::{
    Engine, Replied, Turn,
    command::{CommandError, ErrorKind, Reply},
    commands::invalid,
};
use crate::proto::{
    card::{Card, Token},
    invite::{self, Invite},
    qr,
    time::SECOND,
};

impl Engine {
    pub(super) fn create_invite(
        &mut self,
        turn: &mut Turn<'_>,
        ttl_s: Option<u32>,
        uses: Option<u16>,
    ) -> Replied {
        let ttl_s = ttl_s.unwrap_or(invite::DEFAULT_TTL_S);
        let uses = uses.unwrap_or(1);
        if !(60..=invite::LONGEST_TTL_S).contains(&ttl_s) || uses == 0 {
            return Err(invalid(
                "Choose a ttl_s from a minute to a year, and uses for one person or more.",
            ));
        }
        let now = turn.now;
        let closed: Vec<_> = self
            .invites
            .iter()
            .filter(|(_, invite)| !invite.is_open(now))
            .map(|(id, _)| *id)
            .collect();
        for id in closed {
            self.invites.remove(&id);
            self.dirty.invites.insert(id);
        }
        if self.invites.len() >= invite::MOST {
            return Err(CommandError::new(
                ErrorKind::Conflict,
                "There are too many open invites; wait until some are used or have ended.",
            ));
        }
        let mut token = [0; 16];
        turn.rng.fill_bytes(&mut token);
        let token = Token(token);
        let expires = now.plus(u64::from(ttl_s) * SECOND);
        self.invites.insert(
            token.id(),
            Invite {
                token,
                expires,
                uses_left: uses,
            },
        );
        self.dirty.invites.insert(token.id());
        let addresses = self.listening.clone();
        let card = Card {
            person: self.person(),
            peer: self.peer(),
            token,
            expires,
            addresses,
            relay: None,
        };
        let qr_svg = qr::svg(card.to_qr_text().as_bytes());
        Ok(Reply::Invite {
            link: card.to_link(),
            qr_svg,
        })
    }
}

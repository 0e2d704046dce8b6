//! Members of a group with their sessions and prekeys, who do what the engine does.

use super::*;

/// A member with all it has.
pub(super) struct Member {
    pub(super) person: Person,
    pub(super) group: Group,
    pub(super) epochs: Epochs,
    pub(super) sessions: BTreeMap<DeviceId, SessionSet>,
    pub(super) rng: ChaCha20Rng,
}

impl Member {
    pub(super) fn of(group: &Group, person: Person, seed: u64) -> Self {
        let ops = group.unknown_to(&[], usize::MAX);
        Self {
            person,
            group: Group::restore(ops.iter().map(Op::encode)).unwrap(),
            epochs: Epochs::default(),
            sessions: BTreeMap::new(),
            rng: ChaCha20Rng::seed_from_u64(seed),
        }
    }

    pub(super) fn id(&self) -> PersonId {
        self.person.account.person()
    }

    pub(super) fn act(&mut self, change: Change) -> Op {
        self.group.act(&self.person.device, change, NOW).unwrap().0
    }

    pub(super) fn say(&mut self, content: &[u8]) -> (OpId, Vec<u8>) {
        let epoch = self.epochs.speaking(&self.group).unwrap();
        let device = &self.person.device;
        let sealed = self.epochs.seal(&epoch, device, content, &mut self.rng);
        (epoch, sealed.unwrap().body)
    }

    pub(super) fn hear(&mut self, (epoch, body): &(OpId, Vec<u8>)) -> Option<Vec<u8>> {
        let opened = self.epochs.open(epoch, body, NOW)?;
        Some(opened.content.to_vec())
    }
}

/// Makes an epoch as the engine does, with what each of the others has published.
pub(super) fn make(author: &mut Member, others: &[&Member]) -> Made {
    let Member {
        person,
        group,
        epochs,
        sessions,
        rng,
    } = author;
    let seal = |to: ToSeal<'_>, rng: &mut dyn CryptoRng| {
        let other = others.iter().find(|other| other.id() == to.device.person)?;
        let (peer, prekey) = (
            other.person.device.certificate(),
            other.person.public_prekey(),
        );
        let set = sessions
            .entry(peer.id)
            .or_insert_with(|| SessionSet::new(person.device.id(), peer.id));
        let plaintext = if set.active().is_some() {
            seal_once(&person.device, peer, &prekey, to.secret, rng).unwrap()
        } else {
            let payload = InitPayload {
                device: person.device.id(),
                list_seq: 1,
                generation: set.next_generation(),
                created: NOW,
            };
            let request = Initiate {
                device: &person.device,
                peer,
                prekey: &prekey,
                token: None,
                payload,
            };
            set.start(initiate(request, rng).unwrap(), NOW);
            to.secret.expose().to_vec()
        };
        Some(set.seal(rng, NOW, to.context, &plaintext).unwrap())
    };
    epochs.make(group, &person.device, NOW, rng, seal).unwrap()
}

/// What a seal holds, as far as a device can open it: the session's layer, then the prekey's.
pub(super) fn unseal(
    person: &Person,
    sessions: &mut BTreeMap<DeviceId, SessionSet>,
    from: &Person,
    context: &[u8; 32],
    pairwise: &[u8],
) -> Option<Secret<32>> {
    let set = sessions
        .entry(from.device.id())
        .or_insert_with(|| SessionSet::new(person.device.id(), from.device.id()));
    let plaintext = match set.open(NOW, pairwise, context) {
        Err(OpenError::UnknownInit) => {
            let request = Respond {
                device: &person.device,
                person: person.account.person(),
                prekey: &person.prekey,
                token: None,
            };
            let init = SessionSet::split(pairwise).ok()?.init?;
            let accept = Accept {
                responded: respond(request, init).ok()?,
                initiator: from.device.certificate(),
                prekey: &person.prekey,
            };
            set.accept(accept, NOW, pairwise, context).ok()?
        }
        other => other.ok()?,
    };
    if let Ok(secret) = <[u8; 32]>::try_from(plaintext.as_slice()) {
        return Some(Secret::new(secret));
    }
    prekey_of(&plaintext)?;
    open_once(
        &person.device,
        &person.prekey,
        from.device.certificate(),
        &plaintext,
    )
    .ok()
}

pub(super) fn context_of(op: &Op, group: &Group) -> [u8; 32] {
    let body = crate::proto::chat::membership::OpBody::decode(&op.body).unwrap();
    let Change::Epoch(epoch) = body.change else {
        panic!("an epoch");
    };
    seal_context(&group.chat(), &epoch.commit, &epoch.roster_hash)
}

/// Takes an epoch in as the engine does.
pub(super) fn take(member: &mut Member, author: &Person, made: &Made) -> bool {
    member.group.apply(made.op.clone());
    let context = context_of(&made.op, &member.group);
    let id = made.op.id();
    let roster = member.group.roster_before(&id).unwrap();
    let own = member.person.device.id();
    let index = roster
        .devices
        .iter()
        .position(|device| device.device == own);
    let seals = made
        .chunks
        .iter()
        .flat_map(|chunk| SealChunk::decode(chunk).unwrap().seals);
    for (at, pairwise) in seals {
        if index == Some(usize::from(at)) {
            let secret = unseal(
                &member.person,
                &mut member.sessions,
                author,
                &context,
                &pairwise,
            );
            return secret.is_some_and(|secret| {
                member.epochs.take(&member.group, &id, &secret, NOW).is_ok()
            });
        }
    }
    false
}

/// A group of three whose first is the owner, all in one epoch.
pub(super) fn three() -> [Member; 3] {
    let [alice, bob, carol] = [person(1), person(2), person(3)];
    let policy = Policy {
        history: 0,
        receipts: true,
        timer_s: 0,
        max_epoch_age_s: 0,
        predecessor: None,
    };
    let mut group =
        Group::create(&alice.device, &alice.list, "Herons".into(), policy, NOW).unwrap();
    for other in [&bob, &carol] {
        let added = Change::AddMember(other.list.bytes().to_vec().into());
        group.act(&alice.device, added, NOW).unwrap();
    }
    let mut alice = Member::of(&group, alice, 11);
    let mut bob = Member::of(&group, bob, 12);
    let mut carol = Member::of(&group, carol, 13);
    renew(&mut alice, &mut [&mut bob, &mut carol]);
    [alice, bob, carol]
}

pub(super) fn renew(author: &mut Member, others: &mut [&mut Member]) -> Made {
    let known: Vec<&Member> = others.iter().map(|other| &**other).collect();
    let made = make(author, &known);
    for other in others {
        assert!(take(other, &author.person, &made));
    }
    made
}

pub(super) fn tell(op: &Op, to: &mut [&mut Member]) {
    for member in to {
        member.group.apply(op.clone());
    }
}

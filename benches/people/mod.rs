//! People with one device each, and sessions between them.

use betwixt::proto::{
    chat::direct::{chat_id, part_context},
    handshake::{InitPayload, Initiate, Respond, initiate, respond},
    identity::{Account, Device, DeviceList},
    prekey::{self, OwnPrekey, Prekey},
    session::{Accept, SessionSet},
    time::Timestamp,
};
use rand_chacha::ChaCha20Rng;

pub const NOW: Timestamp = Timestamp(1_767_225_600_000);

pub struct Person {
    pub account: Account,
    pub device: Device,
    pub list: DeviceList,
    pub prekey: OwnPrekey,
}

impl Person {
    pub fn new(rng: &mut ChaCha20Rng) -> Self {
        let account = Account::generate(rng);
        let device = Device::create(&account, 1, NOW, rng);
        Self {
            list: DeviceList::first(&account, &device, NOW),
            prekey: OwnPrekey::create(7, prekey::Kind::Medium, NOW, rng),
            account,
            device,
        }
    }

    /// What others hold of the prekey.
    pub fn public_prekey(&self) -> Prekey {
        Prekey::verify(&self.prekey.sign(&self.device), &self.list, NOW).unwrap()
    }

    /// A session with somebody that both have used: this person's side of it, and theirs.
    pub fn meet(&self, other: &Self, rng: &mut ChaCha20Rng) -> (SessionSet, SessionSet) {
        let prekey = other.public_prekey();
        let request = Initiate {
            device: &self.device,
            peer: other.device.certificate(),
            prekey: &prekey,
            token: None,
            payload: InitPayload {
                device: self.device.id(),
                list_seq: self.list.seq(),
                generation: 1,
                created: NOW,
            },
        };
        let mut ours = SessionSet::new(self.device.id(), other.device.id());
        ours.start(initiate(request, rng).unwrap(), NOW);

        let chat = chat_id(&self.account.person(), &other.account.person());
        let context = part_context(&chat);
        let first = ours.seal(rng, NOW, &context, b"first").unwrap();
        let init = SessionSet::split(&first).unwrap().init.unwrap();
        let request = Respond {
            device: &other.device,
            person: other.account.person(),
            prekey: &other.prekey,
            token: None,
        };
        let accept = Accept {
            responded: respond(request, init).unwrap(),
            initiator: self.device.certificate(),
            prekey: &other.prekey,
        };
        let mut theirs = SessionSet::new(other.device.id(), self.device.id());
        theirs.accept(accept, NOW, &first, &context).unwrap();
        let reply = theirs.seal(rng, NOW, &context, b"reply").unwrap();
        ours.open(NOW, &reply, &context).unwrap();
        (ours, theirs)
    }
}

//! A group of `OpenMLS`, all of it encrypted, with its own storage in memory.

use std::collections::HashMap;

use openmls::prelude::{tls_codec::DeserializeBytes as _, *};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;

const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;

/// A group, and those of its members who take part. The others stand in its tree.
pub struct Herons {
    pub in_it: Vec<Member>,
}

pub struct Member {
    provider: OpenMlsRustCrypto,
    signer: SignatureKeyPair,
    group: MlsGroup,
}

/// What is stored of a member.
pub type Snapshot = HashMap<Vec<u8>, Vec<u8>>;

struct Person {
    provider: OpenMlsRustCrypto,
    signer: SignatureKeyPair,
    credential: CredentialWithKey,
}

impl Person {
    fn new(number: usize) -> Self {
        let signer = SignatureKeyPair::new(SUITE.signature_algorithm()).unwrap();
        let credential = BasicCredential::new(number.to_be_bytes().to_vec());
        Self {
            provider: OpenMlsRustCrypto::default(),
            credential: CredentialWithKey {
                credential: credential.into(),
                signature_key: signer.to_public_vec().into(),
            },
            signer,
        }
    }

    fn key_package(&self) -> KeyPackage {
        let bundle = KeyPackage::builder().build(
            SUITE,
            &self.provider,
            &self.signer,
            self.credential.clone(),
        );
        bundle.unwrap().key_package().clone()
    }
}

impl Herons {
    /// The first founds it and adds all others at once. Every second one takes part, until there are
    /// so many.
    pub fn new(members: usize, in_it: usize) -> Self {
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(SUITE)
            .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(true)
            .build();
        let mut people = (0..members).map(Person::new);
        let Person {
            provider,
            signer,
            credential,
        } = people.next().unwrap();
        let mut group = MlsGroup::new(&provider, &signer, &config, credential).unwrap();
        let others: Vec<Person> = people.collect();
        let packages: Vec<KeyPackage> = others.iter().map(Person::key_package).collect();
        let (_, welcome, _) = group.add_members(&provider, &signer, &packages).unwrap();
        group.merge_pending_commit(&provider).unwrap();
        let MlsMessageBodyIn::Welcome(welcome) = read(&welcome.to_bytes().unwrap()).extract()
        else {
            unreachable!("it is a welcome");
        };
        let first = Member {
            provider,
            signer,
            group,
        };
        let step = members / in_it;
        let others = others.into_iter().skip(step - 1).step_by(step);
        let others = others.map(|person| {
            let Person {
                provider, signer, ..
            } = person;
            let join = config.join_config();
            let staged =
                StagedWelcome::new_from_welcome(&provider, join, welcome.clone(), None).unwrap();
            let group = staged.into_group(&provider).unwrap();
            Member {
                provider,
                signer,
                group,
            }
        });
        Self {
            in_it: std::iter::once(first).chain(others).collect(),
        }
    }

    /// Each who takes part renews its keys. Whoever has done so stays behind, but for the one in the
    /// middle.
    pub fn update_all(&mut self) {
        let middle = self.in_it.len() / 2;
        for at in (0..self.in_it.len()).rev() {
            let commit = self.in_it[at].update();
            let others = self.in_it.iter_mut().enumerate();
            for (_, other) in others.filter(|(n, _)| *n < at || *n == middle && at < middle) {
                other.take_in(&commit);
            }
        }
    }
}

impl Member {
    pub fn say(&mut self, text: &[u8]) -> Vec<u8> {
        let said = self
            .group
            .create_message(&self.provider, &self.signer, text);
        said.unwrap().to_bytes().unwrap()
    }

    pub fn hear(&mut self, bytes: &[u8]) -> Vec<u8> {
        let ProcessedMessageContent::ApplicationMessage(said) = self.process(bytes) else {
            unreachable!("it was said");
        };
        said.into_bytes()
    }

    /// Removes the last member of the tree, and goes on to the new epoch.
    pub fn remove_last(&mut self) -> Vec<u8> {
        let last = self.group.members().last().unwrap().index;
        let (provider, signer) = (&self.provider, &self.signer);
        let (commit, ..) = self
            .group
            .remove_members(provider, signer, &[last])
            .unwrap();
        self.group.merge_pending_commit(provider).unwrap();
        commit.to_bytes().unwrap()
    }

    fn update(&mut self) -> Vec<u8> {
        let (provider, signer) = (&self.provider, &self.signer);
        let own = LeafNodeParameters::default();
        let bundle = self.group.self_update(provider, signer, own).unwrap();
        self.group.merge_pending_commit(provider).unwrap();
        bundle.into_commit().to_bytes().unwrap()
    }

    pub fn take_in(&mut self, commit: &[u8]) {
        let ProcessedMessageContent::StagedCommitMessage(commit) = self.process(commit) else {
            unreachable!("it is a commit");
        };
        self.group
            .merge_staged_commit(&self.provider, *commit)
            .unwrap();
    }

    fn process(&mut self, bytes: &[u8]) -> ProcessedMessageContent {
        let message = read(bytes).try_into_protocol_message().unwrap();
        let processed = self.group.process_message(&self.provider, message);
        processed.unwrap().into_content()
    }

    pub fn snapshot(&self) -> Snapshot {
        self.provider.storage().values.read().unwrap().clone()
    }

    pub fn restore(&mut self, snapshot: &Snapshot) {
        let storage = self.provider.storage();
        storage.values.write().unwrap().clone_from(snapshot);
        let group = MlsGroup::load(storage, self.group.group_id());
        self.group = group.unwrap().unwrap();
    }
}

fn read(bytes: &[u8]) -> MlsMessageIn {
    MlsMessageIn::tls_deserialize_exact_bytes(bytes).unwrap()
}

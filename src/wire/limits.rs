//! Every bound on what a stranger, a peer or a member can make us hold (protocol, appendix A).

/// Sizes to which the inside of a frame is padded, in bytes (protocol §5.2).
pub const BUCKETS: [usize; 9] = [256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 49_152];

/// What a frame has beside its bucket: 4 header, 24 nonce, 16 tag, 64 signature.
pub const FRAME_OVERHEAD: usize = 108;

/// The largest frame.
pub const FRAME: usize = 49_152 + FRAME_OVERHEAD;

/// Frames dated more than this many days back are not taken from gossip.
pub const FRAME_DAYS_BACK: u16 = 30;

/// Frames dated more than this many days ahead are refused.
pub const FRAME_DAYS_AHEAD: u16 = 1;

/// A message on the direct stream: a frame and its wrapping.
pub const DIRECT_MESSAGE: usize = FRAME + 256;

/// Frame ids in one acknowledgement.
pub const HELD_IDS: usize = 256;

/// Counters in one request for missing messages.
pub const WANT_COUNTERS: usize = 256;

/// A hello request or reply.
pub const HELLO: usize = 16 * 1024;

/// Frames that may come with a contact request, before it is accepted.
pub const INTRO_FRAMES: usize = 8;

/// The text of one message, in bytes of UTF-8.
pub const TEXT: usize = 16 * 1024;

/// A person's or chat's name, in bytes of UTF-8.
pub const NAME: usize = 256;

/// A multiaddr in its binary form.
pub const ADDRESS: usize = 256;

/// Addresses in one node record.
pub const ADDRESSES: usize = 16;

/// Devices of one account.
pub const DEVICES: usize = 8;

/// Causal parents named by one message.
pub const PARENTS: usize = 4;

/// Sessions kept with one device: one active, the others for what is still in flight.
pub const SESSIONS: usize = 5;

/// Messages that one ratchet step may skip.
pub const SKIP: u32 = 1000;

/// Messages of one device in one epoch of a group that may be overtaken at once.
pub const GROUP_SKIP: u32 = 2000;

/// Keys of overtaken messages kept for one group.
pub const GROUP_SKIPPED: usize = 5000;

/// Skipped message keys kept for one session.
pub const SKIPPED_KEYS: usize = 2000;

/// Contact requests that may wait at once; further ones are refused.
pub const REQUESTS: usize = 64;

/// People nearby who are remembered at once.
pub const NEARBY: usize = 256;

/// Effects of the engine that wait for one commit.
pub const BATCH: usize = 64;

/// A request or reply of the relay protocol.
pub const RELAY_MESSAGE: usize = 4 * 1024 * 1024;

/// Frames given to a relay, or taken from it, at once, in bytes; one frame may be larger.
pub const RELAY_FRAMES: usize = 224 * 1024;

/// Frames given to a relay at once.
pub const RELAY_PUT: usize = 64;

/// Frames of one topic taken from a relay at once.
pub const RELAY_FETCH: usize = 64;

/// Topics watched at a relay in one request.
pub const RELAY_WATCH: usize = 1024;

/// How long a relay lets a request for news wait, in seconds.
pub const RELAY_WAIT_S: u8 = 60;

/// The longest lease of a topic at a relay, in seconds: 30 days.
pub const LEASE_S: u32 = 30 * 24 * 60 * 60;

/// Relays named by one chat or one node.
pub const RELAYS: usize = 4;

/// A relay card: an id, addresses, a token.
pub const RELAY_CARD: usize = 64 + ADDRESSES * (ADDRESS + 3);

/// One message of the set reconciliation between members.
pub const NEGENTROPY: usize = 32 * 1024;

/// Epochs in which two members differ that one question names.
pub const SYNC_ITEMS: usize = 512;

/// Bytes of runs of counters in one message between members.
pub const SYNC_RUNS: usize = 24 * 1024;

/// Messages with their signatures in one answer to a member, and messages looked for to make it.
pub const SYNC_RECORDS: usize = 512;

/// Bytes of messages with their signatures in one answer to a member.
pub const SYNC_PART: usize = 45_000;

/// Runs of counters in one report of what somebody has of a chat of two.
pub const HAVE_RUNS: usize = 2048;

/// Epochs of one author that a member takes at once though the one in use would do; one more in ten
/// minutes.
pub const EPOCHS_OF_AUTHOR: u32 = 6;

/// Messages of one author in a group that a member takes at once; 20 more a second.
pub const MESSAGES_OF_AUTHOR: u32 = 4_000;

/// Messages of before they came that a newcomer is given.
pub const HISTORY: u32 = 10_000;

/// Newcomers of one group who may ask this person for history at once.
pub const HISTORY_OFFERS: usize = 64;

/// Messages that are read at once for somebody who asks for history.
pub const HISTORY_PART: usize = 16;

/// Messages with their signatures in one content.
pub const RECORDS: usize = 64;

/// One signed change of a group's membership.
pub const OP: usize = 8 * 1024;

/// Heads of a membership log, and parents of one change.
pub const OP_PARENTS: usize = 16;

/// Changes in one membership log; further ones are refused, and another group has to be founded.
pub const OPS: usize = 32_768;

/// Changes by one device in one membership log.
pub const OPS_OF_DEVICE: u64 = 8192;

/// Changes kept while what they follow has not come.
pub const OPS_WAITING: usize = 1024;

/// Invitations to groups of which some parts only have come.
pub const INVITATIONS: usize = 8;

/// Bytes of changes in one invitation to a group.
pub const INVITATION: usize = 4 * 1024 * 1024;

/// The manifest of a chat's picture.
pub const AVATAR: usize = 1024;

/// Encrypted bytes of a file in one piece: 64 KiB and a tag.
pub const BLOB_CHUNK: usize = 65_552;

/// Hashes of pieces in one page: of 64 MiB of a file.
pub const BLOB_PAGE: usize = 1024;

/// Pages of one file: 256 GiB.
pub const BLOB_PAGES: usize = 4096;

/// Pieces of one file.
pub const BLOB_CHUNKS: usize = BLOB_PAGE * BLOB_PAGES;

/// The hashes of all pages of one file.
pub const BLOB_LIST: usize = BLOB_PAGES * 32;

/// Files and folders in a folder that is sent, all together.
pub const FOLDER_ENTRIES: usize = 20_000;

/// Folders in one another in a folder that is sent.
pub const FOLDER_DEPTH: usize = 32;

/// Bytes of the names on the way to a file in a folder that is sent.
pub const FOLDER_PATH: usize = 2048;

/// The list of what is in a folder that is sent, in bytes.
pub const FOLDER_LIST: usize = 4 * 1024 * 1024;

/// Pieces that one request asks for.
pub const BLOB_RANGE: u16 = 16;

/// A request or reply of the blob protocol: the longest names the pieces that somebody has, a bit each.
pub const BLOB_MESSAGE: usize = BLOB_CHUNKS / 8 + 64;

/// A certificate inside a device list.
pub const CERTIFICATE: usize = 256;

/// A device list.
pub const DEVICE_LIST: usize = 4 * 1024;

/// Revoked devices that a device list names.
pub const REVOCATIONS: usize = 64;

/// A node record.
pub const NODE_RECORD: usize = 8 * 1024;

/// A profile card.
pub const PROFILE: usize = 512;

/// A prekey. Of suite 2, its key has 1,184 bytes.
pub const PREKEY: usize = 2 * 1024;

/// One-time prekeys of ours that nobody has used yet.
pub const ONE_TIME_PREKEYS: usize = 1024;

/// A contact card in its binary form.
pub const CONTACT_CARD: usize = 86 + ADDRESSES * ADDRESS + RELAY_CARD;

/// The highest generation of a pairwise session.
pub const GENERATION: u32 = 1 << 31;

/// Messages in one ratchet chain.
pub const CHAIN: u32 = 1 << 31;

/// One content of a chat. With 15 sealed parts it fits the largest frame.
pub const CONTENT: usize = 40 * 1024;

/// Sealed parts of one direct message: all other devices of both people.
pub const DIRECT_PARTS: usize = 2 * DEVICES - 1;

/// People mentioned in one message.
pub const MENTIONS: usize = 16;

/// An emoji at a message, in bytes of UTF-8.
pub const EMOJI: usize = 32;

/// Messages of one delivery receipt.
pub const DELIVERY: usize = 64;

/// Devices in one receipt.
pub const RECEIPTS: usize = 64;

/// One-time prekeys given at once.
pub const PREKEYS: usize = 32;

/// The name that a file claims to have, in bytes of UTF-8.
pub const FILE_NAME: usize = 255;

/// The type that a file claims to be of, in bytes.
pub const MIME: usize = 127;

/// A small picture of a file.
pub const THUMBNAIL: usize = 12 * 1024;

/// Parts of a sound of which a message says how loud they are.
pub const WAVEFORM: usize = 64;

/// What is said of how loud a part is, is less.
pub const LOUDNESS: u8 = 32;

/// A file: 256 GiB.
pub const FILE: u64 = (64 * 1024 * BLOB_CHUNKS) as u64;

/// A file as it is carried, padded and encrypted.
pub const BLOB: u64 = (BLOB_CHUNK * BLOB_CHUNKS) as u64;

/// Frames acknowledged in one ephemeral frame.
pub const EPHEMERAL_HELD: usize = 64;

/// Graphemes of a name that are shown.
pub const NAME_GRAPHEMES: usize = 64;

/// Combining marks on one base character that are shown.
pub const COMBINING_MARKS: usize = 4;

/// Owners of a group.
pub const OWNERS: usize = 3;

/// A chat's description, in bytes of UTF-8.
pub const TOPIC: usize = 1024;

/// Epochs that one epoch takes the place of.
pub const SUPERSEDED: usize = 8;

/// Devices of all members of a group.
pub const ROSTER: u16 = 1024;

/// Devices to which people are added. Below [`ROSTER`], so that people who add at the same time do not
/// go above it.
pub const MEMBERS: usize = 1000;

/// Messages that wait for one peer's direct stream; further ones are dropped, the outbox retries.
pub const DIRECT_QUEUE: usize = 1024;

/// Bytes that wait for one peer's direct stream.
pub const DIRECT_QUEUE_BYTES: usize = 4 * 1024 * 1024;

/// Within this time, in milliseconds, gossip takes the same frame for a copy that came another way; a
/// frame that is published again later passes (protocol §5.5).
pub const GOSSIP_COPY_MS: u64 = 4_000;

/// Topics that are remembered of one gossip peer, and that a node takes part in.
pub const TOPICS: usize = 1024;

/// Connections of peers that are not authorised, in each direction.
pub const STRANGERS: usize = 16;

/// Connections of a node.
pub const CONNECTIONS: u32 = 200;

/// Peers connected with which members of groups are not dialled: what remains is for contacts, strangers,
/// and members who dial.
pub const ENOUGH_PEERS: usize = 160;

/// Connections of a relay.
pub const RELAY_CONNECTIONS: u32 = 256;

/// Connections to one peer; a second one lives for a moment, until it is clear which stays.
pub const CONNECTIONS_PER_PEER: u32 = 2;

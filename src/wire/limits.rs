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

/// Skipped message keys kept for one session.
pub const SKIPPED_KEYS: usize = 2000;

/// Contact requests that may wait at once; further ones are refused.
pub const REQUESTS: usize = 64;

/// People nearby who are remembered at once.
pub const NEARBY: usize = 256;

/// Effects of the engine that wait for one commit.
pub const BATCH: usize = 64;

//! Ogg Opus (RFC 7845): its packets one after the other. `ogg` reads the pages, `ropus` decodes.

use std::{io::Cursor, sync::Arc};

use ogg::PacketReader;
use ropus::{Channels, DecodeMode, Decoder};

use super::{
    RATE,
    decoder::{Frame, Refusal},
    encoder::{Writer, samples},
};

/// An Ogg Opus file in memory.
pub(super) struct Opus {
    bytes: Arc<[u8]>,
    head: Head,
    /// Samples in all, those not to be heard included.
    total: u64,
    packets: PacketReader<Cursor<Arc<[u8]>>>,
    /// A packet that was read too early.
    early: Option<Vec<u8>>,
    decoder: Decoder,
    decoded: Vec<f32>,
    /// Samples that were decoded or passed over.
    at: u64,
    /// Where the last page that was read says it ends.
    ends: u64,
}

/// What the first packet says.
#[derive(Clone, Copy)]
struct Head {
    serial: u32,
    channels: Channels,
    /// Samples that are not to be heard, at the begin.
    skip: u64,
}

impl Opus {
    pub(super) fn open(bytes: &Arc<[u8]>) -> Result<Self, Refusal> {
        let mut packets = PacketReader::new(Cursor::new(Arc::clone(bytes)));
        let first = packets.read_packet().ok().flatten();
        let first = first.ok_or(Refusal::Unknown)?;
        let head = match *first.data {
            // Families other than 0 have more channels than two.
            [
                b'O',
                b'p',
                b'u',
                b's',
                b'H',
                b'e',
                b'a',
                b'd',
                version,
                channels,
                skip,
                more,
                _,
                _,
                _,
                _,
                _,
                _,
                0,
                ..,
            ] if version < 16 => Head {
                serial: first.stream_serial(),
                channels: match channels {
                    1 => Channels::Mono,
                    2 => Channels::Stereo,
                    _ => return Err(Refusal::Damaged),
                },
                skip: u64::from(u16::from_le_bytes([skip, more])),
            },
            [b'O', b'p', b'u', b's', b'H', b'e', b'a', b'd', ..] => return Err(Refusal::Damaged),
            _ => return Err(Refusal::Unknown),
        };
        let mut opus = Self {
            bytes: Arc::clone(bytes),
            head,
            total: 0,
            packets,
            early: None,
            decoder: decoder(head.channels)?,
            decoded: vec![0.0; LARGEST * head.channels.count()],
            at: 0,
            ends: 0,
        };
        opus.begin();
        while let Some(packet) = opus.packet() {
            opus.total += samples(&packet);
        }
        if opus.ends != u64::MAX {
            // The last page may say that less is to be heard.
            opus.total = opus.total.min(opus.ends.max(head.skip));
        }
        opus.begin();
        Ok(opus)
    }

    pub(super) fn duration_ms(&self) -> u64 {
        self.total.saturating_sub(self.head.skip) / 48
    }

    pub(super) fn next(&mut self) -> Option<Vec<Frame>> {
        loop {
            let packet = self.packet()?;
            let from = self.at;
            if from >= self.total {
                return None;
            }
            self.at += samples(&packet);
            let mut frames = self.decode(&packet);
            let heard = usize::try_from(self.total - from).unwrap_or(usize::MAX);
            frames.truncate(heard);
            let silent = self.head.skip.saturating_sub(from);
            let silent = usize::try_from(silent).unwrap_or(usize::MAX);
            frames.drain(..silent.min(frames.len()));
            if !frames.is_empty() {
                return Some(frames);
            }
        }
    }

    pub(super) fn seek(&mut self, ms: u64) -> Option<u64> {
        let wanted = ms.saturating_mul(48).saturating_add(self.head.skip);
        let wanted = wanted.min(self.total);
        self.decoder = decoder(self.head.channels).ok()?;
        self.begin();
        while let Some(packet) = self.packet() {
            let end = self.at + samples(&packet);
            if end > wanted {
                self.early = Some(packet);
                break;
            }
            // A decoder hears a little of before, to be where it would be.
            if end + SETTLES > wanted {
                self.decode(&packet);
            }
            self.at = end;
        }
        Some(self.at.saturating_sub(self.head.skip) / 48)
    }

    /// The packets as they are, and nothing else that is in the file.
    pub(super) fn bare(&mut self) -> Vec<u8> {
        self.begin();
        let channels = u8::from(self.head.channels == Channels::Stereo) + 1;
        let skip = u16::try_from(self.head.skip).unwrap_or(u16::MAX);
        let mut writer = Writer::new(channels, skip);
        let total = self.total;
        while let Some(packet) = self.packet() {
            writer.push(packet);
        }
        writer.finish(total)
    }

    /// What cannot be decoded is silent.
    fn decode(&mut self, packet: &[u8]) -> Vec<Frame> {
        let channels = self.head.channels.count();
        let heard = self
            .decoder
            .decode_float(packet, &mut self.decoded, DecodeMode::Normal);
        let heard = heard.unwrap_or(0);
        let both = |frame: &[f32]| match *frame {
            [one] => [one; 2],
            [left, right, ..] => [left, right],
            [] => [0.0; 2],
        };
        let frames = self.decoded.chunks_exact(channels).take(heard);
        frames.map(both).collect()
    }

    /// Goes to the first packet.
    fn begin(&mut self) {
        self.packets = PacketReader::new(Cursor::new(Arc::clone(&self.bytes)));
        self.early = None;
        self.at = 0;
        self.ends = 0;
        // What it is, and what is written into it.
        for _ in 0..2 {
            self.packet();
        }
        self.ends = 0;
    }

    /// The next packet. What is damaged ends it.
    fn packet(&mut self) -> Option<Vec<u8>> {
        if let Some(early) = self.early.take() {
            return Some(early);
        }
        loop {
            let packet = self.packets.read_packet().ok()??;
            if packet.stream_serial() == self.head.serial {
                self.ends = packet.absgp_page();
                return Some(packet.data);
            }
        }
    }
}

fn decoder(channels: Channels) -> Result<Decoder, Refusal> {
    Decoder::new(RATE, channels).map_err(|_| Refusal::Damaged)
}

/// After so many samples a decoder that began in the middle sounds as one that did not (RFC 7845 §4.6).
const SETTLES: u64 = 3_840;

/// Samples of a packet of 120 ms, of one channel: there are no longer ones.
const LARGEST: usize = 5_760;

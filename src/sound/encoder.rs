//! What is spoken, as Ogg Opus.

use ogg::{PacketWriteEndInfo, PacketWriter};
use ropus::{Application, Bitrate, Channels, Signal};

/// Samples of a second.
pub const RATE: u32 = 48_000;

/// Takes what is spoken as it comes: one channel of [`RATE`].
pub struct Encoder {
    opus: Option<ropus::Encoder>,
    writer: Writer,
    /// Too little for a packet yet.
    rest: Vec<f32>,
    /// Samples that came, and those not to be heard before them.
    samples: u64,
    packet: Vec<u8>,
}

impl Default for Encoder {
    fn default() -> Self {
        let opus = ropus::Encoder::builder(RATE, Channels::Mono, Application::Voip)
            .bitrate(Bitrate::Bits(BITS))
            .signal(Signal::Voice)
            .vbr(true)
            .build()
            .ok();
        let skip = opus.as_ref().map_or(0, ropus::Encoder::lookahead);
        Self {
            opus,
            writer: Writer::new(1, u16::try_from(skip).unwrap_or(0)),
            rest: Vec::with_capacity(PACKET),
            samples: u64::from(skip),
            packet: vec![0; LARGEST],
        }
    }
}

impl Encoder {
    /// Takes more.
    pub fn push(&mut self, samples: &[f32]) {
        self.samples += samples.len() as u64;
        let mut samples = samples;
        while !samples.is_empty() {
            let room = PACKET.saturating_sub(self.rest.len()).min(samples.len());
            let (now, later) = samples.split_at(room);
            let audible = now.iter().map(|loud| {
                let loud = if loud.is_finite() { *loud } else { 0.0 };
                loud.clamp(-1.0, 1.0)
            });
            self.rest.extend(audible);
            samples = later;
            if self.rest.len() == PACKET {
                self.encode();
            }
        }
    }

    /// All of it, as a file.
    pub fn finish(mut self) -> Vec<u8> {
        // What the encoder still looks at comes out with what follows it.
        while self.writer.ends < self.samples {
            self.rest.resize(PACKET, 0.0);
            self.encode();
        }
        self.writer.finish(self.samples)
    }

    fn encode(&mut self) {
        let encoded = self
            .opus
            .as_mut()
            .and_then(|opus| opus.encode_float(&self.rest, &mut self.packet).ok());
        let packet = encoded.and_then(|length| self.packet.get(..length));
        // A packet without sound, if it could not be.
        self.writer.push(packet.unwrap_or(&SILENT).to_vec());
        self.rest.clear();
    }
}

/// Writes packets into a file.
pub(super) struct Writer {
    ogg: PacketWriter<'static, Vec<u8>>,
    /// The last packet, which is written when it is known whether it is the last.
    last: Option<Vec<u8>>,
    /// Samples of all packets.
    ends: u64,
    count: u64,
}

impl Writer {
    pub(super) fn new(channels: u8, skip: u16) -> Self {
        let mut head = b"OpusHead\x01".to_vec();
        head.push(channels);
        head.extend(skip.to_le_bytes());
        head.extend(RATE.to_le_bytes());
        head.extend([0, 0, 0]);
        // Nothing that tells one device from another.
        let tags = b"OpusTags\x07\0\0\0Betwixt\0\0\0\0".to_vec();
        let mut ogg = PacketWriter::new(Vec::new());
        for packet in [head, tags] {
            // Writing to memory cannot fail.
            let _ = ogg.write_packet(packet, SERIAL, PacketWriteEndInfo::EndPage, 0);
        }
        Self {
            ogg,
            last: None,
            ends: 0,
            count: 0,
        }
    }

    pub(super) fn push(&mut self, packet: Vec<u8>) {
        let after = samples(&packet);
        if let Some(last) = self.last.replace(packet) {
            self.count += 1;
            // Pages of a second, so that little is lost with one.
            let end = if self.count.is_multiple_of(50) {
                PacketWriteEndInfo::EndPage
            } else {
                PacketWriteEndInfo::NormalPacket
            };
            let _ = self.ogg.write_packet(last, SERIAL, end, self.ends);
        }
        self.ends += after;
    }

    /// The file, of which so many samples count.
    pub(super) fn finish(mut self, samples: u64) -> Vec<u8> {
        if let Some(last) = self.last.take() {
            let (end, ends) = (PacketWriteEndInfo::EndStream, self.ends.min(samples));
            let _ = self.ogg.write_packet(last, SERIAL, end, ends);
        }
        self.ogg.into_inner()
    }
}

/// How many samples a packet has, by what it says of itself (RFC 6716 §3.1); at most those of 120 ms.
pub(super) fn samples(packet: &[u8]) -> u64 {
    let Some(first) = packet.first() else {
        return 0;
    };
    let config = first >> 3;
    let size = match (config, config % 4) {
        // What is spoken, in frames of 10 to 60 ms; of a wider band 10 and 20 ms; else 2.5 to 20 ms.
        (0..12, 0) | (12..16, 0 | 2) | (16.., 2) => 480,
        (0..12, 2) => 1_920,
        (0..12, 3) => 2_880,
        (16.., 0) => 120,
        (16.., 1) => 240,
        _ => 960,
    };
    let frames = match first & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => packet.get(1).map_or(0, |count| u64::from(count & 0x3f)),
    };
    (frames * size).min(5_760)
}

/// Of 20 ms.
const PACKET: usize = 960;

/// Wide band, of which nothing follows.
const SILENT: [u8; 1] = [0x48];

/// Bits of a second: a voice is clear, and an hour has 11 MB.
const BITS: u32 = 24_000;

/// A packet of 20 ms has no more.
const LARGEST: usize = 1275;

/// There is one stream in a file.
const SERIAL: u32 = 1;

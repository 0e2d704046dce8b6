use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::wire::{
    frame::{Rejected, Window, check},
    id::{FrameId, PeerId},
};

const DAY: u16 = 690;

#[test]
fn a_sealed_frame_passes_from_outside_and_opens() {
    let frame = seal(Kind::DirectMessage, b"hello");

    assert!(check(&channel().topic(), &frame, DAY, Window::Live).is_ok());
    let inner = channel().open(&frame);
    assert_eq!(
        inner,
        Ok(Inner {
            kind: Kind::DirectMessage,
            body: b"hello".to_vec()
        })
    );
}

#[test]
fn a_kind_that_is_not_known_yet_is_kept() {
    let frame = seal(Kind::Unknown(200), b"later");

    let kind = channel().open(&frame).map(|inner| inner.kind);

    assert_eq!(kind, Ok(Kind::Unknown(200)));
}

#[test]
fn every_kind_has_its_own_number() {
    for number in 0..=u8::MAX {
        assert_eq!(Kind::from_number(number).number(), number);
    }
}

#[test]
fn another_channel_opens_nothing() {
    let other = Channel::from_secret(&Secret::new([8; 32]));

    assert_eq!(other.open(&seal(Kind::Ephemeral, b"x")), Err(Unreadable));
}

#[test]
fn two_frames_of_one_body_share_no_bytes_after_the_header() {
    let mut rng = rng();
    let mut seal = || channel().seal(false, DAY, Kind::Ephemeral, b"x", &mut rng);
    let (one, two) = (seal().unwrap(), seal().unwrap());

    let same = one.iter().zip(&two).skip(4).filter(|(a, b)| a == b).count();

    assert!(same < 20, "{same} of {} bytes equal", one.len());
}

#[test]
fn the_largest_body_fits_and_one_byte_more_does_not() {
    let largest = 49_152 - 5;
    let mut rng = rng();
    let mut seal = |len| channel().seal(false, DAY, Kind::LogOps, &vec![1; len], &mut rng);

    assert_eq!(seal(largest).map(|f| f.len()), Ok(limits::FRAME));
    assert_eq!(seal(largest + 1), Err(TooLarge));
}

#[test]
fn one_flipped_bit_anywhere_is_refused_before_or_when_opening() {
    let frame = seal(Kind::DirectMessage, b"hello");
    let channel = channel();
    for at in 0..frame.len() {
        let mut forged = frame.clone();
        forged[at] ^= 1;
        assert_eq!(
            check(&channel.topic(), &forged, DAY, Window::Any),
            Err(Rejected::Invalid)
        );
        // The keys of the chat refuse it too, wherever they look at all.
        if at < frame.len() - 64 {
            assert_eq!(channel.open(&forged), Err(Unreadable), "byte {at}");
        }
    }
}

#[test]
fn padding_that_is_not_the_smallest_bucket_of_zeros_is_refused() {
    let good = pad(Kind::LogOps, b"op").unwrap();
    assert!(unpad(&good).is_some());

    let mut dirty = good.clone();
    dirty[255] = 1;
    let mut longer = good.clone();
    longer.resize(512, 0);
    let mut beyond = good.clone();
    beyond[..4].copy_from_slice(&253u32.to_be_bytes());
    let mut huge = good.clone();
    huge[..4].copy_from_slice(&u32::MAX.to_be_bytes());
    let empty = vec![0; 256];

    for padded in [&dirty[..], &longer, &beyond, &huge, &empty, &[], &[0, 0, 0]] {
        assert_eq!(unpad(padded), None);
    }
}

#[test]
fn a_relay_accepts_what_the_channel_signs() {
    let link = mailbox::Link {
        relay: PeerId([1; 32]),
        client: PeerId([2; 32]),
        challenge: [3; 32],
    };
    let mut lease = mailbox::Lease {
        topic: channel().topic(),
        ttl_s: 60,
        readers: 1,
        auth: [0; 64],
    };
    lease.auth = channel().relay_auth(&lease.to_sign(&link));

    assert!(mailbox::RelayRequest::Lease(lease).authorised(&link));
}

#[test]
fn a_pairwise_message_round_trips() {
    let message = Pairwise {
        to: DeviceId([1; 16]),
        from: DeviceId([2; 16]),
        pairwise: vec![0, 1, 2].into(),
    };

    assert_eq!(Pairwise::decode(&message.encode()), Ok(message));
}

proptest! {
    #[test]
    fn every_body_comes_back_and_every_frame_has_one_of_nine_lengths(
        number: u8,
        body in prop::collection::vec(any::<u8>(), 0..9000),
        ephemeral: bool,
        day: u16,
    ) {
        let kind = Kind::from_number(number);
        let frame = channel().seal(ephemeral, day, kind, &body, &mut rng()).unwrap();

        prop_assert!(limits::BUCKETS.contains(&(frame.len() - limits::FRAME_OVERHEAD)));
        prop_assert_eq!(frame::is_ephemeral(&frame), ephemeral);
        prop_assert_eq!(channel().open(&frame), Ok(Inner { kind, body }));
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
        prop_assert_eq!(channel().open(&bytes), Err(Unreadable));
        let _ = Pairwise::decode(&bytes);
        let _ = unpad(&bytes);
    }

    #[test]
    fn what_was_padded_otherwise_than_by_us_is_never_taken(
        bytes in prop::collection::vec(any::<u8>(), 256..=256),
        length in 0u32..300,
    ) {
        let mut bytes = bytes;
        bytes[..4].copy_from_slice(&length.to_be_bytes());
        if let Some(inner) = unpad(&bytes) {
            let padded = pad(inner.kind, &inner.body);
            prop_assert_eq!(padded.as_deref(), Some(&bytes));
        }
    }
}

#[test]
fn nothing_of_a_channel_but_its_topic_is_printed() {
    let printed = format!("{:?}", channel());

    let FrameId(topic) = FrameId(channel().topic().0);
    assert_eq!(printed, format!("Channel({:?})", TopicKey(topic)));
    let inner = Inner {
        kind: Kind::LogOps,
        body: b"secret".to_vec(),
    };
    assert!(!format!("{inner:?}").contains("secret"));
}

fn channel() -> Channel {
    Channel::from_secret(&Secret::new([7; 32]))
}

fn seal(kind: Kind, body: &[u8]) -> Vec<u8> {
    channel().seal(false, DAY, kind, body, &mut rng()).unwrap()
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([5; 32])
}

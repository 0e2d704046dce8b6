//! The public Noise vectors through our own primitives: whole handshakes of every pattern in both
//! files, and the transport messages after them.

use data_encoding::HEXLOWER;
use serde_json::Value;
use snow::{
    Builder, HandshakeState, TransportState, params::HandshakeModifier, params::NoiseParams,
};

use super::*;

const CACOPHONY: &str = include_str!("../../../../tests/vectors/noise-cacophony.json");
const SNOW: &str = include_str!("../../../../tests/vectors/noise-snow.json");

#[test]
fn the_vectors_of_cacophony_come_out() {
    assert_eq!(run(CACOPHONY), 59);
}

#[test]
fn the_vectors_of_snow_come_out() {
    assert_eq!(run(SNOW), 51);
}

#[test]
fn a_public_key_of_low_order_is_an_error() {
    let mut ours = X25519::default();
    ours.set(&[7; 32]);
    let mut out = [0; 32];
    let mut one = [0; 32];
    one[0] = 1;

    assert_eq!(ours.dh(&[0; 32], &mut out), Err(Error::Dh));
    assert_eq!(ours.dh(&one, &mut out), Err(Error::Dh));
    assert_eq!(ours.dh(&[9; 32], &mut out), Ok(()));
}

#[test]
fn chance_is_given_out_once() {
    let resolver = Resolver {
        ephemeral: Some(Secret::new([7; 32])),
    };
    let mut rng = resolver.resolve_rng().unwrap();
    let mut out = [0; 32];

    assert_eq!(rng.try_fill_bytes(&mut out), Ok(()));
    assert_eq!(out, [7; 32]);
    assert_eq!(rng.try_fill_bytes(&mut out), Err(Error::Rng));
}

/// Runs all vectors of a file and says how many there were.
fn run(file: &str) -> usize {
    let file: Value = serde_json::from_str(file).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    vectors.iter().map(run_one).count()
}

fn run_one(vector: &Value) {
    let name = vector["protocol_name"].as_str().unwrap();
    let mut initiator = Either::Handshake(Box::new(side(vector, "init")));
    let mut responder = Either::Handshake(Box::new(side(vector, "resp")));
    let one_way = ["N", "K", "X"].contains(&pattern(name));
    for (turn, message) in vector["messages"].as_array().unwrap().iter().enumerate() {
        let (writer, reader) = if one_way || turn % 2 == 0 {
            (&mut initiator, &mut responder)
        } else {
            (&mut responder, &mut initiator)
        };
        let payload = hex(&message["payload"]).unwrap();
        let sealed = hex(&message["ciphertext"]).unwrap();

        assert_eq!(writer.write(&payload), sealed, "{name}, message {turn}");
        assert_eq!(reader.read(&sealed), payload, "{name}, message {turn}");
        for side in [&mut initiator, &mut responder] {
            side.check_hash(vector);
            side.end_handshake();
        }
    }
    let finished = |side: &Either| matches!(side, Either::Transport(_));
    assert!(finished(&initiator) && finished(&responder), "{name}");
}

fn side(vector: &Value, role: &str) -> HandshakeState {
    let name = vector["protocol_name"].as_str().unwrap();
    let params: NoiseParams = name.parse().unwrap();
    let of = |what: &str| hex(&vector[format!("{role}_{what}")]);
    let (secret, remote, prologue) = (of("static"), of("remote_static"), of("prologue"));
    let psks: Vec<[u8; 32]> = vector[format!("{role}_psks")]
        .as_array()
        .map(|psks| {
            psks.iter()
                .map(|psk| hex(psk).unwrap().try_into().unwrap())
                .collect()
        })
        .unwrap_or_default();
    let ephemeral = of("ephemeral").map(|e| Secret::new(e.try_into().unwrap()));

    let modifiers = params.handshake.modifiers.list.clone();
    let mut builder = Builder::with_resolver(params, Box::new(Resolver { ephemeral }));
    if let Some(prologue) = &prologue {
        builder = builder.prologue(prologue).unwrap();
    }
    if let Some(secret) = &secret {
        builder = builder.local_private_key(secret).unwrap();
    }
    if let Some(remote) = &remote {
        builder = builder.remote_public_key(remote).unwrap();
    }
    for (modifier, psk) in modifiers.iter().zip(&psks) {
        if let HandshakeModifier::Psk(place) = modifier {
            builder = builder.psk(*place, psk).unwrap();
        }
    }
    if role == "init" {
        builder.build_initiator().unwrap()
    } else {
        builder.build_responder().unwrap()
    }
}

/// `Noise_XXpsk3_…` is of the pattern `XX`.
fn pattern(name: &str) -> &str {
    let pattern = name.split('_').nth(1).unwrap();
    pattern.split("psk").next().unwrap()
}

fn hex(value: &Value) -> Option<Vec<u8>> {
    Some(HEXLOWER.decode(value.as_str()?.as_bytes()).unwrap())
}

/// A side, before or after the end of its handshake.
enum Either {
    Handshake(Box<HandshakeState>),
    Transport(Box<TransportState>),
    Between,
}

impl Either {
    fn write(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![0; 1024];
        let len = match self {
            Self::Handshake(state) => state.write_message(payload, &mut out),
            Self::Transport(state) => state.write_message(payload, &mut out),
            Self::Between => unreachable!(),
        };
        out.truncate(len.unwrap());
        out
    }

    fn read(&mut self, sealed: &[u8]) -> Vec<u8> {
        let mut out = vec![0; 1024];
        let len = match self {
            Self::Handshake(state) => state.read_message(sealed, &mut out),
            Self::Transport(state) => state.read_message(sealed, &mut out),
            Self::Between => unreachable!(),
        };
        out.truncate(len.unwrap());
        out
    }

    fn check_hash(&self, vector: &Value) {
        if let (Self::Handshake(state), Some(hash)) = (self, hex(&vector["handshake_hash"]))
            && state.is_handshake_finished()
        {
            assert_eq!(state.get_handshake_hash(), hash);
        }
    }

    fn end_handshake(&mut self) {
        *self = match std::mem::replace(self, Self::Between) {
            Self::Handshake(state) if state.is_handshake_finished() => {
                Self::Transport(Box::new(state.into_transport_mode().unwrap()))
            }
            other => other,
        };
    }
}

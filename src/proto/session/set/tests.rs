use super::*;
use crate::proto::people::{NOW, alice, bob};

#[test]
fn two_who_never_met_talk_after_one_message() {
    let (mut alice, mut bob) = (alice(), bob());
    let (mut ours, mut theirs) = (alice.sessions_with(&bob), bob.sessions_with(&alice));
    let initiated = alice.initiate(&bob, ours.next_generation());
    ours.start(initiated, NOW);

    let first = alice.seal(&mut ours, b"hello");
    let second = alice.seal(&mut ours, b"are you there?");
    assert_eq!(
        bob.open(&mut theirs, &alice, &second),
        Ok(b"are you there?".to_vec())
    );
    assert_eq!(bob.open(&mut theirs, &alice, &first), Ok(b"hello".to_vec()));
    let answer = bob.seal(&mut theirs, b"yes");
    assert_eq!(alice.open(&mut ours, &bob, &answer), Ok(b"yes".to_vec()));

    let third = alice.seal(&mut ours, b"good");
    assert_eq!(SessionSet::split(&third).map(|p| p.init), Ok(None));
    assert_eq!(bob.open(&mut theirs, &alice, &third), Ok(b"good".to_vec()));
}

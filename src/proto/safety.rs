//! The safety number that two people compare (protocol §2.4).

use super::{
    crypto::kdf::{hash_512, label},
    id::PersonId,
};

/// The safety number of this person and another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SafetyNumber {
    mine: PersonId,
    theirs: PersonId,
}

/// What comparing a scanned code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Both hold the keys that they show each other.
    Same,
    /// Somebody stands between the two, or it is the code of somebody else.
    Different,
    /// It is no safety number.
    NotOne,
}

/// Bytes of the code: a version and two account keys.
const QR: usize = 65;

/// The version that begins the code.
const VERSION: u8 = 1;

/// How often the hash is repeated: a search for an account with the same digits costs this much for
/// each try.
const ROUNDS: usize = 5200;

impl SafetyNumber {
    /// The number of `mine` and `theirs`.
    pub fn of(mine: PersonId, theirs: PersonId) -> Self {
        Self { mine, theirs }
    }

    /// 60 digits, the same on both sides. It takes some 10,000 hashes: not for every frame drawn.
    pub fn digits(&self) -> String {
        let mut halves = [fingerprint(&self.mine), fingerprint(&self.theirs)];
        halves.sort();
        halves.concat()
    }

    /// The digits in twelve groups of five.
    pub fn groups(&self) -> Vec<String> {
        let digits = self.digits();
        let groups = digits.as_bytes().chunks(5);
        groups
            .map(|group| String::from_utf8_lossy(group).into_owned())
            .collect()
    }

    /// What my code shows: `0x01 ‖ mine ‖ theirs`.
    pub fn qr_bytes(&self) -> [u8; QR] {
        let mut out = [VERSION; QR];
        let keys = self.mine.0.iter().chain(&self.theirs.0);
        for (to, from) in out.iter_mut().skip(1).zip(keys) {
            *to = *from;
        }
        out
    }

    /// Compares the code that the other person shows.
    pub fn compare(&self, scanned: &[u8]) -> Comparison {
        let expected = Self::of(self.theirs, self.mine).qr_bytes();
        if scanned.len() != QR || scanned.first() != Some(&VERSION) {
            Comparison::NotOne
        } else if scanned == expected {
            Comparison::Same
        } else {
            Comparison::Different
        }
    }
}

/// `fp(ak)`: 30 digits, from the first six groups of five bytes of the repeated hash.
fn fingerprint(person: &PersonId) -> String {
    // The first round hashes the label and the key, and the key once more.
    let mut hash = hash_512(&[&label("fp"), &person.0, &person.0]);
    for _ in 1..ROUNDS {
        hash = hash_512(&[&hash, &person.0]);
    }
    let (groups, _) = hash.as_chunks();
    groups.iter().take(6).copied().map(five_digits).collect()
}

fn five_digits(group: [u8; 5]) -> String {
    let number = group
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte));
    format!("{:05}", number % 100_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: PersonId = PersonId([1; 32]);
    const BOB: PersonId = PersonId([2; 32]);
    const MALLORY: PersonId = PersonId([3; 32]);

    #[test]
    fn both_sides_see_the_same_sixty_digits() {
        let ours = SafetyNumber::of(ALICE, BOB);
        let theirs = SafetyNumber::of(BOB, ALICE);

        assert_eq!(ours.digits(), theirs.digits());
        assert_eq!(ours.digits().len(), 60);
        assert_eq!(ours.groups().concat(), ours.digits());
        assert_eq!(ours.groups().len(), 12);
    }

    #[test]
    fn a_person_in_between_changes_the_number_and_the_code() {
        let ours = SafetyNumber::of(ALICE, MALLORY);
        let theirs = SafetyNumber::of(BOB, MALLORY);

        assert_ne!(ours.digits(), theirs.digits());
        assert_eq!(ours.compare(&theirs.qr_bytes()), Comparison::Different);
    }

    #[test]
    fn the_code_of_the_other_side_is_recognised() {
        let ours = SafetyNumber::of(ALICE, BOB);

        assert_eq!(
            ours.compare(&SafetyNumber::of(BOB, ALICE).qr_bytes()),
            Comparison::Same
        );
        assert_eq!(ours.compare(&ours.qr_bytes()), Comparison::Different);
        assert_eq!(ours.compare(b"https://example.org"), Comparison::NotOne);
    }
}

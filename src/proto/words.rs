//! The recovery words: an account's seed as 24 English words (BIP-39).

use bip39::{Language, Mnemonic};
use zeroize::{Zeroize, Zeroizing};

use super::secret::Secret;

/// Words that are not a seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// Too few or too many.
    #[error("there must be {COUNT} recovery words, and there are {0}")]
    Count(usize),
    /// One is not on the list; counted from 1.
    #[error("word {0} is not one of the recovery words")]
    Unknown(usize),
    /// All are on the list, but the checksum does not fit.
    #[error("these words do not belong together: one is wrong, or their order is")]
    Checksum,
}

/// How many words there are.
pub const COUNT: usize = 24;

/// The words of a seed, separated by single spaces.
pub fn to_words(seed: &Secret<32>) -> Zeroizing<String> {
    // Fails only for other lengths than 16 to 32 bytes.
    let Ok(mnemonic) = Mnemonic::from_entropy_in(Language::English, seed.expose()) else {
        return Zeroizing::default();
    };
    let mut words = Zeroizing::new(String::with_capacity(COUNT * 9));
    for word in mnemonic.words() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    words
}

/// The seed of words written in any case and with any white space between.
pub fn from_words(words: &str) -> Result<Secret<32>, WordsError> {
    let words = Zeroizing::new(words.to_lowercase());
    let count = words.split_whitespace().count();
    if count != COUNT {
        return Err(WordsError::Count(count));
    }
    let mut text = Zeroizing::new(String::with_capacity(words.len()));
    for word in words.split_whitespace() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    let mnemonic = Mnemonic::parse_in_normalized(Language::English, &text).map_err(refusal)?;
    let (mut entropy, _) = mnemonic.to_entropy_array();
    let seed = entropy.first_chunk().map(|seed| Secret::new(*seed));
    entropy.zeroize();
    seed.ok_or(WordsError::Checksum)
}

fn refusal(error: bip39::Error) -> WordsError {
    match error {
        bip39::Error::UnknownWord(index) => WordsError::Unknown(index + 1),
        _ => WordsError::Checksum,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the test vectors of BIP-39 (trezor/python-mnemonic, vectors.json).
    const KNOWN: [(&str, u8); 2] = [
        (
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon \
             abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon \
             abandon abandon abandon art",
            0x00,
        ),
        (
            "legal winner thank year wave sausage worth useful legal winner thank year wave \
             sausage worth useful legal winner thank year wave sausage worth title",
            0x7f,
        ),
    ];

    #[test]
    fn the_known_seeds_have_the_known_words() {
        for (words, byte) in KNOWN {
            assert_eq!(to_words(&Secret::new([byte; 32])).as_str(), words);
        }
    }

    #[test]
    fn words_are_read_as_people_write_them() {
        let (words, byte) = KNOWN[1];
        let written = format!("\n  {}\t", words.to_uppercase().replace(' ', "  \n"));

        assert_eq!(from_words(&written), Ok(Secret::new([byte; 32])));
    }

    #[test]
    fn a_wrong_word_is_named_and_a_wrong_order_noticed() {
        let (words, _) = KNOWN[1];

        let typo = words.replacen("winner", "winer", 1);
        let swapped = words.replacen("legal winner", "winner legal", 1);

        assert_eq!(from_words("one two"), Err(WordsError::Count(2)));
        assert_eq!(from_words(&typo), Err(WordsError::Unknown(2)));
        assert_eq!(from_words(&swapped), Err(WordsError::Checksum));
    }
}

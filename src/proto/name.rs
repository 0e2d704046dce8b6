//! Readable random names, so that a first start asks nothing: "Quiet Heron".

use rand_core::CryptoRng;

/// A random name of two words.
pub fn random_name(rng: &mut dyn CryptoRng) -> String {
    let [first, second, ..] = rng.next_u32().to_le_bytes();
    format!(
        "{} {}",
        pick(&ADJECTIVES, first),
        pick(&BIRDS_AND_BEASTS, second)
    )
}

fn pick(words: &[&'static str; WORDS], byte: u8) -> &'static str {
    words
        .get(usize::from(byte) % WORDS)
        .copied()
        .unwrap_or_default()
}

/// A power of two, so that every word is as likely as any other.
const WORDS: usize = 128;

#[rustfmt::skip]
const ADJECTIVES: [&str; WORDS] = [
    "Able", "Airy", "Amber", "Ample", "Apt", "Azure", "Bold", "Brave",
    "Breezy", "Bright", "Brisk", "Bronze", "Calm", "Candid", "Caring", "Cheerful",
    "Chief", "Clear", "Clever", "Cobalt", "Copper", "Coral", "Cosy", "Crimson",
    "Curious", "Dapper", "Daring", "Dawning", "Deft", "Eager", "Early", "Easy",
    "Emerald", "Even", "Fair", "Famous", "Fancy", "Fleet", "Fluent", "Fond",
    "Frank", "Free", "Fresh", "Friendly", "Gentle", "Gifted", "Glad", "Gleaming",
    "Golden", "Good", "Grand", "Green", "Handy", "Happy", "Hardy", "Hazel",
    "Hearty", "Honest", "Hopeful", "Humble", "Indigo", "Ivory", "Jade", "Jaunty",
    "Jolly", "Jovial", "Keen", "Kind", "Lasting", "Lemon", "Light", "Lilac",
    "Little", "Lively", "Loyal", "Lucid", "Lucky", "Mellow", "Merry", "Mighty",
    "Mild", "Misty", "Modest", "Mossy", "Neat", "Nimble", "Noble", "Olive",
    "Open", "Patient", "Pearly", "Plucky", "Polite", "Prime", "Proud", "Quick",
    "Quiet", "Rapid", "Ready", "Rosy", "Ruby", "Rustic", "Sage", "Sandy",
    "Scarlet", "Serene", "Sharp", "Shining", "Silver", "Simple", "Smart", "Smooth",
    "Snowy", "Snug", "Sparkling", "Spry", "Steady", "Stellar", "Sunny", "Swift",
    "Tender", "Tidy", "True", "Velvet", "Vivid", "Warm", "Wise", "Witty",
];

#[rustfmt::skip]
const BIRDS_AND_BEASTS: [&str; WORDS] = [
    "Alpaca", "Antelope", "Avocet", "Badger", "Bear", "Beaver", "Bee", "Bison",
    "Bittern", "Bobcat", "Bunting", "Butterfly", "Camel", "Caribou", "Cat", "Chamois",
    "Cheetah", "Chickadee", "Chipmunk", "Cormorant", "Crab", "Crane", "Cricket", "Curlew",
    "Deer", "Dipper", "Dolphin", "Donkey", "Dormouse", "Dove", "Dragonfly", "Duck",
    "Eagle", "Egret", "Eider", "Elk", "Ermine", "Falcon", "Fawn", "Ferret",
    "Finch", "Firefly", "Flamingo", "Fox", "Gannet", "Gazelle", "Gecko", "Gibbon",
    "Giraffe", "Goldfinch", "Goose", "Grebe", "Grouse", "Gull", "Hamster", "Hare",
    "Hawk", "Hedgehog", "Heron", "Hoopoe", "Horse", "Ibex", "Ibis", "Iguana",
    "Impala", "Jackdaw", "Jay", "Kestrel", "Kingfisher", "Kiwi", "Koala", "Ladybird",
    "Lapwing", "Lark", "Lemur", "Leopard", "Linnet", "Lion", "Llama", "Lobster",
    "Lynx", "Magpie", "Mallard", "Manatee", "Marmot", "Marten", "Meerkat", "Merlin",
    "Mole", "Moose", "Moth", "Mouse", "Newt", "Nightingale", "Nuthatch", "Ocelot",
    "Octopus", "Oriole", "Osprey", "Otter", "Owl", "Panda", "Panther", "Partridge",
    "Pelican", "Penguin", "Pika", "Plover", "Pony", "Puffin", "Quail", "Rabbit",
    "Raven", "Robin", "Salmon", "Sandpiper", "Seal", "Sparrow", "Squirrel", "Starling",
    "Stork", "Swallow", "Swan", "Tern", "Tortoise", "Trout", "Wagtail", "Wren",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::proto::text::clean_name;

    #[test]
    fn a_name_is_two_words_and_shown_as_it_is() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        for _ in 0..100 {
            let name = random_name(&mut rng);

            assert_eq!(name.split(' ').count(), 2);
            assert_eq!(clean_name(&name), Some(name));
        }
    }

    #[test]
    fn every_word_is_there_once_and_can_be_drawn() {
        for words in [ADJECTIVES, BIRDS_AND_BEASTS] {
            let distinct: BTreeSet<_> = words.into_iter().collect();
            assert_eq!(distinct.len(), WORDS);
            let drawn: BTreeSet<_> = (0..=u8::MAX).map(|byte| pick(&words, byte)).collect();
            assert_eq!(drawn, distinct);
        }
    }
}

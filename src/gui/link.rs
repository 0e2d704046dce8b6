//! Where a link leads, and whether it only looks as if it led elsewhere. Nothing is ever fetched.

use unicode_security::{
    RestrictionLevel, RestrictionLevelDetection as _, confusable_detection::skeleton,
};
use url::{Host, Url};

/// A link that somebody is about to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What opens: the link as a browser understands it.
    pub target: String,
    /// The host as it is written in letters of people.
    pub host: String,
    /// The host as the network knows it, where that differs.
    pub ascii: Option<String>,
    /// Why to take care.
    pub doubts: Vec<Doubt>,
}

/// Why to take care with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Its host mixes scripts, or looks like another one.
    LooksLikeAnother,
    /// Something before the host looks like a host.
    NameBefore,
    /// What is sent there can be read on the way.
    NotEncrypted,
}

impl Link {
    /// Understands a link. `None` if no browser would, or it is not of the web.
    pub fn of(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let known = url.host_str()?.to_owned();
        let host = match url.host()? {
            Host::Domain(name) => idna::domain_to_unicode(name).0,
            Host::Ipv4(_) | Host::Ipv6(_) => known.clone(),
        };
        let mut doubts = Vec::new();
        if host.split('.').any(looks_like_another) {
            doubts.push(Doubt::LooksLikeAnother);
        }
        if !url.username().is_empty() || url.password().is_some() {
            doubts.push(Doubt::NameBefore);
        }
        if url.scheme() == "http" {
            doubts.push(Doubt::NotEncrypted);
        }
        Some(Self {
            ascii: (known != host).then_some(known),
            host,
            target: url.into(),
            doubts,
        })
    }
}

/// Whether a part of a host mixes scripts, or would be taken for one in Latin letters.
fn looks_like_another(label: &str) -> bool {
    if label.is_ascii() {
        // Punycode that stands for nothing is no name of anybody.
        return label.starts_with("xn--");
    }
    let mixed = label.detect_restriction_level() > RestrictionLevel::HighlyRestrictive;
    mixed || skeleton(label).all(|c| c.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubts(text: &str) -> Vec<Doubt> {
        Link::of(text).unwrap().doubts
    }

    #[test]
    fn the_host_is_the_one_that_would_be_asked() {
        for (text, host) in [
            ("https://osm.example/r/8842", "osm.example"),
            ("https://bank.example@evil.example/x", "evil.example"),
            ("https://bank.example:443\\@evil.example", "bank.example"),
            ("HTTPS://BANK.example.", "bank.example."),
            ("https://192.168.1.1:8080/", "192.168.1.1"),
            ("https://0x7f.1/", "127.0.0.1"),
            ("https://[::1]/", "[::1]"),
        ] {
            assert_eq!(Link::of(text).unwrap().host, host, "{text}");
        }
    }

    #[test]
    fn letters_of_other_scripts_are_shown_as_the_network_knows_them_too() {
        let link = Link::of("https://bücher.example/").unwrap();

        assert_eq!(link.host, "bücher.example");
        assert_eq!(link.ascii.as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(link.doubts, []);
        assert_eq!(Link::of("https://xn--bcher-kva.example/").unwrap(), link);
    }

    #[test]
    fn a_host_that_looks_like_another_is_marked() {
        // Cyrillic а in Latin letters; all Cyrillic, and looks Latin.
        for text in ["https://pаypal.example", "https://аррӏе.example"] {
            assert_eq!(doubts(text), [Doubt::LooksLikeAnother], "{text}");
        }
        for text in [
            "https://пример.example",
            "https://例え.example",
            "https://straße.example",
        ] {
            assert_eq!(doubts(text), [], "{text}");
        }
    }

    #[test]
    fn a_name_before_the_host_and_what_can_be_read_on_the_way_are_marked() {
        assert_eq!(
            doubts("https://bank.example@evil.example"),
            [Doubt::NameBefore]
        );
        assert_eq!(doubts("http://a.example"), [Doubt::NotEncrypted]);
    }

    #[test]
    fn what_is_not_of_the_web_is_no_link() {
        for text in [
            "javascript://a.example/%0aalert(1)",
            "file:///etc/passwd",
            "https://",
            "https://a b",
            "betwixt://c/#abc",
        ] {
            assert_eq!(Link::of(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_link_or_is_not(text in "https?://.{0,20}|.{0,20}") {
            if let Some(link) = Link::of(&text) {
                proptest::prop_assert!(link.target.starts_with("http"));
            }
        }
    }
}

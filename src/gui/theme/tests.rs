use super::*;
use crate::gui::appearance::Accent;

/// WCAG 2.2, relative luminance.
fn luminance(colour: Color32) -> f64 {
    let linear = |channel: u8| {
        let x = f64::from(channel) / 255.0;
        if x <= 0.040_45 {
            x / 12.92
        } else {
            ((x + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(colour.r()) + 0.7152 * linear(colour.g()) + 0.0722 * linear(colour.b())
}

fn contrast(a: Color32, b: Color32) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The tables of both themes in every accent.
fn all() -> Vec<&'static Tokens> {
    let themes = [Theme::Light, Theme::Dark];
    let tables = Accent::ALL
        .into_iter()
        .flat_map(|accent| themes.map(|theme| table(theme, accent)));
    tables.collect()
}

#[test]
fn every_theme_has_its_own_colour_in_every_accent() {
    let mut seen = std::collections::BTreeSet::new();
    for t in all() {
        assert!(seen.insert((t.dark, t.soft.to_array())));
    }
    assert_eq!(seen.len(), 8);
}

#[test]
fn every_text_is_readable_on_what_it_stands_on() {
    for t in all() {
        let mut pairs = vec![
            ("text3 on field", t.text3, t.field),
            ("on accent", t.on_accent, t.accent),
            ("on badge", t.on_accent, t.badge_muted),
            ("text on bubble in", t.text, t.bubble_in),
            ("meta on bubble in", t.bubble_in_meta, t.bubble_in),
            ("link on bubble in", t.bubble_in_link, t.bubble_in),
            ("text on bubble out", t.on_accent, t.bubble_out),
            ("meta on bubble out", t.bubble_out_meta, t.bubble_out),
            ("text on code in", t.text, t.code_in),
            ("text on code out", t.on_accent, t.code_out),
            ("read on bubble out", t.read, t.bubble_out),
            ("failed on bubble out", t.failed, t.bubble_out),
            ("accent text on soft", t.accent_text, t.soft),
            ("text2 on soft", t.text2, t.soft),
            ("text3 on soft", t.text3, t.soft),
            ("text2 on hover", t.text2, t.hover),
            ("text3 on hover", t.text3, t.hover),
            ("accent text on hover", t.accent_text, t.hover),
            ("text on chosen", t.text, t.chosen),
            ("text on button", t.text, t.button),
            ("text3 on button", t.text3, t.button),
            ("danger on button", t.danger, t.button),
            ("text2 on field", t.text2, t.field),
            ("text on selection", t.text, t.selection),
            ("text on warn soft", t.text, t.warn_soft),
            ("warn on warn soft", t.warn, t.warn_soft),
        ];
        // What is drawn behind messages has the colour of `hover`.
        for ground in [t.rail, t.list, t.chat, t.card, t.group, t.hover] {
            pairs.push(("text", t.text, ground));
            pairs.push(("text2", t.text2, ground));
            pairs.push(("text3", t.text3, ground));
            pairs.push(("accent text", t.accent_text, ground));
            pairs.push(("danger", t.danger, ground));
            pairs.push(("warn", t.warn, ground));
        }
        for author in t.authors {
            pairs.push(("author", author, t.bubble_in));
            pairs.push(("author beside a bubble", author, t.chat));
        }
        for (name, ink, ground) in pairs {
            let found = contrast(ink, ground);
            let ground = format!("{ink:?} on {ground:?}");
            assert!(
                found >= 4.5,
                "{name}, dark {}: {ground}: {found:.2}",
                t.dark
            );
        }
    }
}

#[test]
fn presence_dots_stand_out_from_lists() {
    for t in all() {
        for ground in [t.rail, t.list, t.soft] {
            assert!(contrast(t.ok, ground) >= 3.0, "dark {}", t.dark);
        }
    }
}

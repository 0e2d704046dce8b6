//! What the node refuses, in the person's language.

use super::bed::{MadeUp, Window};
use crate::gui::{appearance::Appearance, language::Language};

fn in_german(node: MadeUp) -> Window {
    let mut window = Window::with_chat(node);
    let appearance = Appearance {
        language: Some(Language::German),
        ..window.app().model().appearance
    };
    window.choose(appearance);
    window
}

#[test]
fn a_search_that_makes_no_sense_is_refused_in_german() {
    let senseless =
        "gestern is no date. Write 2026-11-01, 2026-11, 2026, or 2026-11-01..2026-11-20.";
    let node = MadeUp {
        senseless: Some(senseless),
        ..MadeUp::default()
    };
    let mut window = in_german(node);

    window.click("Chats und Nachrichten durchsuchen");
    window.write("date:gestern");

    assert!(window.has(
        "gestern ist kein Datum. Schreib 2026-11-01, 2026-11, 2026 oder 2026-11-01..2026-11-20."
    ));
}

#[test]
fn a_refusal_of_which_only_the_kind_is_known_is_introduced_in_german() {
    let node = MadeUp {
        refuse: Some("Only on Sundays."),
        ..MadeUp::default()
    };
    let mut window = in_german(node);

    window.click("Nachricht an Maya Lindqvist");
    window.write("Hallo");
    window.press(egui::Modifiers::NONE, egui::Key::Enter);

    assert!(
        window.has_part("Das ergibt hier keinen Sinn: Only on Sundays."),
        "{:#?}",
        window.names()
    );
}

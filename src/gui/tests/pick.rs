//! Files that are chosen in the desktop's own window, and a computer that stays awake.

use egui::{Key, Modifiers};

use super::bed::{CHAT, MadeUp, Window};
use crate::{
    gui::{
        desktop::{Heard, Pick, Wish},
        sample::{id, incoming, outgoing, transfer, with_file},
    },
    node::{
        DeliveryState, FileId,
        view::{Event, FileCommand, FileState, TransferState},
    },
};

/// A window with Maya's chat, on a desktop that lets one choose files.
fn on_a_desktop(node: MadeUp) -> Window {
    let mut window = Window::with_chat(node);
    hear(&mut window, Heard::Chooser);
    window
}

fn hear(window: &mut Window, heard: Heard) {
    window.desktop.tell.send(heard).unwrap();
    window.settle();
}

#[test]
fn files_are_chosen_in_the_desktops_window_and_a_folder_is_one_click_away() {
    let mut window = on_a_desktop(MadeUp::default());

    window.press(Modifiers::COMMAND, Key::O);
    assert!(window.wishes().contains(&Wish::Pick(Pick::Files(CHAT))));
    window.click("Choose a folder…");
    assert!(window.wishes().contains(&Wish::Pick(Pick::Folder(CHAT))));
    let places = vec!["/home/elin/Downloads/map.pdf".into()];
    hear(&mut window, Heard::Picked(Pick::Files(CHAT), Some(places)));

    assert!(window.has("Send file"), "{:#?}", window.names());
}

#[test]
fn a_file_is_saved_where_the_desktops_window_says() {
    let mut node = MadeUp::default();
    let message = with_file(incoming(CHAT, 1001, ""), "map.pdf", 9, FileState::Here);
    node.messages.get_mut(&CHAT).unwrap().push(message);
    let mut window = on_a_desktop(node);
    window.click("Save as… map.pdf");
    let pick = Pick::Save(id(1001), "map.pdf".into());
    assert!(window.wishes().contains(&Wish::Pick(pick.clone())));
    assert!(!window.has("Where to save it"));

    hear(&mut window, Heard::Picked(pick.clone(), Some(Vec::new())));
    assert!(window.node.file_commands.is_empty(), "it was given up");
    let place = vec!["/home/elin/a map.pdf".into()];
    hear(&mut window, Heard::Picked(pick, Some(place)));

    let saved = FileCommand::Fetch {
        message_id: id(1001),
        path: Some("/home/elin/a map.pdf".into()),
    };
    assert_eq!(window.node.file_commands, [saved]);
}

#[test]
fn a_proof_is_saved_where_the_desktops_window_says_once_one_saw_who_signed() {
    let mut node = MadeUp::default();
    let mut message = outgoing(CHAT, 1001, "The boat is mine");
    message.state = DeliveryState::Read;
    node.messages.get_mut(&CHAT).unwrap().push(message);
    let mut window = on_a_desktop(node);
    window.right_click("The boat is mine");
    window.click("Save proof…");
    assert!(window.has_starting("Save proof. ") && !window.has("Where to save it"));
    assert!(!window.wishes().iter().any(is_pick));

    window.click("Save as…");
    let pick = Pick::Proof(id(1001), "00000000.betwixt-proof".into());
    assert!(window.wishes().contains(&Wish::Pick(pick.clone())));
    hear(&mut window, Heard::Picked(pick.clone(), Some(Vec::new())));
    assert!(window.node.proved.is_empty(), "it was given up");
    assert!(window.has_starting("Save proof. "));
    window.node.refuse = Some("The proof was not saved: it is there already.");
    let place = || Some(vec!["/home/elin/a.betwixt-proof".into()]);
    hear(&mut window, Heard::Picked(pick.clone(), place()));
    assert!(window.has("The proof was not saved: it is there already."));
    window.node.refuse = None;
    hear(&mut window, Heard::Picked(pick, place()));

    let saved = (id(1001), "/home/elin/a.betwixt-proof".to_owned());
    assert_eq!(window.node.proved, [saved.clone(), saved]);
    assert!(!window.has_starting("Save proof. "), "the dialog closed");
}

#[test]
fn a_proof_is_saved_in_the_windows_own_dialog_where_the_desktop_has_none_after_all() {
    let mut window = on_a_desktop(MadeUp::default());
    let pick = Pick::Proof(id(999), "a.betwixt-proof".into());

    hear(&mut window, Heard::Picked(pick, None));

    assert!(window.has("Where to save it"), "{:#?}", window.names());
}

fn is_pick(wish: &Wish) -> bool {
    matches!(wish, Wish::Pick(_))
}

#[test]
fn where_the_desktop_has_none_the_windows_own_dialog_stays() {
    let mut window = Window::with_chat(MadeUp::default());
    window.press(Modifiers::COMMAND, Key::O);
    assert!(window.has("File or folder") && !window.has("Choose files…"));
    assert!(!window.wishes().iter().any(is_pick));
    window.press(Modifiers::NONE, Key::Escape);

    // It said that it has one, and then had none.
    hear(&mut window, Heard::Chooser);
    window.press(Modifiers::COMMAND, Key::O);
    hear(&mut window, Heard::Picked(Pick::Files(CHAT), None));

    assert!(window.has("File or folder") && !window.has("Choose files…"));
    assert!(window.has("Send this folder with all that is in it"));
}

#[test]
fn the_computer_stays_awake_while_a_file_moves_and_as_long_as_one_wants_to_be_reached() {
    let node = MadeUp::default();
    let mut window = Window::with_chat(node);
    let moves = |window: &mut Window, state| {
        let transfer = transfer(FileId([7; 32]), CHAT, state, (1, 9));
        window.event(Event::Transfer(Box::new(transfer)));
    };
    let awake = |window: &Window| {
        let told = window.wishes().into_iter().filter_map(|wish| match wish {
            Wish::Awake(awake) => Some(awake),
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    assert_eq!(awake(&window), [false; 0]);

    moves(&mut window, TransferState::Fetching);
    assert_eq!(awake(&window), [true]);
    moves(&mut window, TransferState::Fetching);
    assert_eq!(awake(&window), [false; 0], "it is known");
    moves(&mut window, TransferState::Here);
    window.pass(60_000);
    assert_eq!(awake(&window), [false]);
    window.click("Settings");
    window.click("Stay reachable");

    assert_eq!(awake(&window), [true]);
    assert!(window.node.remembered.last().unwrap().stay_reachable);
}

//! The proof of a message, saved from its menu.

use super::bed::{CHAT, MadeUp, Window};
use crate::{
    gui::sample::{BEN, MAYA, id, outgoing},
    node::{
        DeliveryState,
        view::{PersonReceipt, ReceiptState},
    },
};

fn said(state: DeliveryState) -> Window {
    let mut node = MadeUp::default();
    let mut message = outgoing(CHAT, 1001, "The boat is mine");
    message.state = state;
    node.messages.get_mut(&CHAT).unwrap().push(message);
    let receipt = |person_id, state, held_by| PersonReceipt {
        person_id,
        state,
        at: None,
        held_by,
    };
    node.receipts = vec![
        receipt(BEN, ReceiptState::Held, 2),
        receipt(MAYA, ReceiptState::Read, 0),
    ];
    let mut window = Window::with_chat(node);
    window.right_click("The boat is mine");
    window
}

#[test]
fn it_says_who_signed_and_is_saved_where_one_wants_it() {
    let mut window = said(DeliveryState::Read);

    window.click("Save proof…");
    assert!(window.has("Maya Lindqvist signed: has it"));
    assert!(
        window.has("Ben Okafor has not signed yet"),
        "{:#?}",
        window.names()
    );
    assert!(window.has("2 relays signed: keep it"));
    let place = window.node("Where to save it").value().unwrap().to_owned();
    assert_eq!(place, "/home/elin/Downloads/00000000.betwixt-proof");
    window.click("Save");

    assert_eq!(window.node.proved, [(id(1001), place.clone())]);
    assert!(!window.has("Where to save it"), "the dialog closed");
    assert!(window.has_part(&format!("Saved as {place}")));
}

#[test]
fn why_it_is_not_saved_is_said_where_one_looks() {
    let mut window = said(DeliveryState::Delivered);
    window.click("Save proof…");
    window.node.refuse = Some("The proof was not saved: it is there already.");

    window.click("Save");

    assert!(window.has("The proof was not saved: it is there already."));
    assert!(window.has("Where to save it"), "it can be tried again");
}

#[test]
fn what_nobody_signed_proves_nothing() {
    let window = said(DeliveryState::Queued);

    assert!(window.has("Message info"));
    assert!(!window.has("Save proof…"));
}

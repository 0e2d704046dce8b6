//! Voice notes: played, spoken; films watched.

use std::sync::Arc;

use egui::{Key, Modifiers, accesskit::Role, vec2};

use super::bed::{CHAT, MadeUp, Window, another_chat, bounds, name};
use crate::{
    gui::{
        audio::{Ask, Heard},
        bridge::Update,
        sample::{BEN, NOW, id, incoming, with_file},
    },
    node::view::{FileCommand, FileState, Message},
    sound::Speed,
};

fn note(number: u64, state: FileState) -> Message {
    let mut message = with_file(incoming(CHAT, number, ""), "voice.opus", 126_000, state);
    let file = message.file.as_mut().unwrap();
    file.duration_ms = Some(42_000);
    file.waveform = Some((0..64).map(|part| part % 32).collect());
    file.voice = true;
    message
}

/// These are said, one after the other.
fn window(messages: Vec<Message>) -> Window {
    let mut node = MadeUp::default();
    node.chats[0].last = messages.last().cloned();
    node.chats.push(another_chat(BEN, "Ben Okafor", NOW));
    node.messages.insert(CHAT, messages);
    let mut window = Window::open_with(node, vec2(1200.0, 900.0));
    window.click_starting("Maya Lindqvist, ");
    window.tell(Update::Heard(Heard::There(true)));
    window.settle();
    window.node.asked_sound.clear();
    window
}

fn heard(window: &mut Window, heard: Heard) {
    window.tell(Update::Heard(heard));
    window.settle();
}

#[test]
fn a_voice_note_is_played_waits_and_goes_on_faster() {
    let mut window = window(vec![note(998, FileState::Here)]);

    window.click("Play voice note");
    assert_eq!(window.node.played, [(id(998), 0, Speed::One)]);
    heard(&mut window, Heard::At(id(998), 21_000, Some(42_000)));
    let place = window.node("Place in the sound: voice note");
    assert_eq!(place.role(), Role::Slider);
    assert_eq!(place.numeric_value(), Some(50.0));
    window.click("Pause voice note");
    window.click("Play voice note");
    window.click("Speed: 1×");
    window.click("Speed: 1½×");

    let asked = [
        Ask::Pause,
        Ask::Resume,
        Ask::Speed(Speed::OneAndAHalf),
        Ask::Speed(Speed::Two),
    ];
    assert_eq!(window.node.asked_sound, asked);
    assert!(window.has("Speed: 2×"));
}

#[test]
fn a_click_on_the_waveform_goes_there() {
    let mut window = window(vec![note(998, FileState::Here)]);
    let place = bounds(window.node("Place in the sound: voice note"));

    window.click_at(place.center(), egui::PointerButton::Primary);
    let (message, from, _) = window.node.played[0];
    assert_eq!(message, id(998));
    assert!(from.abs_diff(21_000) < 500, "{from}");
    window.click_at(
        place.left_center() + vec2(1.0, 0.0),
        egui::PointerButton::Primary,
    );

    assert!(matches!(window.node.asked_sound[..], [Ask::Seek(ms)] if ms < 1_000));
}

#[test]
fn the_voice_note_after_one_is_played_after_it_and_none_after_the_last() {
    let other = incoming(CHAT, 999, "did you hear that?");
    let messages = vec![
        note(998, FileState::Here),
        other,
        note(1000, FileState::Here),
    ];
    let mut window = window(messages);
    let notes = window.nodes().iter();
    let notes = notes.filter(|node| name(node) == Some("Play voice note"));
    let notes = notes.map(|node| bounds(node).center());
    let first = notes.min_by(|a, b| a.y.total_cmp(&b.y)).unwrap();

    window.click_at(first, egui::PointerButton::Primary);
    assert_eq!(window.node.played, [(id(998), 0, Speed::One)]);
    heard(&mut window, Heard::Over(id(998)));
    assert_eq!(window.node.played.last(), Some(&(id(1000), 0, Speed::One)));
    heard(&mut window, Heard::Over(id(1000)));

    assert_eq!(window.node.played.len(), 2);
    assert!(window.app().model().sound.playing.is_none());
}

#[test]
fn where_there_is_no_sound_nothing_can_be_played_or_recorded_and_a_sentence_says_why() {
    let mut window = window(vec![note(998, FileState::Here)]);

    heard(&mut window, Heard::There(false));

    assert!(window.node("Play voice note").is_disabled());
    assert!(window.node("Record a voice note").is_disabled());
    window.click("Play voice note");
    assert!(window.node.played.is_empty());
}

#[test]
fn what_is_not_here_cannot_be_played() {
    let window = window(vec![note(998, FileState::Offered)]);

    assert!(window.node("Play voice note").is_disabled());
    assert!(window.has_starting("Download"));
}

#[test]
fn what_is_refused_is_said() {
    let mut window = window(vec![note(998, FileState::Here)]);
    window.click("Play voice note");

    heard(&mut window, Heard::Refused(id(998), "it is damaged".into()));

    assert!(window.has_starting("it is damaged"));
    assert!(window.has("Play voice note"));
}

#[test]
fn what_is_spoken_is_sent_as_a_voice_note() {
    let mut window = window(vec![incoming(CHAT, 998, "say something")]);

    window.click("Record a voice note");
    heard(&mut window, Heard::Spoken(61_200, 20));
    assert!(window.has("Recording, 1:01"));
    window.click("Send voice note");
    let asked = [Ask::Record, Ask::End { keep: true }];
    assert_eq!(window.node.asked_sound, asked);
    heard(&mut window, Heard::Note(Arc::from(&b"OggS"[..])));

    let Some(FileCommand::Send {
        voice: true,
        content: Some(content),
        ..
    }) = window.node.file_commands.last()
    else {
        panic!("{:?}", window.node.file_commands);
    };
    assert_eq!(*content.0, *b"OggS");
    assert!(window.has("Record a voice note"));
}

#[test]
fn what_is_spoken_is_forgotten_with_escape_and_with_another_chat() {
    let mut window = window(vec![incoming(CHAT, 998, "say something")]);
    let discarded = Ask::End { keep: false };

    window.click("Record a voice note");
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(window.node.asked_sound.last(), Some(&discarded));
    assert!(window.has("Record a voice note"));

    window.click("Record a voice note");
    window.click_starting("Ben Okafor, hello there");
    assert_eq!(window.node.asked_sound.last(), Some(&discarded));
    assert!(window.app().model().sound.spoken.is_none());
    heard(&mut window, Heard::Note(Arc::from(&b"OggS"[..])));
    assert!(window.node.file_commands.is_empty());
}

#[test]
fn a_note_that_has_become_too_long_waits_to_be_sent() {
    let mut window = window(vec![incoming(CHAT, 998, "say something")]);
    window.click("Record a voice note");

    heard(&mut window, Heard::Note(Arc::from(&b"OggS"[..])));
    assert!(window.node.file_commands.is_empty());
    window.click("Send voice note");

    assert_eq!(window.node.file_commands.len(), 1);
    assert_eq!(window.node.asked_sound, [Ask::Record]);
}

#[test]
fn a_machine_that_hears_nothing_says_so() {
    let mut window = window(vec![incoming(CHAT, 998, "say something")]);
    window.click("Record a voice note");

    heard(&mut window, Heard::Deaf("There is no sound.".into()));

    assert!(window.has_starting("There is no sound."));
    assert!(window.has("Record a voice note"));
}

#[test]
fn a_film_is_watched_in_the_systems_player() {
    let film = with_file(
        incoming(CHAT, 998, ""),
        "lake.mp4",
        9_000_000,
        FileState::Here,
    );
    let mut window = window(vec![film]);

    window.click_starting("Watch lake.mp4");

    assert_eq!(window.node.watched, [id(998)]);
}

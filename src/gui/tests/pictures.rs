//! Pictures: made smaller before they are sent, pasted, and shown large.

use std::{io::Cursor, sync::Arc};

use egui::{Color32, ColorImage, Event, Key, Modifiers, accesskit::Role, pos2, vec2};
use image::{DynamicImage, ImageFormat, RgbImage};

use super::{
    bed::{CHAT, MadeUp, Window, bounds, name},
    made_up::DOWNLOADS,
};
use crate::{
    gui::{
        model::{files::Picture, viewed::Seen},
        sample::{id, incoming, with_file},
        weight::Weight,
    },
    node::{
        MessageId,
        view::{FileCommand, FileState, Message, Preview},
    },
};

/// The bytes of a picture.
fn bytes(width: u32, height: u32) -> Vec<u8> {
    let picture = DynamicImage::from(RgbImage::from_pixel(width, height, [9, 200, 9].into()));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn photo(number: u64, state: FileState) -> Message {
    let name = format!("photo {number}.png");
    let mut message = with_file(incoming(CHAT, number, ""), &name, 2_400_000, state);
    message.file.as_mut().unwrap().thumbnail = Some(Preview {
        mime: "image/png".into(),
        width: 640,
        height: 480,
        data: data_encoding::BASE64.encode(&bytes(40, 30)),
    });
    message
}

/// Three pictures, of which the middle one is not here.
fn window() -> Window {
    let mut node = MadeUp::default();
    let states = [FileState::Here, FileState::Offered, FileState::Here];
    let messages = (998..).zip(states).map(|(n, state)| photo(n, state));
    let messages: Vec<Message> = messages.collect();
    node.chats[0].last = messages.last().cloned();
    node.messages.insert(CHAT, messages);
    node.contents.insert(id(998), bytes(640, 480));
    node.contents.insert(id(1000), b"not a picture".to_vec());
    // As high as all of them.
    let mut window = Window::open_with(node, vec2(1200.0, 1500.0));
    window.click_starting("Maya Lindqvist, ");
    window
}

fn viewed(window: &Window) -> Option<MessageId> {
    let viewed = window.app().model().files.viewed.as_ref();
    viewed.map(|viewed| viewed.message)
}

#[test]
fn a_picture_that_is_here_opens_large_and_closes_with_escape() {
    let mut window = window();

    window.click("Open picture photo 998.png");
    assert_eq!(viewed(&window), Some(id(998)));
    let shown = window.node("Picture photo 998.png, 100 %");
    assert_eq!(shown.role(), Role::Image);
    window.press(Modifiers::NONE, Key::Escape);

    assert_eq!(viewed(&window), None);
    assert!(!window.has("Picture photo 998.png, 100 %"));
    assert!(
        window.node.file_commands.is_empty(),
        "nothing was asked for"
    );
}

#[test]
fn keys_and_buttons_bring_nearer_and_back() {
    let mut window = window();
    window.click("Open picture photo 998.png");

    window.press(Modifiers::NONE, Key::Plus);
    assert!(window.has("Picture photo 998.png, 125 %"));
    window.click("Smaller");
    window.press(Modifiers::NONE, Key::Minus);
    assert!(window.has("Picture photo 998.png, 80 %"));
    window.press(Modifiers::NONE, Key::Num0);
    assert!(window.has("Picture photo 998.png, 100 %"));
    window.wheel(400.0);

    assert!(
        !window.has("Picture photo 998.png, 100 %"),
        "so does the wheel"
    );
}

#[test]
fn arrows_go_to_the_next_picture_that_is_here_and_one_that_is_none_says_so() {
    let mut window = window();
    window.click("Open picture photo 998.png");
    assert!(!window.has("Picture before"), "it is the first");

    window.press(Modifiers::NONE, Key::ArrowRight);
    assert_eq!(viewed(&window), Some(id(1000)));
    assert!(window.has_starting("This picture cannot be shown: "));
    window.press(Modifiers::NONE, Key::ArrowRight);
    assert_eq!(viewed(&window), Some(id(1000)), "it is the last");
    window.click("Picture before");

    assert_eq!(viewed(&window), Some(id(998)));
}

#[test]
fn a_picture_that_is_too_large_says_so_and_can_be_saved_or_opened_elsewhere() {
    let mut window = window();
    // A header that says 60,000 by 60,000, with a right checksum.
    let mut huge = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\x02\0\0\0".to_vec();
    huge.extend(png_checksum(&huge[12..]));
    huge.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82");
    window.node.contents.insert(id(998), huge);

    window.click("Open picture photo 998.png");
    assert!(
        window.has_starting("This picture is too large to be shown here: "),
        "{:#?}",
        window.names()
    );
    window.click("Open with the system’s viewer");
    assert_eq!(window.node.watched, [id(998)]);
    let saves = window
        .nodes()
        .iter()
        .filter(|node| name(node) == Some("Save as…"));
    assert_eq!(saves.count(), 2, "above, and below the sentence");
    window.click("Save as…");

    assert!(window.has_starting("Save this file. "));
}

/// The checksum of a part of a PNG.
fn png_checksum(part: &[u8]) -> [u8; 4] {
    let sum = part.iter().fold(!0u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 & 0u32.wrapping_sub(sum & 1))
        })
    });
    (!sum).to_be_bytes()
}

#[test]
fn a_large_picture_is_saved_and_copied() {
    let mut window = window();
    window.click("Open picture photo 998.png");

    window.click("Copy picture");
    assert_eq!(window.copied_pictures, [[640, 480]]);
    window.click("Save as…");

    assert!(window.has_starting("Save this file. "));
    assert_eq!(viewed(&window), None);
}

#[test]
fn what_moves_is_drawn_again_when_it_is_due_unless_motion_is_reduced() {
    let mut gif = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
    for shade in [0, 200] {
        let picture = image::RgbaImage::from_pixel(20, 20, [shade, 0, 0, 255].into());
        let delay = image::Delay::from_numer_denom_ms(100, 1);
        let frame = image::Frame::from_parts(picture, 0, 0, delay);
        encoder.encode_frame(frame).unwrap();
    }
    drop(encoder);
    for reduced in [false, true] {
        let mut window = window();
        window.node.contents.insert(id(998), gif.clone());
        if reduced {
            window.reduce_motion();
        }
        window.click("Open picture photo 998.png");

        let viewed = window.app().model().files.viewed.as_ref().unwrap();
        assert!(matches!(&viewed.seen, Seen::Here(shots) if shots.len() == 2));
        for _ in 0..60 {
            window.frame(Vec::new());
        }
        assert_eq!(window.repaint.as_millis() <= 100, !reduced);
    }
}

#[test]
fn a_click_on_a_picture_that_is_not_here_fetches_it() {
    let mut window = window();

    let at = bounds(window.node("Maya Lindqvist, 14:31"));
    window.click_at(
        pos2(at.center().x, at.min.y + 40.0),
        egui::PointerButton::Primary,
    );

    let fetch = FileCommand::Fetch {
        message_id: id(999),
        path: None,
    };
    assert_eq!(window.node.file_commands, [fetch]);
}

#[test]
fn locking_forgets_the_picture_that_is_shown() {
    let mut window = window();
    window.click("Open picture photo 998.png");

    let mut locked = window.node.me.clone();
    locked.locked = true;
    window.event(crate::node::view::Event::Node(Box::new(locked)));

    assert_eq!(viewed(&window), None);
    assert!(!window.has_starting("Picture photo 998.png, "));
}

/// What was sent: its path, whether as it is, and whether its bytes came along.
fn sent(window: &Window) -> Vec<(&str, bool, bool)> {
    let commands = window.node.file_commands.iter();
    let sent = commands.filter_map(|command| match command {
        FileCommand::Send {
            path,
            original,
            content,
            ..
        } => Some((path.as_str(), *original, content.is_some())),
        _ => None,
    });
    sent.collect()
}

#[test]
fn a_chosen_picture_shows_what_it_would_save_and_goes_as_it_is_only_when_that_is_wanted() {
    for original in [false, true] {
        let mut window = Window::with_chat(MadeUp::default());
        let path = format!("{DOWNLOADS}/map.pdf");
        let weight = Weight::Picture {
            size: 612_345,
            seen: None,
        };
        window.node.weights.insert(path.clone().into(), weight);

        window.drops(&path);
        assert!(
            window.has("map.pdf, 612 kB instead of 2.4 MB"),
            "{:#?}",
            window.names()
        );
        assert!(window.has("Pictures go smaller, and without where they were taken."));
        if original {
            window.click("Send original");
            assert!(window.has("map.pdf, 2.4 MB"));
            assert!(window.has("Pictures go as they are, and may say where they were taken."));
        }
        window.click("Send file");

        assert_eq!(sent(&window), [(path.as_str(), original, false)]);
    }
}

#[test]
fn what_is_no_picture_offers_no_original() {
    let mut window = Window::with_chat(MadeUp::default());

    window.drops(&format!("{DOWNLOADS}/map.pdf"));

    assert!(!window.has("Send original"));
}

#[test]
fn a_picture_out_of_which_nothing_can_be_taken_goes_only_as_it_is() {
    let mut window = Window::with_chat(MadeUp::default());
    let path = format!("{DOWNLOADS}/map.pdf");
    let weight = Weight::Refused("It goes only as it is.".into());
    window.node.weights.insert(path.clone().into(), weight);
    window.drops(&path);

    assert!(window.has("map.pdf, It goes only as it is."));
    window.click("Send file");
    assert!(sent(&window).is_empty());
    window.click("Send original");
    window.click("Send file");

    assert_eq!(sent(&window), [(path.as_str(), true, false)]);
}

#[test]
fn a_picture_in_the_clipboard_is_pasted_and_sent_without_a_file() {
    let mut window = Window::with_chat(MadeUp::default());

    let picture = ColorImage::filled([30, 20], Color32::RED);
    window.frame(vec![Event::PasteImage(Arc::new(picture))]);
    window.settle();
    assert!(window.has_starting("picture-"), "{:#?}", window.names());
    assert!(sent(&window).is_empty(), "not before somebody says so");
    window.click("Send file");

    let sent = sent(&window);
    assert!(matches!(sent[..], [(path, false, true)] if path.starts_with("picture-")));
}

#[test]
fn pictures_that_are_sent_together_are_one_message_and_each_opens() {
    let mut node = MadeUp::default();
    let mut messages: Vec<Message> = (996..1000).map(|n| photo(n, FileState::Here)).collect();
    messages.push(photo(1000, FileState::Offered));
    for message in &mut messages {
        message.sent_at = messages_at();
    }
    node.chats[0].last = messages.last().cloned();
    node.messages.insert(CHAT, messages);
    node.contents.insert(id(998), bytes(640, 480));
    let mut window = Window::with_chat(node);

    let bubbles = window
        .names()
        .into_iter()
        .filter(|name| name == "Maya Lindqvist, 14:32");
    assert_eq!(bubbles.count(), 1, "{:#?}", window.names());
    window.click("Download photo 1000.png, 2.4 MB");
    let fetch = FileCommand::Fetch {
        message_id: id(1000),
        path: None,
    };
    assert_eq!(window.node.file_commands, [fetch]);
    window.right_click("Open picture photo 997.png");
    window.click("Save as…");
    assert!(window.has_starting("Save this file. "));
    window.press(Modifiers::NONE, Key::Escape);
    window.click("Open picture photo 998.png");

    assert_eq!(viewed(&window), Some(id(998)));
}

/// All at once.
fn messages_at() -> crate::node::Timestamp {
    incoming(CHAT, 1000, "").sent_at
}

#[test]
fn a_thousand_pictures_scroll_without_one_being_decoded_by_the_window() {
    let mut node = MadeUp::default();
    let messages: Vec<Message> = (1000..2000).map(|n| photo(n, FileState::Offered)).collect();
    node.chats[0].last = messages.last().cloned();
    node.messages.insert(CHAT, messages);
    let mut window = Window::with_chat(node);
    let mut spent = Vec::new();

    for _ in 0..400 {
        let before = cpu();
        window.turn_wheel(180.0);
        spent.push(cpu().saturating_sub(before));
        window.answer();
    }

    // The first makes what all others use.
    spent.remove(0);
    let long = spent.iter().filter(|spent| spent.as_millis() >= 8).count();
    spent.sort_unstable();
    let at = |share: usize| spent[(spent.len() - 1) * share / 100].as_micros();
    let [middle, most] = [at(50), at(100)];
    println!(
        "a frame while pictures scroll: p50 {middle} µs, most {most} µs, {long} of 8 ms or more"
    );
    // Unoptimised, and beside whatever else this machine does.
    assert!(middle < 30_000);
}

/// CPU time of this thread.
fn cpu() -> std::time::Duration {
    let at = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let part = u32::try_from(at.tv_nsec).unwrap();
    std::time::Duration::new(u64::try_from(at.tv_sec).unwrap(), part)
}

#[test]
fn small_pictures_that_were_not_looked_at_for_long_are_let_go() {
    let mut window = Window::with_chat(MadeUp::default());
    for number in 2000..2200 {
        let photo = photo(number, FileState::Offered);
        window.tell(crate::gui::bridge::Update::Event(
            crate::node::view::Event::Message(Box::new(photo)),
        ));
        window.settle();
    }

    let files = &window.app().model().files;
    let picture = |number| files.picture(photo(number, FileState::Here).file.unwrap().file_id);
    assert!(matches!(picture(2199), Picture::Here(_)));
    assert_eq!(*picture(2000), Picture::Unknown);
}

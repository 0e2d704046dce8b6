use std::{sync::mpsc, time::Duration};

use egui::Context;
use zbus::zvariant::OwnedValue;

use super::*;
use crate::gui::{
    desktop::{Desktop, FarDesktop, bus::Bus, desktop},
    sounds::Sound,
};

fn note(body: &str) -> Note {
    Note {
        chat: ChatId([2; 32]),
        title: "Maya".into(),
        body: body.into(),
        sound: Some(Sound::Message),
        answers: true,
    }
}

#[test]
fn what_others_wrote_is_no_markup() {
    let markup = Abilities {
        markup: true,
        ..Abilities::default()
    };
    let hostile = note("<a href=\"x\">&amp;</a>");

    assert_eq!(
        body(&hostile, markup),
        "&lt;a href=\"x\"&gt;&amp;amp;&lt;/a&gt;"
    );
    assert_eq!(body(&hostile, Abilities::default()), hostile.body);
}

#[test]
fn answering_is_offered_where_the_server_takes_answers() {
    let of =
        |names: &[&str]| Abilities::of(&names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>());

    assert!(of(&["actions", "inline-reply"]).answers);
    assert!(!of(&["inline-reply"]).answers && !of(&["actions"]).answers);
    assert!(of(&["body", "body-markup"]).markup);
}

#[test]
fn a_notification_has_a_sound_of_our_own_or_says_that_it_has_none() {
    let mut silent = note("a");
    silent.sound = None;

    let profile = tempfile::tempdir().unwrap();
    let sounds = Sounds::in_profile(profile.path());
    let keys = |note: &Note, sounds: &Sounds| {
        let hints = hints(note, sounds);
        ["suppress-sound", "sound-file", "sound-name"].map(|key| hints.contains_key(key))
    };

    assert_eq!(keys(&silent, &sounds), [true, false, false]);
    assert_eq!(keys(&note("a"), &sounds), [false, true, false]);
    assert_eq!(keys(&note("a"), &Sounds::default()), [false, false, true]);
}

/// What the server was asked to show: what it replaces, heading, text, actions.
type Asked = (u32, String, String, Vec<String>);
type Notify = (
    String,
    u32,
    String,
    String,
    String,
    Vec<String>,
    HashMap<String, OwnedValue>,
    i32,
);

/// A made-up server: what it can do, what it was asked to show, and which it was asked to close.
fn serve(bus: &Bus, can: &'static [&'static str]) -> (Connection, Receiver<Asked>, Receiver<u32>) {
    let connection = bus.connect();
    let calls = MessageIterator::from(&connection);
    connection.request_name(NAME).unwrap();
    let (show, shown) = mpsc::sync_channel(16);
    let (close, closed) = mpsc::sync_channel(16);
    let server = connection.clone();
    std::thread::spawn(move || {
        let mut next = 1u32;
        for call in calls {
            let Ok(call) = call else { return };
            let header = call.header();
            let member = header.member().map(|member| member.as_str().to_owned());
            match member.as_deref() {
                Some("GetCapabilities") => server.reply(&header, &can.to_vec()).unwrap(),
                Some("Notify") => {
                    let body = call.body();
                    let (_, replaces, _, title, text, actions, _, _): Notify =
                        body.deserialize().unwrap();
                    let id = if replaces == 0 { next } else { replaces };
                    next = next.max(id) + 1;
                    server.reply(&header, &id).unwrap();
                    let _ = show.send((replaces, title, text, actions));
                }
                Some("CloseNotification") => {
                    let _ = close.send(call.body().deserialize().unwrap());
                }
                _ => {}
            }
        }
    });
    (connection, shown, closed)
}

fn connected(bus: &Bus, far: &FarDesktop) -> zbus::Result<Server> {
    let teller = far.teller(&Context::default());
    Server::on(&bus.connect(), &teller, &Sounds::default())
}

fn wait<T>(from: &Receiver<T>) -> T {
    from.recv_timeout(Duration::from_secs(30)).unwrap()
}

fn heard(near: &Desktop) -> Heard {
    near.heard.recv_timeout(Duration::from_secs(30)).unwrap()
}

#[test]
fn a_chat_has_one_notification_which_is_clicked_answered_and_withdrawn() {
    let Some(bus) = Bus::start() else { return };
    let (desk, shown, closed) = serve(&bus, &["actions", "inline-reply", "body-markup"]);
    let (near, far) = desktop();
    let server = connected(&bus, &far).unwrap();
    let show = |body| server.fulfil(&Wish::Show(note(body))).unwrap();

    show("one <b>");
    show("two");
    let actions = ["default", "Open", "inline-reply", "Reply"].map(str::to_owned);
    let asked = |replaces, text: &str| (replaces, "Maya".into(), text.into(), actions.to_vec());
    assert_eq!(wait(&shown), asked(0, "one &lt;b&gt;"));
    assert_eq!(
        wait(&shown),
        asked(1, "two"),
        "the second replaces the first"
    );

    let says = |what: &str, text: &str| {
        desk.emit_signal(None::<&str>, PATH, NAME, what, &(1u32, text))
            .unwrap();
    };
    says("ActionInvoked", "default");
    assert_eq!(heard(&near), Heard::Opened(ChatId([2; 32])));
    says("NotificationReplied", "good");
    assert_eq!(
        heard(&near),
        Heard::Answered(ChatId([2; 32]), "good".into())
    );

    server.fulfil(&Wish::Withdraw(ChatId([2; 32]))).unwrap();
    assert_eq!(wait(&closed), 1);
    show("three");
    assert_eq!(
        wait(&shown),
        asked(0, "three"),
        "what was withdrawn is not replaced"
    );
}

#[test]
fn what_a_server_cannot_do_is_not_offered() {
    let Some(bus) = Bus::start() else { return };
    let (_desk, shown, _closed) = serve(&bus, &["body"]);
    let (_near, far) = desktop();
    let server = connected(&bus, &far).unwrap();

    server.fulfil(&Wish::Show(note("a < b"))).unwrap();

    assert_eq!(wait(&shown), (0, "Maya".into(), "a < b".into(), Vec::new()));
}

#[test]
fn without_a_server_there_is_an_error_and_no_more() {
    let Some(bus) = Bus::start() else { return };
    let (_near, far) = desktop();

    assert!(connected(&bus, &far).is_err());
}

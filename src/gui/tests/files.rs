//! Files: in messages, to be sent, and what they take.

use egui::{HoveredFile, Key, Modifiers, accesskit::Role};

use super::{
    bed::{CHAT, MadeUp, Window, bounds},
    made_up::DOWNLOADS,
};
use crate::{
    gui::{
        bridge::Update,
        desktop::Wish,
        sample::{self, MAYA, ME, NOW, id, incoming, outgoing, with_file},
    },
    node::{
        Command, FileId, MessageId,
        view::{
            Event, FileCommand, FileState, Message, Preview, Storage, StoredFile, Transfer,
            TransferState,
        },
    },
};

fn with(messages: Vec<Message>) -> MadeUp {
    let mut node = MadeUp::default();
    node.chats[0].last = messages.last().cloned();
    node.messages.insert(CHAT, messages);
    node
}

fn map(state: FileState) -> Message {
    with_file(
        incoming(CHAT, 1000, "for Saturday"),
        "map.pdf",
        2_400_000,
        state,
    )
}

fn window(state: FileState) -> Window {
    Window::with_chat(with(vec![map(state)]))
}

fn file_id(message: &Message) -> FileId {
    message.file.as_ref().unwrap().file_id
}

fn transfer(state: TransferState, have: u64) -> Transfer {
    let file = file_id(&map(FileState::Offered));
    sample::transfer(file, CHAT, state, (have, 2_400_000))
}

fn hears(window: &mut Window, transfer: Transfer) {
    window.event(Event::Transfer(Box::new(transfer)));
}

/// What was sent, with which words.
fn sent(window: &Window) -> Vec<(&str, &str)> {
    let commands = window.node.file_commands.iter();
    let sent = commands.filter_map(|command| match command {
        FileCommand::Send { path, caption, .. } => Some((path.as_str(), caption.as_str())),
        _ => None,
    });
    sent.collect()
}

#[test]
fn a_file_shows_its_name_and_true_extension_and_comes_when_it_is_wanted() {
    let mut window = window(FileState::Offered);
    assert!(window.has("File map.pdf, extension pdf, 2.4 MB"));
    assert!(window.has("for Saturday"), "what is said about it");
    assert!(window.node.file_commands.is_empty(), "nothing by itself");

    window.click("Download map.pdf");

    let fetch = FileCommand::Fetch {
        message_id: id(1000),
        path: None,
    };
    assert_eq!(window.node.file_commands, [fetch]);
}

#[test]
fn what_runs_is_called_a_program_whatever_it_was_said_to_be() {
    let pretends = with_file(
        incoming(CHAT, 1000, ""),
        "holiday.png.exe",
        900,
        FileState::Offered,
    );
    let window = Window::with_chat(with(vec![pretends]));

    assert!(window.has("Program holiday.png.exe, extension exe, 900 bytes"));
    assert!(window.has_starting("Maya Lindqvist, Program: holiday.png.exe"));
}

#[test]
fn while_it_comes_it_shows_how_far_how_fast_and_how_long() {
    let mut window = window(FileState::Offered);

    let coming = Transfer {
        rate: 60_000,
        ..transfer(TransferState::Fetching, 600_000)
    };
    hears(&mut window, coming);

    let line = "25 % of 2.4 MB · 60 kB/s · 30 s left";
    assert!(window.has(&format!("File map.pdf, extension pdf, {line}")));
    let progress = window.node("25 percent of map.pdf");
    assert_eq!(progress.role(), Role::ProgressIndicator);
    window.click("Pause map.pdf");
    window.click("Cancel map.pdf");
    let file_id = file_id(&map(FileState::Offered));
    let wanted = [
        FileCommand::Pause { file_id },
        FileCommand::Cancel { file_id },
    ];
    assert_eq!(window.node.file_commands, wanted);
}

#[test]
fn without_anybody_who_has_it_it_says_that_it_waits() {
    let window = window(FileState::Fetching);

    let line = "50 % of 2.4 MB · waits for somebody who has it";
    assert!(window.has(&format!("File map.pdf, extension pdf, {line}")));
}

#[test]
fn what_is_paused_goes_on_when_it_is_wanted() {
    let mut window = window(FileState::Fetching);

    hears(&mut window, transfer(TransferState::Paused, 1_200_000));
    assert!(window.has("File map.pdf, extension pdf, 50 % of 2.4 MB · paused"));
    window.click("Resume map.pdf");

    let file_id = file_id(&map(FileState::Offered));
    assert_eq!(window.node.file_commands, [FileCommand::Resume { file_id }]);
}

#[test]
fn what_failed_says_why_and_can_be_tried_again() {
    let mut window = window(FileState::Fetching);

    let failed = Transfer {
        problem: Some("the disk is full".into()),
        ..transfer(TransferState::Failed, 1_200_000)
    };
    hears(&mut window, failed);
    let words = "File map.pdf, extension pdf, Not downloaded: the disk is full";
    assert!(window.has(words));
    window.click("Try again map.pdf");

    assert!(!window.has(words), "it has not failed again yet");
    assert!(matches!(
        window.node.file_commands[..],
        [FileCommand::Fetch { path: None, .. }]
    ));
}

#[test]
fn a_row_is_as_high_whatever_happens_to_its_file() {
    let mut window = window(FileState::Offered);
    let high = |window: &Window| bounds(window.node("Maya Lindqvist, 14:32")).height();
    let before = high(&window);

    for (state, have) in [
        (TransferState::Fetching, 600_000),
        (TransferState::Paused, 600_000),
        (TransferState::Here, 2_400_000),
    ] {
        hears(&mut window, transfer(state, have));
        assert!((high(&window) - before).abs() < 0.1, "{state:?}");
    }
}

#[test]
fn a_file_that_is_here_is_saved_where_nothing_is_and_refusals_are_sentences() {
    let mut window = window(FileState::Here);

    window.click("Save as… map.pdf");
    assert!(window.has_starting("Save this file. Look at its extension, “pdf”, before"));
    window.node.refuse = Some("The file was not saved: there is one of that name.");
    window.click("Save");
    assert!(window.has("The file was not saved: there is one of that name."));
    window.node.refuse = None;
    window.click("Save");

    let save = FileCommand::Fetch {
        message_id: id(1000),
        // In the made-up folder that name is taken.
        path: Some(format!("{DOWNLOADS}/map (2).pdf")),
    };
    assert_eq!(window.node.file_commands.last(), Some(&save));
    assert!(!window.has_starting("Save this file."));
    assert!(window.opened.is_empty(), "nothing opens by itself");
}

#[test]
fn the_menu_of_a_file_saves_it_and_says_nothing_again() {
    let mut window = window(FileState::Here);

    window.right_click("for Saturday");
    assert!(window.has("Copy text") && !window.has("Forward"));
    window.click("Save as…");

    assert!(window.has_starting("Save this file. "));
}

#[test]
fn a_file_without_words_is_told_by_its_name() {
    let mut window = Window::open(MadeUp::default());
    window.focus = false;
    window.frame(Vec::new());

    let file = with_file(incoming(CHAT, 1001, ""), "map.pdf", 900, FileState::Offered);
    window.event(Event::Message(Box::new(file)));

    let told = window.wishes();
    let mut words = told.iter().filter_map(|wish| match wish {
        Wish::Show(note) => Some(format!("{note:?}")),
        _ => None,
    });
    assert!(words.next_back().unwrap().contains("File: map.pdf"));
}

#[test]
fn where_it_was_saved_is_said_for_a_moment() {
    let mut window = window(FileState::Here);

    let saved = Transfer {
        path: Some("/home/elin/map.pdf".into()),
        ..transfer(TransferState::Saved, 2_400_000)
    };
    hears(&mut window, saved);

    assert!(window.has("Saved as /home/elin/map.pdf"));
}

#[test]
fn my_own_file_shows_how_far_it_is_with_somebody_else() {
    let mine = with_file(
        outgoing(CHAT, 1000, ""),
        "map.pdf",
        2_400_000,
        FileState::Here,
    );
    let mut window = Window::with_chat(with(vec![mine]));
    assert!(window.has("File map.pdf, extension pdf, 2.4 MB"));
    assert!(!window.has("Download map.pdf"));

    let giving = Transfer {
        rate: 60_000,
        person_id: Some(MAYA),
        ..transfer(TransferState::Giving, 600_000)
    };
    hears(&mut window, giving);
    let line = "25 % at Maya Lindqvist · 60 kB/s · 30 s left";
    assert!(window.has(&format!("File map.pdf, extension pdf, {line}")));
    hears(&mut window, transfer(TransferState::Given, 2_400_000));

    assert!(window.has("File map.pdf, extension pdf, 2.4 MB"));
}

#[test]
fn who_lacks_what_was_sent_is_said_and_until_when_a_relay_keeps_it_for_them() {
    let mut mine = with_file(
        outgoing(CHAT, 1000, "for Saturday"),
        "map.pdf",
        2_400_000,
        FileState::Here,
    );
    mine.file.as_mut().unwrap().waiting_for = vec![MAYA];
    let mut window = Window::with_chat(with(vec![mine]));
    let says =
        |window: &Window, line: &str| window.has(&format!("File map.pdf, extension pdf, {line}"));
    assert!(says(
        &window,
        "2.4 MB · not yet downloaded by Maya Lindqvist"
    ));

    let until = |days: u64| Some(NOW.0 + days * 24 * 3_600_000);
    let mut going = Transfer {
        waiting_for: vec![MAYA],
        ..transfer(TransferState::Keeping, 600_000)
    };
    hears(&mut window, going.clone());
    assert!(says(&window, "25 % at a relay, for Maya Lindqvist"));
    window.node("25 percent of map.pdf");
    (going.state, going.until) = (TransferState::Kept, until(7));
    hears(&mut window, going.clone());
    assert!(says(
        &window,
        "At a relay until 18 March, for Maya Lindqvist"
    ));
    // Another relay keeps it for less long, then a third for longer.
    going.until = until(1);
    hears(&mut window, going.clone());
    assert!(says(
        &window,
        "At a relay until 18 March, for Maya Lindqvist"
    ));
    going.until = until(300);
    going.waiting_for = vec![MAYA, ME, MAYA];
    hears(&mut window, going);
    let line = "At a relay until 5 January 2026, for Maya Lindqvist and 2 others";
    assert!(says(&window, line));

    for person in [ME, MAYA] {
        let given = Transfer {
            person_id: Some(person),
            ..transfer(TransferState::Given, 2_400_000)
        };
        hears(&mut window, given);
    }
    assert!(says(&window, "2.4 MB"));
}

#[test]
fn what_a_relay_keeps_no_longer_waits_for_those_who_lack_it() {
    let mut mine = with_file(
        outgoing(CHAT, 1000, "for Saturday"),
        "map.pdf",
        2_400_000,
        FileState::Here,
    );
    let file = mine.file.as_mut().unwrap();
    (file.waiting_for, file.kept_until) = (vec![MAYA], Some(NOW.0 - 1));

    let window = Window::with_chat(with(vec![mine]));

    let line = "2.4 MB · not yet downloaded by Maya Lindqvist";
    assert!(window.has(&format!("File map.pdf, extension pdf, {line}")));
}

#[test]
fn a_small_picture_is_asked_for_once_and_what_is_none_stays_an_icon() {
    let mut message = map(FileState::Offered);
    let preview = Preview {
        mime: "image/png".into(),
        width: 40,
        height: 30,
        data: "bm8gcGljdHVyZQ==".into(),
    };
    message.file.as_mut().unwrap().thumbnail = Some(preview);
    let window = Window::with_chat(with(vec![message]));

    let picture = window
        .app()
        .model()
        .files
        .picture(file_id(&map(FileState::Offered)));

    assert_eq!(*picture, crate::gui::model::files::Picture::None);
    assert!(window.has("Download map.pdf"));
}

#[test]
fn the_clip_leads_to_a_folder_and_a_file_in_it_is_sent_with_words() {
    let mut window = Window::with_chat(MadeUp::default());

    window.click("Send files");
    window.click("Open photos");
    window.click("One folder up");
    window.click("map.pdf, 2.4 MB");
    assert!(window.has("map.pdf, 2.4 MB"), "its name and size once more");
    window.click("Say something about it");
    window.write("for Saturday");
    window.click("Send file");

    let path = format!("{DOWNLOADS}/map.pdf");
    assert_eq!(sent(&window), [(path.as_str(), "for Saturday")]);
    assert!(window.has("File map.pdf, extension pdf, 2.4 MB · being sealed…"));
    assert!(window.has("for Saturday"));
}

#[test]
fn ctrl_o_opens_the_same_and_a_path_that_leads_nowhere_says_so() {
    let mut window = Window::with_chat(MadeUp::default());

    window.press(Modifiers::COMMAND, Key::O);
    window.click("File or folder");
    window.press(Modifiers::COMMAND, Key::A);
    window.write("/nowhere");
    window.press(Modifiers::NONE, Key::Enter);

    assert!(window.has("/nowhere: There is nothing of that name."));
}

#[test]
fn several_dropped_files_become_several_messages() {
    let mut window = Window::with_chat(MadeUp::default());

    for name in ["map.pdf", "song.mp3", "photos"] {
        window.drops(&format!("{DOWNLOADS}/{name}"));
    }
    assert!(
        window.has("photos, 3 files · 2.4 MB"),
        "a folder is one item"
    );
    assert!(sent(&window).is_empty(), "not before somebody says so");
    window.click("Say something about it");
    window.write("both");
    window.click("Send 3 files");

    let paths = ["map.pdf", "song.mp3", "photos"].map(|name| format!("{DOWNLOADS}/{name}"));
    assert_eq!(
        sent(&window),
        [
            (paths[0].as_str(), "both"),
            (&paths[1], ""),
            (&paths[2], "")
        ]
    );
}

#[test]
fn what_is_not_wanted_after_all_is_not_sent() {
    let mut window = Window::with_chat(MadeUp::default());
    window.drops(&format!("{DOWNLOADS}/map.pdf"));
    window.drops(&format!("{DOWNLOADS}/song.mp3"));

    window.click("Do not send map.pdf");
    window.click("Send file");

    let path = format!("{DOWNLOADS}/song.mp3");
    assert_eq!(sent(&window), [(path.as_str(), "")]);
}

#[test]
fn a_file_that_could_not_be_sent_says_why_and_can_be_sent_again() {
    let mut window = Window::with_chat(MadeUp::default());
    window.node.refuse = Some("map.pdf was not sent: the disk is full.");
    window.drops(&format!("{DOWNLOADS}/map.pdf"));

    window.click("Send file");
    assert!(window.has("Not sent. map.pdf was not sent: the disk is full."));
    window.node.refuse = None;
    window.click("Try again");

    assert_eq!(sent(&window).len(), 2, "the same once more");
    assert!(!window.has_starting("Not sent."));
}

#[test]
fn the_message_of_a_file_takes_the_place_of_what_was_shown_before() {
    let mut window = Window::with_chat(MadeUp::default());
    window.drops(&format!("{DOWNLOADS}/map.pdf"));
    window.click("Send file");

    let mine = with_file(
        outgoing(CHAT, 1001, ""),
        "map.pdf",
        2_400_000,
        FileState::Here,
    );
    // As the answer said.
    let mine = Message {
        message_id: id(6000),
        ..mine
    };
    window.event(Event::Message(Box::new(mine)));

    assert!(window.has("File map.pdf, extension pdf, 2.4 MB"));
    assert!(!window.has_starting("File map.pdf, extension pdf, 2.4 MB · being"));
}

#[test]
fn settings_say_what_files_take_and_the_largest_can_go() {
    let mut node = with(vec![map(FileState::Here)]);
    let stored = |message_id: MessageId, size, state| StoredFile {
        file_id: FileId([7; 32]),
        message_id,
        chat_id: CHAT,
        size,
        state,
    };
    node.storage = Storage {
        used: 3_400_000,
        quota: 10_000_000_000,
        files: vec![
            stored(id(1000), 2_400_000, FileState::Here),
            stored(id(77), 1_000_000, FileState::Paused),
        ],
    };
    let mut window = Window::open(node);

    window.click("Settings");
    assert!(window.has("Files: 3.4 MB of at most 10 GB"));
    window.click("File: Cancel");
    let file_id = FileId([7; 32]);
    assert_eq!(window.node.file_commands, [FileCommand::Cancel { file_id }]);
    window.click("map.pdf: Delete");
    window.click("Delete for me");

    assert!(matches!(
        window.node.commands.last(),
        Some(Command::DeleteMessage { message_id, .. }) if *message_id == id(1000)
    ));
}

#[test]
fn locking_forgets_files_too() {
    let mut window = window(FileState::Offered);
    let coming = transfer(TransferState::Fetching, 600_000);
    let file = coming.file_id;
    hears(&mut window, coming);
    assert!(window.app().model().files.live(file).is_some());

    let mut locked = window.node.me.clone();
    locked.locked = true;
    window.tell(Update::Event(Event::Node(Box::new(locked))));
    window.frame(Vec::new());

    assert!(window.app().model().files.live(file).is_none());
}

#[test]
fn the_list_of_chats_says_how_far_what_comes_there_has_come() {
    let mut window = window(FileState::Offered);
    let mut coming = Transfer {
        rate: 60_000,
        ..transfer(TransferState::Fetching, 600_000)
    };
    hears(&mut window, coming.clone());

    let row = |window: &Window, words: &str| window.has_part(words);
    assert!(row(&window, "25 % of 2.4 MB · 60 kB/s · 30 s left"));

    // Another file in the same chat counts in.
    coming.file_id = FileId([8; 32]);
    coming.have = 1_800_000;
    hears(&mut window, coming.clone());
    assert!(row(&window, "50 % of 4.8 MB · 120 kB/s"));

    coming.state = TransferState::Here;
    hears(&mut window, coming);
    hears(&mut window, transfer(TransferState::Paused, 600_000));
    assert!(!row(&window, "60 kB/s"));
}

#[test]
fn while_files_are_held_over_the_window_it_says_for_whom_they_are() {
    let mut window = Window::with_chat(MadeUp::default());
    window.held = vec![HoveredFile::default()];
    window.settle();
    assert!(window.has("Drop to send to Maya Lindqvist"));

    window.held.clear();
    window.settle();
    assert!(!window.has_part("Drop to send"));
    window.press(Modifiers::COMMAND, Key::Slash);
    window.held = vec![HoveredFile::default()];
    window.settle();

    assert!(!window.has_part("Drop to send"), "a dialog takes none");
}

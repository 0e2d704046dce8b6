//! The file of a message: what is shown of it, and what is done with it.

use egui::{Context, TextureId, Vec2};

use crate::{
    gui::{
        action::{Action, FileAction, SoundAction},
        disk::Chosen,
        measure,
        model::{
            files::Picture,
            nav::Dialog,
            sound::{can_be_played, is_film, is_sound},
            viewed::can_be_shown,
        },
        strings::{Argument, tr, tr_count, tr_with},
        view::View,
        widget::{
            bubble::{Card, Deed, card::Kind, sound::Sound},
            texture,
        },
    },
    node::{
        FileId, PersonId, Timestamp, extension, harmless,
        view::{FileInfo, FileState, Message, Transfer, TransferState},
    },
    sound::Speed,
};

/// What is shown of the file of a message.
pub(super) fn card(ctx: &Context, message: &Message, view: &View<'_>) -> Option<Card> {
    let file = message.file.as_ref().filter(|_| !message.deleted)?;
    let live = view.model.files.live(file.file_id);
    let (line, bad) = line(file, live, view);
    let giving =
        live.filter(|live| matches!(live.state, TransferState::Giving | TransferState::Keeping));
    let share = match (file.state, giving) {
        (FileState::Fetching, _) => Some(measure::share(have(file, live), file.size)),
        (_, Some(live)) => Some(measure::share(live.have, live.size)),
        (FileState::Paused, _) => Some(measure::share(file.have, file.size)),
        (FileState::Offered | FileState::Cancelled | FileState::Here, None) => None,
    };
    let preview = file.thumbnail.as_ref();
    Some(Card {
        kind: Kind::of_file(file),
        name: file.name.clone(),
        extension: file.extension.clone(),
        line,
        bad,
        share,
        answers: !message.outgoing || file.folder.is_some(),
        deeds: deeds(message, file, bad),
        picture: preview.map(|preview| [preview.width, preview.height]),
        opens: opens(message, file),
        texture: drawn(ctx, file.file_id, view),
        sound: sound(message, file, view),
    })
}

/// What is shown of a file that is being sealed.
pub(super) fn pending(file: &Chosen) -> Card {
    let name = harmless(&file.name);
    let (kind, extension) = match file.folder {
        Some(_) => (Kind::Folder, String::new()),
        None => (Kind::of(&extension(&name)), extension(&name)),
    };
    Card {
        kind,
        name,
        extension,
        line: format!(
            "{} · {}",
            how_much(file.folder, file.size),
            tr("file-sealing")
        ),
        bad: false,
        share: None,
        answers: file.folder.is_some(),
        deeds: Vec::new(),
        picture: None,
        opens: None,
        texture: None,
        sound: None,
    }
}

/// Does what was clicked, and asks for the small picture when it is first seen.
pub(super) fn follow(message: &Message, deed: Option<Deed>, view: &mut View<'_>) {
    let Some(file) = &message.file else {
        return;
    };
    let id = message.message_id;
    let unseen = *view.model.files.picture(file.file_id) == Picture::Unknown;
    if file.thumbnail.is_some() && unseen {
        view.act(Action::File(FileAction::Picture(id)));
    }
    let Some(deed) = deed else {
        return;
    };
    view.act(match deed {
        Deed::Download | Deed::Again => Action::File(FileAction::Fetch(id)),
        Deed::Pause => Action::File(FileAction::Pause(file.file_id)),
        Deed::Resume => Action::File(FileAction::Resume(file.file_id)),
        Deed::Cancel => Action::File(FileAction::Cancel(file.file_id)),
        Deed::Save => Action::Show(Dialog::Save(id)),
        Deed::View => Action::Show(Dialog::View(id)),
        Deed::Contents => Action::Show(Dialog::Contents(id)),
        Deed::Watch => Action::Sound(SoundAction::Watch(id)),
        Deed::Play => Action::Sound(SoundAction::Play(id)),
        Deed::Seek(share) => Action::Sound(SoundAction::Seek(id, share)),
        Deed::Faster => Action::Sound(SoundAction::Faster),
    });
}

/// How a sound is heard: where it is while it is played, and before how long it is.
fn sound(message: &Message, file: &FileInfo, view: &View<'_>) -> Option<Sound> {
    if !is_sound(file) {
        return None;
    }
    let sound = &view.model.sound;
    let playing = sound
        .playing
        .filter(|playing| playing.message == message.message_id);
    let said = file.duration_ms.map(u64::from);
    let long = playing.and_then(|playing| playing.long_ms).or(said);
    let at = playing.map(|playing| playing.at_ms);
    let time = match (at, long) {
        (Some(at), Some(long)) => {
            let at = at.min(long);
            format!("{} / {}", measure::clock(at), measure::clock(long))
        }
        (Some(at), None) => measure::clock(at),
        (None, Some(long)) => measure::clock(long),
        (None, None) => String::new(),
    };
    let silent = if !can_be_played(message) {
        Some(tr("sound-not-here"))
    } else if sound.missing {
        Some(tr("sound-none"))
    } else {
        None
    };
    Some(Sound {
        waveform: file.waveform.clone().unwrap_or_default(),
        voice: file.voice,
        plays: playing.is_some_and(|playing| !playing.paused),
        share: measure::share(at.unwrap_or(0), long.unwrap_or(0)),
        time,
        speed: playing.map(|_| match sound.speed {
            Speed::One => "1×",
            Speed::OneAndAHalf => "1½×",
            Speed::Two => "2×",
        }),
        silent,
    })
}

/// What a click on the small picture does.
fn opens(message: &Message, file: &FileInfo) -> Option<Deed> {
    if can_be_shown(message) {
        return Some(Deed::View);
    }
    if is_film(file) && file.state == FileState::Here {
        return Some(Deed::Watch);
    }
    let is_missing = matches!(file.state, FileState::Offered | FileState::Cancelled);
    is_missing.then_some(Deed::Download)
}

fn deeds(message: &Message, file: &FileInfo, failed: bool) -> Vec<Deed> {
    let mut deeds = deeds_of(message, file, failed);
    if file.folder.is_some() && deeds.len() < 2 {
        deeds.push(Deed::Contents);
    }
    deeds
}

fn deeds_of(message: &Message, file: &FileInfo, failed: bool) -> Vec<Deed> {
    if message.outgoing {
        return Vec::new();
    }
    match file.state {
        FileState::Offered | FileState::Cancelled if failed => vec![Deed::Again],
        FileState::Offered | FileState::Cancelled => vec![Deed::Download],
        FileState::Fetching | FileState::Paused if failed => vec![Deed::Again, Deed::Cancel],
        FileState::Fetching => vec![Deed::Pause, Deed::Cancel],
        FileState::Paused => vec![Deed::Resume, Deed::Cancel],
        FileState::Here if is_film(file) => vec![Deed::Save, Deed::Watch],
        FileState::Here => vec![Deed::Save],
    }
}

/// How large it is, or how far it has come; or why not, which is bad news.
fn line(file: &FileInfo, live: Option<&Transfer>, view: &View<'_>) -> (String, bool) {
    let size = how_much(file.folder.map(|folder| folder.files), file.size);
    if let Some(live) = live
        && let Some(why) = live.problem.as_deref()
    {
        let key = if live.state == TransferState::Waiting {
            "file-halted"
        } else {
            "file-not-here"
        };
        let words = tr_with(key, &[("why", Argument::Text(why))]);
        return (words, true);
    }
    let partly = |have| {
        let percent = measure::percent(have, file.size).to_string();
        let both = [
            ("percent", Argument::Text(&percent)),
            ("size", Argument::Text(&size)),
        ];
        tr_with("file-percent", &both)
    };
    let line = match (file.state, live) {
        (FileState::Fetching, Some(live)) if live.rate > 0 => {
            let have = have(file, Some(live));
            let left = measure::left(file.size.saturating_sub(have), live.rate);
            format!("{} · {} · {left}", partly(have), measure::rate(live.rate))
        }
        (FileState::Fetching, _) => format!("{} · {}", partly(file.have), tr("file-waits")),
        (FileState::Paused, _) => format!("{} · {}", partly(file.have), tr("file-paused")),
        (_, Some(live)) if live.state == TransferState::Giving => giving(live, view),
        (_, Some(live)) if live.state == TransferState::Keeping => {
            let percent = measure::percent(live.have, live.size).to_string();
            let both = [
                ("percent", Argument::Text(&percent)),
                ("people", Argument::Text(&names(&file.waiting_for, view))),
            ];
            tr_with("file-keeping", &both)
        }
        (FileState::Cancelled, _) => format!("{size} · {}", tr("file-cancelled")),
        (FileState::Here, _) if !file.waiting_for.is_empty() => lacking(file, &size, view),
        (FileState::Offered | FileState::Here, _) => match file.duration_ms {
            Some(long) => format!("{} · {size}", measure::clock(long.into())),
            None => size,
        },
    };
    (line, false)
}

/// Who lacks what I sent, and until when a relay keeps it for them.
fn lacking(file: &FileInfo, size: &str, view: &View<'_>) -> String {
    let people = names(&file.waiting_for, view);
    let people = ("people", Argument::Text(&people));
    let kept = file.kept_until.map(Timestamp);
    match kept.filter(|until| *until > view.now) {
        Some(until) => {
            let until = view.calendar.until(until, view.now);
            let until = ("until", Argument::Text(&until));
            tr_with("file-kept", &[people, until])
        }
        None => format!("{size} · {}", tr_with("file-lacking", &[people])),
    }
}

/// `Bob`, `Bob and 2 others`
fn names(people: &[PersonId], view: &View<'_>) -> String {
    let Some((first, others)) = people.split_first() else {
        return String::new();
    };
    let first = view.model.name_of(*first);
    if others.is_empty() {
        return first;
    }
    let both = [
        ("people", Argument::Text(&first)),
        (
            "count",
            Argument::Count(u64::try_from(others.len()).unwrap_or(0)),
        ),
    ];
    tr_with("people-and-more", &both)
}

/// How large something is, and of a folder how many files are in it.
pub fn how_much(files: Option<u32>, size: u64) -> String {
    let size = measure::size(size);
    match files {
        Some(files) => format!("{} · {size}", tr_count("file-files", files.into())),
        None => size,
    }
}

/// How far somebody else has come with it.
fn giving(live: &Transfer, view: &View<'_>) -> String {
    let name = live.person_id.map(|person| view.model.name_of(person));
    let percent = measure::percent(live.have, live.size).to_string();
    let name = name.unwrap_or_default();
    let both = [
        ("percent", Argument::Text(&percent)),
        ("name", Argument::Text(&name)),
    ];
    let line = tr_with("file-giving", &both);
    if live.rate == 0 {
        return line;
    }
    let left = measure::left(live.size.saturating_sub(live.have), live.rate);
    format!("{line} · {} · {left}", measure::rate(live.rate))
}

fn have(file: &FileInfo, live: Option<&Transfer>) -> u64 {
    live.map_or(file.have, |live| live.have.max(file.have))
}

/// The small picture, ready to be drawn, and its size.
fn drawn(ctx: &Context, file: FileId, view: &View<'_>) -> Option<(TextureId, Vec2)> {
    let Picture::Here(picture) = view.model.files.picture(file) else {
        return None;
    };
    texture::texture(ctx, file.0, picture)
}

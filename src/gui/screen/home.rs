//! The window while the node runs: rail, list, and what stands beside it.

use std::{path::PathBuf, sync::Arc};

use egui::{Context, Event, Id, Key, Modifiers, Rect, Ui, UiBuilder, pos2};

use crate::gui::{
    action::{Action, FileAction, FindAction},
    model::{
        Model,
        nav::{Dialog, Pane, Place},
    },
    panel::{
        chat::{self, Chat},
        chats::{self, Chats},
        dialog::Dialogs,
        empty, group, held, notice,
        people::{self, People},
        person, rail, seek, settings, verify, walk,
    },
    theme,
    view::View,
};

/// The window while the node runs.
#[derive(Default)]
pub struct Home {
    chats: Chats,
    people: People,
    chat: Chat,
    dialogs: Dialogs,
}

impl Home {
    /// Draws it.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, view: &mut View<'_>) {
        let taken = self.chat.takes_escape() || view.model.sound.spoken.is_some();
        keys(ui, taken, view);
        let (rail, room) = split(rect, theme::RAIL);
        let mut rail_ui = part(ui, rail, "rail");
        rail::show(&mut rail_ui, rail, view);
        let pane = view.model.nav.pane();
        let (list, beside) = if view.narrow {
            let shown = (Some(room), None);
            if pane == Pane::Empty {
                shown
            } else {
                (None, Some(room))
            }
        } else {
            let (list, beside) = split(room, theme::LIST);
            (Some(list), Some(beside))
        };
        if let Some(list) = list {
            self.show_list(ui, list, view);
        }
        if let Some(beside) = beside {
            let mut ui = part(ui, beside, "beside");
            let taken = notice::show_notice(&mut ui, beside, view);
            let beside = beside.with_min_y(beside.min.y + taken);
            self.show_pane(&mut ui, beside, pane, view);
        }
        let over = beside.unwrap_or(room);
        self.dialogs.show(ui, view);
        let mut toasts = part(ui, over, "toasts");
        toasts.set_clip_rect(rect);
        notice::show_toasts(&toasts, over, view);
        held::show(ui, rect, view);
    }

    /// Forgets everything that was written.
    pub fn forget(&mut self, ctx: &Context) {
        self.chat.forget(ctx);
        let chat = std::mem::take(&mut self.chat);
        *self = Self {
            chat,
            ..Self::default()
        };
    }

    fn show_list(&mut self, ui: &mut Ui, rect: Rect, view: &mut View<'_>) {
        let mut ui = part(ui, rect, "list");
        match view.model.nav.place() {
            Place::Chats | Place::Settings => {
                let unsent = |chat| self.chat.unsent(chat);
                self.chats.show(&mut ui, rect, &unsent, view);
            }
            Place::People => self.people.show(&mut ui, rect, view),
        }
    }

    fn show_pane(&mut self, ui: &mut Ui, rect: Rect, pane: Pane, view: &mut View<'_>) {
        match pane {
            Pane::Empty if is_new(view.model) => empty::show(ui, rect, view),
            Pane::Empty => chat::show_nothing(ui, rect, view),
            Pane::Chat(chat) => self.chat.show(ui, rect, chat, view),
            Pane::Person(person) => person::show(ui, rect, person, view),
            Pane::Verify(person) => verify::show(ui, rect, person, view),
            Pane::Group(chat) => group::show(ui, rect, chat, view),
            Pane::Settings => settings::show(ui, rect, view),
        }
    }
}

/// Whether there is nothing here yet.
fn is_new(model: &Model) -> bool {
    model.chats.is_empty() && model.contacts.is_empty()
}

fn split(rect: Rect, left: f32) -> (Rect, Rect) {
    let x = rect.min.x + left;
    (
        Rect::from_min_max(rect.min, pos2(x, rect.max.y)),
        Rect::from_min_max(pos2(x, rect.min.y), rect.max),
    )
}

fn part(ui: &mut Ui, rect: Rect, name: &str) -> Ui {
    let mut ui = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(name));
    ui.set_clip_rect(rect.intersect(ui.clip_rect()));
    ui
}

/// The keys that work everywhere.
fn keys(ui: &Ui, taken: bool, view: &mut View<'_>) {
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let everywhere = Modifiers::COMMAND.plus(Modifiers::SHIFT);
    if pressed(everywhere, Key::F) {
        view.act(Action::Go(Place::Chats));
        focus(ui, chats::SEARCH);
    }
    if pressed(Modifiers::COMMAND, Key::K) {
        if view.model.nav.place() != Place::People {
            view.act(Action::Go(Place::Chats));
        }
        focus(ui, search_of(view.model.nav.place()));
    }
    if pressed(Modifiers::COMMAND, Key::F)
        && let Some(chat) = view.model.nav.chat()
    {
        view.act(Action::Find(FindAction::In(chat)));
        focus(ui, seek::SEARCH);
    }
    files(ui, view);
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    if pressed(Modifiers::COMMAND, Key::N) {
        view.act(Action::Go(Place::People));
        focus(ui, people::SEARCH);
    }
    if pressed(Modifiers::COMMAND, Key::Comma) {
        view.act(Action::Go(Place::Settings));
    }
    if pressed(Modifiers::COMMAND, Key::Slash) || pressed(Modifiers::NONE, Key::F1) {
        view.act(Action::Show(Dialog::Keys));
    }
    if pressed(Modifiers::COMMAND, Key::L) && view.model.me.protected {
        view.act(Action::Lock);
    }
    if pressed(Modifiers::ALT, Key::ArrowUp) {
        view.act(Action::NextChat { up: true });
    }
    if pressed(Modifiers::ALT, Key::ArrowDown) {
        view.act(Action::NextChat { up: false });
    }
    let free = view.model.nav.dialog().is_none() && !egui::Popup::is_any_open(ui.ctx());
    let was_in = |field: &str| ui.memory(|memory| memory.had_focus_last_frame(Id::unique(field)));
    // The field clears itself.
    let in_search = [chats::SEARCH, people::SEARCH].into_iter().any(was_in);
    if free && !in_search && !taken && ui.input(|input| input.key_pressed(Key::Escape)) {
        if walk::was_in_rows(ui) {
            return focus(ui, search_of(view.model.nav.place()));
        }
        let chat = view.model.nav.chat();
        if chat.is_some_and(|chat| view.model.seek(chat).is_some()) {
            return view.act(Action::Find(FindAction::Stop));
        }
        let writing = chat.filter(|chat| view.model.writing(*chat).is_some());
        view.act(writing.map_or(Action::Back, Action::WriteNew));
    }
}

/// Files for the open chat: by a key, or dropped on the window.
fn files(ui: &Ui, view: &mut View<'_>) {
    let Some(chat) = held::taken_by(view) else {
        return;
    };
    let attach = Dialog::Attach(chat.chat_id);
    let key = |input: &mut egui::InputState| input.consume_key(Modifiers::COMMAND, Key::O);
    if view.model.nav.dialog().is_none() && ui.input_mut(key) {
        view.act(Action::Show(attach));
    }
    let dropped: Vec<PathBuf> = ui.input(|input| {
        let files = input.raw.dropped_files.iter();
        files.map(|file| file.path().to_owned()).collect()
    });
    let pasted: Vec<_> = ui.input(|input| {
        let events = input.events.iter();
        let pictures = events.filter_map(|event| match event {
            Event::PasteImage(picture) => Some(Arc::clone(picture)),
            _ => None,
        });
        pictures.collect()
    });
    for picture in pasted {
        view.act(Action::File(FileAction::Paste(chat.chat_id, picture)));
    }
    if !dropped.is_empty() {
        let chosen = FileAction::Choose(chat.chat_id, dropped);
        view.act(Action::File(chosen));
    }
}

/// The field above the list that is shown.
fn search_of(place: Place) -> &'static str {
    match place {
        Place::People => people::SEARCH,
        Place::Chats | Place::Settings => chats::SEARCH,
    }
}

fn focus(ui: &Ui, field: &str) {
    ui.memory_mut(|memory| memory.request_focus(Id::unique(field)));
}

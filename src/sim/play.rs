//! Plays a schedule: people come to know each other, do what it says, everything is healed, and what
//! must be so is checked.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{
    healed,
    host::{Cost, Trap},
    invariants::{MARK, Rule, Violation},
    network::Links,
    relay::Relay,
    report::Report,
    schedule::{Act, Schedule},
    world::{Happening, World},
};
use crate::proto::{
    chat::{direct, group::Place},
    contact::Standing,
    engine::command::{Command, DeleteFor, GroupRole, History, Reply},
    id::{ChatId, MessageId, PersonId},
    record::PageBounds,
};

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub seed: u64,
    /// The hash over everything that happened; of a run that panicked there is none.
    pub hash: String,
    /// How many things happened to hosts.
    pub steps: u64,
    /// How many messages were said.
    pub said: usize,
    pub violation: Option<Violation>,
    pub report: Report,
}

/// Plays a schedule from its beginning to its end, or to the first violation.
pub fn play(schedule: &Schedule, measures: bool) -> Outcome {
    let run = || {
        let mut run = Run::new(schedule, measures);
        run.play();
        run.end()
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()));
        Outcome {
            seed: schedule.seed,
            hash: String::new(),
            steps: 0,
            said: 0,
            violation: Some(Violation {
                rule: Rule::Panics,
                text: text.unwrap_or_default(),
            }),
            report: Report::default(),
        }
    })
}

pub struct Run<'a> {
    pub world: World,
    pub schedule: &'a Schedule,
    /// The groups that were founded.
    pub groups: Vec<Option<ChatId>>,
    report: Report,
    /// Every text is another one.
    texts: u64,
}

impl<'a> Run<'a> {
    fn new(schedule: &'a Schedule, measures: bool) -> Self {
        let mut world = World::new(schedule.seed);
        world.measures = measures;
        world.relays = (0..schedule.relays).map(Relay::new).collect();
        Self {
            world,
            schedule,
            groups: Vec::new(),
            report: Report::default(),
            texts: 0,
        }
    }

    fn play(&mut self) {
        self.meet();
        self.found();
        for which in 0..self.world.relays.len() {
            self.world.relay_up(which);
        }
        self.world.run(2_000);
        for host in &mut self.world.hosts {
            host.cost = Cost::default();
        }
        let began = self.world.now;
        self.world.network.links = self.schedule.links;
        for step in &self.schedule.steps {
            if !self.world.ledger.is_whole() {
                return;
            }
            self.world.run(step.after_ms);
            self.act(&step.act);
        }
        self.report = Report::of(&self.world, self.world.now.since(began));
        self.heal();
        healed::check(self);
    }

    fn end(self) -> Outcome {
        Outcome {
            seed: self.schedule.seed,
            hash: self.world.trace.hash(),
            steps: self.world.trace.steps(),
            said: self.world.ledger.said.len(),
            violation: self.world.ledger.violation(),
            report: self.report,
        }
    }

    /// Everybody comes, and those who are to know each other become contacts.
    fn meet(&mut self) {
        for peer in 0..self.schedule.peers {
            self.world.join(format!("Person {peer}"));
        }
        let mut left = self.schedule.pairs();
        for (a, b) in &left {
            self.world.introduce(*a, *b);
        }
        for _ in 0..SETUP_ROUNDS {
            self.world.run(ROUND_MS);
            left.retain(|(a, b)| !self.are_contacts(*a, *b));
            if left.is_empty() || !self.world.ledger.is_whole() {
                return;
            }
            for (a, b) in &left {
                self.befriend(*a, *b);
            }
        }
        let text = format!("{} pairs do not come to know each other", left.len());
        self.world.ledger.broken(Rule::Setup, text);
    }

    fn befriend(&mut self, a: usize, b: usize) {
        let (Some(one), Some(other)) = (self.person(a), self.person(b)) else {
            return;
        };
        match self.standing(b, one) {
            Some(Standing::Incoming) => {
                let accept = Command::AcceptContact { person_id: one };
                self.world.command(b, accept);
            }
            Some(Standing::Contact) => {}
            _ => {
                if self.standing(a, other).is_none() {
                    let add = Command::AddContact {
                        link: None,
                        person_id: Some(other),
                    };
                    self.world.command(a, add);
                }
            }
        }
    }

    fn standing(&self, host: usize, person: PersonId) -> Option<Standing> {
        let contact = self.world.engine(host)?.contact(&person)?;
        Some(contact.standing)
    }

    fn are_contacts(&self, a: usize, b: usize) -> bool {
        let is = |host, other| {
            let person = self.person(other);
            let standing = person.and_then(|person| self.standing(host, person));
            standing == Some(Standing::Contact)
        };
        is(a, b) && is(b, a)
    }

    fn found(&mut self) {
        for (number, group) in self.schedule.groups.iter().enumerate() {
            let Some((founder, members)) = group.split_first() else {
                self.groups.push(None);
                continue;
            };
            let members: BTreeSet<PersonId> =
                members.iter().filter_map(|it| self.person(*it)).collect();
            let create = Command::CreateGroup {
                name: format!("Group {number}"),
                members: members.into_iter().collect(),
            };
            let chat = match self.world.command(*founder, create) {
                Some(Ok(Reply::Chat { chat_id })) => Some(chat_id),
                _ => None,
            };
            self.groups.push(chat);
        }
        for _ in 0..SETUP_ROUNDS {
            self.world.run(ROUND_MS);
            if self.all_are_in() || !self.world.ledger.is_whole() {
                return;
            }
        }
        let text = "somebody does not come into a group".to_owned();
        self.world.ledger.broken(Rule::Setup, text);
    }

    fn all_are_in(&self) -> bool {
        let mut groups = self.schedule.groups.iter().zip(&self.groups);
        groups.all(|(members, chat)| {
            let is_in = |host: &usize| chat.is_some_and(|chat| self.is_in(*host, chat));
            members.is_empty() || members.iter().all(is_in)
        })
    }

    /// Whether somebody is in a group and hears it, as far as they know.
    pub fn is_in(&self, host: usize, chat: ChatId) -> bool {
        let group = self.world.engine(host).and_then(|it| it.group(&chat));
        group.is_some_and(|group| group.place == Place::Member)
    }

    pub fn person(&self, host: usize) -> Option<PersonId> {
        self.world.hosts.get(host).map(|held| held.person)
    }

    pub fn direct(&self, a: usize, b: usize) -> Option<ChatId> {
        Some(direct::chat_id(&self.person(a)?, &self.person(b)?))
    }

    fn group(&self, group: usize) -> Option<ChatId> {
        self.groups.get(group).copied().flatten()
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Say { who, group } => {
                if let Some(chat) = self.group(*group) {
                    self.say(*who, chat);
                }
            }
            Act::Tell { who, whom } => {
                if let Some(chat) = self.direct(*who, *whom) {
                    self.say(*who, chat);
                }
            }
            Act::Edit { who, back } => {
                let text = self.text();
                if let Some(message_id) = self.own(*who, *back) {
                    self.ask(*who, Command::EditMessage { message_id, text });
                }
            }
            Act::Delete { who, back } => {
                if let Some(message_id) = self.own(*who, *back) {
                    let from = DeleteFor::All;
                    self.ask(*who, Command::DeleteMessage { message_id, from });
                }
            }
            Act::React { who, group, back } => {
                let chat = self.group(*group);
                if let Some(message_id) = chat.and_then(|it| self.shown(*who, it, *back)) {
                    let react = Command::ReactMessage {
                        message_id,
                        emoji: "👍".to_owned(),
                        on: true,
                    };
                    self.ask(*who, react);
                }
            }
            Act::Read { who, group } => self.read(*who, self.group(*group)),
            Act::ReadFrom { who, whom } => self.read(*who, self.direct(*who, *whom)),
            Act::Add { .. } | Act::Remove { .. } | Act::Leave { .. } | Act::Promote { .. } => {
                self.change(act);
            }
            fault => self.go_wrong(fault),
        }
    }

    /// Somebody changes who is in a group. Whoever has no right is refused; that is no failure.
    fn change(&mut self, act: &Act) {
        let (who, whom, group) = match act {
            Act::Add {
                who, whom, group, ..
            }
            | Act::Remove { who, whom, group }
            | Act::Promote {
                who, whom, group, ..
            } => (*who, *whom, *group),
            // The founder stays, so that there is somebody to ask in the end.
            Act::Leave { who, group } if !self.founded(*who, *group) => (*who, *who, *group),
            _ => return,
        };
        let (Some(chat_id), Some(person_id)) = (self.group(group), self.person(whom)) else {
            return;
        };
        let ledger = &mut self.world.ledger;
        let command = match act {
            Act::Add { history, .. } => {
                ledger.moved.insert((chat_id, person_id));
                if *history > 0 {
                    ledger.with_history.insert((chat_id, person_id));
                }
                let history = match history {
                    0 => History::None,
                    some => History::Last(*some),
                };
                Command::AddMember {
                    chat_id,
                    person_id,
                    history,
                }
            }
            Act::Remove { .. } => {
                ledger.moved.insert((chat_id, person_id));
                Command::RemoveMember { chat_id, person_id }
            }
            Act::Promote { admin, .. } => Command::SetRole {
                chat_id,
                person_id,
                role: if *admin {
                    GroupRole::Admin
                } else {
                    GroupRole::Member
                },
            },
            _ => {
                ledger.moved.insert((chat_id, person_id));
                Command::LeaveGroup { chat_id }
            }
        };
        self.ask(who, command);
    }

    fn founded(&self, who: usize, group: usize) -> bool {
        let group = self.schedule.groups.get(group);
        group.and_then(|group| group.first()) == Some(&who)
    }

    fn go_wrong(&mut self, fault: &Act) {
        let world = &mut self.world;
        match fault {
            Act::Part { a, b } => world.part(*a, *b, true),
            Act::Mend { a, b } => world.part(*a, *b, false),
            Act::Split { at } => world.split(*at),
            Act::Unite => world.mend_all(),
            Act::Links { links } => world.network.links = *links,
            Act::Away { who, ms } if world.up(*who).is_some() => {
                world.crash(*who);
                world.at(*ms, Happening::Wake(*who));
            }
            Act::Crash { who, nth, at, ms } => {
                if let Some(held) = world.hosts.get_mut(*who) {
                    held.trap = Some(Trap {
                        left: *nth,
                        at: *at,
                        away_ms: *ms,
                    });
                }
            }
            Act::Copy { who } => {
                if let Some(held) = world.hosts.get_mut(*who) {
                    held.copy = Some(held.disk.clone());
                }
            }
            Act::SetBack { who } => world.set_back(*who, true),
            Act::Forget { who } => world.set_back(*who, false),
            Act::RelayAway { relay } => world.relay_down(*relay),
            Act::RelayBack { relay } => world.relay_up(*relay),
            Act::RelayLoses { relay } => world.relay_loses_all(*relay),
            Act::RelayLies { relay, lie } => world.relay_lies(*relay, Some(*lie)),
            Act::RelayHonest { relay } => world.relay_lies(*relay, None),
            _ => {}
        }
    }

    /// Somebody says something; it counts as said once that is answered.
    pub fn say(&mut self, who: usize, chat_id: ChatId) -> Option<MessageId> {
        let send = Command::SendMessage {
            chat_id,
            text: self.text(),
            reply_to: None,
            mentions: Vec::new(),
        };
        let Some(Ok(Reply::Sent { message_id, .. })) = self.world.command(who, send) else {
            return None;
        };
        let held = self.world.hosts.get_mut(who)?;
        held.answered.push(message_id);
        self.world.ledger.answered_are_there(who, held);
        Some(message_id)
    }

    fn text(&mut self) -> String {
        self.texts += 1;
        format!("{MARK}{}", self.texts)
    }

    fn ask(&mut self, who: usize, command: Command) {
        // A refusal is an answer too.
        let _ = self.world.command(who, command);
    }

    fn own(&self, who: usize, back: usize) -> Option<MessageId> {
        let held = self.world.hosts.get(who)?;
        held.answered.iter().rev().nth(back).copied()
    }

    fn shown(&self, who: usize, chat: ChatId, back: usize) -> Option<MessageId> {
        let held = self.world.up(who)?;
        let page = PageBounds {
            before: None,
            after: None,
            limit: back + 1,
        };
        let page = held.disk.page(chat, page);
        page.first().map(|stored| stored.row.id)
    }

    fn read(&mut self, who: usize, chat: Option<ChatId>) {
        let Some(chat_id) = chat else {
            return;
        };
        if let Some(up_to) = self.shown(who, chat_id, 0) {
            self.ask(who, Command::ReadMessages { chat_id, up_to });
        }
    }

    /// Cables, relays and power are whole, and everybody is there.
    fn heal(&mut self) {
        let world = &mut self.world;
        world.network.links = Links::GOOD;
        for host in 0..world.hosts.len() {
            if let Some(held) = world.hosts.get_mut(host) {
                held.trap = None;
            }
            if world.up(host).is_none() {
                world.restart(host);
            }
        }
        world.mend_all();
        for which in 0..world.relays.len() {
            world.relay_lies(which, None);
            world.relay_up(which);
        }
    }
}

/// How often those who are to know each other are looked at, and how many times.
const ROUND_MS: u64 = 1_000;
const SETUP_ROUNDS: u32 = 900;

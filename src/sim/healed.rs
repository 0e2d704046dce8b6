//! What must be so once everything is healed: everybody agrees, and misses nothing.

use std::collections::BTreeSet;

use super::{
    host::Host,
    invariants::{Rule, hex},
    play::Run,
};
use crate::proto::{
    chat::{acts, group::Place},
    id::{ChatId, MessageId, PersonId},
    record::{MessageRow, PageBounds},
};

/// Waits until everybody agrees, as long as the schedule gives them, and says what is not so then.
pub fn check(run: &mut Run) {
    for (host, held) in run.world.hosts.iter().enumerate() {
        run.world.ledger.answered_are_there(host, held);
    }
    let mut last = None;
    for round in 0..=run.schedule.settle_s / ROUND_S {
        if round > 0 {
            run.world.run(ROUND_S * 1_000);
        }
        if !run.world.ledger.is_whole() {
            return;
        }
        last = disagreement(run);
        if last.is_none() {
            break;
        }
    }
    if let Some((rule, text)) = last {
        run.world.ledger.broken(rule, text);
    }
}

/// What is not yet so.
fn disagreement(run: &Run) -> Option<(Rule, String)> {
    for (a, b) in run.schedule.pairs() {
        let of_two = run.direct(a, b)?;
        let all = [a, b];
        if let Some(text) = differ(run, of_two, &all) {
            return Some((Rule::Agree, text));
        }
    }
    for (number, chat) in run.groups.iter().enumerate() {
        let members = run.schedule.groups.get(number);
        let (Some(chat), Some(members)) = (chat, members) else {
            continue;
        };
        if let Some(text) = group_differs(run, *chat, members) {
            return Some((Rule::Agree, format!("group {number}: {text}")));
        }
    }
    (0..run.world.hosts.len()).find_map(|host| {
        let engine = run.world.engine(host)?;
        for (cargo, chat, since, to) in engine.waits() {
            // Whoever was invited and has not decided takes nothing yet.
            let takes = |it: &Host| {
                let group = it.engine.as_ref().and_then(|engine| engine.group(&chat));
                !group.is_some_and(|group| matches!(group.place, Place::Invited(_)))
            };
            let hosts = (0..).zip(&run.world.hosts);
            let hosts = hosts.filter(|(_, it)| to.contains(&it.device) && takes(it));
            let hosts: Vec<usize> = hosts.map(|(host, _)| host).collect();
            if !hosts.is_empty() {
                let group = run.groups.iter().position(|it| *it == Some(chat));
                let place = group.map_or("a chat of two".to_owned(), |it| format!("group {it}"));
                let at = since.0;
                let text = format!("host {host}: {cargo:?} of {at} in {place} waits for {hosts:?}");
                return Some((Rule::Complete, text));
            }
        }
        let missing = engine.chats().iter().any(|chat| chat.missing > 0);
        missing.then(|| (Rule::Complete, format!("host {host}: something is missing")))
    })
}

/// Of those who were in a group from the first to the last: whether they hold the same.
fn group_differs(run: &Run, chat: ChatId, members: &[usize]) -> Option<String> {
    let ledger = &run.world.ledger;
    let stayed = |host: &&usize| {
        let person = run.person(**host);
        person.is_some_and(|person| !ledger.moved.contains(&(chat, person)))
    };
    let stayed: BTreeSet<usize> = members.iter().filter(stayed).copied().collect();
    let stayed: Vec<usize> = stayed.into_iter().collect();
    let first = *stayed.first()?;
    for host in &stayed {
        if !run.is_in(*host, chat) {
            return Some(format!("host {host} is no longer in it"));
        }
        if roster(run, *host, chat) != roster(run, first, chat) {
            return Some(format!("hosts {first} and {host} differ on who is in it"));
        }
    }
    // Who came or went is in it if the others say so.
    for host in 0..run.world.hosts.len() {
        let person = run.person(host)?;
        let is_listed = roster(run, first, chat).contains(&person);
        if run.is_in(host, chat) && !is_listed {
            return Some(format!("host {host} thinks that it is in it"));
        }
        if is_listed && run.is_in(host, chat) && roster(run, host, chat) != roster(run, first, chat)
        {
            return Some(format!("hosts {first} and {host} differ on who is in it"));
        }
    }
    differ(run, chat, &stayed)
}

fn roster(run: &Run, host: usize, chat: ChatId) -> BTreeSet<PersonId> {
    let group = run.world.engine(host).and_then(|it| it.group(&chat));
    let members = group.map(|group| group.members).unwrap_or_default();
    members.iter().map(|member| member.person).collect()
}

/// The first difference between what these show of a chat.
fn differ(run: &Run, chat: ChatId, hosts: &[usize]) -> Option<String> {
    let people: BTreeSet<PersonId> = hosts.iter().filter_map(|it| run.person(*it)).collect();
    let mut shown = hosts.iter().filter_map(|host| {
        let held = run.world.hosts.get(*host)?;
        Some((*host, timeline(held, chat, &people)))
    });
    let (first, expected) = shown.next()?;
    for (_, held) in &expected {
        if expected
            .iter()
            .filter(|(_, it)| it.text == held.text && !held.deleted)
            .count()
            > 1
        {
            return Some(format!("host {first} shows {:?} twice", held.text));
        }
    }
    for (host, other) in shown {
        if other == expected {
            continue;
        }
        let of = |list: &[(MessageId, Shown)]| -> BTreeSet<MessageId> {
            list.iter().map(|(id, _)| *id).collect()
        };
        let (ours, theirs) = (of(&expected), of(&other));
        if let Some(id) = ours.difference(&theirs).next() {
            return Some(format!(
                "host {host} has not {}, which {first} has",
                hex(*id)
            ));
        }
        if let Some(id) = theirs.difference(&ours).next() {
            return Some(format!(
                "host {first} has not {}, which {host} has",
                hex(*id)
            ));
        }
        let pairs = expected.iter().zip(&other);
        let unlike = pairs.clone().find(|(one, another)| one != another);
        let text = unlike.map(|(one, another)| {
            format!(
                "{}: {:?}, {}: {:?}",
                hex(one.0),
                one.1,
                hex(another.0),
                another.1
            )
        });
        let text = text.unwrap_or_default();
        return Some(format!(
            "hosts {first} and {host} show it otherwise: {text}"
        ));
    }
    // What was answered to somebody of them is among it.
    for host in hosts {
        let held = run.world.hosts.get(*host)?;
        let of_chat = |id: &&MessageId| {
            let said = run.world.ledger.said.get(id);
            said.is_some_and(|said| said.chat == chat)
        };
        let said = held.answered.iter().filter(of_chat);
        let lost = said
            .filter(|_| !held.was_set_back)
            .find(|id| !expected.iter().any(|(it, _)| it == *id));
        if let Some(id) = lost {
            return Some(format!("{} of host {host} is with nobody", hex(*id)));
        }
    }
    None
}

/// A message as it is shown.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    text: Vec<u8>,
    deleted: bool,
    reactions: BTreeSet<(String, PersonId)>,
}

/// What a host shows of what these people said and did, in display order.
fn timeline(held: &Host, chat: ChatId, people: &BTreeSet<PersonId>) -> Vec<(MessageId, Shown)> {
    let bounds = PageBounds {
        before: None,
        after: None,
        limit: usize::MAX,
    };
    let page = held.disk.page(chat, bounds).into_iter();
    let rows = page.map(|stored| stored.row);
    let theirs = rows.filter(|row| people.contains(&row.sender));
    theirs
        .map(|row| (row.id, shown(held, &row, people)))
        .collect()
}

fn shown(held: &Host, row: &MessageRow, people: &BTreeSet<PersonId>) -> Shown {
    let resolved = acts::resolve(row, &held.disk.acts(row.chat, row.id));
    let text = match resolved.edits.last() {
        Some(edit) => edit.text.clone().into_bytes(),
        None => row.content.clone(),
    };
    let reactions = resolved.reactions.into_iter().flat_map(|reaction| {
        let emoji = reaction.emoji;
        let theirs = reaction.people.into_iter();
        theirs.map(move |person| (emoji.clone(), person))
    });
    Shown {
        text,
        deleted: row.content == acts::TOMBSTONE,
        reactions: reactions.filter(|(_, who)| people.contains(who)).collect(),
    }
}

/// How often it is looked whether all agree.
const ROUND_S: u64 = 10;

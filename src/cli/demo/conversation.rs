//! `betwixt demo --headless`: a conversation, and beside it what the network saw of it.

use serde_json::{Value, json};

use super::{Scratch, observer::Observer, person::Person};
use crate::{
    cli::{client::text, failure::Failure, print, process::Signals},
    node::NodeSettings,
};

pub(super) async fn run() -> Result<(), Failure> {
    let scratch = Scratch::create()?;
    let mut signals = Signals::listen()?;
    tokio::select! {
        outcome = meet_and_talk(&scratch) => outcome,
        () = signals.asked_to_end() => Err(Failure::new("Interrupted.")),
    }
}

async fn meet_and_talk(scratch: &Scratch) -> Result<(), Failure> {
    print::line("Two people on one machine, and between them an observer who records every byte");
    print::line("that passes. Nothing of this is kept.\n");
    let (mut ada, mut ben, observer) = meet(scratch).await?;
    befriend(&mut ada, &mut ben).await?;
    let chat = ada
        .client
        .call("chat.direct", json!({ "person_id": ben.id() }))
        .await?;
    let chat = text(&chat, "chat_id").to_owned();
    print::line(&format!(
        "\n{:<WIDTH$}  what the observer saw of it",
        "what they say"
    ));
    print::line(&format!("{:-<WIDTH$}  {:-<44}", "", ""));
    for (nth, said) in LINES.iter().enumerate() {
        if nth % 2 == 0 {
            say(&mut ada, &mut ben, &chat, said, &observer).await?;
        } else {
            say(&mut ben, &mut ada, &chat, said, &observer).await?;
        }
    }
    ada.leave().await;
    ben.leave().await;
    judge(&observer)
}

/// Starts both. Ben is told to reach Ada through the observer, and nobody can reach Ben.
async fn meet(scratch: &Scratch) -> Result<(Person, Person, Observer), Failure> {
    let port = super::free_port()?;
    let observer = Observer::before(port).await?;
    let observed = format!("/ip4/127.0.0.1/tcp/{}", observer.port);
    let network = NodeSettings {
        listen: vec![format!("/ip4/127.0.0.1/tcp/{port}")],
        announce: Some(observed.clone()),
        ..NodeSettings::default()
    };
    let ada = Person::start(ADA, &scratch.path().join("ada"), network).await?;
    let network = NodeSettings {
        dial: vec![observed],
        ..NodeSettings::default()
    };
    let ben = Person::start(BEN, &scratch.path().join("ben"), network).await?;
    Ok((ada, ben, observer))
}

async fn befriend(ada: &mut Person, ben: &mut Person) -> Result<(), Failure> {
    let (ada_id, ben_id) = (ada.id().to_owned(), ben.id().to_owned());
    let nearby = |id: String, name: &'static str| {
        move |event: &Value| {
            text(event, "type") == "nearby"
                && text(event, "person_id") == id
                && text(event, "name") == name
        }
    };
    ben.hears("of Ada", nearby(ada_id.clone(), ADA)).await?;
    ada.hears("of Ben", nearby(ben_id.clone(), BEN)).await?;
    print::line("Ada and Ben see each other.");
    ben.client
        .call("contact.add", json!({ "person_id": ada_id }))
        .await?;
    let contact = |id: String, request: Value| {
        move |event: &Value| {
            text(event, "type") == "contact"
                && text(event, "person_id") == id
                && event.pointer("/contact/request") == Some(&request)
        }
    };
    ada.hears("Ben's request", contact(ben_id.clone(), json!("incoming")))
        .await?;
    print::line("Ben asks to be a contact; Ada accepts.");
    ada.client
        .call("contact.accept", json!({ "person_id": ben_id }))
        .await?;
    ben.hears("Ada's answer", contact(ada_id.clone(), Value::Null))
        .await?;
    let number = ada
        .client
        .call("contact.safety", json!({ "person_id": ben_id }))
        .await?;
    let same = ben
        .client
        .call("contact.safety", json!({ "person_id": ada_id }))
        .await?;
    if text(&number, "number") != text(&same, "number") {
        return Err(Failure::new("The two see different safety numbers."));
    }
    print::line("Both see the same safety number, so nobody stands between their keys:");
    let groups: Vec<&str> = number
        .get("words")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for row in groups.chunks(6) {
        print::line(&format!("    {}", row.join(" ")));
    }
    Ok(())
}

/// One line of the conversation: typed, sent, delivered, read.
async fn say(
    from: &mut Person,
    to: &mut Person,
    chat: &str,
    said: &str,
    observer: &Observer,
) -> Result<(), Failure> {
    let before = observer.len();
    from.client
        .call("typing.set", json!({ "chat_id": chat, "typing": true }))
        .await?;
    let typing = |event: &Value| text(event, "type") == "typing" && is_true(event, "typing");
    to.hears("the typing", typing).await?;
    let sent = json!({ "chat_id": chat, "text": said });
    let sent = from.client.call("message.send", sent).await?;
    let id = text(&sent, "message_id").to_owned();
    let arrived =
        |event: &Value| text(event, "type") == "message" && text(event, "message_id") == id;
    let message = to.hears("the message", arrived).await?;
    if text(&message, "text") != said {
        return Err(Failure::new("What arrived is not what was said."));
    }
    to.client
        .call("message.read", json!({ "chat_id": chat, "up_to": id }))
        .await?;
    let read = |event: &Value| {
        text(event, "type") == "status"
            && text(event, "message_id") == id
            && text(event, "state") == "read"
    };
    from.hears("that it was read", read).await?;
    let seen = observer.since(before);
    if seen.len() < said.len() {
        return Err(Failure::new(
            "The message took a way that the observer does not see.",
        ));
    }
    show(&format!("{}: {said}", from.name), &seen);
    Ok(())
}

/// Prints a line and its tick, and bytes beside them.
fn show(said: &str, seen: &[u8]) {
    let mut left = wrap(said);
    left.push("      ✓✓ read".into());
    // The middle of what passed is likely to be the message, and looks like the rest.
    let middle = seen.get(seen.len() / 2..).unwrap_or_default();
    let mut bytes = middle.chunks(14).map(hex);
    for (nth, line) in left.iter().enumerate() {
        let right = if nth + 1 == left.len() {
            format!("… {} bytes in all", seen.len())
        } else {
            bytes.next().unwrap_or_default()
        };
        let pad = WIDTH.saturating_sub(line.chars().count());
        print::line(&format!("{line}{:pad$}  {right}", ""));
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(" ")
}

fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(last) = lines.last_mut() else {
            continue;
        };
        if last.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(format!("     {word}"));
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

/// Looks for everything that should not have been seen.
fn judge(observer: &Observer) -> Result<(), Failure> {
    let words = LINES
        .iter()
        .flat_map(|line| line.split([' ', '.', ',', '?', '!', ';']));
    let long = words.filter(|word| word.len() >= 6);
    for secret in LINES.iter().copied().chain(long).chain([ADA, BEN]) {
        if observer.saw(secret.as_bytes()) {
            return Err(Failure::new(format!("The observer saw `{secret}`.")));
        }
    }
    print::line(&format!(
        "\n{} bytes passed the observer. None of what they said is in them, nor their names.",
        observer.len()
    ));
    Ok(())
}

fn is_true(of: &Value, field: &str) -> bool {
    of.get(field) == Some(&Value::Bool(true))
}

/// Their names are long enough not to occur in random bytes.
const ADA: &str = "Ada Lovelace";
const BEN: &str = "Ben Franklin";

const LINES: [&str; 6] = [
    "Ben, can anybody on this network read what we write?",
    "They see that our machines talk, when, and roughly how much. No more.",
    "Not even who we are?",
    "Our names and keys travel inside the encryption, so no.",
    "And who keeps our messages?",
    "Your disk and mine, sealed. There is no server; nobody else has anything to keep.",
];

/// Columns of the conversation.
const WIDTH: usize = 46;

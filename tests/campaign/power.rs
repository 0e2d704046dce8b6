//! Losses of power of the whole program (row 2).

#[path = "../../src/store/tests/disk/image.rs"]
mod image;

use std::time::{Duration, Instant};

use crate::{
    length,
    peer::{Person, SILENT, Talk, pair},
    preload,
    process::betwixt,
};

/// The newest message of the kind `a NUMBER` in what the program said: answered, or shown.
fn newest_answer(said: &str) -> u32 {
    let texts = said.split("\"text\":\"a ").skip(1);
    let numbers = texts.filter_map(|rest| rest.split_once('"')?.0.parse().ok());
    numbers.max().unwrap_or(0)
}

#[test]
fn a_loss_of_power_takes_nothing_that_was_answered_or_shown() {
    let Some(disk) = preload::disk() else { return };
    let images = length("BETWIXT_CAMPAIGN_POWER", 6);
    let first = length("BETWIXT_CAMPAIGN_SEED", 1);
    let folder = tempfile::tempdir().unwrap();
    let [mut a, mut b] = pair(folder.path());
    // The traces begin with an empty directory.
    for person in [&a, &b] {
        std::fs::remove_dir_all(&person.profile).unwrap();
    }
    let traced = |person: &Person| {
        let trace = person.profile.with_extension("trace");
        let path = trace.to_str().unwrap().to_owned();
        let mut command = betwixt(&person.profile);
        command.env("LD_PRELOAD", &disk).env("DISK_TRACE", path);
        command.env("DISK_DIR", &person.profile);
        command
    };
    let chat = {
        use crate::process::{Node, befriended};
        let listen = ["--listen", "/ip4/127.0.0.1/tcp/0", "rpc"];
        let mut ada = Node::of(traced(&a).args(listen));
        let address = ada.address();
        let mut ben = Node::of(traced(&b).args(["--dial", &address]).args(listen));
        let person = ada.person();
        ben.event(serde_json::json!({"type": "nearby", "person_id": person, "present": true}));
        ben.ok("contact.add", serde_json::json!({"person_id": person}));
        let chat = befriended(&mut ada, &mut ben);
        a.address = address;
        b.address = ben.address();
        assert_eq!((ada.stop(), ben.stop()), (0, 0));
        chat
    };
    let messages = 40;
    a.chat.clone_from(&chat);
    b.chat = chat;
    let addresses = [a.address.clone(), b.address.clone()];
    // Two lives, of which the first ends with a kill.
    for life in 1..=2 {
        for (one, other, most) in [
            (&mut b, addresses[0].clone(), 0),
            (&mut a, addresses[1].clone(), messages),
        ] {
            let mut command = traced(one);
            command.args(["--listen", "/ip4/127.0.0.1/tcp/0", "--dial", &other, "rpc"]);
            one.start(
                command,
                Talk {
                    most,
                    pause: Duration::ZERO,
                },
            );
            assert!(one.wait_until_ready(), "{}", one.errors());
        }
        let until = Instant::now() + Duration::from_mins(1);
        while b.ledger.lock().unwrap().shown.len() < (life * messages) as usize {
            assert!(Instant::now() < until, "it does not arrive");
            std::thread::sleep(Duration::from_millis(20));
        }
        a.kill();
        b.kill();
    }
    let (mut steps, mut unfinished, mut kept) = (0, 0, 0);
    for person in [&a, &b] {
        let trace = image::Trace::read(&person.profile.with_extension("trace"), &person.profile);
        steps += trace.len();
        for seed in first..first + images {
            let dir = tempfile::tempdir().unwrap();
            let profile = dir.path().join("profile");
            std::fs::create_dir(&profile).unwrap();
            let answered = trace.cut(seed.into(), &profile);
            kept += answered;
            let why = || format!("{}, seed {seed}: ", person.name);
            let mut image = Person::new(person.name, profile, &person.chat, String::new());
            let mut command = betwixt(&image.profile);
            image.start(command_of(&mut command), SILENT);
            assert!(image.wait_until_ready(), "{}{}", why(), image.errors());
            if answered == 0 {
                // The chat may not be there yet; that it opens is all that was promised.
                unfinished += 1;
                continue;
            }
            let history = image.history(true);
            let numbers: Vec<u32> = history
                .iter()
                .filter_map(|(_, text)| text.strip_prefix("a ")?.parse().ok())
                .collect();
            let expected: Vec<u32> = (1..=numbers.last().copied().unwrap_or(0)).collect();
            assert_eq!(numbers, expected, "{}", why());
            assert!(
                numbers.len() >= answered as usize,
                "{}{answered} answered, {numbers:?}",
                why()
            );
            // It goes on.
            let params = serde_json::json!({"chat_id": image.chat, "text": "after it"});
            image.ask("message.send", &params);
        }
    }
    assert!(kept > 0, "no image is of a time after an answer");
    println!(
        "power: {} losses of power in {steps} operations of both sides, {kept} answered before them, \
         {unfinished} before the first message, 0 lost, 0 unopenable",
        2 * images
    );
}

fn command_of(command: &mut std::process::Command) -> std::process::Command {
    command.args(["--listen", "/ip4/127.0.0.1/tcp/0", "rpc"]);
    std::mem::replace(command, std::process::Command::new("true"))
}

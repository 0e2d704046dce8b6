//! Too few files, too little memory, records that cannot be read (rows 7, 18 and 42).

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use betwixt::{
    proto::record::{Class, Write},
    store::{Profile, Store},
};
use serde_json::json;
use zeroize::Zeroizing;

use crate::{
    length,
    peer::{AS_FAST_AS_ANSWERED, Person, SILENT, agree, pair},
    process::{Node, betwixt, run},
};

/// The same command under a limit of prlimit(1); none where there is no such thing.
fn limited(limit: &str, command: &Command) -> Option<Command> {
    let there = Command::new("prlimit")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if !there.is_ok_and(|status| status.success()) {
        eprintln!("NOT RUN: there is no prlimit");
        return None;
    }
    let mut limited = Command::new("prlimit");
    limited.arg(limit).arg(command.get_program());
    limited.args(command.get_args());
    Some(limited)
}

#[test]
fn with_too_few_files_or_too_little_memory_nothing_that_was_answered_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let [mut a, mut b] = pair(folder.path());
    let mut told = Vec::new();
    let mut limits: Vec<String> = [64, 40, 32, 28, 24, 20, 16, 10]
        .map(|files| format!("--nofile={files}"))
        .to_vec();
    limits
        .extend([1024, 512, 384, 256, 192, 128, 64].map(|mib: u64| format!("--as={}", mib << 20)));
    // The first of them, and a few of the others.
    let few = limits
        .len()
        .div_ceil(length("BETWIXT_CAMPAIGN_LIMITS", 4) as usize);
    for limit in limits.into_iter().step_by(few) {
        let command = b.command(&a);
        b.start(command, AS_FAST_AS_ANSWERED);
        assert!(b.wait_until_ready(), "{}", b.errors());
        let Some(command) = limited(&limit, &a.command(&b)) else {
            return;
        };
        let answered = a.ledger.lock().unwrap().answered.len();
        let before = a.errors().len();
        a.start(command, AS_FAST_AS_ANSWERED);
        let ready = a.wait_until_ready();
        std::thread::sleep(Duration::from_millis(600));
        let code = a.kill();
        let answered = a.ledger.lock().unwrap().answered.len() - answered;
        let errors = a.errors().split_off(before);
        told.push(format!(
            "{limit}: {} {answered} answered, {}",
            if ready { "started," } else { "did not start," },
            code.map_or("killed by us".into(), |code| format!("ended with {code}"))
        ));
        if limit == "--nofile=64" {
            assert!(ready && answered > 0 && code.is_none(), "{errors}");
        }
        // Without memory it may be aborted; but nothing is taken for damage that is none.
        assert_ne!(code, Some(5), "{limit}: {errors}");
        assert!(!errors.contains("damaged"), "{limit}: {errors}");
        if code.is_some() && !ready && limit.contains("nofile") {
            assert!(errors.contains("betwixt: "), "{limit}: {errors}");
        }

        let command = a.command(&b);
        a.start(command, AS_FAST_AS_ANSWERED);
        assert!(a.wait_until_ready(), "{limit}: {}", a.errors());
        a.check(&b).unwrap_or_else(|why| panic!("{limit}: {why}"));
        b.check(&a).unwrap_or_else(|why| panic!("{limit}: {why}"));
        a.kill();
        b.kill();
    }
    let total = agree(&mut a, &mut b, Person::command);
    for line in &told {
        println!("limits: {line}");
    }
    println!("limits: {total} in both histories, 0 answered lost");
}

/// The store of a profile that nobody has open.
fn store(person: &Person) -> Store {
    let profile = Profile::open(&person.profile).unwrap();
    profile.unlock(None).map_err(|failed| failed.why).unwrap()
}

/// What no record is.
const POISON: [u8; 40] = [0xff; 40];

/// Makes the first record of a class unreadable, or adds one if there is none: its key, and whether there was.
fn poison(person: &Person, class: Class) -> (Vec<u8>, bool) {
    let held = store(person);
    let records = held.records(class).unwrap();
    let first = records.first().map(|(key, _)| key.clone());
    let key = first.clone().unwrap_or_else(|| b"poison".to_vec());
    let write = Write::Put(class, key.clone(), Zeroizing::new(POISON.to_vec()));
    held.commit(vec![write]).unwrap();
    drop(held.lock().unwrap());
    (key, first.is_some())
}

#[test]
fn a_record_that_cannot_be_read_is_set_aside_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let [mut a, mut b] = pair(folder.path());
    let mut said = 0;
    let mut real = Vec::new();
    for class in [
        Class::Sessions,
        Class::Prekey,
        Class::Outbox,
        Class::Replay,
        Class::Invite,
        Class::Expiry,
        Class::Mailbox,
        Class::Owed,
        Class::Custody,
        Class::Epoch,
        Class::Group,
        Class::Chat,
    ] {
        // Nobody is there to acknowledge it, so that there is something of each kind.
        let command = a.command(&b);
        a.start(command, SILENT);
        assert!(a.wait_until_ready(), "{}", a.errors());
        let text = json!({"chat_id": a.chat, "text": format!("a {said}")});
        a.ask("message.send", &text);
        said += 1;
        a.kill();

        let (key, is_real) = poison(&a, class);
        real.extend(is_real.then_some(class));

        for start in 1..=3 {
            let out = run(&a.profile, &["id"]);
            let errors = String::from_utf8_lossy(&out.stderr);
            assert_eq!(out.status.code(), Some(0), "{class:?}, {start}: {errors}");
            assert!(!errors.contains("panicked"), "{class:?}: {errors}");
        }
        // The keys of an epoch that are not whole are left where they are, and others are made.
        if class != Class::Epoch {
            let held = store(&a);
            let aside = held.records(Class::Aside).unwrap();
            let name = [&[class as u8], key.as_slice()].concat();
            let kept = aside.iter().find(|(key, _)| *key == name);
            assert_eq!(kept.map(|(_, r)| r.as_slice()), Some(POISON.as_slice()));
            drop(held.lock().unwrap());
        }
        agree(&mut a, &mut b, Person::command);
        let text = json!({"chat_id": b.chat, "text": format!("b {said}")});
        b.ask("message.send", &text);
        said += 1;
        agree(&mut a, &mut b, Person::command);
        a.kill();
        b.kill();
    }
    println!("poison: set aside and gone on with, real ones of {real:?}");
    for class in [
        Class::Sessions,
        Class::Prekey,
        Class::Outbox,
        Class::Chat,
        Class::Replay,
    ] {
        assert!(real.contains(&class), "{class:?}: {real:?}");
    }
    assert_eq!(agree(&mut a, &mut b, Person::command), said);
}

#[test]
fn who_cannot_be_read_is_met_again_and_without_an_account_nothing_begins() {
    let folder = tempfile::tempdir().unwrap();
    let [a, _b] = pair(folder.path());
    poison(&a, Class::Contact);

    let out = run(&a.profile, &["id"]);

    assert!(out.status.success(), "{out:?}");
    let held = store(&a);
    let left =
        [Class::Contact, Class::Aside, Class::Chat].map(|class| held.records(class).unwrap().len());
    assert_eq!(left, [0, 1, 1]);
    drop(held.lock().unwrap());
    for class in [Class::Op, Class::Profile, Class::Device, Class::Account] {
        poison(&a, class);
        for start in 1..=3 {
            let out = run(&a.profile, &["id"]);
            let errors = String::from_utf8_lossy(&out.stderr);
            assert_eq!(out.status.code(), Some(5), "{class:?}, {start}: {errors}");
            assert!(errors.contains("Nothing was overwritten"), "{errors}");
        }
    }
}

#[test]
fn a_profile_that_belongs_to_somebody_else_is_refused_with_a_sentence() {
    let root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|out| out.stdout == b"0\n");
    if !root {
        eprintln!("NOT RUN: it needs root, to be somebody else");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("profile");
    let person = Node::start(&profile).person();
    // Everybody may go to it, and nobody but root into it.
    std::fs::set_permissions(
        folder.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let program = folder.path().join("betwixt");
    std::fs::copy(env!("CARGO_BIN_EXE_betwixt"), &program).unwrap();
    let mut nobody = Command::new("setpriv");
    nobody.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    nobody
        .arg(&program)
        .arg("--profile")
        .arg(&profile)
        .arg("id");
    let out = nobody.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(!out.status.success());
    assert!(
        said.starts_with("betwixt: ") && said.lines().count() == 1,
        "{said}"
    );

    let mut command = betwixt(&profile);
    command.args(["--listen", "/ip4/127.0.0.1/tcp/0", "rpc"]);
    assert_eq!(Node::of(&mut command).person(), person);
}

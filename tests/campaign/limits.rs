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

use crate::{
    length,
    peer::{AS_FAST_AS_ANSWERED, Person, agree, pair},
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

#[test]
fn a_record_that_cannot_be_read_is_said_on_every_start_and_never_worse() {
    let folder = tempfile::tempdir().unwrap();
    let [mut a, mut b] = pair(folder.path());
    let classes = [
        Class::Contact,
        Class::Chat,
        Class::Sessions,
        Class::Prekey,
        Class::Outbox,
        Class::Replay,
        Class::Invite,
        Class::Group,
        Class::Epoch,
        Class::Op,
        Class::Expiry,
        Class::Mailbox,
        Class::Owed,
        Class::Custody,
    ];
    let mut started = Vec::new();
    for class in classes {
        let key = b"poison".to_vec();
        let poison = Write::Put(class, key.clone(), zeroize::Zeroizing::new(vec![0xff; 40]));
        let held = store(&a);
        held.commit(vec![poison]).unwrap();
        drop(held.lock().unwrap());
        for start in 1..=3 {
            let out = run(&a.profile, &["id"]);
            let said = String::from_utf8_lossy(&out.stderr);
            assert!(
                !said.contains("panicked"),
                "{class:?}, start {start}: {said}"
            );
            match out.status.code() {
                Some(0) if start == 3 => started.push(class),
                Some(0) => {}
                Some(5) => assert!(
                    said.contains("Nothing was overwritten"),
                    "{class:?}: {said}"
                ),
                code => panic!("{class:?}, start {start}: {code:?} {said}"),
            }
        }
        let held = store(&a);
        held.commit(vec![Write::Delete(class, key)]).unwrap();
        drop(held.lock().unwrap());
    }
    println!(
        "poison: of {} kinds of records, with {started:?} it starts all the same",
        classes.len()
    );
    let total = agree(&mut a, &mut b, Person::command);
    assert_eq!(total, 0);
    let text = json!({"chat_id": a.chat, "text": "a 1"});
    a.ask("message.send", &text);
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

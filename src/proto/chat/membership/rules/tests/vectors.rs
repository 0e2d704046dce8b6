//! The rules against a second implementation.

use serde_json::Value;

use super::*;

/// `tests/vectors/membership.json`, made by `docs/models/membership_check.py vectors 150`.
#[test]
fn histories_resolve_as_the_second_implementation_says() {
    let text = include_str!("../../../../../../tests/vectors/membership.json");
    let histories: Vec<Value> = serde_json::from_str(text).unwrap();
    assert!(histories.len() >= 150);
    let mut counting = 0;
    for (number, history) in histories.iter().enumerate() {
        let ops = history["ops"].as_array().unwrap();
        let mut ids = Vec::new();
        let mut log = None;
        for op in ops {
            let entry = read(op, &ids);
            ids.push(entry.id);
            match &mut log {
                None => log = Log::begin(entry),
                Some(log) => assert!(log.add(entry).is_some()),
            }
        }
        let log = log.unwrap();
        for (op, id) in ops.iter().zip(&ids) {
            counting += usize::from(op[5] == 1);
            assert_eq!(log.counts(id), Some(op[5] == 1), "history {number}, {op}");
        }
        let members: Vec<(PersonId, &str)> = history["members"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, role)| (named(name), role.as_str().unwrap()))
            .collect();
        assert_eq!(members.len(), log.members().len(), "history {number}");
        for (person, role) in members {
            let expected = match role {
                "owner" => Role::Owner,
                "admin" => Role::Admin,
                _ => Role::Member,
            };
            assert_eq!(log.role(&person), Some(expected), "history {number}");
        }
        let settings = &history["settings"];
        assert_eq!(settings["name"], log.settings().name.as_str());
        assert_eq!(settings["timer"], log.settings().timer_s);
        assert_eq!(settings["add_by"] == 1, log.settings().members_add);
    }
    assert!(counting > 500, "the histories do something: {counting}");
}

fn read(op: &Value, ids: &[OpId]) -> Entry {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut name = [0; 32];
    name[..8].copy_from_slice(&crate::wire::id::from_hex(&text(&op[0])).unwrap());
    let of = text(&op[1]);
    let arg = &op[3];
    let mut lists = Vec::new();
    let act = match op[2].as_str().unwrap() {
        "create" => {
            lists = "OABCDEFG"
                .chars()
                .map(|p| first_list(&p.to_string()))
                .collect();
            let owners = arg.as_array().unwrap().iter().map(|p| named(&text(p)));
            let settings = Settings {
                name: "first".into(),
                ..Settings::default()
            };
            Act::Create(owners.collect(), settings)
        }
        "add" => Act::Add(named(&text(arg))),
        "remove" => Act::Remove(named(&text(arg))),
        "setrole" if arg[1] == 1 => Act::Promote(named(&text(&arg[0]))),
        "setrole" => Act::Demote(named(&text(&arg[0]))),
        "leave" => Act::Leave,
        "devices" => {
            let devices = arg[1]
                .as_array()
                .unwrap()
                .iter()
                .map(|d| device_named(&text(d)));
            lists.push(Listed {
                person: named(&of[..1]),
                seq: arg[0].as_u64().unwrap(),
                devices: devices.collect(),
            });
            Act::Devices
        }
        _ => Act::Settings(SetMeta {
            name: arg["name"].as_str().map(str::to_owned),
            timer_s: arg["timer"]
                .as_u64()
                .map(|timer| u32::try_from(timer).unwrap()),
            add_by: arg["add_by"].as_u64().map(|by| u8::try_from(by).unwrap()),
            ..SetMeta::default()
        }),
    };
    let parents = op[4].as_array().unwrap().iter();
    Entry {
        id: OpId(name),
        author: named(&of[..1]),
        device: device_named(&of),
        parents: parents
            .map(|at| ids[usize::try_from(at.as_u64().unwrap()).unwrap()])
            .collect(),
        act,
        lists,
    }
}

fn first_list(name: &str) -> Listed {
    Listed {
        person: named(name),
        seq: 1,
        devices: vec![
            device_named(&format!("{name}0")),
            device_named(&format!("{name}1")),
        ],
    }
}

fn named(name: &str) -> PersonId {
    PersonId([name.as_bytes()[0]; 32])
}

fn device_named(name: &str) -> DeviceId {
    let mut id = [name.as_bytes()[0]; 16];
    id[1] = name.as_bytes()[1];
    DeviceId(id)
}

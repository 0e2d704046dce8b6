//! Hosts for tests and benchmarks: network namespaces on one bridge, as on a LAN.

#![allow(dead_code, reason = "each binary uses a part of it")]
#![allow(clippy::print_stderr, reason = "it says what is not run")]

use std::{
    path::Path,
    process::{Command, Stdio},
};

use serde_json::json;

use crate::process::Node;

/// Hosts on a bridge, each in a network namespace of its own.
pub struct Lan {
    /// What the names of its hosts begin with; the bridge is in `PREFIXsw`.
    pub prefix: &'static str,
    hosts: usize,
}

impl Lan {
    /// Makes it. `None`, and a word about why, where that cannot be done.
    pub fn up(prefix: &'static str, hosts: usize) -> Option<Self> {
        let root = Command::new("id")
            .arg("-u")
            .output()
            .is_ok_and(|out| out.stdout == b"0\n");
        let lan = Self { prefix, hosts };
        lan.down();
        let switch = format!("{prefix}sw");
        if !root || !ip(&["netns", "add", &switch]) {
            eprintln!("NOT RUN: it needs root and iproute2, to make a network of namespaces");
            return None;
        }
        assert!(ip(&[
            "-n",
            &switch,
            "link",
            "add",
            "br0",
            "type",
            "bridge",
            "mcast_snooping",
            "0"
        ]));
        assert!(ip(&["-n", &switch, "link", "set", "br0", "up"]));
        for n in 1..=hosts {
            let (host, port) = (format!("{prefix}{n}"), format!("v{n}"));
            assert!(ip(&["netns", "add", &host]));
            for all in [
                "net.ipv6.conf.all.accept_dad=0",
                "net.ipv6.conf.default.accept_dad=0",
            ] {
                inside(&host, &["sysctl", "-qw", all]);
            }
            let link = [
                "-n", &switch, "link", "add", &port, "type", "veth", "peer", "name", "eth0",
            ];
            assert!(ip(&[&link[..], &["netns", &host]].concat()));
            assert!(ip(&[
                "-n", &switch, "link", "set", &port, "master", "br0", "up"
            ]));
            assert!(ip(&["-n", &host, "link", "set", "lo", "up"]));
            assert!(ip(&["-n", &host, "link", "set", "eth0", "up"]));
            let (four, six) = (format!("10.77.0.{n}/24"), format!("fd77::{n}/64"));
            assert!(ip(&["-n", &host, "addr", "add", &four, "dev", "eth0"]));
            assert!(ip(&[
                "-n", &host, "addr", "add", &six, "dev", "eth0", "nodad"
            ]));
        }
        Some(lan)
    }

    /// Starts a node with a name on a host.
    pub fn start(&self, host: usize, profile: &Path, name: &str) -> Node {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &format!("{}{host}", self.prefix)]);
        command.arg(env!("CARGO_BIN_EXE_betwixt"));
        command.arg("--profile").arg(profile).arg("rpc");
        let mut node = Node::of(&mut command);
        if node.info["name"] != name {
            node.ok("profile.set", json!({"name": name}));
        }
        node
    }

    /// Has a host drop what the nftables expressions say of what comes in, in place of what it dropped
    /// before. Whether that can be done here; says so where it cannot.
    pub fn drops(&self, host: usize, which: &[String]) -> bool {
        let rules: Vec<String> = which.iter().map(|which| format!("{which} drop;")).collect();
        let rules = rules.concat();
        let table = format!(
            "add table inet cut; delete table inet cut; table inet cut {{ chain in {{ \
             type filter hook input priority 0; {rules} }}; }}"
        );
        let host = format!("{}{host}", self.prefix);
        let done = inside(&host, &["nft", &table]);
        if !done {
            eprintln!("NOT RUN: it needs nftables, to cut cables and lose packets");
        }
        done
    }

    /// Cuts all cables between the hosts of two sides. Whether that can be done here.
    pub fn part(&self, sides: [&[usize]; 2]) -> bool {
        let [one, other] = sides;
        let from = |hosts: &[usize]| -> Vec<String> {
            let each = hosts.iter().map(|n| {
                [
                    format!("ip saddr 10.77.0.{n}"),
                    format!("ip6 saddr fd77::{n}"),
                ]
            });
            each.flatten().collect()
        };
        let mut hosts = one.iter().map(|host| (host, from(other)));
        let mut others = other.iter().map(|host| (host, from(one)));
        hosts.all(|(host, which)| self.drops(*host, &which))
            && others.all(|(host, which)| self.drops(*host, &which))
    }

    /// Has all hosts lose so many of a hundred packets that come in. Whether that can be done here.
    pub fn lose(&self, percent: u32) -> bool {
        let which = [format!(
            "iifname \"eth0\" numgen random mod 100 < {percent}"
        )];
        (1..=self.hosts).all(|host| self.drops(host, &which))
    }

    /// Mends all cables.
    pub fn mend(&self) {
        for host in 1..=self.hosts {
            self.drops(host, &[]);
        }
    }

    fn down(&self) {
        for n in 1..=self.hosts {
            quiet(Command::new("ip").args(["netns", "del", &format!("{}{n}", self.prefix)]));
        }
        quiet(Command::new("ip").args(["netns", "del", &format!("{}sw", self.prefix)]));
    }
}

impl Drop for Lan {
    fn drop(&mut self) {
        self.down();
    }
}

fn ip(arguments: &[&str]) -> bool {
    quiet(Command::new("ip").args(arguments))
}

fn inside(host: &str, command: &[&str]) -> bool {
    quiet(
        Command::new("ip")
            .args(["netns", "exec", host])
            .args(command),
    )
}

/// Runs it to its end without its output; whether it went well.
pub fn quiet(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

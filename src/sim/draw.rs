//! Schedules drawn from a seed.

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

use super::{
    host::CrashAt,
    network::Links,
    relay::LIES,
    schedule::{Act, Schedule, Step},
};

/// What is to be drawn.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many people; 5 to 8, by the seed, when not given.
    pub peers: Option<usize>,
    /// How many groups; 2 when not given.
    pub chats: Option<usize>,
    /// Over how long the acts are spread.
    pub hours: f64,
    /// How many acts; by the number of people and the hours when not given.
    pub acts: Option<usize>,
    /// Of 100 messages, how many are lost.
    pub loss: u32,
    /// Cables are cut.
    pub partition: bool,
    /// People come and go, and so do members of groups.
    pub churn: bool,
    /// Power goes away between any two steps of a node.
    pub crash: bool,
    pub relays: u8,
    /// Everything at once that can go wrong, by the seed.
    pub faults: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            peers: None,
            chats: None,
            hours: 0.02,
            acts: None,
            loss: 0,
            partition: false,
            churn: false,
            crash: false,
            relays: 0,
            faults: false,
        }
    }
}

/// Draws the schedule of a seed.
pub fn draw(seed: u64, plan: &Plan) -> Schedule {
    let mut draw = Draw {
        // Not the chance of the network, which begins with the same seed.
        rng: ChaCha20Rng::seed_from_u64(seed ^ 0x5eed_5eed_5eed_5eed),
    };
    let peers = plan.peers.unwrap_or_else(|| 5 + draw.below(4)).max(2);
    let chats = plan.chats.unwrap_or(2);
    let groups = draw.groups(peers, chats);
    let relays = if plan.faults {
        plan.relays.max(byte(draw.below(3)))
    } else {
        plan.relays
    };
    let few = peers <= 16;
    let friends = (1..peers).filter(|_| few).map(|b| (b - 1, b)).collect();
    let links = draw.links(plan);
    let acts = plan.acts.unwrap_or_else(|| acts_of(peers, plan.hours));
    let ms = milliseconds(plan.hours);
    let pause = ms.saturating_mul(2) / u64::try_from(acts.max(1)).unwrap_or(1);
    let mut schedule = Schedule {
        seed,
        peers,
        groups,
        friends,
        relays,
        settle_s: 90,
        links,
        steps: Vec::new(),
    };
    for _ in 0..acts {
        let after_ms = draw.to(pause);
        let act = draw.act(&schedule, plan);
        schedule.steps.push(Step { after_ms, act });
    }
    schedule
}

/// At least 60, and six an hour from everybody.
fn acts_of(peers: usize, hours: f64) -> usize {
    let tenths = milliseconds(hours) / 600_000;
    let each = usize::try_from(tenths).unwrap_or(usize::MAX);
    peers.saturating_mul(each).max(60)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "nobody simulates so many hours, and fewer than none are none"
)]
fn milliseconds(hours: f64) -> u64 {
    (hours * 3_600_000.0).max(0.0) as u64
}

struct Draw {
    rng: ChaCha20Rng,
}

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(1);
        usize::try_from(self.rng.next_u64() % bound).unwrap_or(0)
    }

    fn number(&mut self, bound: u32) -> u32 {
        self.rng.next_u32() % bound.max(1)
    }

    fn to(&mut self, most: u64) -> u64 {
        self.rng.next_u64() % (most + 1)
    }

    /// Groups of equal size, one after the other; among few people everybody is in the first.
    fn groups(&mut self, peers: usize, chats: usize) -> Vec<Vec<usize>> {
        let size = (peers / chats.max(1)).clamp(peers.min(4), 200);
        let mut groups = Vec::new();
        for chat in 0..chats {
            let first = chat * peers / chats;
            let (first, size) = if peers > 16 {
                (first, size)
            } else if chat == 0 {
                (0, peers)
            } else {
                (self.below(peers), size)
            };
            groups.push((first..first + size).map(|it| it % peers).collect());
        }
        groups
    }

    fn links(&mut self, plan: &Plan) -> Links {
        let loss = plan.loss.min(100) * 10;
        if !plan.faults {
            return Links {
                loss,
                ..Links::GOOD
            };
        }
        Links {
            delay_ms: self.number(20),
            jitter_ms: self.number(600),
            loss: loss.max(self.number(300)),
            double: self.number(300),
            full: self.number(100),
            breaks: self.number(20),
        }
    }

    fn act(&mut self, schedule: &Schedule, plan: &Plan) -> Act {
        match self.below(10) {
            0 if plan.partition || plan.faults => self.cable(schedule),
            1 if plan.churn || plan.faults => Act::Away {
                who: self.below(schedule.peers),
                ms: self.to(20_000),
            },
            2 if plan.crash || plan.faults => self.crash(schedule),
            3 if schedule.relays > 0 => self.relay(schedule),
            4 if plan.churn || plan.faults => self.membership(schedule),
            _ => self.talk(schedule),
        }
    }

    fn crash(&mut self, schedule: &Schedule) -> Act {
        let at = match self.below(3) {
            0 => CrashAt::BeforeCommit,
            1 => CrashAt::AfterCommit,
            _ => CrashAt::DuringRelease,
        };
        Act::Crash {
            who: self.below(schedule.peers),
            nth: self.number(6),
            at,
            ms: self.to(20_000),
        }
    }

    fn cable(&mut self, schedule: &Schedule) -> Act {
        let (a, b) = (self.below(schedule.peers), self.below(schedule.peers));
        match self.below(6) {
            0 => Act::Split {
                at: 1 + self.below(schedule.peers - 1),
            },
            1 => Act::Unite,
            2 | 3 => Act::Mend { a, b },
            _ => Act::Part { a, b },
        }
    }

    fn relay(&mut self, schedule: &Schedule) -> Act {
        let relay = self.below(schedule.relays.into());
        match self.below(6) {
            0 => Act::RelayAway { relay },
            1 | 2 => Act::RelayBack { relay },
            3 => Act::RelayLoses { relay },
            4 => Act::RelayHonest { relay },
            _ => match LIES.get(self.below(LIES.len())) {
                Some(lie) => Act::RelayLies { relay, lie: *lie },
                None => Act::RelayHonest { relay },
            },
        }
    }

    fn membership(&mut self, schedule: &Schedule) -> Act {
        let group = self.below(schedule.groups.len());
        let (who, whom) = (self.below(schedule.peers), self.below(schedule.peers));
        match self.below(5) {
            0 => Act::Remove { who, whom, group },
            1 => Act::Leave { who, group },
            2 => Act::Promote {
                who,
                whom,
                group,
                admin: self.below(2) == 0,
            },
            _ => Act::Add {
                who,
                whom,
                group,
                history: self.number(2) * 20,
            },
        }
    }

    fn talk(&mut self, schedule: &Schedule) -> Act {
        let group = self.below(schedule.groups.len());
        let members = schedule.groups.get(group);
        let count = members.map_or(0, Vec::len);
        let member = self.below(count);
        let member = members.and_then(|members| members.get(member));
        let who = member.copied().unwrap_or(0);
        let back = self.below(5);
        match self.below(20) {
            0 => Act::Edit { who, back },
            1 => Act::Delete { who, back },
            2 | 3 => Act::React { who, group, back },
            4 | 5 => Act::Read { who, group },
            6..=9 => {
                let (who, whom) = self.acquainted(schedule, who);
                if self.below(3) == 0 {
                    Act::ReadFrom { who, whom }
                } else {
                    Act::Tell { who, whom }
                }
            }
            _ => Act::Say { who, group },
        }
    }

    /// Somebody, and a contact of theirs.
    fn acquainted(&mut self, schedule: &Schedule, who: usize) -> (usize, usize) {
        let founder_of = schedule.groups.iter().find(|it| it.contains(&who));
        let founder = founder_of.and_then(|it| it.first()).copied().unwrap_or(0);
        let friend = schedule.friends.get(self.below(schedule.friends.len()));
        match friend {
            Some((a, b)) if self.below(2) == 0 => (*a, *b),
            Some((a, b)) => (*b, *a),
            None if founder == who => (who, who + 1),
            None if self.below(2) == 0 => (who, founder),
            None => (founder, who),
        }
    }
}

fn byte(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

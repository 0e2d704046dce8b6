//! Makes a schedule that breaks a rule smaller, as long as it still breaks that rule.

use super::{
    invariants::Rule,
    network::Links,
    play::play,
    schedule::{Schedule, Step},
};

/// The smallest schedule that was found, and how many were tried.
pub fn shrink(schedule: &Schedule, rule: Rule, tries: u32) -> (Schedule, u32) {
    let mut shrinking = Shrinking {
        best: schedule.clone(),
        rule,
        left: tries,
    };
    shrinking.drop_steps();
    shrinking.simplify();
    shrinking.drop_steps();
    (shrinking.best, tries - shrinking.left)
}

struct Shrinking {
    best: Schedule,
    rule: Rule,
    left: u32,
}

impl Shrinking {
    /// Takes another schedule if it breaks the same rule.
    fn attempt(&mut self, other: Schedule) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let violation = play(&other, false).violation;
        let still = violation.is_some_and(|violation| violation.rule == self.rule);
        if still {
            self.best = other;
        }
        still
    }

    /// Leaves out ever smaller parts (delta debugging).
    fn drop_steps(&mut self) {
        let mut size = self.best.steps.len();
        while size > 0 {
            let mut from = 0;
            while from < self.best.steps.len() && self.left > 0 {
                let mut other = self.best.clone();
                other.steps = without(&self.best.steps, from, size);
                if !self.attempt(other) {
                    from += size;
                }
            }
            size /= 2;
        }
    }

    /// A better network, fewer relays, fewer groups.
    fn simplify(&mut self) {
        if self.best.links != Links::GOOD {
            let links = Links::GOOD;
            let other = self.best.clone();
            self.attempt(Schedule { links, ..other });
        }
        while self.best.relays > 0 {
            let mut other = self.best.clone();
            other.relays -= 1;
            if !self.attempt(other) {
                break;
            }
        }
        if self.best.groups.len() > 1 {
            let mut other = self.best.clone();
            other.groups.pop();
            self.attempt(other);
        }
        let mut other = self.best.clone();
        for step in &mut other.steps {
            step.after_ms = step.after_ms.div_ceil(100) * 100;
        }
        self.attempt(other);
    }
}

fn without(steps: &[Step], from: usize, size: usize) -> Vec<Step> {
    let kept = steps.iter().enumerate();
    let kept = kept.filter(|(at, _)| *at < from || *at >= from.saturating_add(size));
    kept.map(|(_, step)| step.clone()).collect()
}

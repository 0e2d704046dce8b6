//! All histories of three people up to a size: an owner and two others, in every causal shape, up to
//! renaming the two and reordering what does not matter.

use super::{Kind, Naive, Step, build};

/// With the beginning, 4 entries; `BETWIXT_ENTRIES=5` takes about a minute, 6 is the long run.
#[test]
fn every_small_history_resolves_as_the_rules_say() {
    let entries: usize = std::env::var("BETWIXT_ENTRIES")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(4);
    let mut steps = vec![Step::create(1)];
    let mut seen = 0;
    extend(&mut steps, &[0], entries, &mut seen);
    println!("{seen} histories of up to {entries} entries");
    assert!(seen > 1000);
}

fn extend(steps: &mut Vec<Step>, depths: &[u32], entries: usize, seen: &mut u64) {
    if steps.len() > 1 {
        *seen += 1;
        check(steps);
    }
    if steps.len() == entries {
        return;
    }
    let pasts = pasts(steps);
    let (last, last_depth) = (steps.last().cloned(), depths.last().copied());
    for parents in antichains(&pasts) {
        let depth = 1 + parents
            .iter()
            .map(|p| depths[*p as usize])
            .max()
            .unwrap_or(0);
        // Each causal shape once: by depth, and in one depth by parents and act.
        if Some(depth) < last_depth {
            continue;
        }
        for (author, kind) in acts() {
            let step = Step {
                author,
                kind,
                parents: parents.clone(),
            };
            let order = |step: &Step| (step.parents.clone(), step.author, step.kind);
            if Some(depth) == last_depth
                && last.as_ref().is_some_and(|last| order(last) > order(&step))
            {
                continue;
            }
            if !first_is_named_first(steps, &step) {
                continue;
            }
            steps.push(step);
            let deeper = [depths, &[depth]].concat();
            extend(steps, &deeper, entries, seen);
            steps.pop();
        }
    }
}

fn check(steps: &[Step]) {
    let naive = Naive::resolve(steps);
    naive.check_powers(steps);
    let order: Vec<usize> = (0..steps.len()).collect();
    naive.compare(&build(steps, &order), steps);
    let back = backwards(steps);
    if back != order {
        naive.compare(&build(steps, &back), steps);
    }
}

/// The order in which everything comes as late as its followers let it.
fn backwards(steps: &[Step]) -> Vec<usize> {
    let mut order = vec![0];
    while order.len() < steps.len() {
        let ready = (1..steps.len()).rev().find(|at| {
            let parents = &steps[*at].parents;
            !order.contains(at) && parents.iter().all(|p| order.contains(&(*p as usize)))
        });
        order.extend(ready);
    }
    order
}

/// The two others are alike: the first that is named is 1.
fn first_is_named_first(steps: &[Step], next: &Step) -> bool {
    let names = |step: &Step| {
        let target = match step.kind {
            Kind::Add(of) | Kind::Remove(of) | Kind::Promote(of) | Kind::Demote(of) => Some(of),
            _ => None,
        };
        [Some(step.author), target]
    };
    let first = steps
        .iter()
        .skip(1)
        .chain([next])
        .flat_map(names)
        .flatten()
        .find(|of| *of > 0);
    first.is_none_or(|of| of == 1)
}

fn acts() -> Vec<(u8, Kind)> {
    let mut acts = vec![(0, Kind::Leave), (0, Kind::Open), (0, Kind::Close)];
    for of in 1..3 {
        acts.extend(
            [
                Kind::Add(of),
                Kind::Remove(of),
                Kind::Promote(of),
                Kind::Demote(of),
            ]
            .map(|k| (0, k)),
        );
        acts.push((of, Kind::Leave));
        for target in 1..3 {
            acts.extend([(of, Kind::Add(target)), (of, Kind::Remove(target))]);
        }
    }
    acts
}

fn pasts(steps: &[Step]) -> Vec<u32> {
    let mut pasts: Vec<u32> = Vec::new();
    for step in steps {
        pasts.push(
            step.parents
                .iter()
                .fold(0, |set, p| set | pasts[*p as usize] | 1 << p),
        );
    }
    pasts
}

/// All sets of entries of which none follows another.
fn antichains(pasts: &[u32]) -> Vec<Vec<u32>> {
    let count = u32::try_from(pasts.len()).unwrap();
    (1u32..1 << count)
        .filter(|set| (0..count).all(|at| set & 1 << at == 0 || pasts[at as usize] & set == 0))
        .map(|set| (0..count).filter(|at| set & 1 << at != 0).collect())
        .collect()
}

//! All histories of three people up to a size: an owner and two others, in every causal shape, up to
//! renaming the two and reordering what does not matter; each in every order in which it can come.

use super::{Kind, Naive, Step, build};

/// With the beginning, 4 entries; `BETWIXT_ENTRIES=6` is the long run (`docs/models/README.md`).
#[test]
fn every_small_history_resolves_as_the_rules_say() {
    let entries: usize = std::env::var("BETWIXT_ENTRIES")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(4);
    let mut steps = vec![Step::create(1)];
    let mut seen = Seen::default();
    extend(&mut steps, &[0], entries, &mut seen);
    let Seen { histories, orders } = seen;
    println!("{histories} histories of up to {entries} entries, in {orders} orders");
    assert!(histories > 1000);
}

#[derive(Default)]
struct Seen {
    histories: u64,
    orders: u64,
}

fn extend(steps: &mut Vec<Step>, depths: &[u32], entries: usize, seen: &mut Seen) {
    if steps.len() > 1 {
        seen.histories += 1;
        let naive = Naive::resolve(steps);
        naive.check_powers(steps);
        every_order(steps, &mut vec![0], &mut |order| {
            seen.orders += 1;
            naive.compare(&build(steps, order), steps);
        });
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

/// Goes on in each way in which what is left can come, each after what it follows.
fn every_order(steps: &[Step], order: &mut Vec<usize>, check: &mut impl FnMut(&[usize])) {
    if order.len() == steps.len() {
        check(order);
        return;
    }
    for at in 1..steps.len() {
        let parents = &steps[at].parents;
        let is_ready = parents.iter().all(|p| order.contains(&(*p as usize)));
        if is_ready && !order.contains(&at) {
            order.push(at);
            every_order(steps, order, check);
            order.pop();
        }
    }
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
        acts.extend([Kind::Leave, Kind::Open, Kind::Close].map(|k| (of, k)));
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

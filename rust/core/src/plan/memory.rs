//! Last uses and slots: where each value lives in the frame, and when it may be moved out.

use smallvec::SmallVec;

use super::lower::{Lowered, Source, ValueId};
use super::program::{Input, NO_SLOT, Plan, Step};

/// Give every value a slot, reuse slots of dead values, and mark last uses.
pub fn assign(l: Lowered) -> Plan {
    let n = l.values as usize;
    // The step after which a value is dead: its last reader; fetched values live to the end.
    const NEVER: u32 = u32::MAX;
    const END: u32 = u32::MAX - 1;
    let mut last = vec![NEVER; n];
    for (i, d) in l.drafts.iter().enumerate() {
        for (s, _) in &d.inputs {
            if let Source::Value(v) = s {
                last[v.0 as usize] = i as u32;
            }
        }
        for v in &d.guards {
            last[v.0 as usize] = i as u32;
        }
    }
    for f in &l.fetches {
        if let Source::Value(v) = f {
            last[v.0 as usize] = END;
        }
    }
    // A feed that stays is never moved out, and nobody else gets its slot.
    for v in &l.sticky {
        if last[v.0 as usize] != NEVER {
            last[v.0 as usize] = END;
        }
    }
    let mut slots = vec![NO_SLOT; n];
    let mut free: Vec<u32> = Vec::new();
    let mut count = 0u32;
    let mut take = |free: &mut Vec<u32>| {
        free.pop().unwrap_or_else(|| {
            count += 1;
            count - 1
        })
    };
    let mut feeds = Vec::with_capacity(l.feeds.len());
    for v in &l.feeds {
        let s = if last[v.0 as usize] == NEVER { NO_SLOT } else { take(&mut free) };
        slots[v.0 as usize] = s;
        feeds.push(s);
    }
    let mut steps = Vec::with_capacity(l.drafts.len());
    for (i, d) in l.drafts.into_iter().enumerate() {
        let mut inputs: SmallVec<[Input; 4]> = SmallVec::new();
        let mut dying: SmallVec<[ValueId; 4]> = SmallVec::new();
        for (k, &(s, by_ref)) in d.inputs.iter().enumerate() {
            inputs.push(match s {
                Source::Constant(c) => Input { slot: c, constant: true, last: false, by_ref },
                Source::Value(v) => {
                    // Of several uses in one step only the final one moves.
                    let again = d.inputs[k + 1..].iter().any(|(t, _)| *t == s);
                    let dies = last[v.0 as usize] == i as u32 && !again;
                    if dies {
                        dying.push(v);
                    }
                    Input { slot: slots[v.0 as usize], constant: false, last: dies, by_ref }
                }
            });
        }
        let guards = d.guards.iter().map(|v| {
            let dies = last[v.0 as usize] == i as u32 && !dying.contains(v);
            if dies {
                dying.push(*v);
            }
            Input { slot: slots[v.0 as usize], constant: false, last: dies, by_ref: true }
        });
        let guards = guards.collect();
        for v in dying {
            free.push(slots[v.0 as usize]);
        }
        let mut outputs: SmallVec<[u32; 2]> = SmallVec::new();
        for v in &d.outputs {
            let s = if last[v.0 as usize] == NEVER { NO_SLOT } else { take(&mut free) };
            slots[v.0 as usize] = s;
            outputs.push(s);
        }
        steps.push(Step { info: d.info, run: d.run, inputs, outputs, guards });
    }
    let fetches = l
        .fetches
        .iter()
        .enumerate()
        .map(|(i, f)| match f {
            Source::Constant(c) => Input { slot: *c, constant: true, last: false, by_ref: false },
            Source::Value(v) => {
                Input { slot: slots[v.0 as usize], constant: false, last: !l.sticky.contains(v) && !l.fetches[i + 1..].contains(f), by_ref: false }
            }
        })
        .collect();
    Plan::new(steps, count as usize, feeds, fetches, l.constants)
}

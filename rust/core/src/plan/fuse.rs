//! Groups of point-wise steps over one iteration space become one step that runs a tile program.

use std::collections::{HashMap, HashSet};

use graphpb_kernels::DType;
use graphpb_kernels::tile::Op;
use smallvec::SmallVec;

use super::columns::{self, Cuts};
use super::fused::{MAX_INSTRS, Role, compile};
use super::lower::{Draft, Lowered, Source, ValueId};
use super::sum_to;
use crate::graph::fact::{Shape, resolve_axis};

/// The instruction of a draft, when it can be part of a group.
pub fn opcode(d: &Draft) -> Option<Op> {
    if d.sum_to {
        return Some(Op::Copy);
    }
    let op = d.def.fused?;
    if d.may_die || d.input_facts.iter().any(|f| f.is_ref) || d.inputs.len() < op.arity() {
        return None;
    }
    let masks = match op {
        Op::And | Op::Or | Op::Not => usize::MAX,
        Op::Select => 1,
        Op::Copy => usize::MAX,
        _ => 0,
    };
    for (k, f) in d.input_facts.iter().enumerate() {
        let want = if k < masks { DType::Bool } else { DType::F32 };
        if f.dtype != want {
            return None;
        }
    }
    if !matches!(d.info.outputs.first(), Some(DType::F32 | DType::Bool)) {
        return None;
    }
    match d.def.name {
        "BiasAdd" if d.info.attrs.str("data_format").is_ok_and(|f| f != "NHWC") => None,
        _ => Some(op),
    }
}

/// A sum or mean over all elements, that may end a group: whether it is a mean, and whether sizes of one are kept.
fn full_reduction(l: &Lowered, d: &Draft) -> Option<(bool, bool)> {
    let mean = match d.def.name {
        "Sum" => false,
        "Mean" => true,
        _ => return None,
    };
    if d.may_die || d.info.outputs.first() != Some(&DType::F32) {
        return None;
    }
    let rank = d.input_facts.first()?.shape.rank()?;
    let Source::Constant(k) = d.inputs.get(1)?.0 else { return None };
    let axes = l.constants.get(k as usize)?.to_i64s()?;
    let covered: HashSet<usize> = axes.iter().filter_map(|&a| resolve_axis(a, rank)).collect();
    (rank > 0 && covered.len() == rank && covered.len() == axes.len()).then_some((mean, d.info.attrs.bool("keep_dims").ok()?))
}

/// A concatenation of float32 values along the last axis, all of one known width, that may end a group.
fn is_join(l: &Lowered, d: &Draft) -> bool {
    let Some(((axis, _), parts)) = d.inputs.split_last().filter(|_| d.def.name == "ConcatV2" && d.is_certain()) else { return false };
    let facts = &d.input_facts[..parts.len().min(d.input_facts.len())];
    let Some(first) = facts.first().filter(|f| f.dtype == DType::F32 && facts.len() > 1) else { return false };
    let Some(rank) = first.shape.rank().filter(|&r| r > 0 && first.shape.dim(r - 1) > 0) else { return false };
    let axis = l.integers(*axis).and_then(|a| resolve_axis(*a.first()?, rank));
    axis == Some(rank - 1) && facts.iter().all(|f| f.shape == first.shape && !f.is_ref)
}

/// How a draft may end a group.
fn ending(l: &Lowered, d: &Draft) -> Option<Role> {
    full_reduction(l, d).map(|(mean, keep)| Role::Reduce { mean, keep }).or_else(|| is_join(l, d).then_some(Role::Join))
}

struct Groups {
    /// The group of each draft, by the index of its last member.
    members: HashMap<usize, Vec<usize>>,
    of: Vec<usize>,
}

/// Replace groups of point-wise drafts by one draft each. The order of everything else stays.
pub fn fuse(mut l: Lowered) -> Lowered {
    sum_to::join(&mut l);
    let cuts = columns::sink(&mut l);
    let n = l.drafts.len();
    let ops: Vec<Option<Op>> = l.drafts.iter().map(opcode).collect();
    if ops.iter().flatten().count() < 2 {
        return l;
    }
    let mut producer: HashMap<ValueId, usize> = HashMap::new();
    let mut consumers: HashMap<ValueId, SmallVec<[usize; 2]>> = HashMap::new();
    for (i, d) in l.drafts.iter().enumerate() {
        for v in &d.outputs {
            producer.insert(*v, i);
        }
        for (s, _) in &d.inputs {
            if let Source::Value(v) = s {
                consumers.entry(*v).or_default().push(i);
            }
        }
    }
    let mut g = Groups { members: HashMap::new(), of: (0..n).collect() };
    for i in 0..n {
        let end = ending(&l, &l.drafts[i]).filter(|_| ops[i].is_none());
        if ops[i].is_none() && end.is_none() {
            continue;
        }
        let mut merged: Vec<usize> = vec![i];
        let d = &l.drafts[i];
        let inputs = match end {
            Some(Role::Join) => &d.inputs[..d.inputs.len() - 1],
            Some(_) => &d.inputs[..1],
            None if d.sum_to => &d.inputs[..1],
            None => &d.inputs[..],
        };
        let of = |s: &Source| if let Source::Value(v) = s { producer.get(v).copied() } else { None };
        for (s, _) in inputs {
            let Some(p) = of(s) else { continue };
            if ops[p].is_none() || merged.contains(&p) {
                continue;
            }
            if end.is_none() && space(&l.drafts[p]) != space(d) {
                continue;
            }
            let root = g.of[p];
            let mut candidate = g.members.get(&root).cloned().unwrap_or_else(|| vec![p]);
            candidate.retain(|m| !merged.contains(m));
            // A reduction ends its group.
            if candidate.iter().any(|&m| ops[m].is_none()) {
                continue;
            }
            let mut all = merged.clone();
            all.extend(candidate);
            if all.len() <= MAX_INSTRS && is_movable(&l, &consumers, &all, i) {
                merged = all;
            }
        }
        // Side by side stand members only.
        let whole = !matches!(end, Some(Role::Join)) || inputs.iter().all(|(s, _)| of(s).is_some_and(|p| merged.contains(&p)));
        if merged.len() > 1 && whole {
            merged.sort_unstable();
            for &m in &merged {
                let old = g.of[m];
                g.members.remove(&old);
                g.of[m] = i;
            }
            g.members.insert(i, merged);
        }
    }
    rebuild(l, g, &ops, &consumers, &cuts)
}

/// The static shape that a point-wise draft iterates over.
fn space(d: &Draft) -> Option<&Shape> {
    d.output_facts.first().map(|f| &f.shape)
}

/// Whether all members may run at position `at`: nobody outside reads a member's value before it.
fn is_movable(l: &Lowered, consumers: &HashMap<ValueId, SmallVec<[usize; 2]>>, members: &[usize], at: usize) -> bool {
    members.iter().all(|&m| l.drafts[m].outputs.iter().all(|v| consumers.get(v).is_none_or(|c| c.iter().all(|c| *c > at || members.contains(c)))))
}

fn rebuild(l: Lowered, g: Groups, ops: &[Option<Op>], consumers: &HashMap<ValueId, SmallVec<[usize; 2]>>, cuts: &Cuts) -> Lowered {
    let fetched: HashSet<ValueId> = l.fetches.iter().filter_map(|f| if let Source::Value(v) = f { Some(*v) } else { None }).collect();
    let endings: HashMap<usize, Role> =
        (0..l.drafts.len()).filter(|&i| ops[i].is_none()).filter_map(|i| Some((i, ending(&l, &l.drafts[i])?))).collect();
    // A cut need not be made when groups alone read it.
    let inside = |v: &ValueId| !fetched.contains(v) && consumers.get(v).is_none_or(|c| c.iter().all(|c| g.members.contains_key(&g.of[*c])));
    let unmade = |d: &&Draft| d.outputs.iter().all(|v| cuts.contains_key(v) && inside(v));
    let unmade: HashSet<ValueId> = l.drafts.iter().filter(unmade).flat_map(|d| d.outputs.iter().copied()).collect();
    let cuts: Cuts = cuts.iter().filter(|(v, _)| unmade.contains(v)).map(|(v, c)| (*v, *c)).collect();
    let mut pending: Vec<Option<Draft>> = Vec::with_capacity(l.drafts.len());
    let mut out = Vec::with_capacity(l.drafts.len());
    let constants = l.constants;
    for d in l.drafts {
        pending.push(Some(d));
        let i = pending.len() - 1;
        let Some(members) = g.members.get(&g.of[i]) else {
            out.extend(pending[i].take());
            continue;
        };
        if g.of[i] != i {
            continue;
        }
        let is_output = |v: ValueId| fetched.contains(&v) || consumers.get(&v).is_some_and(|c| c.iter().any(|c| g.of[*c] != i));
        let drafts: Vec<Draft> = members.iter().filter_map(|&m| pending[m].take()).collect();
        let role = |(m, d): (&usize, &Draft)| match ops[*m] {
            Some(_) if d.sum_to => Some(Role::SumTo),
            Some(op) => Some(Role::Lane(op)),
            None => endings.get(m).copied(),
        };
        let Some(roles) = members.iter().zip(&drafts).map(role).collect() else {
            out.extend(drafts);
            continue;
        };
        match compile(drafts, roles, &cuts, is_output) {
            Ok(fused) => out.push(fused),
            Err(back) => out.extend(back),
        }
    }
    let read: HashSet<ValueId> =
        out.iter().flat_map(|d: &Draft| &d.inputs).filter_map(|(s, _)| if let Source::Value(v) = s { Some(*v) } else { None }).collect();
    out.retain(|d| !d.outputs.iter().all(|v| unmade.contains(v) && !read.contains(v)) || d.outputs.is_empty());
    Lowered { drafts: out, constants, ..l }
}

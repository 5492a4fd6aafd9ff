//! Groups of point-wise steps over one iteration space become one step that runs a tile program.

use std::collections::{HashMap, HashSet};

use graphpb_kernels::tile::{Arg, Instr, Op, Program, Store};
use graphpb_kernels::{DType, Dims, Tensor};
use smallvec::SmallVec;

use super::kernel::{KernelCtx, Prepared, StepInfo, Value};
use super::lower::{Draft, Lowered, Source, ValueId};
use super::program::Run;
use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::session::env::Env;

/// Limits of one group: beyond them registers no longer fit the first-level cache.
const MAX_INSTRS: usize = 48;
const MAX_REGISTERS: usize = 20;
const MAX_INPUTS: usize = 14;

/// The instruction of a draft, when it can be part of a group.
fn opcode(d: &Draft) -> Option<Op> {
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
    let covered: HashSet<usize> = axes.iter().filter_map(|&a| crate::graph::fact::resolve_axis(a, rank)).collect();
    (rank > 0 && covered.len() == rank && covered.len() == axes.len()).then_some((mean, d.info.attrs.bool("keep_dims").ok()?))
}

struct Groups {
    /// The group of each draft, by the index of its last member.
    members: HashMap<usize, Vec<usize>>,
    of: Vec<usize>,
}

/// Replace groups of point-wise drafts by one draft each. The order of everything else stays.
pub fn fuse(l: Lowered) -> Lowered {
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
        let reduction = full_reduction(&l, &l.drafts[i]).is_some();
        if ops[i].is_none() && !reduction {
            continue;
        }
        let mut merged: Vec<usize> = vec![i];
        let inputs = if reduction { &l.drafts[i].inputs[..1] } else { &l.drafts[i].inputs[..] };
        for (s, _) in inputs {
            let Source::Value(v) = s else { continue };
            let Some(&p) = producer.get(v) else { continue };
            if ops[p].is_none() || merged.contains(&p) {
                continue;
            }
            if !reduction && space(&l.drafts[p]) != space(&l.drafts[i]) {
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
        if merged.len() > 1 {
            merged.sort_unstable();
            for &m in &merged {
                let old = g.of[m];
                g.members.remove(&old);
                g.of[m] = i;
            }
            g.members.insert(i, merged);
        }
    }
    rebuild(l, g, &ops, &consumers)
}

/// The static shape that a point-wise draft iterates over.
fn space(d: &Draft) -> Option<&Shape> {
    d.output_facts.first().map(|f| &f.shape)
}

/// Whether all members may run at position `at`: nobody outside reads a member's value before it.
fn is_movable(l: &Lowered, consumers: &HashMap<ValueId, SmallVec<[usize; 2]>>, members: &[usize], at: usize) -> bool {
    members.iter().all(|&m| l.drafts[m].outputs.iter().all(|v| consumers.get(v).is_none_or(|c| c.iter().all(|c| *c > at || members.contains(c)))))
}

fn rebuild(l: Lowered, g: Groups, ops: &[Option<Op>], consumers: &HashMap<ValueId, SmallVec<[usize; 2]>>) -> Lowered {
    let fetched: HashSet<ValueId> = l.fetches.iter().filter_map(|f| if let Source::Value(v) = f { Some(*v) } else { None }).collect();
    let reductions: HashMap<usize, (bool, bool)> =
        (0..l.drafts.len()).filter(|&i| ops[i].is_none()).filter_map(|i| Some((i, full_reduction(&l, &l.drafts[i])?))).collect();
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
        let role = |m: &usize| match (ops[*m], reductions.get(m)) {
            (Some(op), _) => Some(Role::Lane(op)),
            (None, r) => r.map(|&(mean, keep)| Role::Reduce { mean, keep }),
        };
        let Some(roles) = members.iter().map(role).collect() else {
            out.extend(drafts);
            continue;
        };
        match compile(drafts, roles, is_output) {
            Ok(fused) => out.push(fused),
            Err(back) => out.extend(back),
        }
    }
    Lowered { drafts: out, constants, ..l }
}

/// A member of a group as it runs by itself, when the shapes of a run do not suit the program.
struct Member {
    info: StepInfo,
    run: Run,
    /// Inputs of the group, or results of earlier members.
    inputs: SmallVec<[Part; 4]>,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Input(usize),
    Member(usize),
}

/// What a member is within its group.
#[derive(Clone, Copy)]
enum Role {
    /// An instruction; of more operands than its arity each further one is combined in turn (AddN).
    Lane(Op),
    /// A sum or mean over everything, with or without keeping sizes of one.
    Reduce { mean: bool, keep: bool },
}

struct Fused {
    program: Program,
    members: Vec<Member>,
    roles: Vec<Role>,
    /// The member that each output is the result of.
    outputs: Vec<usize>,
    /// Inputs that the program reads; those after them (axes) are for `one_by_one` only.
    lanes: usize,
}

/// One draft for all; the drafts themselves when they exceed the limits.
fn compile(drafts: Vec<Draft>, roles: Vec<Role>, is_output: impl Fn(ValueId) -> bool) -> std::result::Result<Draft, Vec<Draft>> {
    let mut sources: Vec<(Source, bool)> = Vec::new();
    let made: HashMap<ValueId, usize> = drafts.iter().enumerate().map(|(k, d)| (d.outputs[0], k)).collect();
    let mut part = |s: Source, by_ref: bool| match s {
        Source::Value(v) if made.contains_key(&v) => Part::Member(made[&v]),
        s => Part::Input(sources.iter().position(|x| x.0 == s).unwrap_or_else(|| {
            sources.push((s, by_ref));
            sources.len() - 1
        })),
    };
    let mut parts: Vec<SmallVec<[Part; 4]>> = Vec::new();
    for (d, role) in drafts.iter().zip(&roles) {
        let lanes = if matches!(role, Role::Lane(_)) { d.inputs.len() } else { 1 };
        parts.push(d.inputs[..lanes].iter().map(|&(s, r)| part(s, r)).collect());
    }
    let mut axes = Vec::new();
    for (k, (d, role)) in drafts.iter().zip(&roles).enumerate() {
        if matches!(role, Role::Reduce { .. }) {
            axes.push((k, part(d.inputs[1].0, false)));
        }
    }
    let lanes = parts.iter().flatten().filter_map(|p| if let Part::Input(i) = p { Some(i + 1) } else { None }).max().unwrap_or(0);
    let outputs: Vec<usize> = (0..drafts.len()).filter(|&k| is_output(drafts[k].outputs[0])).collect();
    let types: SmallVec<[DType; 2]> = outputs.iter().map(|&k| drafts[k].info.outputs[0]).collect();
    let Some(program) = assemble(&parts, &roles, &outputs, &types, lanes) else { return Err(drafts) };
    for (k, p) in axes {
        parts[k].push(p);
    }
    let values: SmallVec<[ValueId; 2]> = outputs.iter().map(|&k| drafts[k].outputs[0]).collect();
    let Some(last) = drafts.last() else { return Err(drafts) };
    let info = StepInfo {
        name: last.info.name.clone(),
        op: last.info.op,
        attrs: Default::default(),
        outputs: types,
        node: last.info.node,
        site: last.info.site.clone(),
    };
    let def = last.def;
    let members = drafts.into_iter().zip(parts).map(|(d, inputs)| Member { info: d.info, run: d.run, inputs }).collect();
    let fused = Fused { program, members, roles, outputs, lanes };
    let run: Prepared = Box::new(move |c| fused.run(c));
    Ok(Draft {
        info,
        run: Run::Prepared(run),
        inputs: sources.into_iter().collect(),
        outputs: values,
        guards: SmallVec::new(),
        def,
        input_facts: SmallVec::new(),
        output_facts: SmallVec::new(),
        may_die: false,
    })
}

/// Instructions and registers; None when there are too many.
fn assemble(parts: &[SmallVec<[Part; 4]>], roles: &[Role], outputs: &[usize], types: &[DType], inputs: usize) -> Option<Program> {
    if inputs > MAX_INPUTS {
        return None;
    }
    let mut last_use = vec![0usize; parts.len()];
    // Registers that are stored or summed when the tile is done.
    let mut pinned: HashSet<usize> = outputs.iter().copied().collect();
    for (k, row) in parts.iter().enumerate() {
        for p in row {
            if let Part::Member(m) = p {
                last_use[*m] = k;
                if matches!(roles[k], Role::Reduce { .. }) {
                    pinned.insert(*m);
                }
            }
        }
    }
    let (mut free, mut count) = (Vec::new(), 0u8);
    let mut register = vec![0u8; parts.len()];
    let mut instrs = Vec::new();
    for (k, row) in parts.iter().enumerate() {
        let op = match (roles[k], row[0]) {
            (Role::Lane(op), _) => op,
            (Role::Reduce { .. }, Part::Member(m)) => {
                register[k] = register[m];
                continue;
            }
            (Role::Reduce { .. }, Part::Input(_)) => return None,
        };
        let mut take = |free: &mut Vec<u8>| {
            free.pop().unwrap_or_else(|| {
                count += 1;
                count - 1
            })
        };
        let arg = |p: &Part| match p {
            Part::Input(i) => Arg::Input(*i as u8),
            Part::Member(m) => Arg::Reg(register[*m]),
        };
        let mut dst = take(&mut free);
        instrs.push(Instr { op, dst, args: row.iter().take(op.arity()).map(arg).collect() });
        for p in row.iter().skip(op.arity()) {
            let next = take(&mut free);
            instrs.push(Instr { op, dst: next, args: SmallVec::from_slice(&[Arg::Reg(dst), arg(p)]) });
            free.push(dst);
            dst = next;
        }
        register[k] = dst;
        for p in row {
            if let Part::Member(m) = p {
                if last_use[*m] == k && !pinned.contains(m) && !free.contains(&register[*m]) {
                    free.push(register[*m]);
                }
            }
        }
        if usize::from(count) > MAX_REGISTERS {
            return None;
        }
    }
    let stores = outputs.iter().zip(types).map(|(&k, &t)| {
        let store = match (roles[k], t) {
            (Role::Reduce { .. }, _) => Store::Sum,
            (_, DType::Bool) => Store::Mask,
            _ => Store::F32,
        };
        (register[k], store)
    });
    Some(Program { instrs, outputs: stores.collect(), registers: count as usize })
}

impl Fused {
    fn run(&self, c: &mut KernelCtx) -> Result<()> {
        let computed = {
            let inputs: SmallVec<[&Tensor; 8]> = (0..self.lanes).map(|i| c.input(i)).collect();
            let space = self.space(&inputs).filter(|d| self.program.accepts(&inputs, d));
            space.map(|dims| (self.program.run(&inputs, &dims), dims))
        };
        let Some((results, dims)) = computed else { return self.one_by_one(c) };
        let n: usize = dims.iter().product();
        for (k, (mut t, &m)) in results.into_iter().zip(&self.outputs).enumerate() {
            if let Role::Reduce { mean, keep } = self.roles[m] {
                if mean {
                    t.slice_mut::<f32>().iter_mut().for_each(|v| *v /= n as f32);
                }
                if keep {
                    t = t.reshaped(&vec![1; dims.len()]);
                }
            }
            c.set(k, t);
        }
        Ok(())
    }

    /// The sizes that every member has in this run; None when they differ.
    fn space(&self, inputs: &[&Tensor]) -> Option<Dims> {
        let full = broadcast(inputs.iter().map(|t| t.dims()))?;
        // A member that reads another member spans the space if that one does.
        for (m, role) in self.members.iter().zip(&self.roles) {
            let own = || m.inputs.iter().map(|p| if let Part::Input(i) = p { inputs[*i].dims() } else { &full[..] });
            if matches!(role, Role::Lane(_)) && broadcast(own())? != full {
                return None;
            }
        }
        Some(full)
    }

    /// The members as separate steps.
    fn one_by_one(&self, c: &mut KernelCtx) -> Result<()> {
        let env: &Env = c.env();
        let mut results: Vec<Option<Value>> = Vec::with_capacity(self.members.len());
        for m in &self.members {
            let mut inputs: SmallVec<[Option<Value>; 4]> = SmallVec::new();
            for p in &m.inputs {
                inputs.push(match p {
                    Part::Input(i) => Some(Value::Tensor(c.input(*i).clone())),
                    Part::Member(k) => results[*k].clone(),
                });
            }
            let mut out = [None];
            let mut ctx = KernelCtx::new(&m.info, &mut inputs, &mut out, env);
            match &m.run {
                Run::Plain(f) => f(&mut ctx),
                Run::Prepared(f) => f(&mut ctx),
                _ => Err(Error::internal("not a kernel")),
            }
            .map_err(|e| m.info.locate(e))?;
            let [out] = out;
            results.push(out);
        }
        for (k, &m) in self.outputs.iter().enumerate() {
            if let Some(Value::Tensor(t)) = results[m].take() {
                c.set(k, t);
            }
        }
        Ok(())
    }
}

/// The numpy broadcast of several shapes; None when they do not fit.
fn broadcast<'a>(shapes: impl Iterator<Item = &'a [usize]>) -> Option<Dims> {
    let mut full = Dims::new();
    for d in shapes {
        while full.len() < d.len() {
            full.insert(0, 1);
        }
        let lead = full.len() - d.len();
        for (i, &v) in d.iter().enumerate() {
            match full[lead + i] {
                a if a == v => {}
                1 => full[lead + i] = v,
                _ if v == 1 => {}
                _ => return None,
            }
        }
    }
    Some(full)
}

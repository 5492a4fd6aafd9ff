//! The step that a fused group becomes: a tile program, and its members for runs whose shapes do not suit it.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use graphpb_kernels::movement::concat::split;
use graphpb_kernels::tile::{Arg, Columns, Instr, Lane, Op, Program, Store};
use graphpb_kernels::{DType, Dims, Tensor};
use smallvec::SmallVec;

use super::columns::Cuts;
use super::kernel::{KernelCtx, Prepared, StepInfo, Value};
use super::lower::{Draft, Source, ValueId};
use super::program::Run;
use super::sum_to::states;
use crate::error::{Error, Result};
use crate::session::env::Env;

/// Limits of one group: beyond them registers no longer fit the first-level cache.
pub const MAX_INSTRS: usize = 48;
const MAX_REGISTERS: usize = 20;
const MAX_INPUTS: usize = 14;

/// A member of a group as it runs by itself.
struct Member {
    info: StepInfo,
    run: Run,
    /// Inputs of the group, or results of earlier members.
    inputs: SmallVec<[Part; 4]>,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// An input of the program.
    Lane(usize),
    /// An input of the step that the program does not read: axes, shapes.
    Aside(usize),
    Member(usize),
}

/// What a member is within its group.
#[derive(Clone, Copy)]
pub enum Role {
    /// An instruction; of more operands than its arity each further one is combined in turn (AddN).
    Lane(Op),
    /// A sum or mean over everything, with or without keeping sizes of one.
    Reduce { mean: bool, keep: bool },
    /// A sum over the axes along which something was spread: nothing, or the group runs one by one.
    SumTo,
    /// Members side by side along the last axis.
    Join,
}

impl Role {
    /// How many of a member's inputs the program reads.
    fn lanes(self, inputs: usize) -> usize {
        match self {
            Role::Lane(_) => inputs,
            Role::Reduce { .. } | Role::SumTo => 1,
            Role::Join => inputs - 1,
        }
    }
}

struct Fused {
    program: Program,
    members: Vec<Member>,
    roles: Vec<Role>,
    /// The member that each output is the result of, joins last.
    outputs: Vec<usize>,
    /// Which input of the step each input of the program is, or columns of.
    lanes: Vec<(usize, Option<Columns>)>,
    seen: Mutex<Seen>,
}

/// The sizes of the last run, which are mostly those of the next one.
#[derive(Default)]
struct Seen {
    /// Rank and sizes of each input of the program.
    inputs: SmallVec<[usize; 32]>,
    space: Option<Dims>,
}

/// One draft for all; the drafts themselves when they exceed the limits. Values in `cuts` are read where they stand.
pub fn compile(drafts: Vec<Draft>, roles: Vec<Role>, cuts: &Cuts, is_output: impl Fn(ValueId) -> bool) -> std::result::Result<Draft, Vec<Draft>> {
    let mut sources: Vec<(Source, bool)> = Vec::new();
    let mut lanes: Vec<(usize, Option<Columns>)> = Vec::new();
    let made: HashMap<ValueId, usize> = drafts.iter().enumerate().map(|(k, d)| (d.outputs[0], k)).collect();
    let mut input = |s: Source, by_ref: bool| {
        sources.iter().position(|x| x.0 == s).unwrap_or_else(|| {
            sources.push((s, by_ref));
            sources.len() - 1
        })
    };
    let mut parts: Vec<SmallVec<[Part; 4]>> = Vec::new();
    for (d, role) in drafts.iter().zip(&roles) {
        let read = role.lanes(d.inputs.len());
        let part = |(k, &(s, by_ref)): (usize, &(Source, bool))| match s {
            Source::Value(v) if made.contains_key(&v) => Part::Member(made[&v]),
            _ if k >= read => Part::Aside(input(s, by_ref)),
            _ => {
                let (s, columns) = match s {
                    Source::Value(v) => cuts.get(&v).map_or((s, None), |&(whole, c)| (Source::Value(whole), Some(c))),
                    s => (s, None),
                };
                let lane = (input(s, by_ref), columns);
                Part::Lane(lanes.iter().position(|l| *l == lane).unwrap_or_else(|| {
                    lanes.push(lane);
                    lanes.len() - 1
                }))
            }
        };
        parts.push(d.inputs.iter().enumerate().map(part).collect());
    }
    let (joins, mut outputs): (Vec<usize>, Vec<usize>) =
        (0..drafts.len()).filter(|&k| is_output(drafts[k].outputs[0])).partition(|&k| matches!(roles[k], Role::Join));
    let types: SmallVec<[DType; 2]> = outputs.iter().chain(&joins).map(|&k| drafts[k].info.outputs[0]).collect();
    let Some(program) = assemble(&parts, &roles, &outputs, &joins, &types, lanes.len()) else { return Err(drafts) };
    outputs.extend(joins);
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
    let fused = Fused { program, members, roles, outputs, lanes, seen: Mutex::default() };
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
        sum_to: false,
    })
}

/// Instructions and registers; None when there are too many.
fn assemble(parts: &[SmallVec<[Part; 4]>], roles: &[Role], outputs: &[usize], joins: &[usize], types: &[DType], inputs: usize) -> Option<Program> {
    if inputs > MAX_INPUTS {
        return None;
    }
    // Registers that are stored or summed when the tile is done.
    let mut pinned: HashSet<usize> = outputs.iter().copied().collect();
    for (row, role) in parts.iter().zip(roles) {
        if matches!(role, Role::Reduce { .. } | Role::Join) {
            pinned.extend(row.iter().filter_map(|p| if let Part::Member(m) = p { Some(*m) } else { None }));
        }
    }
    // What a member reads; a sum that changes nothing is seen through, unless its own value is wanted.
    let mut read: Vec<SmallVec<[Part; 4]>> = Vec::with_capacity(parts.len());
    for (row, role) in parts.iter().zip(roles) {
        let through = |p: &Part| match *p {
            Part::Member(m) if matches!(roles[m], Role::SumTo) && !pinned.contains(&m) => read[m][0],
            p => p,
        };
        let row = row[..role.lanes(row.len())].iter().map(through).collect();
        read.push(row);
    }
    let mut last_use = vec![0usize; parts.len()];
    for (k, row) in read.iter().enumerate() {
        for p in row {
            if let Part::Member(m) = p {
                last_use[*m] = k;
            }
        }
    }
    let (mut free, mut count) = (Vec::new(), 0u8);
    let mut register = vec![0u8; parts.len()];
    let mut instrs = Vec::new();
    for (k, row) in read.iter().enumerate() {
        let op = match (roles[k], row[0]) {
            (Role::Lane(op), _) => op,
            (Role::SumTo, _) if pinned.contains(&k) => Op::Copy,
            (Role::SumTo | Role::Join, _) => continue,
            (Role::Reduce { .. }, Part::Member(m)) => {
                register[k] = register[m];
                continue;
            }
            (Role::Reduce { .. }, _) => return None,
        };
        let mut take = |free: &mut Vec<u8>| {
            free.pop().unwrap_or_else(|| {
                count += 1;
                count - 1
            })
        };
        let arg = |p: &Part| match p {
            Part::Lane(i) | Part::Aside(i) => Arg::Input(*i as u8),
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
    let side_by_side = |&k: &usize| read[k].iter().map(|p| if let Part::Member(m) = p { Some(register[*m]) } else { None }).collect();
    let joins = joins.iter().map(side_by_side).collect::<Option<_>>()?;
    Some(Program { instrs, outputs: stores.collect(), joins, registers: count as usize })
}

impl Fused {
    fn run(&self, c: &mut KernelCtx) -> Result<()> {
        let computed = {
            let lanes: SmallVec<[Lane; 8]> = self.lanes.iter().map(|&(i, columns)| Lane { tensor: c.input(i), columns }).collect();
            self.space(&lanes, c).and_then(|dims| Some((self.program.run(&lanes, &dims)?, dims)))
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
    fn space(&self, lanes: &[Lane], c: &KernelCtx) -> Option<Dims> {
        let mut inputs: SmallVec<[usize; 32]> = SmallVec::new();
        for x in lanes {
            inputs.push(x.tensor.rank());
            inputs.extend_from_slice(x.tensor.dims());
        }
        let full = {
            let mut seen = self.seen.lock().unwrap_or_else(|e| e.into_inner());
            if seen.inputs != inputs {
                *seen = Seen { inputs, space: self.space_of(lanes) };
            }
            seen.space.clone()?
        };
        let nothing_spread = |m: &Member| match m.inputs[..] {
            [_, Part::Aside(axes), Part::Aside(shape)] => c.input(axes).is_empty() && states(c.input(shape), &full),
            _ => false,
        };
        self.members.iter().zip(&self.roles).all(|(m, r)| !matches!(r, Role::SumTo) || nothing_spread(m)).then_some(full)
    }

    /// The space of inputs of these sizes; None when not every member spans it.
    fn space_of(&self, lanes: &[Lane]) -> Option<Dims> {
        let dims: SmallVec<[Dims; 8]> = lanes.iter().map(Lane::dims).collect::<Option<_>>()?;
        let full = broadcast(dims.iter().map(|d| &d[..]))?;
        // A member that reads another member spans the space if that one does.
        let spans = |m: &Member, role: &Role| {
            let read = role.lanes(m.inputs.len());
            let own = m.inputs[..read].iter().map(|p| if let Part::Lane(i) = p { &dims[*i][..] } else { &full[..] });
            match role {
                Role::Lane(_) => broadcast(own) == Some(full.clone()),
                Role::SumTo => own.into_iter().all(|d| d == &full[..]),
                Role::Reduce { .. } | Role::Join => true,
            }
        };
        self.members.iter().zip(&self.roles).all(|(m, r)| spans(m, r)).then_some(full)
    }

    /// The members as separate steps.
    fn one_by_one(&self, c: &mut KernelCtx) -> Result<()> {
        let env: &Env = c.env();
        let mut results: Vec<Option<Value>> = Vec::with_capacity(self.members.len());
        for m in &self.members {
            let mut inputs: SmallVec<[Option<Value>; 4]> = SmallVec::new();
            for p in &m.inputs {
                inputs.push(match p {
                    Part::Lane(i) => {
                        let (i, columns) = self.lanes[*i];
                        Some(Value::Tensor(columns.map_or_else(|| Ok(c.input(i).clone()), |k| piece(c.input(i), k))?))
                    }
                    Part::Aside(i) => Some(Value::Tensor(c.input(*i).clone())),
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

/// Some columns as a tensor of their own.
fn piece(x: &Tensor, c: Columns) -> Result<Tensor> {
    let (axis, after) = match x.dims() {
        [lead @ .., last] => (lead.len(), last.checked_sub(c.at + c.width)),
        [] => (0, None),
    };
    let after = after.ok_or_else(|| Error::internal("a cut of another width"))?;
    split(x, axis, &[c.at, c.width, after])?.into_iter().nth(1).ok_or_else(|| Error::internal("nothing was cut"))
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

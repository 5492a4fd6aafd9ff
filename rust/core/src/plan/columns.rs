//! Tensors that are cut along their last axis: fused groups read the pieces where they stand, and point-wise steps between a
//! tensor and its cut move behind the cut, so that they join the groups that read the pieces.

use std::collections::HashMap;
use std::sync::Arc;

use graphpb_kernels::DType;
use graphpb_kernels::movement::concat::split;
use graphpb_kernels::tile::Columns;
use smallvec::SmallVec;

use super::fuse::opcode;
use super::kernel::KernelCtx;
use super::lower::{Draft, Lowered, Source, ValueId};
use super::program::Run;
use super::sum_to::own_info;
use crate::error::Error;
use crate::graph::fact::{Fact, resolve_axis};

/// What a cut piece is: columns of another value.
pub type Cuts = HashMap<ValueId, (ValueId, Columns)>;

/// A draft that cuts a float32 value along its last axis, whose sizes are known: the number of its input, and the widths.
pub fn cut(l: &Lowered, d: &Draft) -> Option<(usize, Vec<usize>)> {
    let (at, axis) = match d.def.name {
        "Split" => (1, 0),
        "SplitV" => (0, 2),
        _ => return None,
    };
    if !d.is_certain() || d.info.outputs.first() != Some(&DType::F32) || d.input_facts.iter().any(|f| f.is_ref) {
        return None;
    }
    // One that was made here has no axis.
    let shape = &d.input_facts.get(if d.inputs.len() == 1 { 0 } else { at })?.shape;
    let rank = shape.rank()?;
    let at = if d.inputs.len() == 1 {
        0
    } else {
        let axis = *l.integers(d.inputs.get(axis)?.0)?.first()?;
        resolve_axis(axis, rank).filter(|&a| a + 1 == rank)?;
        at
    };
    let width = |f: &Fact| f.shape.rank().and_then(|r| usize::try_from(f.shape.dim(r.checked_sub(1)?)).ok());
    let widths: Vec<usize> = d.output_facts.iter().map(width).collect::<Option<_>>()?;
    let last = usize::try_from(shape.dim(rank.checked_sub(1)?)).ok()?;
    (widths.iter().sum::<usize>() == last).then_some((at, widths))
}

/// Move point-wise steps behind the cuts that they feed; gives all cuts.
pub fn sink(l: &mut Lowered) -> Cuts {
    let mut at = 0;
    while at < l.drafts.len() {
        // The new cuts, the first of which stands one place before, are looked at next.
        at = if sink_one(l, at) { at - 1 } else { at + 1 };
    }
    let mut cuts = Cuts::new();
    for d in &l.drafts {
        let Some((input, widths)) = cut(l, d) else { continue };
        let Source::Value(whole) = d.inputs[input].0 else { continue };
        let mut at = 0;
        for (&v, width) in d.outputs.iter().zip(widths) {
            cuts.insert(v, (whole, Columns { at, width }));
            at += width;
        }
    }
    cuts
}

/// What becomes of an operand when its step is done for each piece.
#[derive(Clone, Copy, PartialEq)]
enum Operand {
    /// Cut as the result was.
    Cut,
    /// The same for all columns.
    Whole,
}

/// Move the step that makes the input of cut `at` behind it, when only point-wise steps read the pieces.
fn sink_one(l: &mut Lowered, at: usize) -> bool {
    let Some((maker, operands, widths)) = sinkable(l, at) else { return false };
    let cut = l.drafts.remove(at);
    let step = l.drafts.remove(maker);
    let used: Vec<bool> = cut.outputs.iter().map(|&v| l.uses(v) > 0).collect();
    let (mut cuts, mut pieces): (Vec<Draft>, Vec<Vec<Source>>) = (Vec::new(), Vec::new());
    for (k, &(source, _)) in step.inputs.iter().enumerate() {
        if operands[k] == Operand::Whole {
            pieces.push(vec![source; widths.len()]);
            continue;
        }
        let made: SmallVec<[ValueId; 2]> = widths.iter().map(|_| l.fresh()).collect();
        pieces.push(made.iter().map(|&v| Source::Value(v)).collect());
        cuts.push(cut_of(&cut, source, &step.input_facts[k], made, &widths));
    }
    let run = Arc::new(step.run);
    let mut each = Vec::new();
    for k in (0..widths.len()).filter(|&k| used[k]) {
        let run = run.clone();
        let facts = step.input_facts.iter().zip(&operands).map(|(f, o)| if *o == Operand::Cut { narrowed(f, widths[k]) } else { f.clone() });
        each.push(Draft {
            info: own_info(&step.info),
            run: Run::Prepared(Box::new(move |c| match &*run {
                Run::Plain(f) => f(c),
                Run::Prepared(f) => f(c),
                _ => Err(Error::internal("not a kernel")),
            })),
            inputs: pieces.iter().map(|p| (p[k], false)).collect(),
            outputs: SmallVec::from_slice(&[cut.outputs[k]]),
            guards: SmallVec::new(),
            def: step.def,
            input_facts: facts.collect(),
            output_facts: step.output_facts.iter().map(|f| narrowed(f, widths[k])).collect(),
            may_die: false,
            sum_to: false,
        });
    }
    // One draft less stands before.
    l.drafts.splice(at - 1..at - 1, cuts.into_iter().chain(each));
    true
}

/// The step before cut `at`, what becomes of its operands, and the widths of the pieces.
fn sinkable(l: &Lowered, at: usize) -> Option<(usize, Vec<Operand>, Vec<usize>)> {
    let d = l.drafts.get(at)?;
    let (input, widths) = cut(l, d)?;
    let Source::Value(whole) = d.inputs[input].0 else { return None };
    let maker = l.maker(whole)?;
    let step = &l.drafts[maker];
    let pointwise = |d: &Draft| opcode(d).is_some() && !d.sum_to && d.is_certain() && matches!(d.run, Run::Plain(_) | Run::Prepared(_));
    if !pointwise(step) || step.info.outputs.first() != Some(&DType::F32) || l.uses(whole) != 1 || widths.contains(&0) {
        return None;
    }
    let reads = |d: &Draft| d.inputs.iter().any(|(s, _)| matches!(s, Source::Value(v) if l.drafts[at].outputs.contains(v)));
    if d.outputs.iter().any(|v| l.is_fetched(*v)) || !l.drafts.iter().filter(|d| reads(d)).all(|d| opcode(d).is_some()) {
        return None;
    }
    let total: i64 = widths.iter().sum::<usize>() as i64;
    let operand = |f: &Fact, s: Source| match f.shape.rank()? {
        0 => Some(Operand::Whole),
        r if f.shape.dim(r - 1) == total && total > 1 && f.dtype == DType::F32 && matches!(s, Source::Value(_)) => Some(Operand::Cut),
        r if f.shape.dim(r - 1) == 1 => Some(Operand::Whole),
        _ => None,
    };
    let operands: Vec<Operand> = step.input_facts.iter().zip(&step.inputs).map(|(f, i)| operand(f, i.0)).collect::<Option<_>>()?;
    (operands.len() == step.inputs.len() && operands.contains(&Operand::Cut)).then_some((maker, operands, widths))
}

fn narrowed(f: &Fact, width: usize) -> Fact {
    let mut f = f.clone();
    if let Some(last) = f.shape.rank().and_then(|r| r.checked_sub(1)) {
        f.shape = f.shape.with_dim(last, width as i64);
    }
    f
}

/// A cut of `source` like `cut`.
fn cut_of(cut: &Draft, source: Source, fact: &Fact, outputs: SmallVec<[ValueId; 2]>, widths: &[usize]) -> Draft {
    let sizes = widths.to_vec();
    let run = move |c: &mut KernelCtx| {
        let x = c.take(0);
        let axis = x.rank().checked_sub(1).ok_or_else(|| Error::invalid("a scalar cannot be cut"))?;
        if x.dims()[axis] != sizes.iter().sum::<usize>() {
            return Err(Error::internal("a cut of another width"));
        }
        for (i, t) in split(&x, axis, &sizes)?.into_iter().enumerate() {
            c.set(i, t);
        }
        Ok(())
    };
    let mut info = own_info(&cut.info);
    info.outputs = widths.iter().map(|_| DType::F32).collect();
    Draft {
        info,
        run: Run::Prepared(Box::new(run)),
        inputs: SmallVec::from_slice(&[(source, false)]),
        outputs,
        guards: SmallVec::new(),
        def: cut.def,
        input_facts: SmallVec::from_elem(fact.clone(), 1),
        output_facts: widths.iter().map(|&w| narrowed(fact, w)).collect(),
        may_die: false,
        sum_to: false,
    }
}

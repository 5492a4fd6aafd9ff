//! Gradients are summed over the axes along which an operand was spread, and brought to its shape: with sizes known only at
//! run time these are nodes even where nothing was spread. Both become one step, which passes its input on in that case and
//! may be part of a fused group.

use graphpb_kernels::{DType, Tensor};
use smallvec::SmallVec;

use super::kernel::{KernelCtx, StepInfo, Value};
use super::lower::{Draft, Lowered, Source, ValueId};
use super::program::Run;
use crate::error::{Error, Result};
use crate::graph::fact::Fact;

/// Whether the integers of `shape` are `dims`.
pub fn states(shape: &Tensor, dims: &[usize]) -> bool {
    let same = |v: &mut dyn Iterator<Item = i64>| v.eq(dims.iter().map(|&d| d as i64));
    match shape.dtype() {
        DType::I32 => same(&mut shape.slice::<i32>().iter().map(|&v| i64::from(v))),
        DType::I64 => same(&mut shape.slice::<i64>().iter().copied()),
        _ => false,
    }
}

/// Join each `Reshape(Sum(x, axes), shape)` whose axes and shape come at run time and may turn out to change nothing.
pub fn join(l: &mut Lowered) {
    let mut readers = vec![0u32; l.values as usize];
    let mut maker = vec![usize::MAX; l.values as usize];
    for (i, d) in l.drafts.iter().enumerate() {
        d.inputs.iter().filter_map(|(s, _)| value(*s)).chain(d.guards.iter().copied()).for_each(|v| readers[v.0 as usize] += 1);
        d.outputs.iter().for_each(|v| maker[v.0 as usize] = i);
    }
    l.fetches.iter().filter_map(|s| value(*s)).for_each(|v| readers[v.0 as usize] += 1);
    let pairs: Vec<(usize, usize)> = (0..l.drafts.len())
        .filter_map(|at| {
            let d = &l.drafts[at];
            let summed = value(d.inputs.first()?.0).filter(|_| d.def.name == "Reshape" && plain(d))?;
            let sum = maker[summed.0 as usize];
            let s = l.drafts.get(sum).filter(|s| s.def.name == "Sum" && plain(s) && readers[summed.0 as usize] == 1)?;
            value(s.inputs.get(1)?.0)?;
            let known = s.input_facts.first()?.shape.is_compatible(&d.output_facts.first()?.shape);
            known.then_some((sum, at))
        })
        .collect();
    if pairs.is_empty() {
        return;
    }
    let mut drafts: Vec<Option<Draft>> = std::mem::take(&mut l.drafts).into_iter().map(Some).collect();
    for (sum, at) in pairs {
        let (Some(s), Some(r)) = (drafts[sum].take(), drafts[at].take()) else { continue };
        drafts[at] = Some(joined(s, r));
    }
    l.drafts = drafts.into_iter().flatten().collect();
}

fn value(s: Source) -> Option<ValueId> {
    if let Source::Value(v) = s { Some(v) } else { None }
}

/// A step of float32 that runs its own kernel, always.
fn plain(d: &Draft) -> bool {
    let float = d.info.outputs.first() == Some(&DType::F32) && !d.input_facts.iter().any(|f| f.is_ref);
    float
        && d.is_certain()
        && d.inputs.len() == 2
        && matches!(d.run, Run::Plain(_) | Run::Prepared(_))
        && !d.info.attrs.bool("keep_dims").unwrap_or(false)
}

fn joined(sum: Draft, reshape: Draft) -> Draft {
    let mut facts: SmallVec<[Fact; 3]> = sum.input_facts;
    facts.extend(reshape.input_facts.into_iter().skip(1));
    // The shape if nothing was spread.
    let mut outputs = reshape.output_facts;
    if let Ok(s) = outputs[0].shape.merge(&facts[0].shape) {
        outputs[0].shape = s;
    }
    let mut inputs = sum.inputs;
    inputs.extend(reshape.inputs.into_iter().skip(1));
    let (sums, reshapes, info) = (sum.run, reshape.run, sum.info);
    let shaped = own_info(&reshape.info);
    let run = move |c: &mut KernelCtx| {
        if c.input(1).is_empty() && states(c.input(2), c.input(0).dims()) {
            let x = c.take(0);
            c.set(0, x);
            return Ok(());
        }
        let total = call(&sums, &info, &mut [c.inputs[0].take(), c.inputs[1].take()], c)?;
        c.outputs[0] = call(&reshapes, &shaped, &mut [total, c.inputs[2].take()], c)?;
        Ok(())
    };
    Draft {
        info: reshape.info,
        run: Run::Prepared(Box::new(run)),
        inputs,
        outputs: reshape.outputs,
        guards: SmallVec::new(),
        def: reshape.def,
        input_facts: facts,
        output_facts: outputs,
        may_die: false,
        sum_to: true,
    }
}

/// The same once more.
pub fn own_info(i: &StepInfo) -> StepInfo {
    StepInfo { name: i.name.clone(), op: i.op, attrs: i.attrs.clone(), outputs: i.outputs.clone(), node: i.node, site: i.site.clone() }
}

/// Run a kernel of one output inside another one.
fn call(run: &Run, info: &StepInfo, inputs: &mut [Option<Value>], c: &KernelCtx) -> Result<Option<Value>> {
    let mut out = [None];
    let mut inner = KernelCtx::new(info, inputs, &mut out, c.env());
    match run {
        Run::Plain(f) => f(&mut inner),
        Run::Prepared(f) => f(&mut inner),
        _ => Err(Error::internal("not a kernel")),
    }
    .map_err(|e| info.locate(e))?;
    let [out] = out;
    Ok(out)
}

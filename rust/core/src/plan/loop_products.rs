//! Matrix products of loop bodies: right operands that do not change are packed once per run of the loop, and sums of
//! products `Σ aᵀ·b` over the iterations are made of many iterations at a time.

use std::sync::Arc;

use graphpb_kernels::gemm::{PackedB, gemm, gemm_packed};
use graphpb_kernels::movement::concat::concat;
use graphpb_kernels::{DType, Handle, Tensor, shape_text};

use super::kernel::{KernelCtx, Value};
use super::lower::{Draft, Lowered, Source, ValueId};
use super::program::Run;
use crate::error::{Error, Result};

/// Iterations whose products are added together.
const TOGETHER: usize = 16;

/// A variable that only adds up products: in the results of the body `a` stands at its place, `b` after all variables.
#[derive(Clone, Copy)]
struct Sum {
    var: usize,
    b: usize,
}

/// A feed of the body that is a packed constant of the loop.
#[derive(Clone, Copy)]
struct Pack {
    constant: usize,
    transpose: bool,
}

/// What of a loop's products is done by the loop itself.
#[derive(Default)]
pub struct Products {
    sums: Vec<Sum>,
    packs: Vec<Pack>,
}

enum Packed {
    F32(PackedB<f32>),
    F64(PackedB<f64>),
}

fn is_product(d: &Draft) -> bool {
    d.def.name == "MatMul" && !d.may_die && d.guards.is_empty() && matches!(d.info.outputs.first(), Some(DType::F32 | DType::F64))
}

fn flag(d: &Draft, name: &str) -> bool {
    d.info.attrs.bool(name).unwrap_or(false)
}

/// Take sums of products and packed operands out of a body whose feeds are `vars` variables, then constants.
/// `tested(k)`: the condition reads variable `k`.
pub fn find(l: &mut Lowered, vars: usize, tested: &dyn Fn(usize) -> bool) -> Products {
    let mut p = Products::default();
    for var in (0..vars).filter(|&k| !tested(k)) {
        if let Some((sum, product, a, b)) = sum_of(l, var) {
            l.fetches[var] = a;
            l.fetches.push(b);
            p.sums.push(Sum { var, b: l.fetches.len() - 1 });
            let mut at = 0;
            l.drafts.retain(|_| {
                at += 1;
                at - 1 != sum && at - 1 != product
            });
        }
    }
    let mut feeds: Vec<(Pack, ValueId)> = Vec::new();
    for d in l.drafts.iter_mut().filter(|d| is_product(d)) {
        let Some(&(Source::Value(v), _)) = d.inputs.get(1) else { continue };
        let Some(at) = l.feeds.iter().position(|f| *f == v).filter(|&at| at >= vars) else { continue };
        let pack = Pack { constant: at - vars, transpose: flag(d, "transpose_b") };
        let known = feeds.iter().find(|(p, _)| p.constant == pack.constant && p.transpose == pack.transpose).map(|f| f.1);
        let value = known.unwrap_or_else(|| {
            l.values += 1;
            feeds.push((pack, ValueId(l.values - 1)));
            ValueId(l.values - 1)
        });
        d.inputs[1].0 = Source::Value(value);
        let transposed = flag(d, "transpose_a");
        d.run = Run::Prepared(Box::new(move |c| multiply(c, transposed)));
    }
    for (pack, value) in feeds {
        l.feeds.push(value);
        l.sticky.push(value);
        p.packs.push(pack);
    }
    p
}

/// `result = var + aᵀ·b`, with nobody else interested in `var`, the product or the sum: the drafts of sum and product, a and b.
fn sum_of(l: &Lowered, var: usize) -> Option<(usize, usize, Source, Source)> {
    let uses = |v: ValueId| {
        let of = |d: &Draft| d.inputs.iter().filter(|(s, _)| *s == Source::Value(v)).count() + d.guards.iter().filter(|g| **g == v).count();
        l.drafts.iter().map(of).sum::<usize>() + l.fetches.iter().filter(|f| **f == Source::Value(v)).count()
    };
    let made_by = |v: ValueId| l.drafts.iter().position(|d| d.outputs.first() == Some(&v));
    let (Source::Value(result), feed) = (*l.fetches.get(var)?, *l.feeds.get(var)?) else { return None };
    let sum = made_by(result)?;
    let d = &l.drafts[sum];
    if !matches!(d.def.name, "AddV2" | "Add") || uses(result) != 1 || uses(feed) != 1 || d.may_die || !d.guards.is_empty() {
        return None;
    }
    let other = match (d.inputs.first()?.0, d.inputs.get(1)?.0) {
        (Source::Value(x), Source::Value(y)) if x == feed => y,
        (Source::Value(x), Source::Value(y)) if y == feed => x,
        _ => return None,
    };
    let product = made_by(other)?;
    let m = &l.drafts[product];
    // The sum must not broadcast.
    let same = d.input_facts.len() == 2 && d.input_facts[0].shape.is_fully_known() && d.input_facts[0].shape == d.input_facts[1].shape;
    if !is_product(m) || !flag(m, "transpose_a") || flag(m, "transpose_b") || uses(other) != 1 || !same {
        return None;
    }
    Some((sum, product, m.inputs.first()?.0, m.inputs.get(1)?.0))
}

fn matrix(t: &Tensor, i: usize) -> Result<[usize; 2]> {
    t.dims().try_into().map_err(|_| Error::invalid(format!("In[{i}] ndims must be >= 2")))
}

fn sizes_differ(a: &Tensor, b: &str) -> Error {
    Error::invalid(format!("Matrix size-incompatible: In[0]: {}, In[1]: {b}", shape_text(a.dims())))
}

/// MatMul with a packed right operand.
fn multiply(c: &mut KernelCtx, transposed: bool) -> Result<()> {
    let (a, packed) = (c.input(0), c.input(1));
    let packed = packed.as_handles().first().and_then(|h| h.downcast_ref::<Packed>()).ok_or_else(|| Error::internal("the operand is not packed"))?;
    let [rows, columns] = matrix(a, 0)?;
    let (m, k, strides) = if transposed { (columns, rows, (1, columns)) } else { (rows, columns, (columns, 1)) };
    macro_rules! run {
        ($t:ty, $b:expr) => {{
            if $b.rows() != k {
                return Err(sizes_differ(a, &format!("[{},{}]", $b.rows(), $b.columns())));
            }
            let mut y = Tensor::try_scratch(a.dtype(), &[m, $b.columns()])?;
            gemm_packed(m, a.slice::<$t>(), strides, $b, y.slice_mut::<$t>(), false, None);
            y
        }};
    }
    let y = match packed {
        Packed::F32(b) => run!(f32, b),
        Packed::F64(b) => run!(f64, b),
    };
    c.set(0, y);
    Ok(())
}

/// Sums under way in one run of a loop.
pub struct Sums<'p> {
    sums: &'p [Sum],
    totals: Vec<Option<Tensor>>,
    pending: Vec<Vec<(Tensor, Tensor)>>,
}

impl Products {
    /// Take over the variables that are sums.
    pub fn begin(&self, vars: &mut [Option<Value>]) -> Sums<'_> {
        let totals = self.sums.iter().map(|s| if let Some(Value::Tensor(t)) = vars[s.var].take() { Some(t) } else { None }).collect();
        Sums { sums: &self.sums, totals, pending: vec![Vec::new(); self.sums.len()] }
    }

    /// The packed operands, with the numbers of their feeds; `first` is the number of the first one.
    pub fn pack(&self, constants: &[Option<Value>], first: usize) -> Result<Vec<(usize, Value)>> {
        let mut out = Vec::new();
        for (i, p) in self.packs.iter().enumerate() {
            let b = match constants.get(p.constant) {
                Some(Some(Value::Tensor(t))) => t.clone(),
                Some(Some(Value::Ref(v))) => v.read()?,
                _ => return Err(Error::internal("a loop constant has no value")),
            };
            let [rows, columns] = matrix(&b, 1)?;
            let (k, n, strides) = if p.transpose { (columns, rows, (1, columns)) } else { (rows, columns, (columns, 1)) };
            let packed = match b.dtype() {
                DType::F32 => Packed::F32(PackedB::new(k, n, b.slice::<f32>(), strides)),
                _ => Packed::F64(PackedB::new(k, n, b.slice::<f64>(), strides)),
            };
            out.push((first + i, Value::Tensor(Tensor::handles(DType::Variant, vec![Arc::new(packed) as Handle], &[]))));
        }
        Ok(out)
    }
}

impl Sums<'_> {
    /// Take the factors out of an iteration's results.
    pub fn collect(&mut self, results: &mut Vec<Option<Value>>) -> Result<()> {
        for (i, s) in self.sums.iter().enumerate() {
            let (Some(Value::Tensor(a)), Some(Value::Tensor(b))) = (results[s.var].take(), results[s.b].take()) else {
                return Err(Error::internal("a factor has no value"));
            };
            self.pending[i].push((a, b));
            if self.pending[i].len() >= TOGETHER {
                self.flush(i)?;
            }
        }
        if let Some(s) = self.sums.first() {
            results.truncate(s.b);
        }
        Ok(())
    }

    /// Finish all sums and give them back.
    pub fn end(&mut self, vars: &mut [Option<Value>]) -> Result<()> {
        for i in 0..self.sums.len() {
            self.flush(i)?;
            vars[self.sums[i].var] = self.totals[i].take().map(Value::Tensor);
        }
        Ok(())
    }

    fn flush(&mut self, i: usize) -> Result<()> {
        let parts = std::mem::take(&mut self.pending[i]);
        let Some(first) = parts.first() else { return Ok(()) };
        let (a, b) = if parts.len() == 1 {
            first.clone()
        } else {
            let (a, b): (Vec<&Tensor>, Vec<&Tensor>) = parts.iter().map(|(a, b)| (a, b)).unzip();
            if a.iter().zip(&b).any(|(a, b)| a.dims().first() != b.dims().first()) {
                return Err(sizes_differ(&first.0, &shape_text(first.1.dims())));
            }
            (concat(&a, 0)?, concat(&b, 0)?)
        };
        let ([k, m], [l, n]) = (matrix(&a, 0)?, matrix(&b, 1)?);
        let total = self.totals[i].as_mut().ok_or_else(|| Error::internal("a sum has no value"))?;
        if k != l || total.dims() != [m, n] {
            return Err(sizes_differ(&a, &shape_text(b.dims())));
        }
        match total.dtype() {
            DType::F32 => gemm(m, n, k, a.slice::<f32>(), (1, m), b.slice::<f32>(), (n, 1), total.slice_mut::<f32>(), true),
            _ => gemm(m, n, k, a.slice::<f64>(), (1, m), b.slice::<f64>(), (n, 1), total.slice_mut::<f64>(), true),
        }
        Ok(())
    }
}

//! Matrix products of loop bodies: right operands that do not change are packed once per run of the loop; a left operand that
//! is put together of parts is multiplied part by part; columns that nobody reads are not computed; and sums of products
//! `Σ aᵀ·b` over the iterations are made of many iterations at a time.

use std::sync::Arc;

use graphpb_kernels::gemm::{GemmFloat, PackedB, gemm_packed, gemm_pieces};
use graphpb_kernels::movement::concat::concat;
use graphpb_kernels::{DType, Element, Handle, Tensor, shape_text};

use super::columns::cut;
use super::kernel::{KernelCtx, Value};
use super::lower::{Draft, Lowered, Source, ValueId};
use super::program::Run;
use crate::error::{Error, Result};
use crate::graph::fact::Fact;

/// Iterations whose products are added together.
const TOGETHER: usize = 16;

/// A variable that only adds up products: in the results of the body `a` stands at its place, `b` after all variables.
#[derive(Clone, Copy)]
struct Sum {
    var: usize,
    b: usize,
}

/// A feed of the body that is a packed constant of the loop.
#[derive(Clone, PartialEq)]
struct Pack {
    constant: usize,
    transpose: bool,
    /// Rows of the blocks that are packed one by one; empty for a single block of all rows.
    blocks: Vec<usize>,
    /// The columns that are wanted (start, count), when not all are.
    columns: Option<(usize, usize)>,
}

/// What of a loop's products is done by the loop itself.
#[derive(Default)]
pub struct Products {
    sums: Vec<Sum>,
    packs: Vec<Pack>,
}

enum Packed {
    F32(Vec<PackedB<f32>>),
    F64(Vec<PackedB<f64>>),
}

fn is_product(d: &Draft) -> bool {
    d.def.name == "MatMul" && d.inputs.len() == 2 && d.is_certain() && matches!(d.info.outputs.first(), Some(DType::F32 | DType::F64))
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
    let mut products: Vec<(usize, Pack, Vec<Source>)> = Vec::new();
    for (at, d) in l.drafts.iter().enumerate() {
        let Some(constant) = constant_of(l, d, vars) else { continue };
        let parts = parts_of(l, d, &|d| constant_of(l, d, vars).is_some());
        let (sources, blocks) = parts.unwrap_or_else(|| (vec![d.inputs[0].0], Vec::new()));
        products.push((at, Pack { constant, transpose: flag(d, "transpose_b"), blocks, columns: None }, sources));
    }
    let mut feeds: Vec<(Pack, ValueId)> = Vec::new();
    let mut unread = Vec::new();
    for (at, mut pack, sources) in products {
        if let Some((cut, columns, result)) = wanted_columns(l, &l.drafts[at]) {
            pack.columns = Some(columns);
            unread.push(cut);
            l.drafts[at].outputs[0] = result;
        }
        let known = feeds.iter().find(|(p, _)| *p == pack).map(|f| f.1);
        let value = known.unwrap_or_else(|| {
            let v = l.fresh();
            feeds.push((pack, v));
            v
        });
        let d = &mut l.drafts[at];
        if sources.len() > 1 {
            unread.extend(d.inputs.first().map(|i| i.0));
        }
        d.inputs = sources.into_iter().chain([Source::Value(value)]).map(|s| (s, false)).collect();
        // They are those of the stored node no more.
        (d.input_facts, d.output_facts) = Default::default();
        let transposed = flag(d, "transpose_a");
        d.run = Run::Prepared(Box::new(move |c| multiply(c, transposed)));
    }
    for s in unread {
        // What was put together, or cut, for the products alone.
        let Source::Value(v) = s else { continue };
        if let Some(at) = l.maker(v).filter(|_| l.uses(v) == 0) {
            l.drafts.remove(at);
        }
    }
    for (pack, value) in feeds {
        l.feeds.push(value);
        l.sticky.push(value);
        p.packs.push(pack);
    }
    p
}

/// The constant of the loop that a product's right operand is.
fn constant_of(l: &Lowered, d: &Draft, vars: usize) -> Option<usize> {
    match d.inputs.get(1) {
        Some(&(Source::Value(v), _)) if is_product(d) => l.feeds.iter().position(|f| *f == v)?.checked_sub(vars),
        _ => None,
    }
}

/// The parts that the left operand is put together of, and their widths, when products by constants alone read it.
fn parts_of(l: &Lowered, d: &Draft, by_constant: &dyn Fn(&Draft) -> bool) -> Option<(Vec<Source>, Vec<usize>)> {
    let &(Source::Value(whole), _) = d.inputs.first()? else { return None };
    let concat = l.drafts.iter().find(|d| d.outputs.first() == Some(&whole)).filter(|d| d.def.name == "ConcatV2" && d.is_certain())?;
    let ((axis, _), parts) = concat.inputs.split_last()?;
    let axis = *l.integers(*axis)?.first()?;
    let multiplied = |d: &&Draft| by_constant(d) && !flag(d, "transpose_a") && d.inputs[0].0 == Source::Value(whole);
    if axis != 1 && axis != -1 || l.drafts.iter().filter(multiplied).count() != l.uses(whole) {
        return None;
    }
    let width = |f: &Fact| usize::try_from(f.shape.dim(1)).ok().filter(|&w| w > 0 && !f.is_ref);
    let facts = concat.input_facts.iter().take(parts.len());
    let widths: Vec<usize> = facts.map(|f| width(f).filter(|_| f.shape.rank() == Some(2))).collect::<Option<_>>()?;
    (widths.len() == parts.len()).then(|| (parts.iter().map(|p| p.0).collect(), widths))
}

/// When a cut of the product is all that reads it, and one of its pieces all that is read: the cut, the columns and the piece.
fn wanted_columns(l: &Lowered, product: &Draft) -> Option<(Source, (usize, usize), ValueId)> {
    let &whole = product.outputs.first()?;
    let reader = l.drafts.iter().find(|d| d.inputs.iter().any(|(s, _)| *s == Source::Value(whole)))?;
    let (_, widths) = cut(l, reader).filter(|_| l.uses(whole) == 1)?;
    let mut read = (0..widths.len()).filter(|&k| l.uses(reader.outputs[k]) > 0);
    let (Some(k), None) = (read.next(), read.next()) else { return None };
    // Another piece names the cut once this one belongs to the product.
    let other = (0..widths.len()).find(|&j| j != k)?;
    Some((Source::Value(reader.outputs[other]), (widths[..k].iter().sum(), widths[k]), reader.outputs[k]))
}

/// `result = var + aᵀ·b`, with nobody else interested in `var`, the product or the sum: the drafts of sum and product, a and b.
fn sum_of(l: &Lowered, var: usize) -> Option<(usize, usize, Source, Source)> {
    let made_by = |v: ValueId| l.drafts.iter().position(|d| d.outputs.first() == Some(&v));
    let (Source::Value(result), feed) = (*l.fetches.get(var)?, *l.feeds.get(var)?) else { return None };
    let sum = made_by(result)?;
    let d = &l.drafts[sum];
    if !matches!(d.def.name, "AddV2" | "Add") || l.uses(result) != 1 || l.uses(feed) != 1 || !d.is_certain() {
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
    if !is_product(m) || !flag(m, "transpose_a") || flag(m, "transpose_b") || l.uses(other) != 1 || !same {
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

/// MatMul by a packed right operand: the parts of the left one times a block of rows each.
fn multiply(c: &mut KernelCtx, transposed: bool) -> Result<()> {
    let parts = c.inputs() - 1;
    let packed = c.input(parts).as_handles().first().and_then(|h| h.downcast_ref::<Packed>());
    let y = match packed.ok_or_else(|| Error::internal("the operand is not packed"))? {
        Packed::F32(blocks) => times(&c.input_range(0..parts), blocks, transposed),
        Packed::F64(blocks) => times(&c.input_range(0..parts), blocks, transposed),
    }?;
    c.set(0, y);
    Ok(())
}

fn times<T: Element + GemmFloat>(parts: &[&Tensor], blocks: &[PackedB<T>], transposed: bool) -> Result<Tensor> {
    let (Some(first), Some(block)) = (parts.first(), blocks.first()) else { return Err(Error::internal("a product without operands")) };
    let [rows, columns] = matrix(first, 0)?;
    let m = if transposed { columns } else { rows };
    let (a, b) = (parts, blocks);
    if a.len() > 1 && (a.len() != b.len() || a.iter().zip(b).any(|(a, b)| a.dims() != [m, b.rows()])) {
        // Says what is wrong with the parts, if it is that.
        concat(parts, 1)?;
        return Err(Error::internal("the parts of an operand have other widths than they should"));
    }
    let mut y = Tensor::try_scratch(T::DTYPE, &[m, block.columns()])?;
    for (k, (a, b)) in a.iter().zip(b).enumerate() {
        let [rows, columns] = matrix(a, 0)?;
        let (inner, strides) = if transposed { (rows, (1, columns)) } else { (columns, (columns, 1)) };
        if b.rows() != inner {
            return Err(sizes_differ(a, &format!("[{},{}]", b.rows(), b.columns())));
        }
        gemm_packed(m, a.slice::<T>(), strides, b, y.slice_mut::<T>(), k > 0, None);
    }
    Ok(y)
}

impl Pack {
    fn pack<T: Element + GemmFloat>(&self, b: &Tensor) -> Result<Vec<PackedB<T>>> {
        let [rows, columns] = matrix(b, 1)?;
        let (k, n, strides) = if self.transpose { (columns, rows, (1, columns)) } else { (rows, columns, (columns, 1)) };
        let blocks = if self.blocks.is_empty() { vec![k] } else { self.blocks.clone() };
        if blocks.iter().sum::<usize>() != k {
            let inner = blocks.iter().sum::<usize>();
            return Err(Error::invalid(format!("Matrix size-incompatible: In[0]: [?,{inner}], In[1]: {}", shape_text(b.dims()))));
        }
        let (at, n) = self.columns.filter(|(at, count)| at + count <= n).unwrap_or((0, n));
        let (mut out, mut row) = (Vec::new(), 0);
        for k in blocks {
            let start = (row * strides.0 + at * strides.1).min(b.len());
            out.push(PackedB::new(k, n, &b.slice::<T>()[start..], strides));
            row += k;
        }
        Ok(out)
    }
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
            let packed = match b.dtype() {
                DType::F32 => Packed::F32(p.pack(&b)?),
                _ => Packed::F64(p.pack(&b)?),
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
        let ([_, m], [_, n]) = (matrix(&first.0, 0)?, matrix(&first.1, 1)?);
        let total = self.totals[i].as_mut().ok_or_else(|| Error::internal("a sum has no value"))?;
        for (a, b) in &parts {
            let ([k, p], [l, q]) = (matrix(a, 0)?, matrix(b, 1)?);
            if k != l || total.dims() != [p, q] {
                return Err(sizes_differ(a, &shape_text(b.dims())));
            }
        }
        match total.dtype() {
            DType::F32 => add_products::<f32>(m, n, &parts, total),
            _ => add_products::<f64>(m, n, &parts, total),
        }
        Ok(())
    }
}

/// Add `aᵀ·b` of all pairs, whose sizes agree.
fn add_products<T: Element + GemmFloat>(m: usize, n: usize, pairs: &[(Tensor, Tensor)], total: &mut Tensor) {
    let pieces: Vec<_> = pairs.iter().map(|(a, b)| (a.dims()[0], a.slice::<T>(), b.slice::<T>())).collect();
    gemm_pieces(m, n, &pieces, total.slice_mut::<T>());
}

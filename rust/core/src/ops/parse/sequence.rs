//! ParseSingleSequenceExample, ParseSequenceExample and ParseSequenceExampleV2: features of a sequence and of each of its steps.

use super::columns::{Column, DenseColumn, Place, Values, decode, dense, find, keys, kind_of, ragged, sparse, splits};
use super::example::{NO_GRADIENT, columns, types};
use crate::error::{Error, Result};
use crate::graph::attr::{Attr, AttrList};
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::proto::{FeatureList, Features, SequenceExample};
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::tensor::checked_len;
use graphpb_kernels::{Bytes, DType, Tensor};

const fn counted(name: &'static str) -> AttrSpec {
    int(name).default_int(0).at_least(0)
}
const fn listed(name: &'static str) -> AttrSpec {
    types(name).default_empty()
}
const fn shapes(name: &'static str) -> AttrSpec {
    attr(name, AttrKind::ListShape).default_empty().at_least(0)
}
const fn split_types(name: &'static str) -> AttrSpec {
    attr(name, AttrKind::ListType).within(INDEX).default_empty().at_least(0)
}
const fn names(name: &'static str) -> AttrSpec {
    attr(name, AttrKind::ListStr).at_least(0)
}

pub static PARSE_SINGLE_SEQUENCE_EXAMPLE: OpDef = OpDef {
    name: "ParseSingleSequenceExample",
    doc: "One serialized SequenceExample as tensors: features of its context, and feature lists with an axis of time.",
    inputs: &[
        arg_of("serialized", DType::Str),
        arg_of("feature_list_dense_missing_assumed_empty", DType::Str),
        args_of("context_sparse_keys", "Ncontext_sparse", DType::Str),
        args_of("context_dense_keys", "Ncontext_dense", DType::Str),
        args_of("feature_list_sparse_keys", "Nfeature_list_sparse", DType::Str),
        args_of("feature_list_dense_keys", "Nfeature_list_dense", DType::Str),
        args_by_types("context_dense_defaults", "Tcontext_dense"),
        arg_of("debug_name", DType::Str),
    ],
    outputs: &[
        args_of("context_sparse_indices", "Ncontext_sparse", DType::I64),
        args_by_types("context_sparse_values", "context_sparse_types"),
        args_of("context_sparse_shapes", "Ncontext_sparse", DType::I64),
        args_by_types("context_dense_values", "Tcontext_dense"),
        args_of("feature_list_sparse_indices", "Nfeature_list_sparse", DType::I64),
        args_by_types("feature_list_sparse_values", "feature_list_sparse_types"),
        args_of("feature_list_sparse_shapes", "Nfeature_list_sparse", DType::I64),
        args_by_types("feature_list_dense_values", "feature_list_dense_types"),
    ],
    attrs: &[
        counted("Ncontext_sparse"),
        counted("Ncontext_dense"),
        counted("Nfeature_list_sparse"),
        counted("Nfeature_list_dense"),
        listed("context_sparse_types"),
        listed("Tcontext_dense"),
        listed("feature_list_dense_types"),
        shapes("context_dense_shapes"),
        listed("feature_list_sparse_types"),
        shapes("feature_list_dense_shapes"),
    ],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        let scalar = c.input(0).with_rank(0)?;
        outputs(c, &scalar, false)
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let count = |name: &str| Ok::<_, Error>(c.attrs().int(name)? as usize);
        let counts = [count("Ncontext_sparse")?, count("Ncontext_dense")?, count("Nfeature_list_sparse")?, count("Nfeature_list_dense")?];
        let mut at = 2;
        let [context_sparse, context_dense, list_sparse, list_dense] = counts.map(|n| {
            let range = at..at + n;
            at += n;
            range.flat_map(|i| keys(c.input(i))).collect::<Vec<_>>()
        });
        let empty = keys(c.input(1));
        let defaults = at;
        let debug = c.input(defaults + c.attrs().dtypes("Tcontext_dense")?.len()).as_strings().to_vec();
        let assumed = list_dense.iter().map(|k| empty.contains(k)).collect();
        let request = Request { context_sparse, context_dense, list_sparse, list_dense, assumed, defaults, lengths: false, ..Request::default() };
        parse(c, &request, &debug)
    }),
    grad: NO_GRADIENT,
    sample: Some(|_| {
        Case::new()
            .input(Tensor::string_scalar(b""))
            .input(Tensor::strings(vec![Bytes::from(&b"x"[..])], &[1]))
            .input(Tensor::string_scalar(b"x"))
            .input(Tensor::string_scalar(b""))
            .attr("Ncontext_sparse", 0)
            .attr("Ncontext_dense", 0)
            .attr("Nfeature_list_sparse", 0)
            .attr("Nfeature_list_dense", 1)
            .attr("feature_list_dense_types", AttrList::Type(vec![DType::F32.number()]))
            .attr("feature_list_dense_shapes", AttrList::Shape(vec![Shape::vector(2)]))
    }),
    ..OpDef::BASE
};

pub static PARSE_SEQUENCE_EXAMPLE: OpDef = OpDef {
    name: "ParseSequenceExample",
    doc: "A vector of serialized SequenceExamples as tensors; shorter sequences are filled with zeros.",
    inputs: &[arg_of("serialized", DType::Str), arg_of("debug_name", DType::Str), args_by_types("context_dense_defaults", "Tcontext_dense")],
    outputs: &[
        args_of("context_sparse_indices", "Ncontext_sparse", DType::I64),
        args_by_types("context_sparse_values", "context_sparse_types"),
        args_of("context_sparse_shapes", "Ncontext_sparse", DType::I64),
        args_by_types("context_dense_values", "Tcontext_dense"),
        args_of("feature_list_sparse_indices", "Nfeature_list_sparse", DType::I64),
        args_by_types("feature_list_sparse_values", "feature_list_sparse_types"),
        args_of("feature_list_sparse_shapes", "Nfeature_list_sparse", DType::I64),
        args_by_types("feature_list_dense_values", "feature_list_dense_types"),
        args_of("feature_list_dense_lengths", "Nfeature_list_dense", DType::I64),
    ],
    attrs: &[
        names("feature_list_dense_missing_assumed_empty"),
        names("context_sparse_keys"),
        names("context_dense_keys"),
        names("feature_list_sparse_keys"),
        names("feature_list_dense_keys"),
        counted("Ncontext_sparse"),
        counted("Ncontext_dense"),
        counted("Nfeature_list_sparse"),
        counted("Nfeature_list_dense"),
        listed("context_sparse_types"),
        listed("Tcontext_dense"),
        listed("feature_list_dense_types"),
        shapes("context_dense_shapes"),
        listed("feature_list_sparse_types"),
        shapes("feature_list_dense_shapes"),
    ],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        let batch = c.input(0).with_rank(1)?;
        outputs(c, &batch, true)
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let list =
            |name: &str| -> Result<Vec<String>> { Ok(c.attrs().strs(name)?.iter().map(|b| String::from_utf8_lossy(b).into_owned()).collect()) };
        let (list_dense, empty) = (list("feature_list_dense_keys")?, list("feature_list_dense_missing_assumed_empty")?);
        let request = Request {
            context_sparse: list("context_sparse_keys")?,
            context_dense: list("context_dense_keys")?,
            list_sparse: list("feature_list_sparse_keys")?,
            assumed: list_dense.iter().map(|k| empty.contains(k)).collect(),
            list_dense,
            defaults: 2,
            lengths: true,
            ..Request::default()
        };
        let debug = c.input(1).as_strings().to_vec();
        parse(c, &request, &debug)
    }),
    grad: NO_GRADIENT,
    sample: Some(|d| {
        let n = d.below(3);
        let key = || Attr::List(AttrList::Str(vec![b"x".as_slice().into()]));
        let none = || Attr::List(AttrList::Empty);
        Case::new()
            .input(Tensor::strings(vec![Bytes::from(&b""[..]); n], &[n]))
            .input(Tensor::strings(vec![], &[0]))
            .attr("feature_list_dense_missing_assumed_empty", key())
            .attr("feature_list_dense_keys", key())
            .attr("context_sparse_keys", none())
            .attr("context_dense_keys", none())
            .attr("feature_list_sparse_keys", none())
            .attr("Nfeature_list_dense", 1)
            .attr("feature_list_dense_types", AttrList::Type(vec![DType::F32.number()]))
            .attr("feature_list_dense_shapes", AttrList::Shape(vec![Shape::vector(2)]))
    }),
    ..OpDef::BASE
};

pub static PARSE_SEQUENCE_EXAMPLE_V2: OpDef = OpDef {
    name: "ParseSequenceExampleV2",
    doc: "A serialized SequenceExample, or a vector of them, as tensors: sparse, dense and ragged features.",
    inputs: &[
        arg_of("serialized", DType::Str),
        arg_of("debug_name", DType::Str),
        arg_of("context_sparse_keys", DType::Str),
        arg_of("context_dense_keys", DType::Str),
        arg_of("context_ragged_keys", DType::Str),
        arg_of("feature_list_sparse_keys", DType::Str),
        arg_of("feature_list_dense_keys", DType::Str),
        arg_of("feature_list_ragged_keys", DType::Str),
        arg_of("feature_list_dense_missing_assumed_empty", DType::Bool),
        args_by_types("context_dense_defaults", "Tcontext_dense"),
    ],
    outputs: &[
        args_of("context_sparse_indices", "Ncontext_sparse", DType::I64),
        args_by_types("context_sparse_values", "context_sparse_types"),
        args_of("context_sparse_shapes", "Ncontext_sparse", DType::I64),
        args_by_types("context_dense_values", "Tcontext_dense"),
        args_by_types("context_ragged_values", "context_ragged_value_types"),
        args_by_types("context_ragged_row_splits", "context_ragged_split_types"),
        args_of("feature_list_sparse_indices", "Nfeature_list_sparse", DType::I64),
        args_by_types("feature_list_sparse_values", "feature_list_sparse_types"),
        args_of("feature_list_sparse_shapes", "Nfeature_list_sparse", DType::I64),
        args_by_types("feature_list_dense_values", "feature_list_dense_types"),
        args_of("feature_list_dense_lengths", "Nfeature_list_dense", DType::I64),
        args_by_types("feature_list_ragged_values", "feature_list_ragged_value_types"),
        args_by_types("feature_list_ragged_outer_splits", "feature_list_ragged_split_types"),
        args_by_types("feature_list_ragged_inner_splits", "feature_list_ragged_split_types"),
    ],
    attrs: &[
        counted("Ncontext_sparse"),
        listed("Tcontext_dense"),
        listed("context_sparse_types"),
        listed("context_ragged_value_types"),
        split_types("context_ragged_split_types"),
        shapes("context_dense_shapes"),
        counted("Nfeature_list_sparse"),
        counted("Nfeature_list_dense"),
        listed("feature_list_dense_types"),
        listed("feature_list_sparse_types"),
        listed("feature_list_ragged_value_types"),
        split_types("feature_list_ragged_split_types"),
        shapes("feature_list_dense_shapes"),
    ],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        let batch = c.input(0).clone();
        if batch.rank().is_some_and(|r| r > 1) {
            return Err(Error::value(format!("Shape must be at most rank 1 but is rank {}", batch.rank().unwrap_or(0))));
        }
        outputs(c, &batch, true)
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let request = Request {
            context_sparse: keys(c.input(2)),
            context_dense: keys(c.input(3)),
            context_ragged: keys(c.input(4)),
            list_sparse: keys(c.input(5)),
            list_dense: keys(c.input(6)),
            list_ragged: keys(c.input(7)),
            assumed: c.input(8).slice::<graphpb_kernels::Bool>().iter().map(|b| b.get()).collect(),
            defaults: 9,
            lengths: true,
        };
        let debug = c.input(1).as_strings().to_vec();
        parse(c, &request, &debug)
    }),
    grad: NO_GRADIENT,
    sample: Some(|d| {
        let n = d.below(3);
        let none = || Tensor::strings(vec![], &[0]);
        Case::new()
            .input(if d.flag() { Tensor::strings(vec![Bytes::from(&b""[..]); n], &[n]) } else { Tensor::string_scalar(b"") })
            .input(none())
            .input(none())
            .input(none())
            .input(none())
            .input(none())
            .input(Tensor::strings(vec![Bytes::from(&b"x"[..])], &[1]))
            .input(none())
            .input(Tensor::vector(&[graphpb_kernels::Bool::from(true)]))
            .attr("Nfeature_list_dense", 1)
            .attr("feature_list_dense_types", AttrList::Type(vec![DType::F32.number()]))
            .attr("feature_list_dense_shapes", AttrList::Shape(vec![Shape::vector(2)]))
    }),
    ..OpDef::BASE
};

/// Static shapes, in the order of the outputs. `batch` has rank 0 or 1, or is unknown.
fn outputs(c: &mut ShapeCtx, batch: &Shape, lengths: bool) -> Result<()> {
    let attrs = c.attrs();
    let count = |name: &str| if attrs.get(name).is_some() { attrs.dtypes(name).map(|l| l.len()) } else { Ok(0) };
    let rank = batch.rank().map_or(-1, |r| r as i64);
    let deeper = |n: i64| if rank < 0 { -1 } else { rank + n };
    let mut all: Vec<Shape> = Vec::new();
    let repeat = |all: &mut Vec<Shape>, n: usize, s: Shape| all.extend(std::iter::repeat_n(s, n));
    let starts = |n: usize| match batch.dims() {
        Some([b]) if n > 0 && *b >= 0 => Shape::vector(b + 1),
        _ => Shape::vector(-1),
    };
    for (sparse, dense, depth, time) in
        [("context_sparse_types", "context_dense_shapes", 1, false), ("feature_list_sparse_types", "feature_list_dense_shapes", 2, true)]
    {
        let n = count(sparse)?;
        repeat(&mut all, n, Shape::of(&[-1, deeper(depth)]));
        repeat(&mut all, n, Shape::vector(-1));
        repeat(&mut all, n, Shape::vector(deeper(depth)));
        let step = if time { Shape::vector(-1) } else { Shape::scalar() };
        let dense = attrs.shapes(dense)?;
        for shape in dense {
            all.push(if batch.rank().is_some() { batch.concat(&step).concat(shape) } else { Shape::UNKNOWN });
        }
        if time && lengths {
            repeat(&mut all, dense.len(), batch.clone());
        }
        let ragged = count(if time { "feature_list_ragged_value_types" } else { "context_ragged_value_types" })?;
        repeat(&mut all, ragged, Shape::vector(-1));
        repeat(&mut all, ragged, starts(ragged));
        if time {
            repeat(&mut all, ragged, Shape::vector(-1));
        }
    }
    for (i, shape) in all.into_iter().enumerate() {
        c.set(i, shape);
    }
    Ok(())
}

#[derive(Default)]
struct Request {
    context_sparse: Vec<String>,
    context_dense: Vec<String>,
    context_ragged: Vec<String>,
    list_sparse: Vec<String>,
    list_dense: Vec<String>,
    list_ragged: Vec<String>,
    /// Per dense list whether a missing one counts as empty.
    assumed: Vec<bool>,
    /// The first input that is a default.
    defaults: usize,
    /// Whether the lengths of dense lists are outputs.
    lengths: bool,
}

/// The examples of one run.
struct Batch<'a> {
    lists: Vec<Option<&'a std::collections::BTreeMap<String, FeatureList>>>,
    names: &'a [Bytes],
    single: bool,
}

impl<'a> Batch<'a> {
    fn place(&self, index: usize) -> Place<'a> {
        Place { names: self.names, index, single: self.single }
    }
    fn list(&self, i: usize, key: &str) -> Option<&'a FeatureList> {
        self.lists.get(i).copied().flatten().and_then(|l| l.get(key))
    }
}

fn parse(c: &mut KernelCtx, request: &Request, names: &[Bytes]) -> Result<()> {
    let serialized = c.input(0);
    let single = serialized.rank() == 0;
    if serialized.rank() > 1 {
        return Err(Error::invalid("Expected serialized to be a scalar or a vector"));
    }
    let examples = serialized.as_strings().iter().map(|b| decode::<SequenceExample>(b)).collect::<Result<Vec<_>>>()?;
    let context: Vec<Option<&Features>> = examples.iter().map(|e| e.context.as_ref()).collect();
    let lists = examples.iter().map(|e| e.feature_lists.as_ref().map(|l| &l.feature_list)).collect();
    let batch = Batch { lists, names, single };
    let attrs = c.attrs();
    let dtypes = |name: &str| if attrs.get(name).is_some() { attrs.dtypes(name) } else { Ok(vec![]) };
    let mut results = Vec::new();

    let mut parts: [Vec<Tensor>; 3] = std::array::from_fn(|_| vec![]);
    for column in columns(&request.context_sparse, &dtypes("context_sparse_types")?, "context_sparse")? {
        let (values, lengths) = ragged(&column, &context, names, single)?;
        parts.iter_mut().zip(sparse(values, &lengths, single)?).for_each(|(list, t)| list.push(t));
    }
    results.extend(parts.into_iter().flatten());
    let shapes = attrs.shapes("context_dense_shapes")?;
    for (i, column) in columns(&request.context_dense, &dtypes("Tcontext_dense")?, "context_dense")?.into_iter().enumerate() {
        let shape = shapes.get(i).ok_or_else(|| Error::invalid("len(context_dense_keys) != len(context_dense_shapes)"))?.clone();
        let column = DenseColumn { column, shape, default: c.input(request.defaults + i).clone() };
        if column.row().is_some() {
            return Err(Error::invalid(format!("context_dense_shapes of {} must be fully known", column.column.key)));
        }
        let size = column.fixed()?.iter().product::<usize>();
        let missing = context.iter().any(|f| find(*f, &column.column.key).is_none());
        if missing && column.default.len() != size {
            let key = &column.column.key;
            return Err(Error::invalid(format!("Inconsistent max number of elements for feature {key}: expected {size}, but found 0")));
        }
        results.push(dense(&column, &context, names, single)?);
    }
    let ragged_columns = columns(&request.context_ragged, &dtypes("context_ragged_value_types")?, "context_ragged")?;
    let mut starts = Vec::new();
    for (column, split_type) in ragged_columns.iter().zip(dtypes("context_ragged_split_types")?) {
        let (values, lengths) = ragged(column, &context, names, single)?;
        let n = values.len();
        results.push(values.into_tensor(&[n])?);
        starts.push(if single { Tensor::try_zeros(split_type, &[0])? } else { splits(&lengths, split_type) });
    }
    results.extend(starts);

    let mut parts: [Vec<Tensor>; 3] = std::array::from_fn(|_| vec![]);
    for column in columns(&request.list_sparse, &dtypes("feature_list_sparse_types")?, "feature_list_sparse")? {
        let rows = steps(&column, &batch)?;
        parts.iter_mut().zip(sparse_steps(rows, single)?).for_each(|(list, t)| list.push(t));
    }
    results.extend(parts.into_iter().flatten());
    let shapes = attrs.shapes("feature_list_dense_shapes")?;
    let mut lengths = Vec::new();
    for (i, column) in columns(&request.list_dense, &dtypes("feature_list_dense_types")?, "feature_list_dense")?.iter().enumerate() {
        let shape = shapes.get(i).ok_or_else(|| Error::invalid("len(feature_list_dense_keys) != len(feature_list_dense_shapes)"))?;
        let assumed = request.assumed.get(i).copied().unwrap_or(false);
        let (values, counts) = dense_steps(column, shape, assumed, &batch)?;
        results.push(values);
        lengths.push(if single { Tensor::scalar(counts.first().copied().unwrap_or(0)) } else { Tensor::vector(&counts) });
    }
    if request.lengths {
        results.extend(lengths);
    }
    let (mut outer, mut inner) = (Vec::new(), Vec::new());
    let ragged_columns = columns(&request.list_ragged, &dtypes("feature_list_ragged_value_types")?, "feature_list_ragged")?;
    for (column, split_type) in ragged_columns.iter().zip(dtypes("feature_list_ragged_split_types")?) {
        let Steps { values, counts } = steps(column, &batch)?;
        let n = values.len();
        results.push(values.into_tensor(&[n])?);
        let steps: Vec<usize> = counts.iter().map(Vec::len).collect();
        outer.push(if single { Tensor::try_zeros(split_type, &[0])? } else { splits(&steps, split_type) });
        inner.push(splits(&counts.concat(), split_type));
    }
    results.extend(outer);
    results.extend(inner);
    if results.len() != c.outputs() {
        return Err(Error::invalid(format!("{} outputs are declared, the keys give {}", c.outputs(), results.len())));
    }
    for (i, t) in results.into_iter().enumerate() {
        c.set(i, t);
    }
    Ok(())
}

/// Values of a feature list, and how many each step of each example has.
struct Steps {
    values: Values,
    counts: Vec<Vec<usize>>,
}

fn steps(column: &Column, batch: &Batch) -> Result<Steps> {
    let mut values = Values::new(column.dtype);
    let mut counts = Vec::with_capacity(batch.lists.len());
    for i in 0..batch.lists.len() {
        let mut row = Vec::new();
        for (t, feature) in batch.list(i, &column.key).iter().flat_map(|l| &l.feature).enumerate() {
            let n = feature.kind.as_ref().map_or((column.dtype, 0), kind_of);
            if n.0 != column.dtype && n.1 > 0 {
                let what = format!("Data types don't match. Expected type: {}", column.dtype.c_name());
                return Err(batch.place(i).list_item(&column.key, t, &what));
            }
            feature.kind.iter().for_each(|k| values.extend(k));
            row.push(n.1);
        }
        counts.push(row);
    }
    Ok(Steps { values, counts })
}

fn sparse_steps(rows: Steps, single: bool) -> Result<[Tensor; 3]> {
    let mut indices = Vec::with_capacity(rows.values.len() * 3);
    let (mut most_steps, mut most_values) = (0, 0);
    for (i, counts) in rows.counts.iter().enumerate() {
        most_steps = most_steps.max(counts.len());
        for (t, n) in counts.iter().enumerate() {
            most_values = most_values.max(*n);
            for j in 0..*n {
                if !single {
                    indices.push(i as i64);
                }
                indices.extend([t as i64, j as i64]);
            }
        }
    }
    let mut shape = vec![most_steps as i64, most_values as i64];
    if !single {
        shape.insert(0, rows.counts.len() as i64);
    }
    let n = rows.values.len();
    Ok([Tensor::from_slice(&indices, &[n, shape.len()]), rows.values.into_tensor(&[n])?, Tensor::vector(&shape)])
}

/// A feature list whose steps all have `shape`, filled with zeros to the longest sequence; and the lengths.
fn dense_steps(column: &Column, shape: &Shape, assumed_empty: bool, batch: &Batch) -> Result<(Tensor, Vec<i64>)> {
    let key = &column.key;
    let step = shape.to_known().ok_or_else(|| Error::invalid(format!("feature_list_dense_shapes of {key} must be fully known, got {shape}")))?;
    let size = checked_len(column.dtype, &step)?;
    let mut counts = Vec::with_capacity(batch.lists.len());
    for i in 0..batch.lists.len() {
        let list = batch.list(i, key);
        if list.is_none() && !assumed_empty {
            return Err(batch.place(i).list(
                key,
                "is required but could not be found.  Did you mean to include it in feature_list_dense_missing_assumed_empty or \
                 feature_list_dense_defaults?",
            ));
        }
        counts.push(list.map_or(0, |l| l.feature.len() as i64));
    }
    let most = counts.iter().copied().max().unwrap_or(0) as usize;
    let front: &[usize] = if batch.single { &[] } else { &[batch.lists.len()] };
    let dims = [front, &[most], &step].concat();
    checked_len(column.dtype, &dims)?;
    let mut values = Values::new(column.dtype);
    for i in 0..batch.lists.len() {
        for (t, feature) in batch.list(i, key).iter().flat_map(|l| &l.feature).enumerate() {
            let (found, n) = feature.kind.as_ref().map_or((column.dtype, 0), kind_of);
            if found != column.dtype {
                let what = format!("Data types don't match. Expected type: {}", column.dtype.c_name());
                return Err(batch.place(i).list_item(key, t, &what));
            }
            if n != size {
                let at = Place { names: batch.names, index: i, single: false };
                let message = format!("Number of values != expected.  values size: {n} but output shape: {shape}");
                return Err(Error::invalid(format!("{}{message}", at.key(key).replace(&format!("Index: {i}"), &format!("Index: {t}")))));
            }
            feature.kind.iter().for_each(|k| values.extend(k));
        }
        values.pad((i + 1) * most * size, None);
    }
    Ok((values.into_tensor(&dims)?, counts))
}

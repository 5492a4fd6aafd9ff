//! ParseExample, ParseExampleV2 and ParseSingleExample.

use super::columns::{Column, DenseColumn, decode, dense, keys, ragged, sparse, splits};
use crate::error::{Error, Result};
use crate::graph::attr::AttrList;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::proto::feature::Kind;
use crate::proto::{Example, Feature, Features, FloatList, Int64List};
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{Bytes, DType, Tensor};
use prost::Message;

/// The types that features have.
pub(super) const TYPES: &[DType] = &[DType::F32, DType::I64, DType::Str];
pub(super) const NO_GRADIENT: Grad = Grad::NotDifferentiable("strings have no gradient");

pub(super) const fn types(name: &'static str) -> AttrSpec {
    attr(name, AttrKind::ListType).within(TYPES).at_least(0)
}

pub static PARSE_EXAMPLE: OpDef = OpDef {
    name: "ParseExample",
    doc: "A vector of serialized Examples as tensors: for each sparse key indices, values and shape, for each dense key a batch.",
    inputs: &[
        arg_of("serialized", DType::Str),
        arg_of("names", DType::Str),
        args_of("sparse_keys", "Nsparse", DType::Str),
        args_of("dense_keys", "Ndense", DType::Str),
        args_by_types("dense_defaults", "Tdense"),
    ],
    outputs: &[
        args_of("sparse_indices", "Nsparse", DType::I64),
        args_by_types("sparse_values", "sparse_types"),
        args_of("sparse_shapes", "Nsparse", DType::I64),
        args_by_types("dense_values", "Tdense"),
    ],
    attrs: &[
        int("Nsparse").at_least(0),
        int("Ndense").at_least(0),
        types("sparse_types"),
        types("Tdense"),
        attr("dense_shapes", AttrKind::ListShape).at_least(0),
    ],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        let batch = c.input(0).with_rank(1)?;
        outputs(c, &batch)
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let count = |name: &str| Ok::<_, Error>(c.attrs().int(name)? as usize);
        let (ns, nd) = (count("Nsparse")?, count("Ndense")?);
        let scalars = |from: usize, n: usize| (from..from + n).flat_map(|i| keys(c.input(i))).collect::<Vec<_>>();
        let request = Request { sparse: scalars(2, ns), dense: scalars(2 + ns, nd), ragged: vec![], defaults: 2 + ns + nd };
        let names = c.input(1).as_strings().to_vec();
        parse(c, &request, &names)
    }),
    grad: NO_GRADIENT,
    sample: Some(|d| {
        let n = d.below(3);
        Case::new()
            .input(Tensor::strings(vec![example(); n], &[n]))
            .input(Tensor::strings(vec![], &[0]))
            .input(Tensor::string_scalar(b"a"))
            .input(Tensor::string_scalar(b"f"))
            .input(Tensor::from_slice::<f32>(&[], &[0]))
            .attr("Nsparse", 1)
            .attr("Ndense", 1)
            .attr("sparse_types", AttrList::Type(vec![DType::I64.number()]))
            .attr("Tdense", AttrList::Type(vec![DType::F32.number()]))
            .attr("dense_shapes", AttrList::Shape(vec![Shape::vector(2)]))
    }),
    ..OpDef::BASE
};

/// `a`: int64 7; `f`: float 1, 2.
fn example() -> Bytes {
    let ints = Kind::Int64List(Int64List { value: vec![7] });
    let floats = Kind::FloatList(FloatList { value: vec![1.0, 2.0] });
    let feature = [("a", ints), ("f", floats)].map(|(k, v)| (k.to_owned(), Feature { kind: Some(v) })).into();
    Example { features: Some(Features { feature }) }.encode_to_vec().into()
}

pub static PARSE_EXAMPLE_V2: OpDef = OpDef {
    name: "ParseExampleV2",
    doc: "A serialized Example, or a vector of them, as tensors: sparse, dense and ragged features.",
    inputs: &[
        arg_of("serialized", DType::Str),
        arg_of("names", DType::Str),
        arg_of("sparse_keys", DType::Str),
        arg_of("dense_keys", DType::Str),
        arg_of("ragged_keys", DType::Str),
        args_by_types("dense_defaults", "Tdense"),
    ],
    outputs: &[
        args_of("sparse_indices", "num_sparse", DType::I64),
        args_by_types("sparse_values", "sparse_types"),
        args_of("sparse_shapes", "num_sparse", DType::I64),
        args_by_types("dense_values", "Tdense"),
        args_by_types("ragged_values", "ragged_value_types"),
        args_by_types("ragged_row_splits", "ragged_split_types"),
    ],
    attrs: &[
        types("Tdense"),
        int("num_sparse").at_least(0),
        types("sparse_types"),
        types("ragged_value_types"),
        attr("ragged_split_types", AttrKind::ListType).within(INDEX).at_least(0),
        attr("dense_shapes", AttrKind::ListShape).at_least(0),
    ],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        let batch = c.input(0).clone();
        if batch.rank().is_some_and(|r| r > 1) {
            return Err(Error::value(format!("Shape must be at most rank 1 but is rank {}", batch.rank().unwrap_or(0))));
        }
        outputs(c, &batch)
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let request = Request { sparse: keys(c.input(2)), dense: keys(c.input(3)), ragged: keys(c.input(4)), defaults: 5 };
        let names = c.input(1).as_strings().to_vec();
        parse(c, &request, &names)
    }),
    grad: NO_GRADIENT,
    sample: Some(|d| {
        let (serialized, n) = match d.below(3) {
            0 => (Tensor::string_scalar(&example()), 0),
            n => (Tensor::strings(vec![example(); n], &[n]), n),
        };
        let key = |k: &[u8]| Tensor::strings(vec![Bytes::from(k)], &[1]);
        let ragged = n > 0;
        let list = |d: DType| AttrList::Type(if ragged { vec![d.number()] } else { vec![] });
        Case::new()
            .input(serialized)
            .input(Tensor::strings(vec![], &[0]))
            .input(key(b"a"))
            .input(key(b"f"))
            .input(if ragged { key(b"f") } else { Tensor::strings(vec![], &[0]) })
            .input(Tensor::from_slice::<f32>(&[], &[0]))
            .attr("num_sparse", 1)
            .attr("sparse_types", AttrList::Type(vec![DType::I64.number()]))
            .attr("Tdense", AttrList::Type(vec![DType::F32.number()]))
            .attr("ragged_value_types", list(DType::F32))
            .attr("ragged_split_types", list(DType::I32))
            .attr("dense_shapes", AttrList::Shape(vec![Shape::vector(2)]))
    }),
    ..OpDef::BASE
};

pub static PARSE_SINGLE_EXAMPLE: OpDef = OpDef {
    name: "ParseSingleExample",
    doc: "One serialized Example as tensors, without a batch axis.",
    inputs: &[arg_of("serialized", DType::Str), args_by_types("dense_defaults", "Tdense")],
    outputs: &[
        args_of("sparse_indices", "num_sparse", DType::I64),
        args_by_types("sparse_values", "sparse_types"),
        args_of("sparse_shapes", "num_sparse", DType::I64),
        args_by_types("dense_values", "Tdense"),
    ],
    attrs: &[
        int("num_sparse").at_least(0),
        attr("sparse_keys", AttrKind::ListStr).at_least(0),
        attr("dense_keys", AttrKind::ListStr).at_least(0),
        types("sparse_types"),
        types("Tdense"),
        attr("dense_shapes", AttrKind::ListShape).at_least(0),
    ],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        let scalar = c.input(0).with_rank(0)?;
        outputs(c, &scalar)
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let list =
            |name: &str| -> Result<Vec<String>> { Ok(c.attrs().strs(name)?.iter().map(|b| String::from_utf8_lossy(b).into_owned()).collect()) };
        let request = Request { sparse: list("sparse_keys")?, dense: list("dense_keys")?, ragged: vec![], defaults: 1 };
        parse(c, &request, &[])
    }),
    grad: NO_GRADIENT,
    sample: Some(|_| {
        let key = |k: &[u8]| AttrList::Str(vec![k.into()]);
        Case::new()
            .input(Tensor::string_scalar(&example()))
            .input(Tensor::from_slice::<f32>(&[], &[0]))
            .attr("num_sparse", 1)
            .attr("sparse_keys", key(b"a"))
            .attr("dense_keys", key(b"f"))
            .attr("sparse_types", AttrList::Type(vec![DType::I64.number()]))
            .attr("Tdense", AttrList::Type(vec![DType::F32.number()]))
            .attr("dense_shapes", AttrList::Shape(vec![Shape::vector(2)]))
    }),
    ..OpDef::BASE
};

/// Static shapes: `batch` has rank 0 or 1, or is unknown.
fn outputs(c: &mut ShapeCtx, batch: &Shape) -> Result<()> {
    let sparse = c.attrs().dtypes("sparse_types")?.len();
    let rank = batch.rank().map_or(-1, |r| r as i64 + 1);
    for i in 0..sparse {
        c.set(i, Shape::of(&[-1, rank]));
        c.set(sparse + i, Shape::vector(-1));
        c.set(2 * sparse + i, Shape::vector(rank));
    }
    let shapes = c.attrs().shapes("dense_shapes")?.to_vec();
    let dense = c.attrs().dtypes("Tdense")?.len();
    if shapes.len() != dense {
        return Err(Error::value(format!("len(dense_keys) != len(dense_shapes): {dense} vs. {}", shapes.len())));
    }
    for (i, shape) in shapes.iter().enumerate() {
        if batch.rank().is_some() {
            c.set(3 * sparse + i, batch.concat(shape));
        }
    }
    for i in 3 * sparse + dense..c.outputs() {
        c.set(i, Shape::vector(-1));
    }
    if let (Some([n]), true) = (batch.dims(), c.attrs().get("ragged_split_types").is_some()) {
        let ragged = c.attrs().dtypes("ragged_split_types")?.len();
        for i in 0..ragged {
            c.set(3 * sparse + dense + ragged + i, Shape::vector(if *n < 0 { -1 } else { n + 1 }));
        }
    }
    Ok(())
}

struct Request {
    sparse: Vec<String>,
    dense: Vec<String>,
    ragged: Vec<String>,
    /// The first input that is a default.
    defaults: usize,
}

fn parse(c: &mut KernelCtx, request: &Request, names: &[Bytes]) -> Result<()> {
    let serialized = c.input(0);
    let single = serialized.rank() == 0;
    if serialized.rank() > 1 {
        return Err(Error::invalid("Expected serialized to be a scalar or a vector"));
    }
    if !names.is_empty() && names.len() != serialized.len() {
        return Err(Error::invalid(format!("Expected len(names) == len(serialized), but got: {} vs. {}", names.len(), serialized.len())));
    }
    let examples = serialized.as_strings().iter().map(|b| decode::<Example>(b)).collect::<Result<Vec<_>>>()?;
    let features: Vec<Option<&Features>> = examples.iter().map(|e| e.features.as_ref()).collect();
    let attrs = c.attrs();
    let mut out: [Vec<Tensor>; 3] = std::array::from_fn(|_| vec![]);
    for column in columns(&request.sparse, &attrs.dtypes("sparse_types")?, "sparse")? {
        let (values, lengths) = ragged(&column, &features, names, single)?;
        for (list, t) in out.iter_mut().zip(sparse(values, &lengths, single)?) {
            list.push(t);
        }
    }
    let mut results: Vec<Tensor> = out.into_iter().flatten().collect();
    let shapes = attrs.shapes("dense_shapes")?;
    for (i, column) in columns(&request.dense, &attrs.dtypes("Tdense")?, "dense")?.into_iter().enumerate() {
        let shape = shapes.get(i).ok_or_else(|| Error::invalid("len(dense_keys) != len(dense_shapes)"))?.clone();
        let column = DenseColumn { column, shape, default: c.input(request.defaults + i).clone() };
        results.push(dense(&column, &features, names, single)?);
    }
    if attrs.get("ragged_value_types").is_some() {
        let split_types = attrs.dtypes("ragged_split_types")?;
        let mut starts = Vec::new();
        let ragged_columns = columns(&request.ragged, &attrs.dtypes("ragged_value_types")?, "ragged")?;
        if split_types.len() != ragged_columns.len() {
            return Err(Error::invalid("len(ragged_keys) != len(ragged_split_types)"));
        }
        for (column, split_type) in ragged_columns.iter().zip(split_types) {
            let (values, lengths) = ragged(column, &features, names, single)?;
            let n = values.len();
            results.push(values.into_tensor(&[n])?);
            // A single example has no rows to split.
            let none = Tensor::try_zeros(split_type, &[0])?;
            starts.push(if single { none } else { splits(&lengths, split_type) });
        }
        results.extend(starts);
    }
    if results.len() != c.outputs() {
        return Err(Error::invalid(format!("{} outputs are declared, the keys give {}", c.outputs(), results.len())));
    }
    for (i, t) in results.into_iter().enumerate() {
        c.set(i, t);
    }
    Ok(())
}

pub(super) fn columns(keys: &[String], types: &[DType], what: &str) -> Result<Vec<Column>> {
    if keys.len() != types.len() {
        return Err(Error::invalid(format!("len({what}_keys) != len({what}_types): {} vs. {}", keys.len(), types.len())));
    }
    Ok(keys.iter().zip(types).map(|(k, t)| Column { key: k.clone(), dtype: *t }).collect())
}

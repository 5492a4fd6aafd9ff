//! Any bytes through the ops that take files and messages apart: images, examples, CSV, tensors, summaries. The first byte chooses the op.
//! Seeds: `tests/data/images/*`, `tests/data/fixtures/tfrecord/*`.
#![no_main]

use std::sync::OnceLock;

use graphpb::graph::attr::{Attr, AttrList};
use graphpb::graph::builder::{Name, NewNode};
use graphpb::graph::fact::Shape;
use graphpb::session::Session;
use graphpb::{Graph, Out};
use graphpb_kernels::{DType, Tensor};
use libfuzzer_sys::fuzz_target;

struct Ops {
    session: Session,
    input: Out,
    outputs: Vec<Vec<Out>>,
}

fn build() -> graphpb::error::Result<Ops> {
    let mut g = Graph::new();
    let placeholder = NewNode::new("Placeholder", Name::Exact("x"), &[]).attr("dtype", DType::Str).attr("shape", Shape::scalar());
    let input = g.add(placeholder)?.out(0);
    let constant = |g: &mut Graph, name: &str, t: Tensor| -> graphpb::error::Result<Out> {
        Ok(g.add(NewNode::new("Const", Name::Exact(name), &[]).attr("dtype", t.dtype()).attr("value", t))?.out(0))
    };
    let none = constant(&mut g, "none", Tensor::strings(vec![], &[0]))?;
    let key = constant(&mut g, "key", Tensor::strings(vec![b"a".as_slice().into()], &[1]))?;
    let required = constant(&mut g, "required", Tensor::from_slice::<i64>(&[], &[0]))?;
    let number = constant(&mut g, "number", Tensor::vector(&[0f32]))?;
    let text = constant(&mut g, "text", Tensor::string_scalar(b""))?;
    let types = |d: DType| Attr::List(AttrList::Type(vec![d.number()]));
    let mut nodes = Vec::new();
    for op in ["DecodePng", "DecodeJpeg", "DecodeGif", "DecodeBmp", "DecodeImage", "ExtractJpegShape"] {
        nodes.push(g.add(NewNode::new(op, Name::Exact(op), &[input]))?);
    }
    nodes.push(g.add(NewNode::new("ParseTensor", Name::Exact("tensor"), &[input]).attr("out_type", DType::F32))?);
    nodes.push(g.add(NewNode::new("MergeSummary", Name::Exact("merge"), &[input, input]).attr("N", 2))?);
    let csv = AttrList::Type(vec![DType::F32.number(), DType::Str.number()]);
    nodes.push(g.add(NewNode::new("DecodeCSV", Name::Exact("csv"), &[input, number, text]).attr("OUT_TYPE", csv))?);
    nodes.push(
        g.add(
            NewNode::new("ParseExampleV2", Name::Exact("example"), &[input, none, key, key, none, required])
                .attr("num_sparse", 1)
                .attr("sparse_types", types(DType::F32))
                .attr("Tdense", types(DType::I64))
                .attr("ragged_value_types", AttrList::Empty)
                .attr("ragged_split_types", AttrList::Empty)
                .attr("dense_shapes", AttrList::Shape(vec![Shape::of(&[-1, 3])])),
        )?,
    );
    let outputs = nodes.iter().map(|id| (0..g.node(*id).outputs.len()).map(|i| id.out(i)).collect()).collect();
    Ok(Ops { session: Session::of(g), input, outputs })
}

fuzz_target!(|bytes: &[u8]| {
    static OPS: OnceLock<Ops> = OnceLock::new();
    let ops = OPS.get_or_init(|| build().unwrap_or_else(|e| panic!("{e}")));
    let Some((first, rest)) = bytes.split_first() else { return };
    let outputs = &ops.outputs[usize::from(*first) % ops.outputs.len()];
    if let Err(e) = ops.session.run(&[(ops.input, Tensor::string_scalar(rest))], outputs, &[]) {
        assert!(e.code() != graphpb::Code::Internal, "{e}");
    }
});

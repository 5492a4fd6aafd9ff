//! `TensorProto` to `Tensor` and back, by TensorFlow's rules for what a proto may leave out.

use graphpb_kernels::buffer::Buffer;
use graphpb_kernels::tensor::checked_len;
use graphpb_kernels::{Bool, Bytes, C64, C128, Code, DType, Dims, Element, KernelError, Tensor, bf16, f16, shape_text};

use super::tensor_shape_proto::Dim;
use super::{TensorProto, TensorShapeProto};

type Result<T> = std::result::Result<T, KernelError>;

/// The largest tensor, in bytes, that is made from a proto holding fewer values than elements.
///
/// A proto of ten bytes may stand for any number of repeated elements; whatever is larger than this must be spelled out
/// (or be a `Fill` op).
pub const SPLAT_LIMIT: usize = 256 << 20;

/// The largest rank that TensorFlow knows.
pub const MAX_RANK: usize = 254;

/// How `encode` writes long runs of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Every element, as Python's `tf.constant` writes an array.
    Full,
    /// Without a trailing run of one value where that at least halves a tensor of 64 elements or more, as Grappler does.
    Compact,
    /// The first so many values, of which the last stands for all the rest, as `tf.constant(v, shape=s)` writes it.
    Leading(usize),
}

fn invalid(message: String) -> KernelError {
    KernelError::new(Code::InvalidArgument, message)
}

/// The sizes of a fully known shape; a shape of unknown rank counts as a scalar's.
///
/// INVALID_ARGUMENT for a negative size or more than 254 dimensions.
pub fn dims_of(shape: Option<&TensorShapeProto>) -> Result<Dims> {
    let Some(shape) = shape.filter(|s| !s.unknown_rank) else { return Ok(Dims::new()) };
    if shape.dim.len() > MAX_RANK {
        return Err(invalid(format!("Shape has {} dimensions, more than {MAX_RANK}", shape.dim.len())));
    }
    shape
        .dim
        .iter()
        .map(|d| usize::try_from(d.size).map_err(|_| invalid(format!("Shape {} has a negative or unknown size", proto_shape_text(shape)))))
        .collect()
}

fn proto_shape_text(shape: &TensorShapeProto) -> String {
    let sizes: Vec<String> = shape.dim.iter().map(|d| if d.size < 0 { "?".into() } else { d.size.to_string() }).collect();
    format!("[{}]", sizes.join(","))
}

/// The shape message of fully known sizes.
pub fn shape_of(dims: &[usize]) -> TensorShapeProto {
    let dim = dims.iter().map(|&d| Dim { size: i64::try_from(d).unwrap_or(i64::MAX), name: String::new() }).collect();
    TensorShapeProto { dim, unknown_rank: false }
}

/// The tensor that `proto` stands for.
///
/// `tensor_content` wins over the value field of the dtype; a value field that is too short repeats its last value (an
/// empty one stands for zeros), surplus values are ignored. INVALID_ARGUMENT for an unknown dtype, a bad shape, or content
/// of the wrong length; RESOURCE_EXHAUSTED for a repeated value beyond `SPLAT_LIMIT`; UNIMPLEMENTED for resources and
/// variants. Nothing is allocated before these checks.
pub fn decode(proto: &TensorProto) -> Result<Tensor> {
    let dtype = DType::from_number(proto.dtype).ok_or_else(|| invalid(format!("Cannot parse tensor from proto: unknown dtype {}", proto.dtype)))?;
    let dims = dims_of(proto.tensor_shape.as_ref())?;
    let n = checked_len(dtype, &dims)?;
    let out = Target { dtype, dims: &dims, n };
    if !proto.tensor_content.is_empty() {
        return if dtype == DType::Str { out.strings_from_content(&proto.tensor_content) } else { out.plain_from_content(&proto.tensor_content) };
    }
    match dtype {
        DType::F32 => out.values(&proto.float_val, |v| *v),
        DType::F64 => out.values(&proto.double_val, |v| *v),
        DType::I32 => out.values(&proto.int_val, |v| *v),
        DType::QI32 => out.values::<i32, _>(&proto.int_val, |v| *v).map(|t| t.bitcast(dtype)),
        DType::I16 | DType::U16 | DType::QI16 | DType::QU16 => out.values::<u16, _>(&proto.int_val, |v| *v as u16).map(|t| t.bitcast(dtype)),
        DType::I8 | DType::U8 | DType::QI8 | DType::QU8 | DType::I4 | DType::U4 | DType::I2 | DType::U2 => {
            out.values::<u8, _>(&proto.int_val, |v| *v as u8).map(|t| t.bitcast(dtype))
        }
        DType::I64 => out.values(&proto.int64_val, |v| *v),
        DType::U32 => out.values(&proto.uint32_val, |v| *v),
        DType::U64 => out.values(&proto.uint64_val, |v| *v),
        DType::Bool => out.values(&proto.bool_val, |v| Bool::from(*v)),
        DType::F16 | DType::BF16 => out.values::<u16, _>(&proto.half_val, |v| *v as u16).map(|t| t.bitcast(dtype)),
        DType::C64 => out.values(proto.scomplex_val.as_chunks().0, |[re, im]| C64::new(*re, *im)),
        DType::C128 => out.values(proto.dcomplex_val.as_chunks().0, |[re, im]| C128::new(*re, *im)),
        DType::F8E5M2 | DType::F8E4M3FN | DType::F8E4M3FNUZ | DType::F8E4M3B11FNUZ | DType::F8E5M2FNUZ | DType::F4E2M1FN => {
            out.values::<u8, _>(&proto.float8_val, |v| *v).map(|t| t.bitcast(dtype))
        }
        DType::Str => out.strings(&proto.string_val),
        DType::Resource | DType::Variant => {
            Err(KernelError::new(Code::Unimplemented, format!("A {} tensor cannot be read from a graph", dtype.name())))
        }
    }
}

/// What is to be filled: `n` elements of `dtype`, laid out as `dims`.
struct Target<'a> {
    dtype: DType,
    dims: &'a [usize],
    n: usize,
}

impl Target<'_> {
    fn check_splat(&self, given: usize, element: usize) -> Result<()> {
        if given < self.n && self.n.saturating_mul(element) > SPLAT_LIMIT {
            return Err(KernelError::new(
                Code::ResourceExhausted,
                format!(
                    "A {} tensor of shape {} made from {given} values exceeds the limit of {} MiB for repeated values",
                    self.dtype.name(),
                    shape_text(self.dims),
                    SPLAT_LIMIT >> 20,
                ),
            ));
        }
        Ok(())
    }

    /// Elements made from `values` by `get`, of a Rust type as wide as the dtype.
    fn values<T: Element, V>(&self, values: &[V], get: impl Fn(&V) -> T) -> Result<Tensor> {
        let size = size_of::<T>();
        self.check_splat(values.len(), size)?;
        if self.n == 0 || values.is_empty() {
            return Tensor::try_zeros(T::DTYPE, self.dims);
        }
        let mut tensor = Tensor::try_scratch(T::DTYPE, self.dims)?;
        let out = tensor.slice_mut::<T>();
        let (head, tail) = out.split_at_mut(values.len().min(out.len()));
        for (o, v) in head.iter_mut().zip(values) {
            *o = get(v);
        }
        if let Some(last) = values.last() {
            tail.fill(get(last));
        }
        Ok(tensor)
    }

    fn plain_from_content(&self, content: &[u8]) -> Result<Tensor> {
        if !self.dtype.is_plain() || content.len() != self.n * self.dtype.size() {
            return Err(invalid(format!(
                "Cannot parse tensor from proto: tensor_content has {} bytes, but shape {} of {} needs {}",
                content.len(),
                shape_text(self.dims),
                self.dtype.name(),
                self.n * self.dtype.size(),
            )));
        }
        plain_from_bytes(self.dtype, self.dims, content)
    }

    /// String content is `n` varint lengths, then all strings without separators.
    fn strings_from_content(&self, content: &[u8]) -> Result<Tensor> {
        let bad = |what: &str| invalid(format!("Cannot parse tensor from proto: string tensor_content of shape {} {what}", shape_text(self.dims)));
        if self.n > content.len() {
            return Err(bad("is too short"));
        }
        let mut rest = content;
        let mut lengths = Vec::with_capacity(self.n);
        for _ in 0..self.n {
            let length = prost::encoding::decode_varint(&mut rest).map_err(|_| bad("has a broken length"))?;
            lengths.push(usize::try_from(length).map_err(|_| bad("has a broken length"))?);
        }
        let mut values: Vec<Bytes> = Vec::with_capacity(self.n);
        for length in lengths {
            let (value, after) = rest.split_at_checked(length).ok_or_else(|| bad("is too short"))?;
            values.push(Bytes::from(value));
            rest = after;
        }
        if !rest.is_empty() {
            return Err(bad("is too long"));
        }
        self.string_tensor(values)
    }

    fn strings(&self, values: &[Vec<u8>]) -> Result<Tensor> {
        self.check_splat(values.len(), size_of::<Bytes>())?;
        let mut out: Vec<Bytes> = values.iter().take(self.n).map(|v| Bytes::from(v.as_slice())).collect();
        let last = out.last().cloned().unwrap_or_else(|| Bytes::from(&b""[..]));
        out.resize(self.n, last);
        self.string_tensor(out)
    }

    fn string_tensor(&self, values: Vec<Bytes>) -> Result<Tensor> {
        if values.is_empty() {
            return Tensor::try_scratch(DType::Str, self.dims);
        }
        Ok(Tensor::strings(values, self.dims))
    }
}

/// A plain tensor from its little-endian bytes, row-major. INVALID_ARGUMENT when their number is wrong.
pub fn plain_from_bytes(dtype: DType, dims: &[usize], bytes: &[u8]) -> Result<Tensor> {
    let n = checked_len(dtype, dims)?;
    if !dtype.is_plain() || n * dtype.size() != bytes.len() {
        return Err(invalid(format!("{} bytes do not make a {} tensor of shape {}", bytes.len(), dtype.name(), shape_text(dims))));
    }
    if n == 0 {
        return Tensor::try_scratch(dtype, dims);
    }
    let mut buffer = Buffer::scratch(bytes.len());
    if let Some(out) = buffer.unique_mut() {
        out.copy_from_slice(bytes);
    }
    Ok(Tensor::from_buffer(dtype, dims, buffer))
}

/// Whether `tf.constant` writes arrays of this type as `tensor_content`.
fn has_content(dtype: DType) -> bool {
    dtype.is_plain() && !matches!(dtype, DType::Bool | DType::C64 | DType::C128 | DType::U16 | DType::I4 | DType::U4 | DType::I2 | DType::U2)
}

/// The message of `tensor`, as `tf.constant` writes it: content for more than one number, values otherwise.
///
/// UNIMPLEMENTED for resources and variants.
pub fn encode(tensor: &Tensor, encoding: Encoding) -> Result<TensorProto> {
    let dtype = tensor.dtype();
    let mut proto = TensorProto { dtype: dtype.number(), tensor_shape: Some(shape_of(tensor.dims())), ..TensorProto::default() };
    let n = tensor.len();
    if n == 0 {
        return Ok(proto);
    }
    if encoding == Encoding::Compact && n >= 64 {
        let kept = without_trailing_run(tensor);
        let value_size = if dtype.is_complex() { dtype.size() } else { dtype.size().max(4) };
        if dtype.is_plain() && kept * value_size * 2 <= n * dtype.size() {
            put_values(&mut proto, tensor, kept)?;
            return Ok(proto);
        }
    }
    if let Encoding::Leading(count) = encoding {
        put_values(&mut proto, tensor, count.min(n))?;
    } else if n > 1 && has_content(dtype) {
        proto.tensor_content = prost::bytes::Bytes::copy_from_slice(tensor.bytes());
    } else {
        put_values(&mut proto, tensor, n)?;
    }
    Ok(proto)
}

/// The values alone, one by one: no type, no shape, as checkpoints of format V1 keep them. UNIMPLEMENTED for resources and variants.
pub fn values_of(tensor: &Tensor) -> Result<TensorProto> {
    let mut proto = TensorProto::default();
    put_values(&mut proto, tensor, tensor.len())?;
    Ok(proto)
}

/// How many values stand for the whole of a plain tensor when its last value is repeated; 0 when all bytes are zero.
fn without_trailing_run(tensor: &Tensor) -> usize {
    let bytes = tensor.bytes();
    if bytes.iter().all(|&b| b == 0) {
        return 0;
    }
    let size = tensor.dtype().size();
    let Some(last) = bytes.len().checked_sub(size).and_then(|at| bytes.get(at..)) else { return 0 };
    let run = bytes.rchunks_exact(size).take_while(|v| *v == last).count();
    tensor.len() - run + 1
}

fn put_values(proto: &mut TensorProto, tensor: &Tensor, count: usize) -> Result<()> {
    fn take<T: Element, V>(tensor: &Tensor, count: usize, value: impl Fn(T) -> V) -> Vec<V> {
        tensor.raw::<T>().iter().take(count).map(|&v| value(v)).collect()
    }
    match tensor.dtype() {
        DType::F32 => proto.float_val = take::<f32, _>(tensor, count, |v| v),
        DType::F64 => proto.double_val = take::<f64, _>(tensor, count, |v| v),
        DType::I32 | DType::QI32 => proto.int_val = take::<i32, _>(tensor, count, |v| v),
        DType::I16 | DType::QI16 => proto.int_val = take::<i16, _>(tensor, count, i32::from),
        DType::U16 | DType::QU16 => proto.int_val = take::<u16, _>(tensor, count, i32::from),
        DType::I8 | DType::QI8 | DType::I4 | DType::I2 => proto.int_val = take::<i8, _>(tensor, count, i32::from),
        DType::U8 | DType::QU8 | DType::U4 | DType::U2 => proto.int_val = take::<u8, _>(tensor, count, i32::from),
        DType::I64 => proto.int64_val = take::<i64, _>(tensor, count, |v| v),
        DType::U32 => proto.uint32_val = take::<u32, _>(tensor, count, |v| v),
        DType::U64 => proto.uint64_val = take::<u64, _>(tensor, count, |v| v),
        DType::Bool => proto.bool_val = take::<Bool, _>(tensor, count, Bool::get),
        DType::F16 => proto.half_val = take::<f16, _>(tensor, count, |v| i32::from(v.to_bits())),
        DType::BF16 => proto.half_val = take::<bf16, _>(tensor, count, |v| i32::from(v.to_bits())),
        DType::C64 => {
            proto.scomplex_val = take::<C64, _>(tensor, count, |v| [v.re, v.im]).into_iter().flatten().collect();
        }
        DType::C128 => {
            proto.dcomplex_val = take::<C128, _>(tensor, count, |v| [v.re, v.im]).into_iter().flatten().collect();
        }
        DType::F8E5M2 | DType::F8E4M3FN | DType::F8E4M3FNUZ | DType::F8E4M3B11FNUZ | DType::F8E5M2FNUZ | DType::F4E2M1FN => {
            proto.float8_val = take::<u8, _>(tensor, count, |v| v)
        }
        DType::Str => proto.string_val = tensor.as_strings().iter().take(count).map(|v| v.to_vec()).collect(),
        DType::Resource | DType::Variant => {
            return Err(KernelError::new(Code::Unimplemented, format!("A {} tensor cannot be stored in a graph", tensor.dtype().name())));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::proto::{GraphDef, attr_value};

    const ZOO: (&[u8], &str) =
        (include_bytes!("../../../../tests/data/fixtures/tensor_zoo.pb"), include_str!("../../../../tests/data/tensor_zoo.tsv"));
    const CONSTANTS: (&[u8], &str) =
        (include_bytes!("../../../../tests/data/fixtures/constants_py.pb"), include_str!("../../../../tests/data/constants_py.tsv"));

    fn value(graph: &GraphDef, name: &str) -> Option<TensorProto> {
        let node = graph.node.iter().find(|n| n.name == name && n.op == "Const")?;
        match node.attr.get("value")?.value.clone()? {
            attr_value::Value::Tensor(t) => Some(t),
            _ => None,
        }
    }

    fn hex(tensor: &Tensor) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        match tensor.dtype() {
            DType::Str => tensor.as_strings().iter().map(|s| format!("\"{}\"", hex(s))).collect::<Vec<_>>().join(","),
            _ => hex(tensor.bytes()),
        }
    }

    #[test]
    fn values_are_those_that_tensorflow_decoded() {
        let mut checked = 0;
        for (bytes, table) in [ZOO, CONSTANTS] {
            let graph = GraphDef::decode(bytes).unwrap();
            for line in table.lines() {
                let [name, dims, data] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
                let Some(proto) = value(&graph, name) else { continue };
                let tensor = decode(&proto).unwrap();
                let got = tensor.dims().iter().map(usize::to_string).collect::<Vec<_>>().join(",");
                assert_eq!((got.as_str(), hex(&tensor).as_str()), (dims, data), "{name}");
                checked += 1;
            }
        }
        assert!(checked >= 55, "{checked}");
    }

    #[test]
    fn arrays_are_encoded_as_tf_constant_does() {
        let graph = GraphDef::decode(CONSTANTS.0).unwrap();
        // Not here: constants that Python made with shape=, which it stores as one value.
        let names = ["scalar", "vec", "np_zeros", "bools", "strs", "cplx", "half", "bf", "bf1", "u8_1", "u8_2", "empty", "i64", "f64_full"];
        for name in names {
            let proto = value(&graph, name).unwrap();
            assert_eq!(encode(&decode(&proto).unwrap(), Encoding::Full).unwrap(), proto, "{name}");
        }
    }

    #[test]
    fn both_encodings_decode_to_the_same_tensor() {
        let graph = GraphDef::decode(ZOO.0).unwrap();
        let mut long = vec![7i64; 500];
        long[0] = 3;
        let mut tensors: Vec<_> = graph.node.iter().map(|n| decode(&value(&graph, &n.name).unwrap()).unwrap()).collect();
        tensors.extend([Tensor::from_slice(&long, &[5, 100]), Tensor::zeros(DType::F32, &[1000]), Tensor::from_slice(&[-0f64; 80], &[80])]);
        for tensor in tensors {
            for encoding in [Encoding::Full, Encoding::Compact] {
                let back = decode(&encode(&tensor, encoding).unwrap()).unwrap();
                assert_eq!((back.dtype(), back.dims(), hex(&back)), (tensor.dtype(), tensor.dims(), hex(&tensor)));
            }
        }
        assert_eq!(encode(&Tensor::from_slice(&long, &[500]), Encoding::Compact).unwrap().int64_val, [3, 7]);
        assert!(encode(&Tensor::zeros(DType::F32, &[1000]), Encoding::Compact).unwrap().float_val.is_empty());
    }

    fn proto(dtype: DType, dims: &[i64]) -> TensorProto {
        let dim = dims.iter().map(|&size| Dim { size, name: String::new() }).collect();
        TensorProto { dtype: dtype.number(), tensor_shape: Some(TensorShapeProto { dim, unknown_rank: false }), ..TensorProto::default() }
    }

    #[test]
    fn hostile_sizes_are_refused_without_allocating() {
        let content =
            |dtype, dims: &[i64], bytes: &'static [u8]| TensorProto { tensor_content: prost::bytes::Bytes::from_static(bytes), ..proto(dtype, dims) };
        let cases = [
            (proto(DType::F32, &[1 << 60]), Code::ResourceExhausted),
            (proto(DType::F32, &[1 << 40, 1 << 40]), Code::ResourceExhausted),
            (proto(DType::F32, &[1 << 38]), Code::ResourceExhausted),
            (proto(DType::Str, &[1 << 35]), Code::ResourceExhausted),
            (proto(DType::F32, &[-1]), Code::InvalidArgument),
            (proto(DType::F32, &[1; 255]), Code::InvalidArgument),
            (TensorProto::default(), Code::InvalidArgument),
            (TensorProto { dtype: 99, ..TensorProto::default() }, Code::InvalidArgument),
            (content(DType::F32, &[2], b"1234567"), Code::InvalidArgument),
            (content(DType::F32, &[1 << 38], b"1234"), Code::InvalidArgument),
            (content(DType::Str, &[1 << 30], b"1234"), Code::InvalidArgument),
            (content(DType::Str, &[2], b"\x01\x05ab"), Code::InvalidArgument),
            (content(DType::Str, &[1], b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), Code::InvalidArgument),
            (content(DType::Str, &[1], b"\x01ab"), Code::InvalidArgument),
            (proto(DType::Resource, &[]), Code::Unimplemented),
        ];
        for (proto, code) in cases {
            assert_eq!(decode(&proto).unwrap_err().code, code, "{proto:?}");
        }
        assert!(decode(&proto(DType::F32, &[1 << 40, 0, 1 << 40])).unwrap().is_empty());
    }
}

//! The tensor: element type, sizes and C-contiguous data; cheap to clone, written only when unshared.

use std::any::Any;
use std::fmt;
use std::panic::panic_any;
use std::sync::Arc;

use crate::buffer::Buffer;
use crate::dtype::{DType, Element};
use crate::error::{Code, KernelError, Result};
use smallvec::SmallVec;

/// Sizes of a tensor, outermost first.
pub type Dims = SmallVec<[usize; 6]>;

/// One element of a string tensor: arbitrary bytes.
pub type Bytes = Arc<[u8]>;

/// What a resource or variant element refers to.
pub type Handle = Arc<dyn Any + Send + Sync>;

/// The largest tensor that is ever allocated, in bytes.
pub const MAX_BYTES: usize = 1 << 40;

#[derive(Clone)]
enum Data {
    Plain(Buffer),
    Strings(Arc<Vec<Bytes>>),
    Handles(Arc<Vec<Handle>>),
}

#[derive(Clone)]
pub struct Tensor {
    dtype: DType,
    dims: Dims,
    data: Data,
}

/// The number of elements, or an error when it cannot be held in memory.
pub fn checked_len(dtype: DType, dims: &[usize]) -> Result<usize> {
    let size = dtype.size().max(16 * usize::from(!dtype.is_plain())).max(1);
    let n = dims.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
    // A zero anywhere makes an empty tensor, however large the other sizes are.
    let n = if dims.contains(&0) { Some(0) } else { n };
    match n {
        Some(n) if n.checked_mul(size).is_some_and(|b| b <= MAX_BYTES) => Ok(n),
        _ => Err(too_large(dtype, dims)),
    }
}

fn too_large(dtype: DType, dims: &[usize]) -> KernelError {
    KernelError::new(Code::ResourceExhausted, format!("OOM when allocating tensor with shape{} and type {}", shape_text(dims), dtype.c_name()))
}

/// `vec![value; n]` for a count that comes from a user or a file: RESOURCE_EXHAUSTED when there is no memory for it.
pub fn filled<T: Clone>(n: usize, value: T) -> Result<Vec<T>> {
    let mut v = Vec::new();
    v.try_reserve_exact(n).map_err(|_| KernelError::out_of_memory(n.saturating_mul(size_of::<T>())))?;
    v.resize(n, value);
    Ok(v)
}

/// `[2,3]`, as TensorFlow's error messages write a shape.
pub fn shape_text(dims: &[usize]) -> String {
    let inner: Vec<String> = dims.iter().map(usize::to_string).collect();
    format!("[{}]", inner.join(","))
}

impl Tensor {
    /// A plain tensor with arbitrary (initialised) content; strings are empty.
    ///
    /// Panics with a [`KernelError`] when it cannot be held in memory: use `try_scratch` for sizes that come from a user or a file.
    pub fn scratch(dtype: DType, dims: &[usize]) -> Tensor {
        Self::try_scratch(dtype, dims).unwrap_or_else(|e| panic_any(e))
    }

    /// Like `scratch`, with RESOURCE_EXHAUSTED for sizes that overflow, exceed `MAX_BYTES` or find no memory.
    pub fn try_scratch(dtype: DType, dims: &[usize]) -> Result<Tensor> {
        let n = checked_len(dtype, dims)?;
        let data = match dtype {
            DType::Str => filled(n, Bytes::from(&b""[..])).ok().map(|v| Data::Strings(Arc::new(v))),
            DType::Resource | DType::Variant => filled(n, Arc::new(()) as Handle).ok().map(|v| Data::Handles(Arc::new(v))),
            _ => Buffer::try_scratch(n * dtype.size()).map(Data::Plain),
        };
        let data = data.ok_or_else(|| too_large(dtype, dims))?;
        Ok(Tensor { dtype, dims: Dims::from_slice(dims), data })
    }

    /// A tensor of zeros (empty strings).
    pub fn try_zeros(dtype: DType, dims: &[usize]) -> Result<Tensor> {
        let mut t = Self::try_scratch(dtype, dims)?;
        if let Data::Plain(b) = &mut t.data {
            if let Some(bytes) = b.unique_mut() {
                bytes.fill(0);
            }
        }
        Ok(t)
    }
    pub fn zeros(dtype: DType, dims: &[usize]) -> Tensor {
        Self::try_zeros(dtype, dims).unwrap_or_else(|e| panic_any(e))
    }

    pub fn from_slice<T: Element>(values: &[T], dims: &[usize]) -> Tensor {
        let mut t = Tensor::scratch(T::DTYPE, dims);
        t.slice_mut::<T>().copy_from_slice(values);
        t
    }
    pub fn scalar<T: Element>(value: T) -> Tensor {
        Self::from_slice(&[value], &[])
    }
    /// A vector.
    pub fn vector<T: Element>(values: &[T]) -> Tensor {
        Self::from_slice(values, &[values.len()])
    }
    pub fn strings(values: Vec<Bytes>, dims: &[usize]) -> Tensor {
        assert_eq!(values.len(), dims.iter().product::<usize>(), "string count and shape differ");
        Tensor { dtype: DType::Str, dims: Dims::from_slice(dims), data: Data::Strings(Arc::new(values)) }
    }
    pub fn string_scalar(value: &[u8]) -> Tensor {
        Self::strings(vec![Bytes::from(value)], &[])
    }
    /// A resource or variant tensor.
    pub fn handles(dtype: DType, values: Vec<Handle>, dims: &[usize]) -> Tensor {
        assert!(matches!(dtype, DType::Resource | DType::Variant), "handles are resources or variants");
        assert_eq!(values.len(), dims.iter().product::<usize>(), "handle count and shape differ");
        Tensor { dtype, dims: Dims::from_slice(dims), data: Data::Handles(Arc::new(values)) }
    }
    /// A plain tensor over an existing buffer of exactly the right length.
    pub fn from_buffer(dtype: DType, dims: &[usize], buffer: Buffer) -> Tensor {
        assert_eq!(buffer.len(), dims.iter().product::<usize>() * dtype.size(), "buffer length and shape differ");
        assert!(dtype.is_plain(), "a buffer holds plain elements");
        assert_eq!(buffer.bytes().as_ptr().align_offset(dtype.size().clamp(1, 8)), 0, "misaligned buffer");
        Tensor { dtype, dims: Dims::from_slice(dims), data: Data::Plain(buffer) }
    }

    #[inline]
    pub fn dtype(&self) -> DType {
        self.dtype
    }
    #[inline]
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }
    #[inline]
    pub fn rank(&self) -> usize {
        self.dims.len()
    }
    /// The number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        match &self.data {
            Data::Plain(b) => b.len() / self.dtype.size(),
            Data::Strings(v) => v.len(),
            Data::Handles(v) => v.len(),
        }
    }
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    pub fn nbytes(&self) -> usize {
        match &self.data {
            Data::Plain(b) => b.len(),
            Data::Strings(v) => v.iter().map(|s| s.len()).sum(),
            Data::Handles(_) => 0,
        }
    }

    /// The elements. Panics when `T` is not the tensor's type.
    #[inline]
    pub fn slice<T: Element>(&self) -> &[T] {
        assert!(T::DTYPE == self.dtype, "{} tensor read as {}", self.dtype.name(), T::DTYPE.name());
        self.raw::<T>()
    }
    /// The elements for writing; a shared or foreign tensor is copied first. Panics when `T` is not the tensor's type.
    #[inline]
    pub fn slice_mut<T: Element>(&mut self) -> &mut [T] {
        assert!(T::DTYPE == self.dtype, "{} tensor written as {}", self.dtype.name(), T::DTYPE.name());
        self.raw_mut::<T>()
    }
    /// The elements as any element type of the same width (see `with_width!`).
    #[inline]
    pub fn raw<T: Element>(&self) -> &[T] {
        let size = std::mem::size_of::<T>();
        assert!(size == self.dtype.size(), "element width differs");
        let bytes = self.bytes();
        assert!(bytes.as_ptr().align_offset(std::mem::align_of::<T>()) == 0 || bytes.is_empty(), "misaligned tensor");
        if bytes.is_empty() {
            return &[];
        }
        // SAFETY: aligned (checked), in bounds, initialised, and every bit pattern is a valid `T` (trait contract).
        unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / size) }
    }
    /// As `raw`, for writing; a shared or foreign tensor is copied first.
    #[inline]
    pub fn raw_mut<T: Element>(&mut self) -> &mut [T] {
        let size = std::mem::size_of::<T>();
        assert!(size == self.dtype.size(), "element width differs");
        let Data::Plain(b) = &mut self.data else { panic!("not a plain tensor") };
        if !b.is_unique() {
            *b = b.to_owned_copy();
        }
        let bytes = b.unique_mut().expect("just made unique");
        if bytes.is_empty() {
            return &mut [];
        }
        assert!(bytes.as_ptr().align_offset(std::mem::align_of::<T>()) == 0, "misaligned tensor");
        // SAFETY: as in `raw`; the handle is unique.
        unsafe { std::slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), bytes.len() / size) }
    }
    /// All bytes of a plain tensor; empty for strings and handles.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        match &self.data {
            Data::Plain(b) => b.bytes(),
            _ => &[],
        }
    }
    /// The strings. Panics when it is not a string tensor.
    pub fn as_strings(&self) -> &[Bytes] {
        match &self.data {
            Data::Strings(v) => v,
            _ => panic!("{} tensor read as strings", self.dtype.name()),
        }
    }
    /// The strings for writing; shared ones are copied first.
    pub fn as_strings_mut(&mut self) -> &mut Vec<Bytes> {
        match &mut self.data {
            Data::Strings(v) => Arc::make_mut(v),
            _ => panic!("{} tensor written as strings", self.dtype.name()),
        }
    }
    /// The handles of a resource or variant tensor.
    pub fn as_handles(&self) -> &[Handle] {
        match &self.data {
            Data::Handles(v) => v,
            _ => panic!("{} tensor read as handles", self.dtype.name()),
        }
    }
    /// The handles for writing; shared ones are copied first.
    pub fn as_handles_mut(&mut self) -> &mut Vec<Handle> {
        match &mut self.data {
            Data::Handles(v) => Arc::make_mut(v),
            _ => panic!("{} tensor written as handles", self.dtype.name()),
        }
    }

    /// The single handle of a resource or variant scalar; unshared when the tensor was.
    pub fn into_handle(self) -> Option<Handle> {
        let Data::Handles(v) = self.data else { return None };
        match Arc::try_unwrap(v) {
            Ok(mut v) if v.len() == 1 => v.pop(),
            Ok(_) => None,
            Err(shared) => shared.first().filter(|_| shared.len() == 1).cloned(),
        }
    }

    /// Whether writing in place needs no copy.
    #[inline]
    pub fn is_unique(&self) -> bool {
        match &self.data {
            Data::Plain(b) => b.is_unique(),
            Data::Strings(v) => Arc::strong_count(v) == 1,
            Data::Handles(_) => false,
        }
    }
    /// Whether the data belongs to somebody else (a fed numpy array, a mapped file).
    pub fn is_foreign(&self) -> bool {
        matches!(&self.data, Data::Plain(b) if b.is_foreign())
    }
    /// Whether both show the same memory.
    pub fn shares_memory(&self, other: &Tensor) -> bool {
        matches!((&self.data, &other.data), (Data::Plain(a), Data::Plain(b)) if a.same_block(b))
    }
    /// The tensor in memory of our own: a copy when the data is foreign.
    pub fn into_owned(self) -> Tensor {
        match &self.data {
            Data::Plain(b) if b.is_foreign() => Tensor { data: Data::Plain(b.to_owned_copy()), ..self },
            _ => self,
        }
    }
    /// The buffer of a plain tensor.
    pub fn buffer(&self) -> Option<&Buffer> {
        match &self.data {
            Data::Plain(b) => Some(b),
            _ => None,
        }
    }

    /// The same elements with other sizes. Panics when the counts differ.
    pub fn reshaped(mut self, dims: &[usize]) -> Tensor {
        let n = if dims.contains(&0) { 0 } else { dims.iter().product::<usize>() };
        assert_eq!(self.len(), n, "reshape changes the number of elements");
        self.dims = Dims::from_slice(dims);
        self
    }
    /// The same bytes as another type of the same width (bitcast between plain types).
    pub fn bitcast(mut self, dtype: DType) -> Tensor {
        assert!(dtype.is_plain() && dtype.size() == self.dtype.size(), "bitcast needs one width");
        self.dtype = dtype;
        self
    }
    /// Rows `start..start+len` of the outermost axis, sharing memory when the result stays aligned.
    pub fn rows(&self, start: usize, len: usize) -> Tensor {
        assert!(self.rank() > 0 && start + len <= self.dims[0], "row range out of bounds");
        let row: usize = self.dims[1..].iter().product();
        let mut dims = self.dims.clone();
        dims[0] = len;
        let data = match &self.data {
            Data::Plain(b) => {
                let size = self.dtype.size();
                Data::Plain(b.range(start * row * size, len * row * size))
            }
            Data::Strings(v) => Data::Strings(Arc::new(v[start * row..(start + len) * row].to_vec())),
            Data::Handles(v) => Data::Handles(Arc::new(v[start * row..(start + len) * row].to_vec())),
        };
        Tensor { dtype: self.dtype, dims, data }
    }

    /// The integers of an int32 or int64 tensor (shapes, axes, permutations); None for other types.
    pub fn to_i64s(&self) -> Option<Vec<i64>> {
        match self.dtype {
            DType::I32 => Some(self.slice::<i32>().iter().map(|&v| v as i64).collect()),
            DType::I64 => Some(self.slice::<i64>().to_vec()),
            DType::I16 => Some(self.slice::<i16>().iter().map(|&v| v as i64).collect()),
            DType::I8 => Some(self.slice::<i8>().iter().map(|&v| v as i64).collect()),
            DType::U8 => Some(self.slice::<u8>().iter().map(|&v| v as i64).collect()),
            DType::U16 => Some(self.slice::<u16>().iter().map(|&v| v as i64).collect()),
            DType::U32 => Some(self.slice::<u32>().iter().map(|&v| v as i64).collect()),
            _ => None,
        }
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor({} {})", self.dtype.name(), shape_text(&self.dims))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_a_shared_tensor_leaves_the_other_alone() {
        let a = Tensor::vector(&[1f32, 2.0]);
        let mut b = a.clone();
        b.slice_mut::<f32>()[0] = 9.0;
        assert_eq!(a.slice::<f32>(), [1.0, 2.0]);
        assert_eq!(b.slice::<f32>(), [9.0, 2.0]);
    }

    #[test]
    fn rows_share_memory_and_hostile_sizes_are_refused() {
        let a = Tensor::from_slice(&[1i32, 2, 3, 4, 5, 6], &[3, 2]);
        let r = a.rows(1, 2);
        assert_eq!(r.slice::<i32>(), [3, 4, 5, 6]);
        assert!(r.shares_memory(&a));
        assert!(Tensor::try_scratch(DType::F32, &[1 << 60]).is_err());
        assert!(Tensor::try_scratch(DType::F32, &[1 << 40, 1 << 40]).is_err());
        assert_eq!(Tensor::try_scratch(DType::F32, &[1 << 60, 0, 1 << 60]).unwrap().len(), 0);
    }
}

//! The numpy bridge: arrays as tensors (borrowed where possible) and tensors as arrays (without a copy where exclusive).

use std::ffi::{c_int, c_void};

use graphpb::Error;
use graphpb_kernels::buffer::Buffer;
use graphpb_kernels::tensor::Bytes;
use graphpb_kernels::{DType, Tensor};
use numpy::npyffi::{NPY_ARRAY_CARRAY, NPY_ARRAY_WRITEABLE, PY_ARRAY_API, npy_intp};
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyByteArray, PyBytes, PyString};

use crate::errors::OrRaise;
use crate::hooks::hooks;

/// Results up to this size are copied: that is cheaper than an owner object.
const COPY_BELOW: usize = 512;

/// Keeps a tensor's memory alive under a numpy array.
#[pyclass(frozen, module = "graphpb._native")]
struct Block {
    _tensor: Tensor,
}

/// The numpy dtype of an element type, made once.
pub fn descr<'py>(py: Python<'py>, dtype: DType) -> PyResult<Bound<'py, PyArrayDescr>> {
    static DESCRS: [PyOnceLock<Py<PyArrayDescr>>; 34] = [const { PyOnceLock::new() }; 34];
    let cell = &DESCRS[dtype.number() as usize];
    let d = cell.get_or_try_init(py, || -> PyResult<Py<PyArrayDescr>> {
        let d = hooks(py)?.numpy_dtype.bind(py).call1((dtype.number(),))?;
        Ok(d.cast_into::<PyArrayDescr>()?.unbind())
    })?;
    Ok(d.bind(py).clone())
}

/// The element type of a numpy dtype in native byte order; None for those without one.
pub fn dtype_of(py: Python<'_>, d: &Bound<'_, PyArrayDescr>) -> Option<DType> {
    if d.byteorder() == b'>' {
        return None;
    }
    Some(match (d.kind(), d.itemsize()) {
        (b'f', 4) => DType::F32,
        (b'f', 8) => DType::F64,
        (b'f', 2) if d.num() < 256 => DType::F16,
        (b'i', 1) => DType::I8,
        (b'i', 2) => DType::I16,
        (b'i', 4) => DType::I32,
        (b'i', 8) => DType::I64,
        (b'u', 1) => DType::U8,
        (b'u', 2) => DType::U16,
        (b'u', 4) => DType::U32,
        (b'u', 8) => DType::U64,
        (b'b', 1) => DType::Bool,
        (b'c', 8) => DType::C64,
        (b'c', 16) => DType::C128,
        (b'O', _) => DType::Str,
        // ml_dtypes and structured types of quantized numbers.
        (b'V' | b'f', _) => [
            DType::BF16,
            DType::F8E5M2,
            DType::F8E4M3FN,
            DType::F8E4M3FNUZ,
            DType::F8E4M3B11FNUZ,
            DType::F8E5M2FNUZ,
            DType::QI8,
            DType::QU8,
            DType::QI16,
            DType::QU16,
            DType::QI32,
            DType::I4,
            DType::U4,
        ]
        .into_iter()
        .find(|&t| descr(py, t).is_ok_and(|own| own.is_equiv_to(d)))?,
        _ => return None,
    })
}

fn string_element(item: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    if let Ok(b) = item.cast::<PyBytes>() {
        Ok(Bytes::from(b.as_bytes()))
    } else if let Ok(s) = item.cast::<PyString>() {
        Ok(Bytes::from(s.to_cow()?.as_bytes()))
    } else if let Ok(b) = item.cast::<PyByteArray>() {
        Ok(Bytes::from(b.to_vec()))
    } else {
        Err(PyTypeError::new_err(format!("Unsupported object type {}", item.get_type().name()?)))
    }
}

/// The array as a tensor of its own type: borrowed when it is C-contiguous, aligned and `borrow` allows it; a copy otherwise.
/// TypeError for arrays of types that no tensor has.
pub fn tensor_of_array(array: &Bound<'_, PyUntypedArray>, want: Option<DType>, borrow: bool) -> PyResult<Tensor> {
    let py = array.py();
    let d = array.dtype();
    let dtype = dtype_of(py, &d).ok_or_else(|| PyTypeError::new_err(format!("Unrecognized data type: {d}")))?;
    let dims: Vec<usize> = array.shape().to_vec();
    if dtype == DType::Str {
        let items = array.call_method0("ravel")?.call_method0("tolist")?;
        let values = items.try_iter()?.map(|i| string_element(&i?)).collect::<PyResult<Vec<_>>>()?;
        return Ok(Tensor::strings(values, &dims));
    }
    // A type kept as plain bits is told by the caller (bfloat16 without ml_dtypes is an array of uint16).
    let bits = |w: DType| matches!(w, DType::BF16 | DType::QI8 | DType::QU8 | DType::QI16 | DType::QU16 | DType::QI32 | DType::I4 | DType::U4);
    let dtype = match want {
        Some(w) if w != dtype && w.size() == dtype.size() && dtype.is_integer() && bits(w) => w,
        _ => dtype,
    };
    let array = if array.is_c_contiguous() && array.is_aligned() {
        array.clone()
    } else {
        static CONTIGUOUS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let f = CONTIGUOUS.get_or_try_init(py, || py.import("numpy")?.getattr("ascontiguousarray").map(Bound::unbind))?;
        let copy = f.bind(py).call1((array,))?.cast_into::<PyUntypedArray>()?;
        return finish(&copy, dtype, &dims, borrow);
    };
    finish(&array, dtype, &dims, borrow)
}

fn finish(array: &Bound<'_, PyUntypedArray>, dtype: DType, dims: &[usize], borrow: bool) -> PyResult<Tensor> {
    let len = dims.iter().product::<usize>() * dtype.size();
    // SAFETY: the pointer is that of a live array object.
    let data = unsafe { (*array.as_array_ptr()).fields.data } as *const u8;
    let aligned = data.align_offset(dtype.size().clamp(1, 8)) == 0;
    if borrow && aligned && len > COPY_BELOW {
        let keep: Box<dyn std::any::Any + Send + Sync> = Box::new(array.clone().unbind());
        // SAFETY: a C-contiguous array of `len` initialised bytes (checked by the caller), kept alive by `keep`;
        // a user who writes to a fed array during the run sees a mixture, as with numpy itself.
        let buffer = unsafe { Buffer::foreign(data, len, keep) };
        return Ok(Tensor::from_buffer(dtype, dims, buffer));
    }
    let mut buffer = Buffer::scratch(len);
    if let (Some(dst), true) = (buffer.unique_mut(), len > 0) {
        // SAFETY: as above: `len` readable bytes, and a buffer of exactly that length which nothing else refers to.
        unsafe { std::ptr::copy_nonoverlapping(data, dst.as_mut_ptr(), len) };
    }
    Ok(Tensor::from_buffer(dtype, dims, buffer))
}

/// Any Python value as a tensor of `want` (or of the type that TensorFlow infers): arrays are borrowed when `borrow` allows it.
pub fn tensor_of(value: &Bound<'_, PyAny>, want: Option<DType>, borrow: bool) -> PyResult<Tensor> {
    let py = value.py();
    if let Ok(array) = value.cast::<PyUntypedArray>() {
        let have = dtype_of(py, &array.dtype());
        if have.is_some() && (want.is_none() || have == want) && !(want.is_none() && have == Some(DType::Str)) {
            return tensor_of_array(array, want, borrow);
        }
    }
    let array = hooks(py)?.as_array.bind(py).call1((value, want.map_or(0, DType::number)))?;
    let array = array.cast_into::<PyUntypedArray>()?;
    let t = tensor_of_array(&array, want, borrow)?;
    if want.is_some_and(|w| w != t.dtype()) {
        return Err(PyTypeError::new_err(format!("Expected {}, but got {}", want.map_or("", DType::name), t.dtype().name())));
    }
    Ok(t)
}

fn bytes_object<'py>(py: Python<'py>, b: &Bytes) -> Bound<'py, PyAny> {
    PyBytes::new(py, b).into_any()
}

/// A tensor as Python sees the result of a run: a numpy scalar for a scalar (bytes for a string), an array otherwise.
pub fn result_object<'py>(py: Python<'py>, t: Tensor) -> PyResult<Bound<'py, PyAny>> {
    if t.rank() == 0 && t.dtype() == DType::Str {
        return Ok(bytes_object(py, &t.as_strings()[0]));
    }
    if t.rank() == 0 && t.dtype().is_plain() {
        let d = descr(py, t.dtype())?;
        // SAFETY: the data is one element of the described type; the API copies it and returns a new reference.
        let obj = unsafe {
            let p = PY_ARRAY_API.PyArray_Scalar(py, t.bytes().as_ptr() as *mut c_void, d.as_dtype_ptr(), std::ptr::null_mut());
            Bound::from_owned_ptr_or_err(py, p)?
        };
        return Ok(obj);
    }
    array_object(py, t)
}

/// A tensor as an array, of any rank.
pub fn array_object<'py>(py: Python<'py>, t: Tensor) -> PyResult<Bound<'py, PyAny>> {
    let dims: Vec<usize> = t.dims().to_vec();
    match t.dtype() {
        DType::Str => {
            let items: Vec<_> = t.as_strings().iter().map(|b| bytes_object(py, b)).collect();
            let numpy = py.import("numpy")?;
            let array = numpy.call_method1("empty", (items.len(), "O"))?;
            for (i, b) in items.into_iter().enumerate() {
                array.set_item(i, b)?;
            }
            return array.call_method1("reshape", (dims,));
        }
        DType::Resource | DType::Variant => return Err(PyTypeError::new_err(format!("A tensor of type {} has no numpy value", t.dtype().name()))),
        _ => {}
    }
    let d = descr(py, t.dtype())?;
    let mut shape: Vec<npy_intp> = dims.iter().map(|&n| n as npy_intp).collect();
    let share = t.nbytes() > COPY_BELOW && t.is_unique();
    let bytes = t.bytes();
    let (data, flags) = if share { (bytes.as_ptr() as *mut c_void, NPY_ARRAY_CARRAY | NPY_ARRAY_WRITEABLE) } else { (std::ptr::null_mut(), 0) };
    // SAFETY: `data` is null (numpy allocates) or a C-contiguous block of the described shape that outlives the array:
    // its owner becomes the array's base below, and `t` is the only handle, so the array may write to it.
    let array = unsafe {
        let subtype = <PyUntypedArray as pyo3::PyTypeInfo>::type_object_raw(py);
        let p = PY_ARRAY_API.PyArray_NewFromDescr(
            py,
            subtype,
            d.into_dtype_ptr(),
            shape.len() as c_int,
            shape.as_mut_ptr(),
            std::ptr::null_mut(),
            data,
            flags,
            std::ptr::null_mut(),
        );
        Bound::from_owned_ptr_or_err(py, p)?
    };
    let untyped = array.cast::<PyUntypedArray>()?.clone();
    if share {
        let owner = Bound::new(py, Block { _tensor: t })?;
        // SAFETY: the array was made just above; the call takes over one reference to the owner.
        let failed = unsafe { PY_ARRAY_API.PyArray_SetBaseObject(py, untyped.as_array_ptr(), owner.into_ptr()) };
        if failed != 0 {
            return Err(PyErr::fetch(py));
        }
    } else if !bytes.is_empty() {
        // SAFETY: numpy allocated room for exactly this shape and type.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), (*untyped.as_array_ptr()).fields.data as *mut u8, bytes.len()) };
    }
    Ok(array)
}

/// The bytes of a serialized TensorProto as an array.
#[pyfunction]
pub fn decode_tensor<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let proto = <graphpb::proto::TensorProto as prost::Message>::decode(data).map_err(|e| PyValueError::new_err(e.to_string()))?;
    let t = graphpb::proto::tensor::decode(&proto).map_err(Error::from).or_raise(py)?;
    array_object(py, t)
}

/// A value as the bytes of a TensorProto; `number` is its type, 0 to infer.
#[pyfunction]
pub fn encode_tensor<'py>(py: Python<'py>, value: &Bound<'py, PyAny>, number: i32) -> PyResult<Bound<'py, PyBytes>> {
    let t = tensor_of(value, DType::from_number(number), false)?;
    let proto = graphpb::proto::tensor::encode(&t, graphpb::proto::tensor::Encoding::Full).map_err(Error::from).or_raise(py)?;
    Ok(PyBytes::new(py, &prost::Message::encode_to_vec(&proto)))
}

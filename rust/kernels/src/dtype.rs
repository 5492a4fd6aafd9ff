//! Element types: TensorFlow's `DataType` enum, its sizes and names, and the Rust type of each.

pub use half::{bf16, f16};
pub use num_complex::Complex;

pub type C64 = Complex<f32>;
pub type C128 = Complex<f64>;

/// One byte of a bool tensor: zero is false, anything else is true.
#[derive(Clone, Copy, Debug, Default)]
#[repr(transparent)]
pub struct Bool(pub u8);

impl Bool {
    pub const TRUE: Bool = Bool(1);
    pub const FALSE: Bool = Bool(0);
    #[inline(always)]
    pub fn get(self) -> bool {
        self.0 != 0
    }
}
impl From<bool> for Bool {
    #[inline(always)]
    fn from(b: bool) -> Self {
        Bool(b as u8)
    }
}
impl PartialEq for Bool {
    fn eq(&self, o: &Bool) -> bool {
        self.get() == o.get()
    }
}

/// The element type of a tensor; discriminants are TensorFlow's `DataType` numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum DType {
    F32 = 1,
    F64 = 2,
    I32 = 3,
    U8 = 4,
    I16 = 5,
    I8 = 6,
    Str = 7,
    C64 = 8,
    I64 = 9,
    Bool = 10,
    QI8 = 11,
    QU8 = 12,
    QI32 = 13,
    BF16 = 14,
    QI16 = 15,
    QU16 = 16,
    U16 = 17,
    C128 = 18,
    F16 = 19,
    Resource = 20,
    Variant = 21,
    U32 = 22,
    U64 = 23,
    F8E5M2 = 24,
    F8E4M3FN = 25,
    F8E4M3FNUZ = 26,
    F8E4M3B11FNUZ = 27,
    F8E5M2FNUZ = 28,
    I4 = 29,
    U4 = 30,
    I2 = 31,
    U2 = 32,
    F4E2M1FN = 33,
}

use DType::*;

/// Every type, in the order of its number.
pub const ALL: [DType; 33] = [
    F32,
    F64,
    I32,
    U8,
    I16,
    I8,
    Str,
    DType::C64,
    I64,
    DType::Bool,
    QI8,
    QU8,
    QI32,
    BF16,
    QI16,
    QU16,
    U16,
    DType::C128,
    F16,
    Resource,
    Variant,
    U32,
    U64,
    F8E5M2,
    F8E4M3FN,
    F8E4M3FNUZ,
    F8E4M3B11FNUZ,
    F8E5M2FNUZ,
    I4,
    U4,
    I2,
    U2,
    F4E2M1FN,
];

impl DType {
    /// The type with TensorFlow's number `n`; reference types (`n` > 100) give their base type.
    pub fn from_number(n: i32) -> Option<DType> {
        let n = if n > 100 { n - 100 } else { n };
        ALL.get(usize::try_from(n).ok()?.checked_sub(1)?).copied()
    }
    pub fn number(self) -> i32 {
        self as i32
    }
    /// Bytes of one element in memory; 0 for string, resource and variant.
    pub fn size(self) -> usize {
        match self {
            Str | Resource | Variant => 0,
            U8 | I8 | DType::Bool | QI8 | QU8 | F8E5M2 | F8E4M3FN | F8E4M3FNUZ | F8E4M3B11FNUZ | F8E5M2FNUZ | I4 | U4 | I2 | U2 | F4E2M1FN => 1,
            I16 | U16 | F16 | BF16 | QI16 | QU16 => 2,
            F32 | I32 | U32 | QI32 => 4,
            F64 | I64 | U64 | DType::C64 => 8,
            DType::C128 => 16,
        }
    }
    /// The Python name: `float32`, `string`, …
    pub fn name(self) -> &'static str {
        [
            "float32",
            "float64",
            "int32",
            "uint8",
            "int16",
            "int8",
            "string",
            "complex64",
            "int64",
            "bool",
            "qint8",
            "quint8",
            "qint32",
            "bfloat16",
            "qint16",
            "quint16",
            "uint16",
            "complex128",
            "float16",
            "resource",
            "variant",
            "uint32",
            "uint64",
            "float8_e5m2",
            "float8_e4m3fn",
            "float8_e4m3fnuz",
            "float8_e4m3b11fnuz",
            "float8_e5m2fnuz",
            "int4",
            "uint4",
            "int2",
            "uint2",
            "float4_e2m1fn",
        ][self as usize - 1]
    }
    /// The name that TensorFlow's C++ error messages use: `float`, `double`, `half`, otherwise as in Python.
    pub fn c_name(self) -> &'static str {
        match self {
            F32 => "float",
            F64 => "double",
            F16 => "half",
            _ => self.name(),
        }
    }
    /// The name of the enum member: `DT_FLOAT`, …
    pub fn enum_name(self) -> &'static str {
        [
            "DT_FLOAT",
            "DT_DOUBLE",
            "DT_INT32",
            "DT_UINT8",
            "DT_INT16",
            "DT_INT8",
            "DT_STRING",
            "DT_COMPLEX64",
            "DT_INT64",
            "DT_BOOL",
            "DT_QINT8",
            "DT_QUINT8",
            "DT_QINT32",
            "DT_BFLOAT16",
            "DT_QINT16",
            "DT_QUINT16",
            "DT_UINT16",
            "DT_COMPLEX128",
            "DT_HALF",
            "DT_RESOURCE",
            "DT_VARIANT",
            "DT_UINT32",
            "DT_UINT64",
            "DT_FLOAT8_E5M2",
            "DT_FLOAT8_E4M3FN",
            "DT_FLOAT8_E4M3FNUZ",
            "DT_FLOAT8_E4M3B11FNUZ",
            "DT_FLOAT8_E5M2FNUZ",
            "DT_INT4",
            "DT_UINT4",
            "DT_INT2",
            "DT_UINT2",
            "DT_FLOAT4_E2M1FN",
        ][self as usize - 1]
    }
    /// The type whose Python name (or `float`, `double`, `half` alias) is `name`.
    pub fn from_name(name: &str) -> Option<DType> {
        match name {
            "float" => Some(F32),
            "double" => Some(F64),
            "half" => Some(F16),
            _ => ALL.iter().copied().find(|d| d.name() == name || d.enum_name() == name),
        }
    }
    pub fn is_floating(self) -> bool {
        matches!(self, F32 | F64 | F16 | BF16)
    }
    pub fn is_complex(self) -> bool {
        matches!(self, DType::C64 | DType::C128)
    }
    pub fn is_integer(self) -> bool {
        matches!(self, I8 | I16 | I32 | I64 | U8 | U16 | U32 | U64)
    }
    /// Whether gradients flow through tensors of this type.
    pub fn is_trainable(self) -> bool {
        self.is_floating() || self.is_complex() || matches!(self, Resource | Variant)
    }
    /// Whether elements are plain bytes (not strings or handles).
    pub fn is_plain(self) -> bool {
        self.size() > 0
    }
}

/// A Rust type that is the element of a plain tensor.
///
/// # Safety
/// The type must have `DTYPE.size()` bytes, an alignment of at most 16, and be valid for every bit pattern.
pub unsafe trait Element: Copy + Send + Sync + std::fmt::Debug + 'static {
    const DTYPE: DType;
}

macro_rules! elements {
    ($($t:ty => $d:expr),* $(,)?) => { $(
        // SAFETY: a primitive number (or a transparent wrapper of one) of exactly that width, any bit pattern valid.
        unsafe impl Element for $t { const DTYPE: DType = $d; }
    )* };
}
elements!(f32 => F32, f64 => F64, i32 => I32, u8 => U8, i16 => I16, i8 => I8, C64 => DType::C64, i64 => I64, Bool => DType::Bool, bf16 => BF16,
    u16 => U16, C128 => DType::C128, f16 => F16, u32 => U32, u64 => U64);

/// Call a generic function or block with `$T` bound to the Rust type of a numeric `DType`.
///
/// `with_number!(dtype, T => expr, else expr)`; covers the 14 number types (not bool).
#[macro_export]
macro_rules! with_number {
    ($d:expr, $T:ident => $body:expr, else $other:expr) => {
        match $d {
            $crate::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::DType::F64 => {
                type $T = f64;
                $body
            }
            $crate::DType::I32 => {
                type $T = i32;
                $body
            }
            $crate::DType::I64 => {
                type $T = i64;
                $body
            }
            $crate::DType::U8 => {
                type $T = u8;
                $body
            }
            $crate::DType::I8 => {
                type $T = i8;
                $body
            }
            $crate::DType::I16 => {
                type $T = i16;
                $body
            }
            $crate::DType::U16 => {
                type $T = u16;
                $body
            }
            $crate::DType::U32 => {
                type $T = u32;
                $body
            }
            $crate::DType::U64 => {
                type $T = u64;
                $body
            }
            $crate::DType::F16 => {
                type $T = $crate::f16;
                $body
            }
            $crate::DType::BF16 => {
                type $T = $crate::bf16;
                $body
            }
            $crate::DType::C64 => {
                type $T = $crate::C64;
                $body
            }
            $crate::DType::C128 => {
                type $T = $crate::C128;
                $body
            }
            _ => $other,
        }
    };
}

/// Like `with_number!`, for pure data movement: binds `$T` to an unsigned type of the element's width
/// (`u8 u16 u32 u64 C128`), so that five instances serve every plain type. Use with `Tensor::raw` and `raw_mut`.
#[macro_export]
macro_rules! with_width {
    ($d:expr, $T:ident => $body:expr, else $other:expr) => {
        match $d.size() {
            1 => {
                type $T = u8;
                $body
            }
            2 => {
                type $T = u16;
                $body
            }
            4 => {
                type $T = u32;
                $body
            }
            8 => {
                type $T = u64;
                $body
            }
            16 => {
                type $T = $crate::C128;
                $body
            }
            _ => $other,
        }
    };
}

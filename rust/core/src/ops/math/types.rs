//! The element types of the arithmetic ops: those of TensorFlow's lists that have kernels, in TensorFlow's order.

use crate::registry::{AttrSpec, type_in};
use graphpb_kernels::DType::{self, *};

pub const REAL: &[DType] = &[BF16, F16, F32, F64];
/// The order of the ops of `nn`.
pub const REAL_NN: &[DType] = &[F16, BF16, F32, F64];
pub const REAL_COMPLEX: &[DType] = &[BF16, F16, F32, F64, C64, C128];
pub const REAL_COMPLEX_NN: &[DType] = &[F16, BF16, F32, F64, C64, C128];
pub const SIGNED: &[DType] = &[BF16, F16, F32, F64, I8, I16, I32, I64];
pub const SIGNED_COMPLEX: &[DType] = &[BF16, F16, F32, F64, I8, I16, I32, I64, C64, C128];
pub const INTEGERS: &[DType] = &[I8, I16, I32, I64, U8, U16, U32, U64];
/// Real numbers in the order of `realnumbertype`.
pub const REAL_NUMBERS: &[DType] = &[F32, F64, I32, U8, I16, I8, I64, BF16, U16, F16, U32, U64];
/// Numbers in the order of `numbertype`.
pub const NUMBERS: &[DType] = &[F32, F64, I32, U8, I16, I8, C64, I64, BF16, U16, C128, F16, U32, U64];

pub const T_REAL: &[AttrSpec] = &[type_in("T", REAL)];
pub const T_REAL_NN: &[AttrSpec] = &[type_in("T", REAL_NN)];
pub const T_REAL_COMPLEX: &[AttrSpec] = &[type_in("T", REAL_COMPLEX)];
pub const T_REAL_COMPLEX_NN: &[AttrSpec] = &[type_in("T", REAL_COMPLEX_NN)];
pub const T_SIGNED: &[AttrSpec] = &[type_in("T", SIGNED)];
pub const T_SIGNED_COMPLEX: &[AttrSpec] = &[type_in("T", SIGNED_COMPLEX)];
pub const T_INTEGERS: &[AttrSpec] = &[type_in("T", INTEGERS)];
pub const T_REAL_NUMBERS: &[AttrSpec] = &[type_in("T", REAL_NUMBERS)];

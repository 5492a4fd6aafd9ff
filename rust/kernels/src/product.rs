//! Products of stacks of matrices of any number type.

use crate::error::{KernelError, Result};
use crate::gemm::{gemm, gemm_half, gemm_plain};
use crate::{C64, C128, DType, Element, Tensor, bf16, f16, par};

/// Stacks of matrices: sizes of one product, and where each operand of product `i` starts.
pub struct Product<'a> {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    /// (row, column) strides of a.
    pub a: (usize, usize),
    pub b: (usize, usize),
    /// The matrix of a and of b that product `i` uses.
    pub pairs: &'a [(usize, usize)],
}

/// The products of matrix `pairs[i].0` of `a` and `pairs[i].1` of `b`, in a tensor of sizes `dims`, which end in `[m, n]`.
pub fn product(p: &Product, a: &Tensor, b: &Tensor, dims: &[usize]) -> Result<Tensor> {
    let d = a.dtype();
    let mut out = Tensor::try_scratch(d, dims)?;
    macro_rules! plain {
        ($t:ty, $zero:expr, $mul_add:expr) => {
            each::<$t>(p, a, b, &mut out, |a, b, c| gemm_plain(p.m, p.n, p.k, a, p.a, b, p.b, c, false, $zero, $mul_add))
        };
    }
    macro_rules! integer {
        ($t:ty) => {
            plain!($t, 0, |s: $t, x: $t, y: $t| s.wrapping_add(x.wrapping_mul(y)))
        };
    }
    match d {
        DType::F32 => each::<f32>(p, a, b, &mut out, |a, b, c| gemm(p.m, p.n, p.k, a, p.a, b, p.b, c, false)),
        DType::F64 => each::<f64>(p, a, b, &mut out, |a, b, c| gemm(p.m, p.n, p.k, a, p.a, b, p.b, c, false)),
        DType::F16 => each::<f16>(p, a, b, &mut out, |a, b, c| gemm_half(p.m, p.n, p.k, a, p.a, b, p.b, c, false, f16::from_f32)),
        DType::BF16 => each::<bf16>(p, a, b, &mut out, |a, b, c| gemm_half(p.m, p.n, p.k, a, p.a, b, p.b, c, false, bf16::from_f32)),
        DType::I8 => integer!(i8),
        DType::I16 => integer!(i16),
        DType::I32 => integer!(i32),
        DType::I64 => integer!(i64),
        DType::U8 => integer!(u8),
        DType::U16 => integer!(u16),
        DType::U32 => integer!(u32),
        DType::U64 => integer!(u64),
        DType::C64 => plain!(C64, C64::new(0.0, 0.0), |s, x, y| s + x * y),
        DType::C128 => plain!(C128, C128::new(0.0, 0.0), |s, x, y| s + x * y),
        d => return Err(KernelError::unimplemented(format!("MatMul has no kernel for {}", d.name()))),
    }
    Ok(out)
}

fn each<T: Element>(p: &Product, a: &Tensor, b: &Tensor, out: &mut Tensor, f: impl Fn(&[T], &[T], &mut [T]) + Sync) {
    let (a, b) = (a.slice::<T>(), b.slice::<T>());
    let out = out.slice_mut::<T>();
    let size = p.m * p.n;
    if size == 0 {
        return;
    }
    if let [(i, j)] = p.pairs {
        return f(&a[i * p.m * p.k..], &b[j * p.k * p.n..], out);
    }
    par::rows_mut(out, size, (size * p.k) as f64 * 0.05, |first, rows| {
        for (r, c) in rows.chunks_mut(size).enumerate() {
            let (i, j) = p.pairs[first + r];
            f(&a[i * p.m * p.k..], &b[j * p.k * p.n..], c);
        }
    });
}

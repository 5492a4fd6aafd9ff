//! Random legal inputs for an op, drawn by the op itself: the raw material of the generic checks.

use graphpb_kernels::{Bool, DType, Tensor, bf16, f16};

use crate::graph::attr::{Attr, Attrs};

/// One call of an op: concrete inputs and attributes.
#[derive(Clone, Debug, Default)]
pub struct Case {
    pub inputs: Vec<Tensor>,
    pub attrs: Attrs,
    /// Inputs whose values are parameters (shapes, axes): they are built as constants.
    pub constants: Vec<usize>,
    /// Inputs that are checked against central differences; None: every float64 input that is not a constant.
    pub differentiate: Option<Vec<usize>>,
    /// A label for messages.
    pub note: &'static str,
}

impl Case {
    pub fn new() -> Case {
        Case::default()
    }
    pub fn input(mut self, t: Tensor) -> Case {
        self.inputs.push(t);
        self
    }
    /// An input that is a parameter, such as a shape or an axis.
    pub fn constant(mut self, t: Tensor) -> Case {
        self.constants.push(self.inputs.len());
        self.inputs.push(t);
        self
    }
    pub fn attr(mut self, name: &'static str, value: impl Into<Attr>) -> Case {
        self.attrs.set(name, value);
        self
    }
    /// Only these inputs have gradients worth checking.
    pub fn differentiate(mut self, inputs: &[usize]) -> Case {
        self.differentiate = Some(inputs.to_vec());
        self
    }
    pub fn note(mut self, note: &'static str) -> Case {
        self.note = note;
        self
    }
}

/// A source of random choices for `OpDef::sample`, for one element type.
pub struct Draw {
    state: u64,
    /// The element type that the op's first `type` attribute shall have.
    pub dtype: DType,
    /// Sizes drawn by `dims` and its kin are up to four times this.
    pub scale: usize,
}

impl Draw {
    pub fn new(seed: u64, dtype: DType) -> Draw {
        Draw { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03, dtype, scale: 1 }
    }
    /// SplitMix64 (Steele, Lea, Flood 2014).
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// An integer in `0..n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n.max(1) as u64) as usize
    }
    pub fn flag(&mut self) -> bool {
        self.bits() & 1 == 1
    }
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
    pub fn uniform(&mut self, lo: f64, hi: f64) -> f64 {
        lo + (hi - lo) * ((self.bits() >> 11) as f64 / (1u64 << 53) as f64)
    }
    /// A size from 1 to 4, or larger by `scale`.
    pub fn size(&mut self) -> usize {
        1 + self.below(4 * self.scale)
    }
    /// A shape of up to `max_rank` axes; sizes are 1 to 4, now and then 0.
    pub fn dims(&mut self, min_rank: usize, max_rank: usize) -> Vec<usize> {
        let rank = min_rank + self.below(max_rank - min_rank + 1);
        let empty = self.below(12) == 0;
        let mut d: Vec<usize> = (0..rank).map(|_| self.size()).collect();
        if empty && rank > 0 {
            let i = self.below(rank);
            d[i] = 0;
        }
        d
    }
    /// A shape of up to `max_rank` axes without zeros.
    pub fn full_dims(&mut self, min_rank: usize, max_rank: usize) -> Vec<usize> {
        let rank = min_rank + self.below(max_rank - min_rank + 1);
        (0..rank).map(|_| self.size()).collect()
    }
    /// Two shapes that broadcast with each other.
    pub fn broadcast_pair(&mut self, max_rank: usize) -> (Vec<usize>, Vec<usize>) {
        let full = self.dims(0, max_rank);
        let side = |d: &mut Draw| -> Vec<usize> {
            let skip = if d.flag() { d.below(full.len() + 1) } else { 0 };
            full[skip..].iter().map(|&n| if d.below(4) == 0 { 1 } else { n }).collect()
        };
        let (a, b) = (side(self), side(self));
        if self.below(3) == 0 { (full.clone(), full) } else { (a, b) }
    }
    /// A tensor of `self.dtype`: floats and complex parts in (−2, 2), integers in −5..=5 (unsigned 0..=9), random bools and strings.
    pub fn tensor(&mut self, dims: &[usize]) -> Tensor {
        self.tensor_of(self.dtype, dims, -2.0, 2.0)
    }
    /// As `tensor`, with floats in (`lo`, `hi`) and integers in that range.
    pub fn tensor_in(&mut self, dims: &[usize], lo: f64, hi: f64) -> Tensor {
        let (ilo, ihi) = (lo, hi);
        if self.dtype.is_integer() {
            self.integers(self.dtype, dims, ilo.ceil() as i64, ihi.floor() as i64)
        } else {
            self.tensor_of(self.dtype, dims, lo, hi)
        }
    }
    /// Integers of any integer type in `lo..=hi`, clamped to what the type holds.
    pub fn integers(&mut self, dtype: DType, dims: &[usize], lo: i64, hi: i64) -> Tensor {
        let lo = if matches!(dtype, DType::U8 | DType::U16 | DType::U32 | DType::U64) { lo.max(0) } else { lo };
        let span = (hi - lo).max(0) as usize + 1;
        let v: Vec<i64> = (0..dims.iter().product()).map(|_| lo + self.below(span) as i64).collect();
        cast_ints(dtype, &v, dims)
    }
    /// A tensor of any type; see `tensor`.
    pub fn tensor_of(&mut self, dtype: DType, dims: &[usize], lo: f64, hi: f64) -> Tensor {
        let n: usize = dims.iter().product();
        let mut f = || self.uniform(lo, hi);
        match dtype {
            DType::F32 => Tensor::from_slice(&(0..n).map(|_| f() as f32).collect::<Vec<_>>(), dims),
            DType::F64 => Tensor::from_slice(&(0..n).map(|_| f()).collect::<Vec<_>>(), dims),
            DType::F16 => Tensor::from_slice(&(0..n).map(|_| f16::from_f64(f())).collect::<Vec<_>>(), dims),
            DType::BF16 => Tensor::from_slice(&(0..n).map(|_| bf16::from_f64(f())).collect::<Vec<_>>(), dims),
            DType::C64 => Tensor::from_slice(&(0..n).map(|_| graphpb_kernels::C64::new(f() as f32, f() as f32)).collect::<Vec<_>>(), dims),
            DType::C128 => Tensor::from_slice(&(0..n).map(|_| graphpb_kernels::C128::new(f(), f())).collect::<Vec<_>>(), dims),
            DType::Bool => self.bools(dims),
            DType::Str => {
                let words: Vec<graphpb_kernels::Bytes> = (0..n).map(|_| format!("s{}", self.below(100)).into_bytes().into()).collect();
                Tensor::strings(words, dims)
            }
            d if d.is_integer() => {
                if matches!(d, DType::U8 | DType::U16 | DType::U32 | DType::U64) {
                    self.integers(d, dims, 0, 9)
                } else {
                    self.integers(d, dims, -5, 5)
                }
            }
            d => Tensor::zeros(d, dims),
        }
    }
    pub fn bools(&mut self, dims: &[usize]) -> Tensor {
        let v: Vec<Bool> = (0..dims.iter().product::<usize>()).map(|_| Bool::from(self.flag())).collect();
        Tensor::from_slice(&v, dims)
    }
    /// An int32 vector.
    pub fn shape_vector(&mut self, dims: &[usize]) -> Tensor {
        Tensor::vector(&dims.iter().map(|&d| d as i32).collect::<Vec<_>>())
    }
}

fn cast_ints(dtype: DType, v: &[i64], dims: &[usize]) -> Tensor {
    match dtype {
        DType::I32 => Tensor::from_slice(&v.iter().map(|&x| x as i32).collect::<Vec<_>>(), dims),
        DType::I16 => Tensor::from_slice(&v.iter().map(|&x| x as i16).collect::<Vec<_>>(), dims),
        DType::I8 => Tensor::from_slice(&v.iter().map(|&x| x as i8).collect::<Vec<_>>(), dims),
        DType::U8 => Tensor::from_slice(&v.iter().map(|&x| x as u8).collect::<Vec<_>>(), dims),
        DType::U16 => Tensor::from_slice(&v.iter().map(|&x| x as u16).collect::<Vec<_>>(), dims),
        DType::U32 => Tensor::from_slice(&v.iter().map(|&x| x as u32).collect::<Vec<_>>(), dims),
        DType::U64 => Tensor::from_slice(&v.iter().map(|&x| x as u64).collect::<Vec<_>>(), dims),
        _ => Tensor::from_slice(v, dims),
    }
}

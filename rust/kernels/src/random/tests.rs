//! Against TensorFlow 2.21: seeds (42, 7), two runs of 100,003 values (1,000 for the discrete ones), as checksums.

use super::*;
use crate::dtype::{Element, bf16, f16};
use crate::{par, with_width};

const N: usize = 100_003;

/// (name, run, checksum, bits of the first three values), recorded from `tf.raw_ops` on one thread.
const RECORDED: &[(&str, u64, u64, [u64; 3])] = &[
    ("uniform", 0, 0x921ba70f73f516cb, [0x3f5cde58, 0x3f282198, 0x3f7d946a]),
    ("uniform64", 0, 0x10ff4f5272b1cbc3, [0x3fecde59caa82198, 0x3fed946aaae731a6, 0x3febd280c01ec32c]),
    ("uniform16", 0, 0x00007d9c9dac1b23, [0x3a58, 0x3260, 0x386a]),
    ("uniformb", 0, 0x00009110cdcc9d35, [0x3eb0, 0x3f18, 0x3ed4]),
    ("normal", 0, 0x274b2aba3cf54c7c, [0xbee7cdbe, 0xbe99cf04, 0xbda170e6]),
    ("normal64", 0, 0x856b8abca94b6714, [0xbfca9407a109b06c, 0x3fd9d3b7939cc5df, 0xbfd8321a8febd930]),
    ("normal16", 0, 0x0001172e2a343cc7, [0xb73e, 0xb4ce, 0xad0c]),
    ("trunc", 0, 0x28b144e7363d0f89, [0xbee7cdbe, 0xbe99cf04, 0xbda170e6]),
    ("trunc64", 0, 0xbf2f30aeb0c9c5dd, [0xbfca9407a109b06c, 0x3fd9d3b7939cc5df, 0xbff4b01851b0e45e]),
    ("trunc16", 0, 0x000117b97b578cac, [0xb73e, 0xb4ce, 0xad0c]),
    ("int32", 0, 0x000004900bb9df35, [0x39, 0x3e3, 0x327]),
    ("int64", 0, 0xf054c8b231316727, [0x5dc5bf8028, 0x22c56473d3, 0x69781bb0b1]),
    ("shuffle", 0, 0x000000001d7d5f32, [0x114, 0x84, 0x1a7]),
    ("multinomial", 0, 0x0000000000006546, [0x2, 0x2, 0x2]),
    ("gamma", 0, 0x003c94a31fa03014, [0x3f64111b, 0x3e232d45, 0x4002aaeb]),
    ("gamma64", 0, 0x63c847013ad337eb, [0x3fec822353c4b84e, 0x3fc465a8ab8cd97a, 0x4000555d5ae0ee33]),
    ("poisson", 0, 0x000000004c59ca36, [0x4, 0x4, 0xe]),
    ("poissonf", 0, 0x0034e407df64a400, [0x40800000, 0x40800000, 0x41600000]),
    ("uniform", 1, 0x921d2db02484b97b, [0x3f5a1442, 0x3f02b3ee, 0x3f5a6a6c]),
    ("uniform64", 1, 0x86ed4957ad9d753d, [0x3fea1443ef82b3ee, 0x3fea6a6c0dac111e, 0x3fe88cbf76dc1cac]),
    ("uniform16", 1, 0x00007d9d8eb8a085, [0x3842, 0x37dc, 0x34d8]),
    ("uniformb", 1, 0x000090fc779b0643, [0x3e84, 0x3f6e, 0x3ed8]),
    ("normal", 1, 0x2842e72382811ee7, [0xbd19bfa8, 0xbf10a421, 0xbefead3b]),
    ("normal64", 1, 0x309f8c9a87a7687c, [0xbfe235ca216ac120, 0x3fd2b2e331484d72, 0xbfc1730870022aeb]),
    ("normal16", 1, 0x0001182ccec67e02, [0xa8ce, 0xb885, 0xb7f5]),
    ("trunc", 1, 0x27e3b31105326d2c, [0xbd19bfa8, 0xbf10a421, 0xbefead3b]),
    ("trunc64", 1, 0x84d029bf49eda704, [0xbfe235ca216ac120, 0x3fd2b2e331484d72, 0x3ffad37a38613248]),
    ("trunc16", 1, 0x000116f3cd352ad2, [0xa8ce, 0xb885, 0xb7f5]),
    ("int32", 1, 0x000004921e7f3ae1, [0x8a, 0x11f, 0x3e]),
    ("int64", 1, 0xa4fef8ec874090da, [0x4a2e5f6d8f, 0x90575ec04b, 0x16e6749e36]),
    ("shuffle", 1, 0x000000001df36388, [0x2b4, 0x47, 0x166]),
    ("multinomial", 1, 0x00000000000064a7, [0x2, 0x2, 0x2]),
    ("gamma", 1, 0x003c91b833823670, [0x3a916793, 0x409a7419, 0x40380df2]),
    ("gamma64", 1, 0x06440617102c27af, [0x3f522cf219ed98c8, 0x40134e831057b235, 0x400701be45785648]),
    ("poisson", 1, 0x000000004c635e1e, [0x0, 0x6, 0xf]),
    ("poissonf", 1, 0x0034dded17c12400, [0x0, 0x40c00000, 0x41700000]),
];

fn checksum(bits: &[u64]) -> u64 {
    bits.iter().enumerate().fold(0u64, |h, (i, w)| h.wrapping_add((w.wrapping_add(1)).wrapping_mul(2 * i as u64 + 1)))
}

fn bits<T: Element>(v: &[T]) -> Vec<u64> {
    let t = crate::Tensor::vector(v);
    with_width!(T::DTYPE, W => t.raw::<W>().iter().map(|w| Width::word(*w)).collect(), else unreachable!())
}

trait Width {
    fn word(self) -> u64;
}
macro_rules! widths {
    ($($t:ty),*) => { $(impl Width for $t { fn word(self) -> u64 { self as u64 } })* };
}
widths!(u8, u16, u32, u64);
impl Width for crate::C128 {
    fn word(self) -> u64 {
        self.re.to_bits()
    }
}

fn of<D: Distribution>(d: D, at: Philox) -> Vec<u64> {
    let mut out = vec![D::T::default(); N];
    fill(d, at, &mut out);
    bits(&out)
}

fn draw(name: &str, run: u64) -> Vec<u64> {
    let at = Philox::new(42, 7).at(run * N as u64 * 256);
    let alphas = [0.3f32, 1.0, 2.5, 40.0].map(f64::from);
    let rates = [0.5f64, 4.0, 12.0, 300.0];
    let sampled = Philox::new(42, 7).at(run * 4000 * 256);
    let mut f = vec![0f32; N];
    let mut g = vec![0f64; N];
    match name {
        "uniform" => of(Uniform, at),
        "uniform64" => of(UniformF64, at),
        "uniform16" => {
            let mut out = vec![f16::default(); N];
            uniform_narrow(at, &mut out);
            bits(&out)
        }
        "uniformb" => {
            let mut out = vec![bf16::default(); N];
            uniform_narrow(at, &mut out);
            bits(&out)
        }
        "normal" => of(Normal, at),
        "normal64" => of(NormalF64, at),
        "normal16" | "trunc16" => {
            let mut out = vec![f16::default(); N];
            narrow(&mut out, |o| if name == "trunc16" { truncated_normal(at, o) } else { fill(Normal, at, o) });
            bits(&out)
        }
        "trunc" => {
            truncated_normal(at, &mut f);
            bits(&f)
        }
        "trunc64" => {
            truncated_normal_f64(at, &mut g);
            bits(&g)
        }
        "int32" => of(UniformInt { lo: 3, range: 997 }, at),
        "int64" => of(UniformI64 { lo: -5, range: 1_000_000_000_005 }, at),
        "shuffle" => shuffle(Philox::new(42, 7).at(run * 250), 1000).iter().map(|&i| i as u64).collect(),
        "multinomial" => {
            let mut out = vec![0u64; 102];
            let at = Philox::new(42, 7).at(run * 2 * 52 * 2 * 256);
            multinomial(at, &[1.0, 2.0, 3.0, 0.0, 0.0, 1.0], 3, 51, &mut out, |i| i as u64);
            out
        }
        "gamma" => {
            f.truncate(4000);
            gamma(sampled, &alphas, &mut f, |v| v as f32);
            bits(&f)
        }
        "gamma64" => {
            g.truncate(4000);
            gamma(sampled, &[0.3, 1.0, 2.5, 40.0], &mut g, |v| v);
            bits(&g)
        }
        "poisson" => {
            let mut out = vec![0i64; 4000];
            poisson(sampled, &rates, i64::MAX as f64, &mut out, |v| v as i64);
            bits(&out)
        }
        "poissonf" => {
            f.truncate(4000);
            poisson(sampled, &rates, f32::MAX as f64, &mut f, |v| v as f32);
            bits(&f)
        }
        _ => panic!("{name}"),
    }
}

#[test]
fn values_are_tensorflows_bit_for_bit() {
    for &(name, run, sum, first) in RECORDED {
        let v = draw(name, run);
        assert_eq!(v[..3], first, "{name}, run {run}");
        assert_eq!(checksum(&v), sum, "{name}, run {run}");
    }
}

#[test]
fn threads_do_not_change_values() {
    for &(name, run, sum, _) in RECORDED {
        assert_eq!(par::install(|| checksum(&draw(name, run))), sum, "{name}");
    }
}

/// All arguments that Box-Muller produces, against the C library of this machine.
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
#[test]
fn logarithm_and_sine_round_as_glibc() {
    for w in (0..1u32 << 23).step_by(7) {
        let u = super::philox::unit_f32(w);
        let a = u.max(1e-7);
        assert_eq!(super::libm::ln(a).to_bits(), a.ln().to_bits(), "ln {a}");
        let v = (2.0 * std::f64::consts::PI * u as f64) as f32;
        let (s, c) = super::libm::sin_cos(v);
        assert_eq!((s.to_bits(), c.to_bits()), (v.sin().to_bits(), v.cos().to_bits()), "angle {v}");
    }
}

#[test]
fn bounded_normals_stay_inside_and_have_the_right_mean() {
    // The mean of a standard normal in [a, b] is (phi(a) - phi(b)) / (Phi(b) - Phi(a)); evaluated with erfc.
    for (low, high, mean) in [(-1.0, 2.0, 0.229_637_2), (2.0, f64::INFINITY, 2.373_215_5), (0.5, 0.75, 0.621_752_9), (-9.0, -3.0, -3.283_098_6)] {
        let n = 20_000;
        let mut sum = 0.0;
        let (low, high) = (10.0 + 2.0 * low, 10.0 + 2.0 * high);
        let put = |_, v: f64| {
            assert!(v >= low - 1e-9 && v <= high + 1e-9);
            sum += (v - 10.0) / 2.0;
        };
        Bounded::new(Philox::new(1, 2)).doubles([10.0, 2.0, low, high], n, put).unwrap();
        let got = sum / n as f64;
        assert!((got - mean).abs() < 0.02, "[{low}, {high}]: {got} for {mean}");
    }
    let refused = Bounded::new(Philox::new(1, 2)).doubles([0.0, 1.0, 3.0, 3.0], 1, |_, _| {});
    assert_eq!(refused, Err(NoSample::Parameters));
}

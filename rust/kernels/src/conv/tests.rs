//! Against plain loops in double.

use super::*;
use crate::par;

fn axis(input: usize, kernel: usize, stride: usize, dilation: usize, before: usize, after: usize) -> Axis {
    let output = (input + before + after - (kernel - 1) * dilation - 1) / stride + 1;
    Axis { input, kernel, output, stride, dilation, before }
}

fn values(n: usize, seed: u64) -> Vec<f64> {
    let mut s = seed;
    (0..n)
        .map(|_| {
            s = s.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (s >> 40) as f64 / (1u64 << 24) as f64 - 0.5
        })
        .collect()
}

/// Call `f(x index, filter index, y index)` for every product of the convolution; `multiplier` > 0: depthwise.
fn products(g: &Geometry, depthwise: bool, mut f: impl FnMut(usize, usize, usize)) {
    let [d, h, w] = g.axes;
    let q = if depthwise { g.cout / g.cin } else { 1 };
    for n in 0..g.batch {
        for (od, oh, ow) in (0..d.output).flat_map(|a| (0..h.output).flat_map(move |b| (0..w.output).map(move |c| (a, b, c)))) {
            for (kd, kh, kw) in (0..d.kernel).flat_map(|a| (0..h.kernel).flat_map(move |b| (0..w.kernel).map(move |c| (a, b, c)))) {
                let (Some(z), Some(y), Some(x)) = (d.at(od, kd), h.at(oh, kh), w.at(ow, kw)) else { continue };
                let px = ((n * d.input + z) * h.input + y) * w.input + x;
                let py = ((n * d.output + od) * h.output + oh) * w.output + ow;
                let tap = (kd * h.kernel + kh) * w.kernel + kw;
                for ci in 0..g.cin {
                    if depthwise {
                        for m in 0..q {
                            f(px * g.cin + ci, (tap * g.cin + ci) * q + m, py * g.cout + ci * q + m);
                        }
                    } else {
                        for co in 0..g.cout {
                            f(px * g.cin + ci, (tap * g.cin + ci) * g.cout + co, py * g.cout + co);
                        }
                    }
                }
            }
        }
    }
}

fn geometries() -> Vec<Geometry> {
    let two = |h: Axis, w: Axis| [Axis::ONE, h, w];
    let mut all = Vec::new();
    for (batch, axes, cin, cout) in [
        (2, two(axis(7, 3, 1, 1, 1, 1), axis(6, 3, 1, 1, 1, 1)), 3, 5),
        (2, two(axis(28, 5, 1, 1, 2, 2), axis(28, 5, 1, 1, 2, 2)), 1, 32),
        (1, two(axis(23, 11, 4, 1, 0, 0), axis(19, 11, 4, 1, 0, 0)), 3, 17),
        (2, two(axis(9, 3, 1, 1, 1, 1), axis(11, 3, 1, 1, 1, 1)), 24, 40),
        (1, two(axis(12, 5, 1, 1, 2, 2), axis(14, 5, 1, 1, 2, 2)), 70, 64),
        (3, two(axis(9, 3, 2, 1, 0, 1), axis(8, 2, 2, 1, 1, 0)), 16, 40),
        (2, two(axis(13, 3, 1, 2, 2, 2), axis(12, 3, 1, 2, 2, 2)), 8, 33),
        (2, two(axis(5, 1, 1, 1, 0, 0), axis(6, 1, 1, 1, 0, 0)), 20, 9),
        (1, two(axis(6, 1, 2, 1, 0, 0), axis(7, 1, 3, 1, 0, 0)), 4, 4),
        (2, two(axis(4, 2, 1, 1, 3, 4), axis(4, 3, 1, 1, 0, 5)), 2, 3),
        (2, [axis(4, 2, 1, 1, 0, 1), axis(5, 3, 2, 1, 1, 1), axis(6, 3, 1, 2, 2, 2)], 3, 6),
        (1, two(axis(13, 3, 1, 1, 1, 1), axis(13, 3, 1, 1, 1, 1)), 130, 70),
        (2, two(axis(7, 3, 3, 1, 0, 0), axis(8, 3, 4, 1, 0, 0)), 2, 3),
    ] {
        all.push(Geometry { batch, axes, cin, cout });
    }
    all
}

fn near(got: &[f32], want: &[f64], what: &str) {
    let scale = want.iter().fold(1e-3f64, |m, v| m.max(v.abs()));
    for (i, (a, b)) in got.iter().zip(want).enumerate() {
        assert!((*a as f64 - b).abs() < 2e-5 * scale, "{what} at {i}: {a} for {b}");
    }
}

fn compare(g: Geometry, deep: bool) {
    let filter = if deep { g.taps() * g.cout } else { g.taps() * g.cin * g.cout };
    let (x, f, dy) = (values(g.batch * g.pixels_in() * g.cin, 1), values(filter, 2), values(g.batch * g.pixels_out() * g.cout, 3));
    let (mut y, mut dx, mut df) = (vec![0.0; dy.len()], vec![0.0; x.len()], vec![0.0; f.len()]);
    products(&g, deep, |ix, jf, ky| {
        y[ky] += x[ix] * f[jf];
        dx[ix] += dy[ky] * f[jf];
        df[jf] += x[ix] * dy[ky];
    });
    let narrow = |v: &[f64]| v.iter().map(|&v| v as f32).collect::<Vec<f32>>();
    let (xs, fs, dys) = (narrow(&x), narrow(&f), narrow(&dy));
    let (mut ys, mut dxs, mut dfs) = (vec![9f32; y.len()], vec![9f32; x.len()], vec![9f32; f.len()]);
    let mut run = || {
        if deep {
            depthwise(&g, &xs, &fs, &mut ys);
            depthwise_backprop_input(&g, &fs, &dys, &mut dxs);
            depthwise_backprop_filter(&g, &xs, &dys, &mut dfs);
        } else {
            forward(&g, &xs, &fs, &mut ys);
            backprop_input(&g, &fs, &dys, &mut dxs);
            backprop_filter(&g, &xs, &dys, &mut dfs);
        }
        [ys.clone(), dxs.clone(), dfs.clone()]
    };
    let one = run();
    near(&one[0], &y, &format!("output of {g:?}"));
    near(&one[1], &dx, &format!("input gradient of {g:?}"));
    near(&one[2], &df, &format!("filter gradient of {g:?}"));
    let many = par::install(run);
    assert!(one == many, "threads change the result of {g:?}");
}

#[test]
fn convolutions_and_their_gradients_equal_plain_loops() {
    geometries().into_iter().for_each(|g| compare(g, false));
}

#[test]
fn depthwise_convolutions_and_their_gradients_equal_plain_loops() {
    for mut g in geometries() {
        for multiplier in [1, 3] {
            g.cout = g.cin * multiplier;
            compare(g, true);
        }
    }
}

#[test]
fn empty_images_give_empty_or_zero_results() {
    let g = Geometry { batch: 0, axes: geometries()[0].axes, cin: 3, cout: 5 };
    forward::<f32>(&g, &[], &vec![1.0; 9 * 15], &mut []);
    let mut df = vec![1f32; 9 * 15];
    backprop_filter(&g, &[], &[], &mut df);
    assert!(df.iter().all(|&v| v == 0.0));
}

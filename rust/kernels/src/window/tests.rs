//! Against plain loops, with ties, and on any number of threads.

use super::*;
use crate::par;

fn geometry() -> Geometry {
    let h = Axis { input: 7, kernel: 3, output: 4, stride: 2, dilation: 1, before: 1 };
    let w = Axis { input: 6, kernel: 2, output: 3, stride: 2, dilation: 1, before: 0 };
    Geometry { batch: 3, axes: [Axis { input: 3, kernel: 2, output: 2, stride: 1, dilation: 1, before: 0 }, h, w], cin: 5, cout: 5 }
}

/// The positions of each window, by counting.
fn windows(g: &Geometry) -> Vec<(usize, Vec<usize>)> {
    let [d, h, w] = g.axes;
    let mut all = Vec::new();
    for n in 0..g.batch {
        for (od, oh, ow) in (0..d.output).flat_map(|a| (0..h.output).flat_map(move |b| (0..w.output).map(move |c| (a, b, c)))) {
            let mut inside = Vec::new();
            for (z, y, x) in (0..d.input).flat_map(|a| (0..h.input).flat_map(move |b| (0..w.input).map(move |c| (a, b, c)))) {
                let reached = |a: &Axis, o: usize, i: usize| (o * a.stride..o * a.stride + a.kernel).contains(&(i + a.before));
                if reached(&d, od, z) && reached(&h, oh, y) && reached(&w, ow, x) {
                    inside.push((z * h.input + y) * w.input + x);
                }
            }
            all.push((n, inside));
        }
    }
    all
}

#[test]
fn pools_and_their_gradients_equal_plain_loops() {
    let g = geometry();
    let (c, image) = (g.cin, g.pixels_in() * g.cin);
    // Few distinct values, so that there are ties.
    let x: Vec<f32> = (0..g.batch * image).map(|i| ((i * 7919) % 11) as f32 - 5.0).collect();
    let all = windows(&g);
    let dy: Vec<f32> = (0..all.len() * c).map(|i| ((i * 31) % 17) as f32 - 8.0).collect();
    let gg: Vec<f32> = (0..x.len()).map(|i| i as f32).collect();
    let (mut y, mut mean, mut arg) = (vec![0f32; dy.len()], vec![0f32; dy.len()], vec![0usize; dy.len()]);
    let (mut dx, mut dmean, mut second) = (vec![0f32; x.len()], vec![0f32; x.len()], vec![0f32; dy.len()]);
    for (r, (n, inside)) in all.iter().enumerate() {
        for k in 0..c {
            let first = inside.iter().copied().reduce(|a, b| if x[n * image + b * c + k] > x[n * image + a * c + k] { b } else { a }).unwrap();
            let at = n * image + first * c + k;
            (y[r * c + k], arg[r * c + k], second[r * c + k]) = (x[at], first * c + k, gg[at]);
            dx[at] += dy[r * c + k];
            for p in inside {
                mean[r * c + k] += x[n * image + p * c + k] / inside.len() as f32;
                dmean[n * image + p * c + k] += dy[r * c + k] / inside.len() as f32;
            }
        }
    }
    for threads in [false, true] {
        let check = || {
            let mut out = vec![0f32; y.len()];
            max(&g, &x, &mut out);
            assert_eq!(out, y);
            let mut d = vec![1f32; x.len()];
            max_grad(&g, &x, &y, &dy, &mut d);
            assert_eq!(d, dx);
            max_grad_grad(&g, &x, &gg, &mut out);
            assert_eq!(out, second);
            let mut index = vec![0usize; y.len()];
            max_arg(&g, &x, &mut out, &mut index, false, |i| i);
            assert_eq!((&out, &index), (&y, &arg));
            max_arg_grad(image, g.pixels_out() * c, &dy, |k| arg[k] as i64, false, &mut d);
            assert_eq!(d, dx);
            max_arg_grad_grad(image, g.pixels_out() * c, &gg, |k| arg[k] as i64, false, &mut out);
            assert_eq!(out, second);
            average(&g, &x, &mut out);
            assert!(out.iter().zip(&mean).all(|(a, b)| (a - b).abs() < 1e-5));
            average_grad(&g, &dy, &mut d);
            assert!(d.iter().zip(&dmean).all(|(a, b)| (a - b).abs() < 1e-4));
        };
        if threads { par::install(check) } else { check() }
    }
}

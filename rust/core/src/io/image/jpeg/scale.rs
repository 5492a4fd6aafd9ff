//! Decoding at a half, a quarter or an eighth of the size.

/// `data` [height, width, channels] with each square of `ratio` by `ratio` pixels made one, their mean; sizes are rounded up.
///
/// This is what libjpeg's reduced transforms compute. Pixels beyond the right and lower edges are taken to equal those at the edge.
pub fn reduce(data: &[u8], [height, width, channels]: [usize; 3], ratio: usize) -> (Vec<u8>, usize, usize) {
    let (out_height, out_width) = (height.div_ceil(ratio), width.div_ceil(ratio));
    let sample = |y: usize, x: usize, c: usize| {
        let at = (y.min(height.saturating_sub(1)) * width + x.min(width.saturating_sub(1))) * channels + c;
        data.get(at).map_or(0, |v| u32::from(*v))
    };
    let mut out = Vec::with_capacity(out_height * out_width * channels);
    let count = (ratio * ratio) as u32;
    for (y, x) in (0..out_height).flat_map(|y| (0..out_width).map(move |x| (y * ratio, x * ratio))) {
        for c in 0..channels {
            let sum: u32 = (0..ratio).flat_map(|dy| (0..ratio).map(move |dx| (dy, dx))).map(|(dy, dx)| sample(y + dy, x + dx, c)).sum();
            out.push(((sum + count / 2) / count) as u8);
        }
    }
    (out, out_height, out_width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_become_their_mean() {
        let data: Vec<u8> = (0..64).collect();
        assert_eq!(reduce(&data, [8, 8, 1], 8), (vec![32], 1, 1));
        assert_eq!(reduce(&data, [8, 8, 1], 4).0, [14, 18, 46, 50]);
        for ratio in [2, 4, 8] {
            let (out, h, w) = reduce(&[77; 9 * 13 * 3], [9, 13, 3], ratio);
            assert_eq!(
                (out, h, w),
                (vec![77; 9usize.div_ceil(ratio) * 13usize.div_ceil(ratio) * 3], 9usize.div_ceil(ratio), 13usize.div_ceil(ratio))
            );
        }
    }
}

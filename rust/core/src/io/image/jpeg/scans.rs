//! Sequential files whose components stand in scans of their own at different resolutions: each is decoded as a gray image.
//! (The decoder takes the components of such files to have one resolution.)

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_jpeg::JpegDecoder;

/// One component: its samples, and how many rows and columns of the image each of them stands for.
struct Plane {
    samples: Vec<u8>,
    height: usize,
    width: usize,
    steps: [usize; 2],
}

impl Plane {
    /// Sixteen times the value at a pixel of the image: between two samples three quarters of the nearer one where there
    /// are half as many samples as pixels, else the sample itself.
    fn at(&self, y: usize, x: usize) -> i32 {
        let axis = |at: usize, step: usize, size: usize| {
            let near = at / step;
            let far = match (step, at % 2) {
                (2, 0) => near.saturating_sub(1),
                (2, _) => (near + 1).min(size.saturating_sub(1)),
                _ => near,
            };
            [near, near, near, far]
        };
        let [rows, columns] = [axis(y, self.steps[0], self.height), axis(x, self.steps[1], self.width)];
        let value = |r: usize, c: usize| self.samples.get(r * self.width + c).map_or(0, |v| i32::from(*v));
        rows.iter().map(|r| columns.iter().map(|c| value(*r, *c)).sum::<i32>()).sum()
    }
}

/// What the segments of a file say, as far as needed here.
#[derive(Default)]
struct Layout<'a> {
    /// The body of the frame's segment, and its marker.
    frame: Option<(u8, &'a [u8])>,
    /// Per scan: the bytes of all tables before it, the body of its segment, the coded data.
    scans: Vec<(Vec<u8>, &'a [u8], &'a [u8])>,
    /// Of the Adobe segment: 0 means that colours are stored as they are.
    transform: Option<u8>,
}

fn layout(bytes: &[u8]) -> Layout<'_> {
    let mut out = Layout::default();
    let (mut at, mut tables) = (2, Vec::new());
    while let Some(&[0xff, marker, ..]) = bytes.get(at..) {
        match marker {
            // Fill bytes, restarts, the end.
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            0xd9 => break,
            _ => {
                let Some(&[high, low]) = bytes.get(at + 2..at + 4) else { break };
                let end = at + 2 + usize::from(u16::from_be_bytes([high, low]));
                let Some(body) = bytes.get(at + 4..end) else { break };
                match marker {
                    0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcf => out.frame = out.frame.or(Some((marker, body))),
                    0xc4 | 0xdb | 0xdd => tables.extend_from_slice(bytes.get(at..end).unwrap_or(&[])),
                    0xee if body.starts_with(b"Adobe") => out.transform = body.get(11).copied(),
                    _ => {}
                }
                at = end;
                if marker == 0xda {
                    // The coded data ends at the next marker that is no restart.
                    let rest = bytes.get(at..).unwrap_or(&[]);
                    let length = rest.windows(2).position(|w| matches!(w, [0xff, m] if !matches!(m, 0 | 0xd0..=0xd7 | 0xff))).unwrap_or(rest.len());
                    out.scans.push((tables.clone(), body, rest.get(..length).unwrap_or(&[])));
                    at += length;
                    // More scans than components are no sequential file.
                    if out.scans.len() > 4 {
                        break;
                    }
                }
            }
        }
    }
    out
}

/// Whether a file is of this kind.
pub fn is_separate(bytes: &[u8]) -> bool {
    let Layout { frame: Some((0xc0 | 0xc1, frame)), scans, .. } = layout(bytes) else { return false };
    let factors: Vec<Option<&u8>> = frame.get(6..).unwrap_or(&[]).chunks_exact(3).map(|c| c.get(1)).collect();
    scans.len() > 1 && factors.windows(2).any(|w| w.first() != w.last())
}

/// The pixels, of 1 channel or of 3; None for a damaged file, or one that has several components in a scan, or four.
pub fn decode(bytes: &[u8], channels: usize) -> Option<Vec<u8>> {
    let layout = layout(bytes);
    let (marker, frame) = layout.frame?;
    let &[8, h0, h1, w0, w1, 3] = frame.get(..6)? else { return None };
    let (height, width) = (usize::from(u16::from_be_bytes([h0, h1])), usize::from(u16::from_be_bytes([w0, w1])));
    let components: Vec<[u8; 3]> = frame.get(6..)?.chunks_exact(3).map(|c| c.try_into().ok()).collect::<Option<_>>()?;
    if components.len() != 3 || layout.scans.len() != 3 {
        return None;
    }
    let factors: Vec<[usize; 2]> = components.iter().map(|c| [usize::from(c[1] & 15), usize::from(c[1] >> 4)]).collect();
    let most: Vec<usize> = (0..2).map(|axis| factors.iter().filter_map(|f| f.get(axis)).copied().max().unwrap_or(0)).collect();
    let mut planes = Vec::new();
    for ([id, _, table], factor) in components.iter().zip(factors) {
        let (tables, scan, data) = layout.scans.iter().find(|(_, scan, _)| scan.starts_with(&[1, *id]))?;
        let &[rows, columns] = most.as_slice() else { return None };
        if factor.contains(&0) || rows % factor[0] != 0 || columns % factor[1] != 0 {
            return None;
        }
        let steps = [rows / factor[0], columns / factor[1]];
        let (plane_height, plane_width) = (height.div_ceil(steps[0]), width.div_ceil(steps[1]));
        let mut file = vec![0xff, 0xd8];
        file.extend_from_slice(tables);
        file.extend([0xff, marker, 0, 11, 8]);
        file.extend((plane_height as u16).to_be_bytes());
        file.extend((plane_width as u16).to_be_bytes());
        file.extend([1, *id, 0x11, *table, 0xff, 0xda, 0, 8]);
        file.extend_from_slice(scan);
        file.extend_from_slice(data);
        file.extend([0xff, 0xd9]);
        let options = super::options().jpeg_set_out_colorspace(ColorSpace::Luma).set_strict_mode(true);
        let samples = JpegDecoder::new_with_options(ZCursor::new(&file), options).decode().ok()?;
        if samples.len() != plane_height * plane_width {
            return None;
        }
        planes.push(Plane { samples, height: plane_height, width: plane_width, steps });
    }
    let stored = layout.transform == Some(0) || components.iter().map(|c| c[0]).eq(*b"RGB");
    let [first, second, third] = planes.as_slice() else { return None };
    let mut out = Vec::with_capacity(height * width * channels);
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let [a, b, c] = [first, second, third].map(|p| p.at(y, x) as f32 / 16.0);
        let (b0, c0) = (b - 128.0, c - 128.0);
        let level = |v: f32| v.round().clamp(0.0, 255.0) as u8;
        match (channels, stored) {
            (1, false) => out.push(level(a)),
            (1, true) => out.push(level(0.299 * a + 0.587 * b + 0.114 * c)),
            (_, true) => out.extend([a, b, c].map(level)),
            (_, false) => out.extend([a + 1.402 * c0, a - 0.344_136 * b0 - 0.714_136 * c0, a + 1.772 * b0].map(level)),
        }
    }
    Some(out)
}

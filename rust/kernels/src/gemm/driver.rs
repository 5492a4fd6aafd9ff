//! Blocking, packing and threads around the register-tile kernels.

use super::micro::{Kernels, Micro, Tile, TileFn};
use super::pack::{panel, panels_of_rows, with_scratch};
use crate::isa::Isa;
use crate::par;
use crate::pool::Loan;

/// Called on each finished piece of a row: (row, first column, values).
pub type Epilogue<'a, T> = &'a (dyn Fn(usize, usize, &mut [T]) + Sync);

/// A right operand `[k, n]` copied into panels of two vectors of columns, for weights that are used many times.
pub struct PackedB<T: Kernels> {
    level: Isa,
    k: usize,
    n: usize,
    data: Loan,
    _type: std::marker::PhantomData<T>,
}

impl<T: Kernels> PackedB<T> {
    /// Pack `b`, `[k, n]` with the given (row, column) strides in elements. Panics when the slice is too short.
    pub fn new(k: usize, n: usize, b: &[T], strides: (usize, usize)) -> Self {
        super::check("b", b.len(), k, n, strides);
        let level = crate::isa::isa();
        let nr = 2 * T::micro(level).0.lanes;
        let data = Loan::new(n.div_ceil(nr) * nr * k * size_of::<T>());
        // SAFETY: the check covers b; the block holds all panels.
        unsafe { pack_b(level, nr, k, n, b.as_ptr(), strides.0, strides.1, data.ptr()) }
        PackedB { level, k, n, data, _type: std::marker::PhantomData }
    }
    /// k, the rows of the operand.
    pub fn rows(&self) -> usize {
        self.k
    }
    /// n, the columns of the operand.
    pub fn columns(&self) -> usize {
        self.n
    }
    /// Pack `groups` operands of `rows` rows each, each one above the one before; group g starts at `g * group_stride`.
    pub fn stacked_upwards(groups: usize, rows: usize, n: usize, b: &[T], group_stride: usize, strides: (usize, usize)) -> Self {
        super::check("b", b.len().saturating_sub(groups.saturating_sub(1) * group_stride), rows, n, strides);
        let level = crate::isa::isa();
        let (nr, k) = (2 * T::micro(level).0.lanes, groups * rows);
        let data = Loan::new(n.div_ceil(nr) * nr * k * size_of::<T>());
        let (src, dst) = (Shared(b.as_ptr().cast_mut()), Shared(data.ptr::<T>()));
        par::ranges(n.div_ceil(nr), (k * nr) as f64 * 0.2, |r| {
            for j in r {
                for g in 0..groups {
                    let from = src.at((groups - 1 - g) * group_stride + j * nr * strides.1);
                    // SAFETY: the check covers the last group, and so all; panel j has its own part of dst, group g its rows there.
                    unsafe { panel(level, from, strides.1, strides.0, (n - j * nr).min(nr), nr, rows, dst.at((j * k + g * rows) * nr)) }
                }
            }
        });
        PackedB { level, k, n, data, _type: std::marker::PhantomData }
    }
    /// Pack operands of `n` columns, each given with its rows, one below the other. Panics when a slice is too short.
    pub(super) fn of_pieces(n: usize, pieces: &[(usize, &[T])]) -> Self {
        pieces.iter().for_each(|(rows, b)| super::check("b", b.len(), *rows, n, (n, 1)));
        let level = crate::isa::isa();
        let (nr, k) = (2 * T::micro(level).0.lanes, pieces.iter().map(|p| p.0).sum::<usize>());
        let data = Loan::new(n.div_ceil(nr) * nr * k * size_of::<T>());
        let (dst, panels) = (Shared(data.ptr::<T>()), n.div_ceil(nr));
        let group = (panels / 16).clamp(1, GROUP);
        par::ranges(panels.div_ceil(group), (k * nr * group) as f64 * 0.2, |r| {
            for j in r.map(|g| g * group * nr) {
                let (columns, mut to) = ((n - j).min(group * nr), dst.at(j * k));
                for (rows, b) in pieces.iter().filter(|p| p.0 > 0) {
                    // SAFETY: the check covers the columns from j; these panels have their own part of dst, the piece its rows there.
                    unsafe { panels_of_rows(b.as_ptr().add(j), n, columns, nr, *rows, to, nr * k) };
                    to = to.wrapping_add(rows * nr);
                }
            }
        });
        PackedB { level, k, n, data, _type: std::marker::PhantomData }
    }
    pub(super) fn panels(&self) -> *const T {
        self.data.ptr()
    }
    pub(super) fn level(&self) -> Isa {
        self.level
    }
}

pub(super) enum Right<'a, T: Kernels> {
    Plain { ptr: *const T, rs: usize, cs: usize },
    Packed(&'a PackedB<T>),
}

/// One product, checked: every element that the sizes and strides reach is readable, and c is `[m, n]` and exclusive.
pub(super) struct Operands<'a, T: Kernels> {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub a: *const T,
    pub a_rs: usize,
    pub a_cs: usize,
    pub b: Right<'a, T>,
    pub c: *mut T,
    pub accumulate: bool,
    pub epilogue: Option<Epilogue<'a, T>>,
}

// SAFETY: the pointers are to slices borrowed by the caller for the whole call; tasks write disjoint parts of c.
unsafe impl<T: Kernels> Sync for Operands<'_, T> {}

#[derive(Clone, Copy)]
pub(super) struct Shared<T>(pub *mut T);
// SAFETY: tasks use disjoint ranges, or only read.
unsafe impl<T> Sync for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Send for Shared<T> {}
impl<T> Shared<T> {
    pub fn at(&self, offset: usize) -> *mut T {
        self.0.wrapping_add(offset)
    }
}

/// Where the vectors of b stand, for kernels that read it where it is or in panels.
#[derive(Clone, Copy)]
struct Columns<T> {
    ptr: *const T,
    rs: usize,
    /// From one pair of vectors to the next.
    pair: usize,
}
// SAFETY: read only, and borrowed for the whole call.
unsafe impl<T> Sync for Columns<T> {}

/// A block of k small enough for a packed panel of b to stay in L1: the same for every path.
pub(super) fn k_block(k: usize) -> usize {
    const MOST: usize = 320;
    k.div_ceil(k.div_ceil(MOST).max(1)).max(1)
}

/// Split `n` into the fewest nearly equal parts of at most `most`: (parts, size of the larger ones).
pub(super) fn parts(n: usize, most: usize) -> (usize, usize) {
    let count = n.div_ceil(most).max(1);
    (count, n.div_ceil(count))
}

/// Nanoseconds of a product of this many multiply-adds on one thread, roughly.
pub(super) fn cost<T>(macs: usize) -> f64 {
    macs as f64 * size_of::<T>() as f64 / 4.0 * 0.0125
}

/// # Safety
/// The operands are as [`Operands`] says and the level is available.
pub(super) unsafe fn run<T: Kernels>(level: Isa, x: &Operands<'_, T>) {
    let (m, n, k) = (x.m, x.n, x.k);
    if m == 0 || n == 0 {
        return;
    }
    let micro = T::micro(level).0;
    // SAFETY: each path below stays inside the operands; see there.
    unsafe {
        if k == 0 {
            if !x.accumulate {
                std::slice::from_raw_parts_mut(x.c, m * n).fill(T::default());
            }
            return finish(x, 0..m, 0..n);
        }
        match &x.b {
            Right::Plain { ptr, rs, cs } => {
                let (ptr, rs, cs) = (*ptr, *rs, *cs);
                if n == 1 && m > 1 {
                    // A column is a row of the transposed product; the epilogue keeps its own orientation.
                    let b = Right::Plain { ptr: x.a, rs: x.a_cs, cs: x.a_rs };
                    let t = Operands { m: 1, n: m, k, a: ptr, a_rs: cs, a_cs: rs, b, c: x.c, accumulate: x.accumulate, epilogue: None };
                    run(level, &t);
                    return finish(x, 0..m, 0..1);
                }
                if cs == 1 || n == 1 {
                    let narrow = m <= micro.strided[3].len() || (m < 16 && n * k * size_of::<T>() <= 1 << 20);
                    let near = (m + n) * k * size_of::<T>() <= 48 << 10;
                    if narrow || near || n <= 2 * micro.lanes && k <= 2048 {
                        return direct(micro, x, Columns { ptr, rs, pair: 2 * micro.lanes });
                    }
                } else if rs == 1 && m <= 4 && (x.a_cs == 1 || m == 1) {
                    return row_dots(micro, x, ptr, cs);
                }
                blocked(level, micro, x)
            }
            Right::Packed(b) => {
                if m <= micro.strided[3].len() || m * n * k <= 1 << 15 || n <= 2 * micro.lanes && k <= 2048 {
                    let nr = 2 * micro.lanes;
                    return direct(micro, x, Columns { ptr: b.data.ptr(), rs: nr, pair: nr * k });
                }
                blocked(level, micro, x)
            }
        }
    }
}

/// Hand the finished block to the epilogue, row by row.
unsafe fn finish<T: Kernels>(x: &Operands<'_, T>, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) {
    if let Some(f) = x.epilogue {
        for i in rows {
            // SAFETY: the piece lies in c and belongs to this task.
            let piece = unsafe { std::slice::from_raw_parts_mut(x.c.add(i * x.n + columns.start), columns.len()) };
            f(i, columns.start, piece);
        }
    }
}

/// Read both operands where they are: few rows, few columns, or little work.
unsafe fn direct<T: Kernels>(micro: &Micro<T>, x: &Operands<'_, T>, b: Columns<T>) {
    let (m, n, k) = (x.m, x.n, x.k);
    let unit = x.a_rs == 1 && m > micro.strided[0].len();
    let work = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
        // SAFETY: tasks cover disjoint blocks of c.
        unsafe {
            direct_block(micro, x, b, unit, rows.clone(), columns.clone());
            finish(x, rows, columns);
        }
    };
    let step = 8 * micro.lanes;
    if m >= 16 {
        par::ranges(m, cost::<T>(n.next_multiple_of(micro.lanes) * k), |r| work(r, 0..n));
    } else if n > step {
        // Few rows: bound by reading b.
        par::ranges(n.div_ceil(step), cost::<T>(step * k * m.max(8)), |r| work(0..m, r.start * step..(r.end * step).min(n)));
    } else {
        work(0..m, 0..n);
    }
}

/// The tile at a row and column of c, over all of k.
fn tile_at<T: Kernels>(x: &Operands<'_, T>, lanes: usize, b: Columns<T>, row: usize, col: usize, last: usize) -> Tile<T> {
    Tile {
        k: x.k,
        a: x.a.wrapping_add(row * x.a_rs),
        a_rs: x.a_rs,
        a_cs: x.a_cs,
        b: b.ptr.wrapping_add(col / (2 * lanes) * b.pair + col % (2 * lanes)),
        b_rs: b.rs,
        b_pair: b.pair,
        c: x.c.wrapping_add(row * x.n + col),
        c_rs: x.n,
        last,
        ahead: b.ptr,
        ahead_step: 0,
        accumulate: x.accumulate,
    }
}

unsafe fn direct_block<T: Kernels>(
    micro: &Micro<T>,
    x: &Operands<'_, T>,
    b: Columns<T>,
    unit: bool,
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
) {
    let lanes = micro.lanes;
    if x.m == 1 && b.pair == 2 * lanes && columns.len() > 8 * lanes {
        let t = tile_at(x, lanes, b, 0, columns.start, lanes);
        // SAFETY: one row of c, and the same columns of every row of b.
        return unsafe { (micro.row)(columns.len(), &t) };
    }
    let mut col = columns.start;
    while col < columns.end {
        let left = (columns.end - col).div_ceil(lanes);
        let tables: &[&[TileFn<T>]] = if unit { &micro.unit } else { &micro.strided };
        // The widest tile, 1 to 8 vectors, that is filled (but for its last vector) and can hold all rows at once.
        let mut wide = (left.ilog2() as usize).min(tables.len() - 1);
        while wide > 1 && tables[wide].len() < rows.len() {
            wide -= 1;
        }
        let (table, vectors) = (tables[wide], 1usize << wide);
        let here = (columns.end - col).min(vectors * lanes);
        let last = here - (vectors - 1) * lanes;
        let (count, size) = parts(rows.len(), table.len());
        let mut row = rows.start;
        for _ in 0..count {
            let mr = size.min(rows.end - row);
            if mr == 0 {
                break;
            }
            let t = tile_at(x, lanes, b, row, col, last);
            // SAFETY: rows and columns of the tile lie in the operands; the last vector is masked.
            unsafe { table[mr - 1](&t) };
            row += mr;
        }
        col += here;
    }
}

/// A few rows times a transposed b: dot products of contiguous runs.
unsafe fn row_dots<T: Kernels>(micro: &Micro<T>, x: &Operands<'_, T>, b: *const T, stride: usize) {
    let (m, n, k) = (x.m, x.n, x.k);
    let b = Shared(b.cast_mut());
    let body = |a: *const T, a_rs: usize| {
        let a = Shared(a.cast_mut());
        par::ranges(n.div_ceil(4), cost::<T>(4 * k * m.max(4)), |r| {
            let mut out = [T::default(); 4];
            for j in (r.start * 4..(r.end * 4).min(n)).step_by(4) {
                let count = (n - j).min(4);
                for i in 0..m {
                    let row = a.at(i * a_rs);
                    // SAFETY: rows of a and of the transposed b are `k` contiguous values; c is written at (i, j..j+count) only.
                    unsafe {
                        if count == 4 {
                            (micro.dot4)(k, row, b.at(j * stride), stride, &mut out);
                        } else {
                            for (q, o) in (0..count).zip(0..) {
                                let mut one = [T::default(); 4];
                                (micro.dot1)(k, row, b.at((j + q) * stride), stride, &mut one);
                                out[o] = one[0];
                            }
                        }
                        for q in 0..count {
                            let c = x.c.add(i * n + j + q);
                            *c = if x.accumulate { T::sum(*c, out[q]) } else { out[q] };
                        }
                    }
                }
            }
            // SAFETY: these columns are finished by this task.
            unsafe { finish(x, 0..m, r.start * 4..(r.end * 4).min(n)) };
        });
    };
    if x.a_cs == 1 || k == 1 {
        body(x.a, x.a_rs);
    } else {
        with_scratch(0, k, |copy: *mut T| {
            for p in 0..k {
                // SAFETY: `m == 1` here, so row 0 is all of a; the buffer holds `k` values.
                unsafe { *copy.add(p) = *x.a.add(p * x.a_cs) };
            }
            body(copy, 0);
        });
    }
}

unsafe fn pack_b<T: Kernels>(level: Isa, nr: usize, k: usize, n: usize, b: *const T, rs: usize, cs: usize, dst: *mut T) {
    let (src, dst) = (Shared(b.cast_mut()), Shared(dst));
    let panels = n.div_ceil(nr);
    let group = if cs == 1 { (panels / 16).clamp(1, GROUP) } else { 1 };
    par::ranges(panels.div_ceil(group), (k * nr * group) as f64 * 0.2, |r| {
        for g in r {
            let (from, to) = (src.at(g * group * nr * cs), dst.at(g * group * nr * k));
            let columns = (n - g * group * nr).min(group * nr);
            // SAFETY: group g holds these columns of b and has its own part of dst.
            unsafe { if group == 1 { panel(level, from, cs, rs, columns, nr, k, to) } else { panels_of_rows(from, rs, columns, nr, k, to, nr * k) } }
        }
    });
}

/// Rows of a that a task packs, and columns of c that it finishes before it goes on: the block of c and what one block of k
/// reads stay in a 1 MiB cache.
pub(super) const ROW_BLOCK: usize = 168;
const COLUMN_BLOCK: usize = 512;

/// How many blocks of how many rows: where there is work for them a multiple of four, so that two or four threads end together.
pub(super) fn row_blocks(m: usize, tile: usize, total: f64) -> (usize, usize) {
    if total <= 100_000.0 {
        return parts(m, ROW_BLOCK);
    }
    let rows = m.div_ceil(m.div_ceil(ROW_BLOCK).next_multiple_of(4)).max(tile);
    (m.div_ceil(rows), rows)
}

/// Pack rows of a, one block of k after the other, as panels of nearly equal height of at most `most`, which is returned.
unsafe fn pack_a<T: Kernels>(level: Isa, most: usize, kc: usize, x: &Operands<'_, T>, rows: std::ops::Range<usize>, dst: *mut T) -> usize {
    let (_, height) = parts(rows.len(), most);
    for p0 in (0..x.k).step_by(kc) {
        let steps = kc.min(x.k - p0);
        for i in rows.clone().step_by(height) {
            let mr = height.min(rows.end - i);
            // SAFETY: rows i..i+mr and steps p0..p0+steps of a; panels fill the buffer one after the other.
            unsafe {
                let src = x.a.add(i * x.a_rs + p0 * x.a_cs);
                panel(level, src, x.a_rs, x.a_cs, mr, mr, steps, dst.add(p0 * rows.len() + (i - rows.start) * steps));
            }
        }
    }
    height
}

/// The general case: panels of a and b are packed, blocked over k, rows and columns.
unsafe fn blocked<T: Kernels>(level: Isa, micro: &Micro<T>, x: &Operands<'_, T>) {
    let (m, n, k) = (x.m, x.n, x.k);
    let nr = 2 * micro.lanes;
    let total = cost::<T>(m * n * k);
    match &x.b {
        Right::Packed(p) if m <= ROW_BLOCK => {
            // SAFETY: the panels are those of this product.
            unsafe { over_panels(level, micro, x, p.data.ptr(), total) }
        }
        Right::Packed(p) => {
            // SAFETY: the panels are those of this product.
            unsafe { over_rows(level, micro, x, p.data.ptr(), total) }
        }
        Right::Plain { ptr, rs, cs } if m <= 2 * ROW_BLOCK => {
            // SAFETY: b is readable as the strides say.
            unsafe { over_columns(level, micro, x, *ptr, *rs, *cs, total) }
        }
        Right::Plain { ptr, rs, cs } => with_scratch(0, n.div_ceil(nr) * nr * k, |packed: *mut T| {
            // SAFETY: the buffer holds all panels of b.
            unsafe {
                pack_b(level, nr, k, n, *ptr, *rs, *cs, packed);
                over_rows(level, micro, x, packed, total);
            }
        }),
    }
}

/// Tasks own blocks of rows, packing their part of a; b is packed already.
unsafe fn over_rows<T: Kernels>(level: Isa, micro: &Micro<T>, x: &Operands<'_, T>, packed: *const T, total: f64) {
    let (m, n, k) = (x.m, x.n, x.k);
    let nr = 2 * micro.lanes;
    let tiles = micro.unit[1];
    let kc = k_block(k);
    let (blocks, rows) = row_blocks(m, tiles.len(), total);
    let packed = Shared(packed.cast_mut());
    par::ranges(blocks, total / blocks as f64, |r| {
        with_scratch(1, rows * k + 64, |apack: *mut T| {
            for block in r.clone() {
                let (start, end) = (block * rows, ((block + 1) * rows).min(m));
                if start >= end {
                    continue;
                }
                // SAFETY: rows start..end of a; the buffer holds them and the spare that packing needs.
                let mr_most = unsafe { pack_a(level, tiles.len(), kc, x, start..end, apack) };
                for j0 in (0..n).step_by(COLUMN_BLOCK) {
                    for p0 in (0..k).step_by(kc) {
                        let steps = kc.min(k - p0);
                        for j in (j0..(j0 + COLUMN_BLOCK).min(n)).step_by(nr) {
                            // SAFETY: panel j of b from step p0; the tile rows are those packed above.
                            unsafe {
                                let b = packed.at(j * k + p0 * nr);
                                let a = apack.add(p0 * (end - start));
                                column_of_tiles(micro, x, a, start..end, mr_most, steps, b, b.wrapping_add(k * nr), j, x.accumulate || p0 > 0);
                            }
                        }
                    }
                }
                // SAFETY: these rows are finished by this task.
                unsafe { finish(x, start..end, 0..n) };
            }
        })
    });
}

/// Tasks own panels of b, which is packed already; a (few rows) is packed beforehand.
unsafe fn over_panels<T: Kernels>(level: Isa, micro: &Micro<T>, x: &Operands<'_, T>, packed: *const T, total: f64) {
    let (m, n, k) = (x.m, x.n, x.k);
    let nr = 2 * micro.lanes;
    let kc = k_block(k);
    let panels = n.div_ceil(nr);
    let b = Shared(packed.cast_mut());
    with_scratch(0, m * k + 64, |apack: *mut T| {
        // SAFETY: all rows of a; the buffer holds them and the spare that packing needs.
        let mr_most = unsafe { pack_a(level, micro.unit[1].len(), kc, x, 0..m, apack) };
        let apack = Shared(apack);
        par::ranges(panels, total / panels as f64, |r| {
            for p0 in (0..k).step_by(kc) {
                let steps = kc.min(k - p0);
                for j in r.clone().map(|panel| panel * nr) {
                    // SAFETY: panel j of b from step p0; c is written in the columns of this task.
                    unsafe {
                        let from = b.at(j * k + p0 * nr);
                        column_of_tiles(micro, x, apack.at(p0 * m), 0..m, mr_most, steps, from, from.wrapping_add(k * nr), j, x.accumulate || p0 > 0);
                    }
                }
            }
            // SAFETY: these columns are finished by this task.
            unsafe { finish(x, 0..m, r.start * nr..(r.end * nr).min(n)) };
        });
    });
}

/// Panels that are packed together, so that rows of b are read in long runs.
const GROUP: usize = 16;

/// Tasks own blocks of columns, packing their part of b group by group; a (few rows) is packed beforehand.
unsafe fn over_columns<T: Kernels>(level: Isa, micro: &Micro<T>, x: &Operands<'_, T>, b: *const T, b_rs: usize, b_cs: usize, total: f64) {
    let (m, n, k) = (x.m, x.n, x.k);
    let nr = 2 * micro.lanes;
    let tiles = micro.unit[1];
    let kc = k_block(k);
    let panels = n.div_ceil(nr);
    // At least 16 groups for wide operands, so that several threads are all busy.
    let group = if b_cs == 1 { (panels / 16).clamp(1, GROUP) } else { 1 };
    let groups = panels.div_ceil(group);
    let width = group * nr;
    with_scratch(0, m * k + 64, |apack: *mut T| {
        // SAFETY: all rows of a; the buffer holds them and the spare that packing needs.
        let mr_most = unsafe { pack_a(level, tiles.len(), kc, x, 0..m, apack) };
        let (apack, b) = (Shared(apack), Shared(b.cast_mut()));
        par::ranges(groups, total / groups as f64, |r| {
            with_scratch(1, width * kc + 64, |bpack: *mut T| {
                for p0 in (0..k).step_by(kc) {
                    let steps = kc.min(k - p0);
                    for j0 in (r.start * width..(r.end * width).min(n)).step_by(width) {
                        let end = (j0 + width).min(n);
                        // SAFETY: columns j0..end and steps p0.. of b; c is written in the columns of this task.
                        unsafe {
                            let from = b.at(j0 * b_cs + p0 * b_rs);
                            if group == 1 {
                                panel(level, from, b_cs, b_rs, end - j0, nr, steps, bpack);
                            } else {
                                panels_of_rows(from, b_rs, end - j0, nr, steps, bpack, nr * steps);
                            }
                            for j in (j0..end).step_by(nr) {
                                let (a, b) = (apack.at(p0 * m), bpack.add((j - j0) * steps));
                                column_of_tiles(micro, x, a, 0..m, mr_most, steps, b, b.wrapping_add(nr * steps), j, x.accumulate || p0 > 0);
                            }
                        }
                    }
                }
            });
            // SAFETY: these columns are finished by this task.
            unsafe { finish(x, 0..m, r.start * width..(r.end * width).min(n)) };
        });
    });
}

/// All tiles of one panel of b: packed rows of a against `nr` columns from `j`. Meanwhile the panel at `next` is brought closer.
pub(super) unsafe fn column_of_tiles<T: Kernels>(
    micro: &Micro<T>,
    x: &Operands<'_, T>,
    apack: *const T,
    rows: std::ops::Range<usize>,
    mr_most: usize,
    steps: usize,
    b: *const T,
    next: *const T,
    j: usize,
    accumulate: bool,
) {
    let lanes = micro.lanes;
    let nr = 2 * lanes;
    let here = (x.n - j).min(nr);
    let (table, last) = if here <= lanes { (micro.unit[0], here) } else { (micro.unit[1], here - lanes) };
    let ahead_step = nr.div_ceil(rows.len().div_ceil(mr_most));
    let mut i = rows.start;
    let mut a = apack;
    let mut ahead = next;
    while i < rows.end {
        let mr = mr_most.min(rows.end - i);
        let c = x.c.wrapping_add(i * x.n + j);
        let t = Tile { k: steps, a, a_rs: 1, a_cs: mr, b, b_rs: nr, b_pair: nr, c, c_rs: x.n, last, ahead, ahead_step, accumulate };
        // SAFETY: as the callers promise; the last vector is masked.
        unsafe { table[mr - 1](&t) };
        a = a.wrapping_add(mr * steps);
        ahead = ahead.wrapping_add(ahead_step * steps);
        i += mr;
    }
}

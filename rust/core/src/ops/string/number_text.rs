//! Numbers as C's printf writes them: `%f`, `%e`, `%g`, with width and flags.

/// A floating-point conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `%f`
    Fixed,
    /// `%e`
    Scientific,
    /// `%g`
    Shortest,
}

/// The most digits of a fraction that std writes.
const MOST: i64 = u16::MAX as i64 - 1;

/// `%e`: one digit, the fraction, an exponent of at least two digits.
fn scientific(v: f64, precision: usize) -> String {
    let s = format!("{v:.precision$e}");
    let (mantissa, exponent) = s.split_once('e').unwrap_or((&s, "0"));
    let e: i32 = exponent.parse().unwrap_or(0);
    format!("{mantissa}e{}{:02}", if e < 0 { '-' } else { '+' }, e.abs())
}

/// The text of a finite magnitude or an infinity or NaN; precision −1 is C's default of 6.
pub fn float(v: f64, style: Style, precision: i64) -> String {
    if v.is_nan() {
        return "nan".into();
    }
    if v.is_infinite() {
        return if v < 0.0 { "-inf".into() } else { "inf".into() };
    }
    let p = if precision < 0 { 6 } else { precision.min(MOST) as usize };
    match style {
        Style::Fixed => format!("{v:.p$}"),
        Style::Scientific => scientific(v, p),
        Style::Shortest => {
            let p = p.max(1);
            let e = scientific(v, p - 1);
            let exponent: i32 = e.rsplit_once('e').and_then(|(_, x)| x.parse().ok()).unwrap_or(0);
            let trim = |s: &str| if s.contains('.') { s.trim_end_matches('0').trim_end_matches('.').to_owned() } else { s.to_owned() };
            if exponent < -4 || exponent >= p as i32 {
                let (m, x) = e.split_once('e').unwrap_or((&e, "+00"));
                format!("{}e{x}", trim(m))
            } else {
                trim(&format!("{v:.*}", (p as i32 - 1 - exponent).clamp(0, MOST as i32) as usize))
            }
        }
    }
}

/// A number of a tensor that is shown, as TensorFlow writes it: the digits that every value of its type keeps (6 for float32, 15 for
/// float64) if they give the value back, otherwise three (two) more.
pub fn shown(v: f64, single: bool) -> String {
    let (few, all) = if single { (6, 9) } else { (15, 17) };
    let short = float(v, Style::Shortest, few);
    let same = if single { short.parse::<f32>().is_ok_and(|r| r == v as f32) } else { short.parse::<f64>().is_ok_and(|r| r == v) };
    if same || v.is_nan() { short } else { float(v, Style::Shortest, all) }
}

/// `text` widened to `width` with the printf flag `fill` (a space, `0`, `-`, `+` or none).
pub fn padded(text: String, width: i64, fill: Option<char>) -> String {
    let mut text = text;
    let negative = text.starts_with('-');
    let finite = !text.ends_with("inf") && !text.ends_with("nan");
    if !negative && matches!(fill, Some('+')) {
        text.insert(0, '+');
    }
    if !negative && matches!(fill, Some(' ')) {
        text.insert(0, ' ');
    }
    let missing = usize::try_from(width).unwrap_or(0).min(1 << 20).saturating_sub(text.chars().count());
    if missing == 0 {
        return text;
    }
    match fill {
        Some('-') => text + &" ".repeat(missing),
        Some('0') if finite => {
            let at = usize::from(text.starts_with(['-', '+', ' ']));
            text.insert_str(at, &"0".repeat(missing));
            text
        }
        _ => " ".repeat(missing) + &text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_numbers_have_the_digits_that_tell_them_apart() {
        let single: Vec<String> = [0.1f32, 1.0 / 7.0, 16.0 / 14.0, 1e30, 3.0, f32::NAN].iter().map(|&v| shown(v.into(), true)).collect();
        assert_eq!(single, ["0.1", "0.142857149", "1.14285719", "1e+30", "3", "nan"]);
        assert_eq!(shown(1.0 / 3.0, false), "0.33333333333333331");
    }

    #[test]
    fn numbers_are_written_as_printf_writes_them() {
        let f = |v, s, p| float(v, s, p);
        assert_eq!(f(123456.789f32 as f64, Style::Fixed, -1), "123456.789062");
        assert_eq!(f(1e-10, Style::Scientific, -1), "1.000000e-10");
        assert_eq!(f(3.4e38, Style::Scientific, 2), "3.40e+38");
        let shortest = [(0.0, "0"), (1.0, "1"), (-2.5, "-2.5"), (1e10, "1e+10"), (123456.789, "123457"), (1e100, "1e+100"), (0.0001, "0.0001")];
        for (v, want) in shortest {
            assert_eq!(f(v, Style::Shortest, -1), want);
        }
        assert_eq!(f(123456.789, Style::Shortest, 3), "1.23e+05");
        assert_eq!(padded("-2.500000".into(), 12, Some('0')), "-0002.500000");
        assert_eq!(padded("inf".into(), 6, Some('0')), "   inf");
        assert_eq!(padded("1.5".into(), 6, Some('-')), "1.5   ");
        assert_eq!(padded("nan".into(), -1, Some('+')), "+nan");
    }
}

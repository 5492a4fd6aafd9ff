"""Fit the polynomials of rust/kernels/src/vmath with mpmath and print them as Rust constants.

Each entry: name, type, function of the reduced argument, interval, number of coefficients (lowest order first).
Run it with any Python that has mpmath and numpy: `python tools/fit_vmath.py`.
"""

import mpmath as mp
import numpy as np

mp.mp.dps = 60
HALF_LN2 = mp.log(2) / 2
ROOT = mp.sqrt(2)


def near_zero(f, limit):
    """f, with its limit where the quotient would be 0/0."""
    return lambda x: limit(x) if abs(x) < mp.mpf(10) ** -12 else f(x)


def atanh_tail(q):
    """(log((1+s)/(1-s)) - 2s) / s^3 at q = s^2."""
    s = mp.sqrt(abs(q))
    return near_zero(lambda v: (2 * mp.atanh(s) - 2 * s) / s**3, lambda v: mp.mpf(2) / 3 + 2 * q / 5)(s)


FITS = [
    ("EXP", "f32", near_zero(lambda r: (mp.expm1(r) - r) / r**2, lambda r: mp.mpf(1) / 2 + r / 6), (-HALF_LN2, HALF_LN2), 5),
    ("LOG", "f32", near_zero(lambda f: (mp.log1p(f) - f + f**2 / 2) / f**3, lambda f: mp.mpf(1) / 3 - f / 4), (1 / ROOT - 1, ROOT - 1), 9),
    (
        "TANH",
        "f32",
        near_zero(lambda q: (mp.tanh(mp.sqrt(q)) / mp.sqrt(q) - 1) / q, lambda q: -mp.mpf(1) / 3 + 2 * q / 15),
        (0, mp.mpf("0.625") ** 2),
        5,
    ),
    ("EXP", "f64", near_zero(lambda r: (mp.expm1(r) - r) / r**2, lambda r: mp.mpf(1) / 2 + r / 6), (-HALF_LN2, HALF_LN2), 10),
    ("LOG", "f64", atanh_tail, (0, ((ROOT - 1) / (ROOT + 1)) ** 2), 7),
    (
        "TANH",
        "f64",
        near_zero(lambda q: (mp.tanh(mp.sqrt(q)) / mp.sqrt(q) - 1) / q, lambda q: -mp.mpf(1) / 3 + 2 * q / 15),
        (0, mp.mpf("0.625") ** 2),
        12,
    ),
    ("ERF", "f64", near_zero(lambda q: mp.erf(mp.sqrt(q)) / mp.sqrt(q), lambda q: 2 / mp.sqrt(mp.pi) * (1 - q / 3)), (0, 1), 9),
    ("ERFC", "f64", lambda z: mp.exp((1 / z - 2) ** 2) * mp.erfc(1 / z - 2), (1 / mp.mpf("12.6"), 1 / mp.mpf("2.9")), 14),
    ("SIN", "f64", near_zero(lambda q: (mp.sin(mp.sqrt(q)) / mp.sqrt(q) - 1) / q, lambda q: -mp.mpf(1) / 6 + q / 120), (0, (mp.pi / 4) ** 2), 4),
    ("COS", "f64", near_zero(lambda q: (mp.cos(mp.sqrt(q)) - 1 + q / 2) / q**2, lambda q: mp.mpf(1) / 24 - q / 720), (0, (mp.pi / 4) ** 2), 4),
]

for name, kind, f, interval, n in FITS:
    coefficients, error = mp.chebyfit(f, interval, n, error=True)
    values = [mp.mpf(c) for c in reversed(coefficients)]
    if kind == "f32":
        text = [np.format_float_scientific(np.float32(float(v)), unique=True) for v in values]
    else:
        text = [repr(float(v)) for v in values]
    print(f"const {name}_{kind.upper()}: [{kind}; {n}] = [{', '.join(text)}]; // error {mp.nstr(error, 3)}")

"""Record single ops run by TensorFlow: inputs, attributes and outputs, one call a line, for rust/core/tests/recorded_ops.rs.

Run with TensorFlow's Python: `python tools/oracle/record_ops.py [group]`; writes tests/data/ops/<group>.tsv.
Columns: op, attributes (`name=kind:value;…`), inputs, outputs, relative tolerance (0: bit for bit). A tensor is
`dtype[dims]hex,…` with the elements' bits; `&` before it marks a variable, whose new value is then an output.
"""

import os
import pathlib
import sys

os.environ.update(TF_USE_LEGACY_KERAS="1", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", TF_ENABLE_ONEDNN_OPTS="0")

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.framework import op_def_registry

tf.disable_v2_behavior()
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tests/data/ops"


class Ref(np.ndarray):
    """An array that is given to the op as a variable."""


def ref(array):
    return np.asarray(array).view(Ref)


def encode(array):
    array = np.asarray(array)
    bits = np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}").ravel()
    return f"{tf.as_dtype(array.dtype).name}[{','.join(map(str, array.shape))}]{','.join(f'{int(b):x}' for b in bits)}"


def attr_text(definition, attrs):
    kinds = {a.name: a.type for a in definition.attr}
    parts = []
    for name, value in sorted(attrs.items()):
        kind = kinds[name]
        if kind == "type":
            value = tf.as_dtype(value).name
        elif kind == "list(float)":
            value = ",".join(f"{np.float32(v).view('u4'):x}" for v in value)
        elif kind == "list(int)":
            value = ",".join(map(str, value))
        elif kind == "bool":
            value = int(value)
        elif kind == "float":
            value = f"{np.float32(value).view('u4'):x}"
        parts.append(f"{name}={kind}:{value}")
    return ";".join(parts)


class Recorder:
    def __init__(self, group):
        self.path, self.lines = FOLDER / f"{group}.tsv", []

    def op(self, name, inputs, tolerance=0, kept=None, **attrs):
        """Run `name` on `inputs` (argument name: array) and keep the line, with the first `kept` outputs."""
        definition = op_def_registry.get(name)
        config = tf.ConfigProto(intra_op_parallelism_threads=1)
        config.graph_options.rewrite_options.disable_meta_optimizer = True
        with tf.Graph().as_default(), tf.Session(config=config) as session:
            variables, arguments = [], {}
            for arg in definition.input_arg:
                value = inputs[arg.name]
                if isinstance(value, Ref):
                    variable = tf.get_variable(arg.name, initializer=np.asarray(value), use_resource=False)
                    variables.append(variable)
                    arguments[arg.name] = variable._ref()
                else:
                    arguments[arg.name] = tf.constant(value)
            result = getattr(tf.raw_ops, name)(**arguments, **attrs)
            session.run(tf.global_variables_initializer())
            operation = (result[0] if isinstance(result, (tuple, list)) else result).op
            if variables:
                session.run(operation)
                outputs = session.run([v._ref() for v in variables])
            else:
                outputs = session.run(list(operation.outputs))
        text = [("&" if isinstance(inputs[a.name], Ref) else "") + encode(np.asarray(inputs[a.name])) for a in definition.input_arg]
        fields = [name, attr_text(definition, attrs), " ".join(text), " ".join(encode(o) for o in outputs[:kept]), str(tolerance)]
        self.lines.append("\t".join(fields))

    def write(self):
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text("\n".join(self.lines) + "\n")


def state(r):
    f = np.float32
    draw = np.random.RandomState(1)
    # Four elements: TensorFlow takes reciprocal roots of whole vectors approximately, but of single elements exactly.
    n = 4

    def normal(*shape):
        return draw.randn(*shape).astype(f)

    def positive(*shape):
        return (draw.rand(*shape) + 0.1).astype(f)

    lr, rho, mom, eps = f(0.1), f(0.9), f(0.5), f(1e-3)
    l1, l2, shrink = f(0.05), f(0.01), f(0.02)
    adam = dict(beta1_power=f(0.81), beta2_power=f(0.998), lr=lr, beta1=f(0.9), beta2=f(0.999), epsilon=f(1e-8))
    for dtype in (np.float32, np.float64):

        def cast(d):
            return {
                k: (v if k == "global_step" else ref(np.asarray(v).astype(dtype)) if isinstance(v, Ref) else np.asarray(v).astype(dtype))
                for k, v in d.items()
            }

        def dense(name, states, rest, grad="grad", **attrs):
            inputs = {k: ref(positive(n) if p else normal(n)) for k, p in states.items()}
            r.op(name, cast({**inputs, **rest, grad: normal(n)}), **attrs)

        for nesterov in (False, True):
            dense("ApplyMomentum", dict(var=0, accum=0), dict(lr=lr, momentum=mom), use_nesterov=nesterov)
            dense("ApplyAdam", dict(var=0, m=0, v=1), adam, use_nesterov=nesterov)
        dense("ApplyAdaMax", dict(var=0, m=0, v=1), {k: v for k, v in adam.items() if k != "beta2_power"})
        dense("ApplyRMSProp", dict(var=0, ms=1, mom=0), dict(lr=lr, rho=rho, momentum=mom, epsilon=eps))
        dense("ApplyCenteredRMSProp", dict(var=0, mg=0, ms=1, mom=0), dict(lr=lr, rho=rho, momentum=mom, epsilon=f(2.0)))
        dense("ApplyAdagrad", dict(var=0, accum=1), dict(lr=lr))
        dense("ApplyAdagrad", dict(var=0, accum=1), dict(lr=lr), update_slots=False)
        dense("ApplyAdagradV2", dict(var=0, accum=1), dict(lr=lr, epsilon=eps))
        for a in (l1, f(0)):
            dense(
                "ApplyAdagradDA",
                dict(var=0, gradient_accumulator=0, gradient_squared_accumulator=1),
                dict(lr=lr, l1=a, l2=l2, global_step=np.int64(3)),
            )
            dense("ApplyProximalGradientDescent", dict(var=0), dict(alpha=lr, l1=a, l2=l2), grad="delta")
            dense("ApplyProximalAdagrad", dict(var=0, accum=1), dict(lr=lr, l1=a, l2=l2))
        dense("ApplyAdadelta", dict(var=0, accum=1, accum_update=1), dict(lr=lr, rho=rho, epsilon=eps))
        for linear in (False, True):
            dense("ApplyFtrl", dict(var=0, accum=1, linear=0), dict(lr=lr, l1=l1, l2=l2, lr_power=f(-0.5)), multiply_linear_by_lr=linear)
            dense(
                "ApplyFtrlV2",
                dict(var=0, accum=1, linear=0),
                dict(lr=lr, l1=l1, l2=l2, l2_shrinkage=shrink, lr_power=f(-0.5)),
                multiply_linear_by_lr=linear,
            )
        dense("ApplyFtrl", dict(var=0, accum=1, linear=0), dict(lr=lr, l1=l1, l2=l2, lr_power=f(-0.7)), tolerance=1e-5)
        dense("ApplyAddSign", dict(var=0, m=0), dict(lr=lr, alpha=f(1), sign_decay=f(0.9), beta=f(0.9)))
        dense("ApplyPowerSign", dict(var=0, m=0), dict(lr=lr, logbase=f(1), sign_decay=f(0.9), beta=f(0.9)), tolerance=1e-6)

        def rows(name, states, rest, **attrs):
            inputs = {k: ref(positive(5, 3) if p else normal(5, 3)) for k, p in states.items()}
            r.op(name, {**cast({**inputs, **rest, "grad": normal(3, 3)}), "indices": np.int32([4, 1, 4])}, **attrs)

        for nesterov in (False, True):
            rows("SparseApplyMomentum", dict(var=0, accum=0), dict(lr=lr, momentum=mom), use_nesterov=nesterov)
        rows("SparseApplyRMSProp", dict(var=0, ms=1, mom=0), dict(lr=lr, rho=rho, momentum=mom, epsilon=eps), tolerance=1e-6)
        rows("SparseApplyCenteredRMSProp", dict(var=0, mg=0, ms=1, mom=0), dict(lr=lr, rho=rho, momentum=mom, epsilon=f(2.0)), tolerance=1e-6)
        rows("SparseApplyAdagrad", dict(var=0, accum=1), dict(lr=lr))
        rows("SparseApplyAdagradV2", dict(var=0, accum=1), dict(lr=lr, epsilon=eps))
        for a in (l1, f(0)):
            rows(
                "SparseApplyAdagradDA",
                dict(var=0, gradient_accumulator=0, gradient_squared_accumulator=1),
                dict(lr=lr, l1=a, l2=l2, global_step=np.int64(3)),
                tolerance=1e-6,
            )
            rows("SparseApplyProximalGradientDescent", dict(var=0), dict(alpha=lr, l1=a, l2=l2), tolerance=1e-6)
            rows("SparseApplyProximalAdagrad", dict(var=0, accum=1), dict(lr=lr, l1=a, l2=l2), tolerance=1e-6)
        rows("SparseApplyAdadelta", dict(var=0, accum=1, accum_update=1), dict(lr=lr, rho=rho, epsilon=eps))
        for linear in (False, True):
            rows("SparseApplyFtrl", dict(var=0, accum=1, linear=0), dict(lr=lr, l1=l1, l2=l2, lr_power=f(-0.5)), multiply_linear_by_lr=linear)
            rows(
                "SparseApplyFtrlV2",
                dict(var=0, accum=1, linear=0),
                dict(lr=lr, l1=l1, l2=l2, l2_shrinkage=shrink, lr_power=f(-0.5)),
                multiply_linear_by_lr=linear,
            )

    for how in ("Add", "Sub", "Mul", "Div", "Min", "Max", "Update"):
        indices = np.int32([[3, 0], [1, 3]])
        r.op(f"Scatter{how}", dict(ref=ref(normal(4, 2)), indices=indices, updates=normal(2, 2, 2)))
        r.op(f"Scatter{how}", dict(ref=ref(np.arange(8, dtype=np.int32).reshape(4, 2)), indices=indices, updates=np.int32(3)))
        if how in ("Add", "Sub", "Update"):
            r.op(
                f"ScatterNd{how}",
                dict(
                    ref=ref(normal(3, 4, 2)),
                    indices=np.int64([[2, 3], [0, 1], [2, 3]][: 2 if how == "Update" else 3]),
                    updates=normal(2 if how == "Update" else 3, 2),
                ),
            )
            r.op(f"ScatterNd{how}", dict(ref=ref(normal(3, 2)), indices=np.int64([[2], [0]]), updates=normal(2, 2)))


def nn(r):
    draw = np.random.RandomState(2)

    def normal(*shape, dtype=np.float32):
        return draw.randn(*shape).astype(dtype)

    close = 2e-5
    for padding, stride, dilation, more in (
        ("SAME", 1, 1, {}),
        ("VALID", 2, 1, {}),
        ("SAME", 2, 1, {}),
        ("SAME", 1, 2, {}),
        ("VALID", 1, 2, {}),
        ("EXPLICIT", 2, 1, {"explicit_paddings": [0, 0, 2, 1, 0, 3, 0, 0]}),
    ):
        attrs = dict(strides=[1, stride, stride, 1], dilations=[1, dilation, dilation, 1], padding=padding, **more)
        x = normal(2, 7, 6, 3)
        for forward, filters, depth in (("Conv2D", (3, 2, 3, 4), 4), ("DepthwiseConv2dNative", (3, 2, 3, 2), 6)):
            if dilation > 1 and forward != "Conv2D":
                continue
            w = normal(*filters)
            with tf.Graph().as_default(), tf.Session() as session:
                shape = session.run(getattr(tf.raw_ops, forward)(input=x, filter=w, **attrs)).shape
            g = normal(*shape)
            assert shape[3] == depth
            r.op(forward, dict(input=x, filter=w), close, **attrs)
            if dilation > 1:
                # TensorFlow's CPU kernels have no gradients of dilated convolutions.
                continue
            r.op(f"{forward}BackpropInput", dict(input_sizes=np.int32(x.shape), filter=w, out_backprop=g), close, **attrs)
            r.op(f"{forward}BackpropFilter", dict(input=x, filter_sizes=np.int32(w.shape), out_backprop=g), close, **attrs)
    apart = np.random.RandomState(20)
    for padding, stride, cin, fin, cout in (("SAME", 1, 4, 2, 6), ("VALID", 2, 6, 2, 3), ("SAME", 2, 3, 1, 3)):
        attrs = dict(strides=[1, stride, stride, 1], padding=padding)
        x, w = apart.randn(2, 7, 6, cin).astype(np.float32), apart.randn(3, 2, fin, cout).astype(np.float32)
        # Their gradients TensorFlow has with oneDNN only.
        r.op("Conv2D", dict(input=x, filter=w), close, **attrs)
    odd = np.array([np.inf, np.inf, -np.inf, np.nan, 1, -2, 2, 3, 5], np.float32)
    at = np.array([-1, 1, 0, -1, -1, 0, np.nan, np.inf, 6], np.float32)
    for dtype in (np.float32, np.float64):
        for name in ("ReluGrad", "Relu6Grad"):
            r.op(name, dict(gradients=odd.astype(dtype), features=at.astype(dtype)), 1e-7)
        r.op("Erf", dict(x=np.array([np.inf, -np.inf, np.nan, 0.5, -30], dtype)), 1e-6)
    r.op("Round", dict(x=np.arange(-3, 4, dtype=np.int32)))
    r.op("Round", dict(x=np.arange(-3, 4, dtype=np.int64)))
    for padding, stride in (("SAME", 2), ("VALID", 1)):
        attrs = dict(strides=[1, stride, stride, stride, 1], padding=padding)
        x, w = normal(1, 3, 4, 5, 2), normal(2, 3, 2, 2, 3)
        with tf.Graph().as_default(), tf.Session() as session:
            g = normal(*session.run(tf.raw_ops.Conv3D(input=x, filter=w, **attrs)).shape)
        r.op("Conv3D", dict(input=x, filter=w), close, **attrs)
        r.op("Conv3DBackpropInputV2", dict(input_sizes=np.int32(x.shape), filter=w, out_backprop=g), close, **attrs)
        r.op("Conv3DBackpropFilterV2", dict(input=x, filter_sizes=np.int32(w.shape), out_backprop=g), close, **attrs)
        attrs = dict(ksize=[1, 2, 2, 2, 1], **attrs)
        with tf.Graph().as_default(), tf.Session() as session:
            y = session.run(tf.raw_ops.MaxPool3D(input=x, **attrs))
        g = normal(*y.shape)
        r.op("MaxPool3D", dict(input=x), **attrs)
        r.op("AvgPool3D", dict(input=x), close, **attrs)
        r.op("MaxPool3DGrad", dict(orig_input=x, orig_output=y, grad=g), close, **attrs)
        r.op("AvgPool3DGrad", dict(orig_input_shape=np.int32(x.shape), grad=g), close, **attrs)
    for padding, window, stride in (("SAME", 3, 2), ("VALID", 2, 2), ("VALID", 3, 1)):
        attrs = dict(ksize=[1, window, 2, 1], strides=[1, stride, 1, 1], padding=padding)
        # Few distinct values: ties go to the first.
        x = np.float32(draw.randint(0, 4, (2, 6, 5, 3)))
        with tf.Graph().as_default(), tf.Session() as session:
            y = session.run(tf.raw_ops.MaxPool(input=x, **attrs))
        g = normal(*y.shape)
        r.op("MaxPool", dict(input=x), **attrs)
        r.op("MaxPoolV2", dict(input=x, ksize=np.int32(attrs["ksize"]), strides=np.int32(attrs["strides"])), padding=padding)
        r.op("MaxPoolGrad", dict(orig_input=x, orig_output=y, grad=g), close, **attrs)
        r.op("MaxPoolGradGrad", dict(orig_input=x, orig_output=y, grad=normal(*x.shape)), **attrs)
        for in_batch in (False, True):
            r.op("MaxPoolWithArgmax", dict(input=x), include_batch_in_index=in_batch, **attrs)
        r.op("AvgPool", dict(value=x), close, **attrs)
        r.op("AvgPoolGrad", dict(orig_input_shape=np.int32(x.shape), grad=g), close, **attrs)
    x = normal(2, 3, 4, 5)
    scale, offset, mean, variance = normal(5), normal(5), normal(5), np.abs(normal(5))
    for version, training, factor in (("", True, 1.0), ("V2", False, 1.0), ("V3", True, 1.0), ("V3", True, 0.25), ("V3", False, 1.0)):
        empty = np.zeros(0, np.float32)
        given = (mean, variance) if not training or factor != 1.0 else (empty, empty)
        # The other outputs are not written: in inference all but y, in training the sixth.
        r.op(
            f"FusedBatchNorm{version}",
            dict(x=x, scale=scale, offset=offset, mean=given[0], variance=given[1]),
            1e-4,
            5 if training else 1,
            is_training=training,
            epsilon=0.001,
            **({} if factor == 1.0 else {"exponential_avg_factor": factor}),
        )
        grads = dict(y_backprop=normal(2, 3, 4, 5), x=x, scale=scale, reserve_space_1=mean, reserve_space_2=variance)
        if version == "V3":
            grads["reserve_space_3"] = empty
        r.op(f"FusedBatchNormGrad{version}", grads, 1e-4, is_training=training, epsilon=0.001)
    for beta in (0.5, 0.75, 0.6):
        attrs = dict(depth_radius=2, bias=1.5, alpha=0.3, beta=beta)
        x = normal(1, 2, 3, 7)
        with tf.Graph().as_default(), tf.Session() as session:
            y = session.run(tf.raw_ops.LRN(input=x, **attrs))
        r.op("LRN", dict(input=x), close, **attrs)
        r.op("LRNGrad", dict(input_grads=normal(1, 2, 3, 7), input_image=x, output_image=y), 1e-4, **attrs)
    for padding, rate in (("SAME", 2), ("VALID", 1)):
        attrs = dict(strides=[1, 2, 1, 1], rates=[1, rate, rate, 1], padding=padding)
        x, w = normal(2, 6, 5, 3), normal(2, 3, 3)
        with tf.Graph().as_default(), tf.Session() as session:
            g = normal(*session.run(tf.raw_ops.Dilation2D(input=x, filter=w, **attrs)).shape)
        r.op("Dilation2D", dict(input=x, filter=w), **attrs)
        r.op("Dilation2DBackpropInput", dict(input=x, filter=w, out_backprop=g), close, **attrs)
        r.op("Dilation2DBackpropFilter", dict(input=x, filter=w, out_backprop=g), close, **attrs)
    for align, half in ((False, False), (True, False), (False, True)):
        attrs = dict(align_corners=align, half_pixel_centers=half)
        for size in ((7, 3), (2, 9)):
            x = normal(2, 4, 5, 2)
            g = normal(2, *size, 2)
            for kind in ("Bilinear", "Bicubic"):
                r.op(f"Resize{kind}", dict(images=x, size=np.int32(size)), 1e-4, **attrs)
                r.op(f"Resize{kind}Grad", dict(grads=g, original_image=x), 1e-4, **attrs)
            r.op("ResizeNearestNeighbor", dict(images=x, size=np.int32(size)), **attrs)
            r.op("ResizeNearestNeighborGrad", dict(grads=g, size=np.int32([4, 5])), close, **attrs)


def linalg(r):
    draw = np.random.RandomState(4)
    for dtype, close in ((np.float32, 2e-4), (np.float64, 1e-10)):

        def normal(*shape):
            return draw.randn(*shape).astype(dtype)

        for n in (1, 2, 3, 4, 7):
            a, b = normal(2, n, n), normal(2, n, 3)
            positive = (np.matmul(a, a.transpose(0, 2, 1)) + np.eye(n)).astype(dtype)
            for adjoint in (False, True):
                r.op("MatrixInverse", dict(input=a), close, adjoint=adjoint)
                r.op("MatrixSolve", dict(matrix=a, rhs=b), close, adjoint=adjoint)
                for lower in (False, True):
                    r.op("MatrixTriangularSolve", dict(matrix=a + 3 * np.eye(n, dtype=dtype), rhs=b), close, lower=lower, adjoint=adjoint)
            r.op("MatrixDeterminant", dict(input=a), close)
            r.op("LogMatrixDeterminant", dict(input=a), close)
            r.op("Lu", dict(input=a), close)
            r.op("Cholesky", dict(input=positive), close)
            r.op("CholeskyGrad", dict(l=np.linalg.cholesky(positive).astype(dtype), grad=a), close)
            r.op("SelfAdjointEigV2", dict(input=(a + a.transpose(0, 2, 1)).astype(dtype)), close)
            r.op("SelfAdjointEigV2", dict(input=positive), close, kept=1, compute_v=False)
        for m, n in ((1, 1), (2, 2), (3, 3), (3, 2), (2, 3), (6, 4), (4, 6), (8, 8)):
            a = normal(m, n)
            for full in (False, True):
                r.op("Qr", dict(input=a), close, full_matrices=full)
            r.op("Svd", dict(input=a), close)
            r.op("Svd", dict(input=a), close, kept=1, compute_uv=False)
            for fast in (False, True):
                r.op("MatrixSolveLs", dict(matrix=a, rhs=normal(m, 2), l2_regularizer=np.float64(0.5 * fast)), close, fast=fast)
        r.op("Cross", dict(a=normal(2, 3), b=normal(2, 3)), 1e-6)


def random(r):
    shape = np.int32([3, 5])
    floats = (np.float16, np.float32, np.float64)
    for seed in ([1, 2], [-7, 1 << 40]):
        seed = np.int64(seed)
        r.op("StatelessRandomGetKeyCounter", dict(seed=seed))
        r.op("StatelessRandomGetKeyCounterAlg", dict(seed=seed))
        key, counter = np.uint64([seed[1] + 9]), np.uint64([3, 1 << 33])
        for dtype in floats:
            for name in ("StatelessRandomUniform", "StatelessRandomNormal", "StatelessTruncatedNormal"):
                r.op(name, dict(shape=shape, seed=seed), dtype=dtype)
                r.op(name + "V2", dict(shape=shape, key=key, counter=counter, alg=np.int32(1)), dtype=dtype)
        for dtype in (np.int32, np.int64, np.uint32, np.uint64):
            r.op("StatelessRandomUniformFullInt", dict(shape=shape, seed=seed), dtype=dtype)
            r.op("StatelessRandomUniformFullIntV2", dict(shape=shape, key=key, counter=counter, alg=np.int32(1)), dtype=dtype)
            bounds = dict(minval=dtype(3), maxval=dtype(77))
            if dtype in (np.int32, np.int64):
                r.op("StatelessRandomUniformInt", dict(shape=shape, seed=seed, **bounds))
                r.op("StatelessRandomUniformIntV2", dict(shape=shape, key=key, counter=counter, alg=np.int32(1), **bounds))
        logits = np.float32([[0, 1, 2, 3], [3, 3, 0, 0]])
        r.op("StatelessMultinomial", dict(logits=logits, num_samples=np.int32(9), seed=seed))
        for dtype in floats:
            alpha = np.array([0.3, 1.0, 4.5], dtype)
            r.op("StatelessRandomGammaV2", dict(shape=np.int32([4, 3]), seed=seed, alpha=alpha))
        for dtype in (np.int32, np.int64, np.float32):
            r.op("StatelessRandomPoisson", dict(shape=np.int32([4, 3]), seed=seed, lam=np.float32([0.5, 4, 30])), dtype=dtype)
        both = dict(seed=5, seed2=int(abs(seed[0])))
        for dtype in floats:
            r.op("RandomGamma", dict(shape=shape, alpha=np.array([[0.3, 1.0], [4.5, 20]], dtype)), **both)
            for name in ("RandomUniform", "RandomStandardNormal", "TruncatedNormal"):
                r.op(name, dict(shape=shape), dtype=dtype, **both)
        for dtype in (np.int32, np.int64, np.float64):
            r.op("RandomPoissonV2", dict(shape=shape, rate=np.float32([0.5, 4, 30])), dtype=dtype, **both)
        r.op("RandomUniformInt", dict(shape=shape, minval=np.int64(-5), maxval=np.int64(10**12)), **both)
        r.op("RandomShuffle", dict(value=np.arange(22, dtype=np.int32).reshape(11, 2)), **both)
        r.op("Multinomial", dict(logits=logits, num_samples=np.int32(9)), **both)
    bounds = ((-1, 2), (2, np.inf), (0.5, 0.75), (-9, -3), (-np.inf, -2), (3, 3.5), (-0.1, 0.1), (-np.inf, 1), (0.7, 8))
    for dtype in (np.float32, np.float64):
        for low, high in bounds:
            one = dict(means=dtype(1.5), stdevs=dtype(2), minvals=dtype(1.5 + 2 * low), maxvals=dtype(1.5 + 2 * high))
            r.op("ParameterizedTruncatedNormal", dict(shape=np.int32([5, 7]), **one), seed=5, seed2=9)
        rows = dict(
            means=dtype(0), stdevs=np.ones(9, dtype), minvals=np.array([b[0] for b in bounds], dtype), maxvals=np.array([b[1] for b in bounds], dtype)
        )
        r.op("ParameterizedTruncatedNormal", dict(shape=np.int32([9, 6]), **rows), seed=5, seed2=9)
        wide = dict(means=dtype(0), stdevs=dtype(1), minvals=dtype(-1), maxvals=dtype(np.inf))
        r.op("ParameterizedTruncatedNormal", dict(shape=np.int32([130]), **wide), seed=5, seed2=9)
    for dtype, close in ((np.float32, 1e-5), (np.float64, 1e-9)):
        alpha = np.array([0.1, 0.5, 1, 2, 8, 40], dtype)[:, None]
        r.op("RandomGammaGrad", dict(alpha=alpha, sample=alpha * np.array([0.3, 0.9, 1.0, 1.4, 2.0], dtype)), close)


def image(r):
    draw = np.random.RandomState(5)
    x = draw.rand(2, 3, 4, 3).astype(np.float32)
    x[0, 0, 0] = 0.5
    r.op("RGBToHSV", dict(images=x), 1e-5)
    r.op("HSVToRGB", dict(images=x), 1e-5)
    for by in (0.3, -0.7):
        r.op("AdjustHue", dict(images=x, delta=np.float32(by)), 1e-5)
    for by in (0.4, 1.7):
        r.op("AdjustSaturation", dict(images=x, scale=np.float32(by)), 1e-5)
        r.op("AdjustContrastv2", dict(images=x, contrast_factor=np.float32(by)), 1e-5)
    for dtype in (np.float32, np.uint8):
        x = (draw.rand(2, 5, 4, 2) * 9).astype(dtype)
        for align in (False, True):
            for size in ((3, 3), (7, 2), (10, 9)):
                r.op("ResizeArea", dict(images=x, size=np.int32(size)), 1e-5, align_corners=align)
        boxes = np.float32([[0, 0, 1, 1], [0.2, 0.1, 0.7, 0.9], [-0.3, 0.2, 0.6, 1.4], [0.9, 0.8, 0.1, 0.2]])
        of = np.int32([0, 1, 1, 0])
        for size in ((3, 2), (1, 4), (1, 1)):
            g = draw.randn(4, *size, 2).astype(np.float32)
            for method in ("bilinear", "nearest"):
                attrs = dict(method=method)
                r.op("CropAndResize", dict(image=x, boxes=boxes, box_ind=of, crop_size=np.int32(size)), 1e-5, extrapolation_value=2.5, **attrs)
                sizes = dict(grads=g, boxes=boxes, box_ind=of, image_size=np.int32([2, 5, 4, 2]))
                r.op("CropAndResizeGradImage", sizes, 1e-4, T=np.float32, **attrs)
            r.op("CropAndResizeGradBoxes", dict(grads=g, image=x, boxes=boxes, box_ind=of), 1e-4)
    low = draw.rand(12, 2) * 0.6
    boxes = np.concatenate([low, low + 0.1 + draw.rand(12, 2) * 0.4], 1).astype(np.float32)
    scores = np.round(draw.rand(12), 1).astype(np.float32)
    f = np.float32
    for most in (0, 4, 12):
        given = dict(boxes=boxes, scores=scores, max_output_size=np.int32(most))
        r.op("NonMaxSuppression", given, iou_threshold=0.3)
        r.op("NonMaxSuppressionV2", dict(iou_threshold=f(0.2), **given))
        for score in (-1.0, 0.5):
            given3 = dict(iou_threshold=f(0.4), score_threshold=f(score), **given)
            r.op("NonMaxSuppressionV3", given3)
            for pad in (False, True):
                r.op("NonMaxSuppressionV4", given3, pad_to_max_output_size=pad)
                for sigma in (0.0, 0.5):
                    r.op("NonMaxSuppressionV5", dict(soft_nms_sigma=f(sigma), **given3), 1e-6, pad_to_max_output_size=pad)
    boxes = np.float32([[[0.1, 0.1, 0.8, 0.7], [0.5, -0.2, 1.4, 0.6], [0.3, 0.9, 0.2, 1.0]]] * 2)
    for depth in (1, 3, 4):
        x = draw.rand(2, 7, 6, depth).astype(np.float32)
        r.op("DrawBoundingBoxes", dict(images=x, boxes=boxes))
        r.op("DrawBoundingBoxesV2", dict(images=x, boxes=boxes, colors=draw.rand(2, 4).astype(np.float32)))
    for dtype in (np.float32, np.int32):
        r.op("Bucketize", dict(input=np.array([-5, 0, 1, 3, 100], dtype)), boundaries=[0.0, 1.0, 10.0])


def candidates(r):
    true = np.int64([[1, 3], [5, 0], [1, 1]])
    for name in ("UniformCandidateSampler", "LogUniformCandidateSampler"):
        for unique in (False, True):
            for top in (7, 1000, 4096):
                attrs = dict(num_true=2, num_sampled=6, unique=unique, range_max=top, seed=3, seed2=11)
                r.op(name, dict(true_classes=true), 1e-6, **attrs)
    for unique in (False, True):
        attrs = dict(num_true=2, num_sampled=4, unique=unique, seed=3, seed2=11)
        for name in ("LearnedUnigramCandidateSampler", "ThreadUnsafeUnigramCandidateSampler"):
            for top in (7, 1000, 4096):
                r.op(name, dict(true_classes=true), 1e-6, range_max=top, **attrs)
        counts = [float(v) for v in (5, 1, 0.5, 20, 3, 2, 0.25, 9)]
        fixed = dict(true_classes=true)
        r.op("FixedUnigramCandidateSampler", fixed, 1e-6, range_max=8, unigrams=counts, **attrs)
        r.op("FixedUnigramCandidateSampler", fixed, 1e-6, range_max=8, unigrams=counts, distortion=0.75, **attrs)
        r.op("FixedUnigramCandidateSampler", fixed, 1e-6, range_max=10, num_reserved_ids=2, unigrams=counts, **attrs)
        r.op("FixedUnigramCandidateSampler", dict(true_classes=true % 4), 1e-6, range_max=4, unigrams=counts, num_shards=2, shard=1, **attrs)
        many = [float(1 + k * k % 97) for k in range(300)]
        r.op("FixedUnigramCandidateSampler", fixed, 1e-6, range_max=300, unigrams=many, **{**attrs, "num_sampled": 50})
    r.op("ComputeAccidentalHits", dict(true_classes=true, sampled_candidates=np.int64([5, 1, 7, 3, 1])), num_true=2)


def sparse(r):
    draw = np.random.RandomState(6)
    at = np.int64([[0, 1], [0, 3], [2, 0], [2, 3]])
    shape = np.int64([3, 4])
    for dtype in (np.float32, np.float64):
        v = draw.randn(4).astype(dtype)
        dense = draw.randn(3, 4).astype(dtype)
        for aa in (False, True):
            for ab in (False, True):
                b = draw.randn(*((2, 3 if aa else 4) if ab else (3 if aa else 4, 2))).astype(dtype)
                r.op("SparseTensorDenseMatMul", dict(a_indices=at, a_values=v, a_shape=shape, b=b), 1e-6, adjoint_a=aa, adjoint_b=ab)
        mixed = np.int64([[2, 3], [0, 1], [2, 0], [0, 3]])
        r.op("SparseReorder", dict(input_indices=mixed, input_values=v, input_shape=shape))
        other = np.int64([[0, 0], [0, 3], [1, 1]])
        w = draw.randn(3).astype(dtype)
        w[1] = -v[1]
        both = dict(a_indices=at, a_values=v, a_shape=shape, b_indices=other, b_values=w, b_shape=shape)
        for thresh in (0, 0.5):
            r.op("SparseAdd", dict(thresh=dtype(thresh), **both))
        total = np.int64([[0, 0], [0, 1], [1, 1], [2, 0], [2, 3]])
        r.op("SparseAddGrad", dict(backprop_val_grad=draw.randn(5).astype(dtype), a_indices=at, b_indices=other, sum_indices=total))
        for axes in ([0], [1], [-1], [0, 1], []):
            for keep in (False, True):
                given = dict(input_indices=at, input_values=v, input_shape=shape, reduction_axes=np.int32(axes))
                r.op("SparseReduceSum", given, 1e-6, keep_dims=keep)
                r.op("SparseReduceMax", given, keep_dims=keep)
        r.op("SparseSlice", dict(indices=at, values=v, shape=shape, start=np.int64([0, 1]), size=np.int64([2, 9])))
        r.op(
            "SparseSliceGrad",
            dict(backprop_val_grad=v[:2], input_indices=at, input_start=np.int64([0, 1]), output_indices=np.int64([[0, 0], [0, 2]])),
        )
        for name in ("Add", "Mul", "Div"):
            r.op(f"SparseDenseCwise{name}", dict(sp_indices=at, sp_values=v, sp_shape=shape, dense=dense), 1e-6)
            r.op(f"SparseDenseCwise{name}", dict(sp_indices=at, sp_values=v, sp_shape=shape, dense=dense[:1]), 1e-6)
        r.op("SparseTensorDenseAdd", dict(a_indices=at, a_values=v, a_shape=shape, b=dense), 1e-6)
        r.op("SparseSoftmax", dict(sp_indices=at, sp_values=v, sp_shape=shape), 1e-6)
        r.op("SparseFillEmptyRows", dict(indices=at, values=v, dense_shape=shape, default_value=dtype(9)))
        r.op("SparseFillEmptyRowsGrad", dict(reverse_index_map=np.int64([0, 1, 3, 4]), grad_values=draw.randn(5).astype(dtype)), 1e-6)
    for new in ([2, 6], [12], [-1, 2, 3]):
        r.op("SparseReshape", dict(input_indices=at, input_shape=shape, new_shape=np.int64(new)))


def main():
    groups = {name: function for name, function in globals().items() if name in ("state", "nn", "linalg", "random", "image", "candidates", "sparse")}
    for name in sys.argv[1:] or groups:
        r = Recorder(name)
        groups[name](r)
        r.write()


if __name__ == "__main__":
    main()

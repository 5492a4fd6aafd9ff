"""Moments, batch normalization by formula and fused, l2 norms, bias_add, with gradients."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None, 3, 4], name="x")
    image = tf.placeholder(tf.float32, [2, 3, 3, 4], name="image")
    scale = tf.placeholder(tf.float32, [4], name="scale")
    offset = tf.placeholder(tf.float32, [4], name="offset")
    mean, variance = tf.nn.moments(x, [0, 1])
    kept_mean, kept_variance = tf.nn.moments(x, axes=[2], keep_dims=True)
    normal = tf.nn.batch_normalization(x, mean, variance, offset, scale, 1e-3)
    fused, batch_mean, batch_variance = tf.nn.fused_batch_norm(image, scale, offset, epsilon=0.01, is_training=True)
    inference, _, _ = tf.nn.fused_batch_norm(image, scale, offset, mean=offset, variance=scale, is_training=False)
    layer_norm = (x - kept_mean) * tf.rsqrt(kept_variance + 1e-6)
    fetches = {
        "mean": mean, "variance": variance, "kept_mean": kept_mean, "normal": normal, "fused": fused, "batch_mean": batch_mean, "batch_variance": batch_variance,
        "inference": inference, "layer_norm": layer_norm, "l2": tf.nn.l2_loss(x), "unit": tf.nn.l2_normalize(x, 2), "unit_all": tf.nn.l2_normalize(x, [1, 2]),
        "bias": tf.nn.bias_add(image, offset), "norm": tf.norm(x), "norm1": tf.norm(x, ord=1, axis=-1),
    }
    for i, g in enumerate(tf.gradients(tf.square(normal), [x, scale, offset])):
        fetches[f"normal_grad{i}"] = g
    for i, g in enumerate(tf.gradients(fused ** 3, [image, scale, offset])):
        fetches[f"fused_grad{i}"] = g
    for i, g in enumerate(tf.gradients(tf.square(inference), [image, scale, offset])):
        fetches[f"inference_grad{i}"] = g
    fetches["layer_norm_grad"] = tf.gradients(layer_norm ** 2 * x, x)[0]
    fetches["unit_grad"] = tf.gradients(fetches["unit"] * x, x)[0]
    rng = np.random.RandomState(9)
    feeds = [{x: rng.uniform(-1, 2, (n, 3, 4)).astype(np.float32), image: rng.uniform(-1, 2, (2, 3, 3, 4)).astype(np.float32),
              scale: rng.uniform(0.5, 1.5, 4).astype(np.float32), offset: rng.uniform(-1, 1, 4).astype(np.float32)} for n in (2, 3)]
    return {"feeds": feeds, "fetches": fetches}

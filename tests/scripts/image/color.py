"""Images: types, brightness, gray, standardization."""

import numpy as np


def build(tf):
    tf.set_random_seed(8)
    x = tf.placeholder(tf.float32, [2, 4, 3, 3], name="x")
    b = tf.placeholder(tf.uint8, [4, 3, 3], name="b")
    im = tf.image
    fetches = {
        "bytes_to_float": im.convert_image_dtype(b, tf.float32), "float_to_bytes": im.convert_image_dtype(x, tf.uint8),
        "saturated": im.convert_image_dtype(x * 2.0, tf.uint8, saturate=True), "bytes_to_short": im.convert_image_dtype(b, tf.int16),
        "bright": im.adjust_brightness(x, 0.1), "bright_bytes": im.adjust_brightness(b, -0.2), "standard": im.per_image_standardization(x),
        "standard_bytes": im.per_image_standardization(b), "gray": im.rgb_to_grayscale(x), "gray_bytes": im.rgb_to_grayscale(b),
        "rgb": im.grayscale_to_rgb(x[:, :, :, :1]), "random_bright": im.random_brightness(x, 0.3, seed=4), "yuv": im.rgb_to_yuv(x),
        "crop": tf.random_crop(x, [1, 2, 2, 3], seed=3), "gamma": im.adjust_gamma(x, 2.0),
    }
    rng = np.random.RandomState(31)
    feeds = [{x: rng.uniform(0, 1, (2, 4, 3, 3)).astype(np.float32), b: rng.randint(0, 256, (4, 3, 3))}]
    return {"feeds": feeds, "fetches": fetches}

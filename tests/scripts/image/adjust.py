"""Images: contrast, hue, saturation, colour spaces, random adjustments by seed, turns; strings joined along axes; gathers by batch."""

import numpy as np


def build(tf):
    tf.set_random_seed(15)
    x = tf.placeholder(tf.float32, [2, 4, 3, 3], name="x")
    b = tf.placeholder(tf.uint8, [4, 3, 3], name="b")
    one = tf.placeholder(tf.float32, [None, None, 3], name="one")
    im = tf.image
    fetches = {
        "contrast": im.adjust_contrast(x, 1.7), "contrast_bytes": im.adjust_contrast(b, 0.5), "hue": im.adjust_hue(x, 0.2), "hue_back": im.adjust_hue(x, -0.35),
        "saturation": im.adjust_saturation(x, 0.6), "saturation_up": im.adjust_saturation(x, 3.0), "hsv": im.rgb_to_hsv(x), "rgb": im.hsv_to_rgb(x),
        "random_contrast": im.random_contrast(x, 0.2, 1.8, seed=2), "random_hue": im.random_hue(x, 0.3, seed=3),
        "random_saturation": im.random_saturation(x, 0.5, 1.5, seed=4), "random_left": im.random_flip_left_right(one, seed=5),
        "random_down": im.random_flip_up_down(one, seed=6), "random_batch": im.random_flip_left_right(x, seed=7), "turn": im.rot90(one), "turn3": im.rot90(x, 3),
        "centre": im.central_crop(one, 0.6), "fit": im.resize_image_with_crop_or_pad(one, 5, 4), "sobel": im.sobel_edges(x),
        "join": tf.reduce_join([["a", "b"], ["c", "d"]], axis=1, separator="-"), "join_all": tf.reduce_join([["a", "b"], ["c", "d"]]),
        "by_batch": tf.gather_nd(x, [[[0, 1], [3, 2]], [[1, 1], [0, 0]]], batch_dims=1), "psnr": im.psnr(x, x * 0.9, 1.0),
    }
    rng = np.random.RandomState(35)
    feeds = [{x: rng.uniform(0, 1, (2, 4, 3, 3)).astype(np.float32), b: rng.randint(0, 256, (4, 3, 3)), one: rng.uniform(0, 1, (7, 5, 3)).astype(np.float32)}] * 2
    return {"feeds": feeds, "fetches": fetches}

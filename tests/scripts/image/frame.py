"""Images: flips, crops, pads, patches, sizes."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [2, 6, 5, 3], name="x")
    one = tf.placeholder(tf.float32, [None, None, 1], name="one")
    im = tf.image
    fetches = {
        "left": im.flip_left_right(x), "down": im.flip_up_down(x), "transpose": im.transpose_image(x),
        "centre": im.central_crop(x, 0.5), "pad": im.pad_to_bounding_box(x, 1, 2, 9, 8), "crop": im.crop_to_bounding_box(x, 1, 2, 3, 2),
        "fit": im.resize_image_with_crop_or_pad(x, 4, 8), "patches": tf.extract_image_patches(x, [1, 3, 2, 1], [1, 2, 1, 1], [1, 1, 1, 1], "VALID"),
        "bilinear": im.resize_images(x, [4, 9]), "aligned": im.resize_images(x, [11, 3], align_corners=True),
        "nearest": im.resize_images(x, (3, 7), method=im.ResizeMethod.NEAREST_NEIGHBOR), "same": im.resize_images(x, [6, 5]) * 2.0,
        "bicubic": im.resize_images(x, tf.constant([8, 8]), method=tf.image.ResizeMethod.BICUBIC), "nearest_op": im.resize_nearest_neighbor(x, [4, 4]),
        "bilinear_op": im.resize_bilinear(x, [12, 10]), "single": im.resize_images(one, [4, 4]), "variation": im.total_variation(x),
        "left_one": im.flip_left_right(one),
    }
    fetches["bilinear_grad"] = tf.gradients(tf.square(fetches["bilinear"]), x)[0]
    fetches["patches_grad"] = tf.gradients(tf.square(fetches["patches"]), x)[0]
    fetches["variation_grad"] = tf.gradients(fetches["variation"], x)[0]
    rng = np.random.RandomState(30)
    return {"feeds": [{x: rng.uniform(0, 1, (2, 6, 5, 3)).astype(np.float32), one: rng.uniform(0, 1, (3, 5, 1)).astype(np.float32)}], "fetches": fetches}

"""CTC: the loss with every flag and its gradient, greedy and beam search decoders."""

import numpy as np


def build(tf):
    x = tf.placeholder(tf.float32, [None, 3, 6], name="x")
    length = tf.placeholder(tf.int32, [3], name="length")
    rows = [[0, 1, 1, 2], [4, 0, 4], [3]]
    at = [[b, i] for b, row in enumerate(rows) for i in range(len(row))]
    labels = tf.SparseTensor(np.array(at, np.int64), np.array([v for row in rows for v in row], np.int32), [3, 4])
    longer = tf.SparseTensor(np.array([[0, i] for i in range(9)] + [[1, 0], [2, 0]], np.int64), np.array([0, 1, 2, 3, 4, 0, 1, 2, 3, 1, 3], np.int32), [3, 9])
    losses = {
        "plain": tf.nn.ctc_loss(labels, x, length), "collapsed": tf.nn.ctc_loss(labels, x, length, preprocess_collapse_repeated=True),
        "unmerged": tf.nn.ctc_loss(labels, x, length, ctc_merge_repeated=False), "longer": tf.nn.ctc_loss(longer, x, length, ignore_longer_outputs_than_inputs=True),
        "batch_major": tf.nn.ctc_loss(labels, tf.transpose(x, [1, 0, 2]), length, time_major=False), "logits": tf.nn.ctc_loss(labels, sequence_length=length, logits=x),
    }
    fetches = dict(losses)
    for name, loss in losses.items():
        fetches[name + "_grad"] = tf.gradients(loss * [1.0, 2.0, 3.0], x)[0]
    for name, (paths, likely) in {
        "greedy": tf.nn.ctc_greedy_decoder(x, length), "greedy_all": tf.nn.ctc_greedy_decoder(x, length, merge_repeated=False),
        "beam": tf.nn.ctc_beam_search_decoder(x, length, beam_width=5, top_paths=3), "beam_all": tf.nn.ctc_beam_search_decoder(x, length, merge_repeated=False),
        "beam_v2": tf.nn.ctc_beam_search_decoder_v2(x, length, beam_width=20, top_paths=2),
    }.items():
        fetches[name] = likely
        for i, path in enumerate(paths):
            fetches.update({f"{name}_indices{i}": path.indices, f"{name}_values{i}": path.values, f"{name}_shape{i}": path.dense_shape})
    rng = np.random.RandomState(7)
    feeds = [{x: rng.uniform(-2, 2, (t, 3, 6)).astype(np.float32), length: lengths} for t, lengths in ((7, [7, 5, 3]), (6, [6, 6, 4]))]
    return {"feeds": feeds, "fetches": fetches}

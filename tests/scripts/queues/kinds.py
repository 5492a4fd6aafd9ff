"""Queues of every kind, filled and emptied in one run by control dependencies."""


def build(tf):
    fetches = {}

    def through(label, queue, rows, n):
        with tf.control_dependencies([queue.enqueue_many(rows)]):
            first = queue.dequeue()
        parts = first if isinstance(first, list) else list(first.values()) if isinstance(first, dict) else [first]
        with tf.control_dependencies(parts):
            rest = queue.dequeue_many(n)
        rest = rest if isinstance(rest, list) else list(rest.values()) if isinstance(rest, dict) else [rest]
        with tf.control_dependencies(rest):
            size, closed = queue.size(), queue.is_closed()
        for i, (a, b) in enumerate(zip(parts, rest)):
            fetches[f"{label}_first_{i}"], fetches[f"{label}_rest_{i}"] = a, b
        fetches[f"{label}_size"], fetches[f"{label}_closed"] = size, closed

    rows = tf.reshape(tf.range(20.0), [10, 2])
    through("fifo", tf.FIFOQueue(40, [tf.float32, tf.int32], shapes=[[2], []]), [rows, tf.range(10)], 9)
    through("named", tf.FIFOQueue(40, [tf.int32, tf.int64], shapes=[[], []], names=["b", "a"]), {"a": tf.range(3, dtype=tf.int64), "b": tf.range(3)}, 2)
    through("random", tf.RandomShuffleQueue(40, 3, tf.int32, shapes=[()], seed=7), tf.range(12), 6)
    through("priority", tf.PriorityQueue(40, tf.float32, shapes=[[2]]), [tf.constant([5, 3, 9, 1], tf.int64), rows[:4]], 3)
    padded = tf.PaddingFIFOQueue(10, [tf.float32, tf.string], shapes=[[None, 2], [None]])
    with tf.control_dependencies([padded.enqueue([rows[:3], ["a"]])]):
        more = padded.enqueue([rows[5:6], ["b", "c"]], name="more")
    with tf.control_dependencies([more]):
        numbers, words = padded.dequeue_many(2, name="both")
    fetches["padded_numbers"], fetches["padded_words"] = numbers, words
    chosen = tf.QueueBase.from_list(1, [tf.FIFOQueue(3, tf.int32, shapes=[[]]), tf.FIFOQueue(3, tf.int32, shapes=[[]], name="second")])
    with tf.control_dependencies([chosen.enqueue(4)]):
        fetches["chosen"] = chosen.dequeue()
    last = tf.FIFOQueue(5, tf.int32, shapes=[[]], shared_name="last", name="last")
    with tf.control_dependencies([last.enqueue_many([[1, 2, 3]])]):
        close = last.close()
    with tf.control_dependencies([close]):
        fetches["up_to"] = last.dequeue_up_to(8)
    return {"fetches": fetches}

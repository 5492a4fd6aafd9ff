"""Train a classifier on TFRecord files: tf.data reads, parses, shuffles and batches them; a feedable iterator switches to the held-out file."""

import os
import sys

import graphpb as tf
import numpy as np

flags = tf.app.flags
flags.DEFINE_string("data_dir", "records", "folder for the record files")
flags.DEFINE_integer("epochs", 5, "passes over the training files")
FLAGS = flags.FLAGS

SIZE, CLASSES = 12, 4


def write_records(path, count, seed):
    """Write images of bars at one of four places, with noise, as tf.train.Example messages."""
    draw = np.random.RandomState(seed)
    with tf.python_io.TFRecordWriter(path) as writer:
        for _ in range(count):
            label = draw.randint(CLASSES)
            image = draw.randint(0, 120, (SIZE, SIZE))
            image[:, label * 3 : label * 3 + 3] += 100
            feature = {
                "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[image.astype(np.uint8).tobytes()])),
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())


def parse(record):
    """Turn a record into an image in [0, 1) and its label."""
    fields = tf.parse_single_example(record, {"image": tf.FixedLenFeature([], tf.string), "label": tf.FixedLenFeature([], tf.int64)})
    image = tf.reshape(tf.decode_raw(fields["image"], tf.uint8), [SIZE * SIZE])
    return tf.cast(image, tf.float32) / 256, fields["label"]


def datasets(folder):
    """The training and the held-out dataset."""
    train = tf.data.Dataset.list_files(os.path.join(folder, "train-*.rec"), shuffle=False)
    train = train.interleave(tf.data.TFRecordDataset, cycle_length=2)
    train = train.shuffle(200, seed=1).map(parse, num_parallel_calls=2).batch(32).prefetch(1)
    check = tf.data.TFRecordDataset(os.path.join(folder, "check.rec")).map(parse).batch(100)
    return train, check


def read_all(sess, fetches, feed_dict):
    """Run until the iterator ends; returns what each run gave."""
    results = []
    try:
        while True:
            results.append(sess.run(fetches, feed_dict=feed_dict))
    except tf.errors.OutOfRangeError:
        return results


def train(folder, epochs):
    """Write the files and train; yields the number of steps, the mean loss and the held-out accuracy of each epoch."""
    os.makedirs(folder, exist_ok=True)
    for name, count, seed in (("train-0.rec", 300, 1), ("train-1.rec", 300, 2), ("check.rec", 200, 3)):
        write_records(os.path.join(folder, name), count, seed)
    train_set, check_set = datasets(folder)
    handle = tf.placeholder(tf.string, [])
    images, labels = tf.data.Iterator.from_string_handle(handle, train_set.output_types, train_set.output_shapes).get_next()
    train_iterator, check_iterator = train_set.make_initializable_iterator(), check_set.make_initializable_iterator()

    logits = tf.layers.dense(images, CLASSES, kernel_initializer=tf.glorot_uniform_initializer(seed=3))
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    step = tf.train.AdamOptimizer(0.01).minimize(loss)
    hits = tf.equal(tf.argmax(logits, 1), labels)

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        of_train, of_check = sess.run([train_iterator.string_handle(), check_iterator.string_handle()])
        for _ in range(epochs):
            sess.run(train_iterator.initializer)
            losses = [result[0] for result in read_all(sess, [loss, step], {handle: of_train})]
            sess.run(check_iterator.initializer)
            right = np.concatenate(read_all(sess, hits, {handle: of_check}))
            yield len(losses), float(np.mean(losses)), float(np.mean(right))


def main(_):
    for epoch, (steps, loss, accuracy) in enumerate(train(FLAGS.data_dir, FLAGS.epochs), 1):
        print(f"epoch {epoch}: {steps} steps, loss {loss:.4f}, held-out accuracy {accuracy:.3f}")


if __name__ == "__main__":
    tf.app.run(main=main, argv=[sys.argv[0]])

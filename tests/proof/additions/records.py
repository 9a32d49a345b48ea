"""Read records with tf.data."""

import tensorflow as tf


def read(pattern, seed):
    files = tf.data.Dataset.list_files(pattern, shuffle=False)
    rows = tf.data.TFRecordDataset(files)
    rows = rows.shuffle(10_000, seed=seed, reshuffle_each_iteration=False)
    val, train = rows.take(1_000), rows.skip(1_000)
    return train.shuffle(10_000).batch(32), val.batch(32)

"""How further images join the real ones: one tf.data pipeline."""

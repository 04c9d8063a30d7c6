"""Processes that are there at once: importing TensorFlow takes longer than the tests that need one.

They are forked from a process that has imported everything and started nothing.
"""

import multiprocessing

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["ganaug.training.train", "pipelines.tuning.distributed"])

"""The only place that joins images, generators and classifiers, and says what came of it.

The rooms, in the order in which data flows; each imports only from those above it, and from the
other packages (`make lint` holds that):

- ground         `errors`, `identity` (what makes two tasks the same), `runtime` (the state of a
                 process that trains), `workspace` (how `outputs/` is laid out)
- `data/`        pools and their readers, images, `sources/`, which pictures belong together,
                 splits, protocols, instances, a summary and its contact sheet
- `findings/`    what may be wrong with a data set; and the table that excludes
- `augment/`     the string language; `ops/`, drawn for each image; `offline/`, before training
- `recipes/`     every setting, parsed and checked; `library/` with the files that ship
- `synthetic/`   where further images come from, who judges and labels them, how good they are
- `mixing/`      how they join the real ones, as a `tf.data.Dataset`
- `training/`    one arm on one instance
- `tasks/`       pure calls, each run once; the executor; `work/` with what they do
- `statistics/`  what numbers show, what they could show, and in words
- `comparison/`  many tasks: instances, sizes, plan, run, estimate, outlook
- `tuning/`      searches with keras-tuner
- `report/`      tables, charts, pages
- `verbs/`, `cli.py`  the commands

`tasks/work`, `training/`, `synthetic/`, `comparison/run.py` and `tuning/run.py` load Keras,
and `findings/` and `comparison/sizes.py` where a pre-trained network looks at pictures; what a
command needs to answer ``--help`` does not, and verbs import the heavy rooms where they start to
work. Whatever a task's work reaches by its imports is part of its identity: touch it, and results
are made anew.
"""

"""What the other packages stand on: errors, files, names and settings, said once.

It knows no GAN, no classifier and no data set. From light to heavy:

- `errors`    bad input, as one line that says what was received and what to do
- `names`     natural order; parts of file names
- `system`    where Windows and macOS differ from Linux
- `terminal`  what is printed, on any terminal, into any pipe
- `settings`  the frozen base of settings and of results
- `locks`     one process at a time, of all that share a folder
- `files`     files that appear whole or not at all
- `npz`       arrays in files, read once it is known how much memory they take
- `saved`     networks in files, loaded in safe mode, once it is known that they fit
- `machine`   the backend, and whether there is a GPU
- `compute`   what Keras computes in: precision, steps an execution
"""

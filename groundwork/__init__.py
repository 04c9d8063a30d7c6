"""What the other packages stand on: errors, files, names and settings, said once.

It knows no GAN, no classifier and no data set. From light to heavy:

- `errors`    bad input, as one line that says what was received and what to do
- `names`     natural order; parts of file names
- `system`    where Windows and macOS differ from Linux
- `terminal`  what is printed, on any terminal, into any pipe
- `settings`  the frozen base of settings and of results
- `files`     files that appear whole or not at all
- `compute`   what Keras computes in: backend, precision, steps an execution
"""

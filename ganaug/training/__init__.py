"""One training, resumable: session, callbacks, guards, checkpoints, record, pictures."""

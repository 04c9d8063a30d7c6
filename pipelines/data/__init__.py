"""Pictures: where they come from, which belong together, which are trained and tested on."""

"""Images, where they come from, and which are trained and tested on."""

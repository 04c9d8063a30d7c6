"""The verbs of the command line, each a public function."""

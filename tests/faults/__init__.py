"""What must never happen, tried many times: `make test-faults`, and with `LONG=1` at length."""

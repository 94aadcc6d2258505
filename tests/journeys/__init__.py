"""The user guide, step by step, in real browsers against the running product: `make journey`."""

"""Speed against peers, measured in one run: `make bench`. Everything stays on loopback and is bounded in time."""

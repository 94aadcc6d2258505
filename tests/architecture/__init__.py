"""Rules of the house, as tests: forgetting one fails the build."""

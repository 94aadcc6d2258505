"""Five-level rating and its follow-up."""

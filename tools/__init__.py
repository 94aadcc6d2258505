"""Scripts that set up, run and check the project on one machine. Nothing in backend/ imports them."""

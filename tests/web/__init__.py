"""Front-end modules in real Chromium."""

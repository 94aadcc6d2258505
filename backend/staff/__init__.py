"""The console: queue, duty, supervision, figures."""

"""The native mini-program's real pages in Chromium, on WeChat's own component framework, against the live server."""

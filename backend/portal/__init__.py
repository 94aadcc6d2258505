"""Serves the built pages, their headers, the API's description and the platforms' verification files."""

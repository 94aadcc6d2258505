"""Serves the built pages, their headers and the API's description."""

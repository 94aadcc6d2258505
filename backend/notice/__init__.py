"""Notices: what happens is told to the person it concerns, by the way that reaches them."""

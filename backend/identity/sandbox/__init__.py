"""A separate HTTP server that stands in for the identity platforms: OpenID Connect, and i深圳. Never in production."""

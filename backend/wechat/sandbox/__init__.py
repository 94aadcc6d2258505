"""A stand-in for WeChat's hosts: a server of its own, for development and tests. It knows nothing of the product."""

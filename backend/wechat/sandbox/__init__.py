"""A stand-in for WeChat's hosts: a server of its own, for development and tests. It knows nothing of the product."""

import os

if os.environ.get("MODE", "").lower() == "production":
    raise ImportError("the WeChat sandbox is not for production")

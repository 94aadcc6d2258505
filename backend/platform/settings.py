"""The settings of the running application."""

from flask import current_app

from backend.config import Settings


def settings() -> Settings:
    return current_app.extensions["settings"]

"""The WSGI entry point: `gunicorn -c deploy/gunicorn.py wsgi:app`."""

from backend.app import create_app

app = create_app()

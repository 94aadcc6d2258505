"""Tables as the models have them now, marked as the newest migration: for work whose migration is still to be written.

`SCHEMA=models` does it for the journeys and screenshots of a developer; without it the migrations make the tables.
"""

from flask_migrate import stamp

from backend.platform.db import db
from wsgi import app

if __name__ == "__main__":
    with app.app_context():
        db.create_all()
        stamp()

"""The stand-in as a Flask application, with its control plane below /control/."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, jsonify, render_template, request

from backend.config import Settings
from backend.identity.sandbox import ishenzhen, provider
from backend.identity.sandbox.world import Persona, World


def create_sandbox(settings: Settings) -> Flask:
    """Raises RuntimeError in production."""
    if settings.production:
        raise RuntimeError("the identity sandbox does not run in production")
    app = Flask("identity-sandbox", template_folder="templates", root_path=str(Path(__file__).parent))
    world = World(settings.oidc_issuer)
    app.extensions.update(world=world, settings=settings)
    hosts = {urlsplit(url).hostname or "" for url in (settings.public_url, *settings.allowed_origins)}
    app.extensions["hosts"] = hosts | {"127.0.0.1", "localhost"}
    app.register_blueprint(provider.bp)
    app.register_blueprint(ishenzhen.bp)
    _control(app, world)
    return app


def _control(app: Flask, world: World) -> None:
    @app.get("/")
    def home() -> Any:
        return render_template("gov-home.html", personas=world.personas.values())

    @app.post("/control/codes")
    def code() -> Any:
        """A code as i深圳 hands it to our page: {"persona"}."""
        return {"code": world.new_code(kind="ishenzhen", persona=request.get_json()["persona"])}

    @app.post("/control/personas")
    def persona() -> Any:
        """Add somebody, or change them."""
        person = Persona(**request.get_json())
        world.personas[person.key] = person
        return {"key": person.key}

    @app.post("/control/faults")
    def fault() -> Any:
        """What the next calls meet: {"kinds": ["bad_signature"]}."""
        world.faults[:] = request.get_json()["kinds"]
        return jsonify(world.faults)

    @app.post("/control/clock")
    def clock() -> Any:
        world.ahead += request.get_json()["seconds"]
        return {"ahead": world.ahead}

    @app.post("/control/keys")
    def keys() -> Any:
        """The platform changes its signing key."""
        world.turn_keys()
        return {"kid": world.key.kid}

    @app.get("/control/calls")
    def calls() -> Any:
        return jsonify(world.calls)

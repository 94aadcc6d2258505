"""Commands of the product: `flask worker`, `scheduler`, `jobs run`, `keys renew`; features add their own groups."""

import sys

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from backend import demo
from backend.platform import idempotency, jobs, keys
from backend.platform.redis import connect


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Run promised and periodic jobs until stopped."""
    from rq import Worker

    from backend.platform.db import db

    app = current_app._get_current_object()  # type: ignore[attr-defined]
    jobs.serve(app)
    db.engine.dispose()
    Worker(list(jobs.QUEUES), connection=connect(app.extensions["settings"].redis_url, socket_timeout=None)).work(
        logging_level="WARNING"
    )


@click.command("scheduler")
@with_appcontext
def scheduler() -> None:
    """Hand the periodic list to the workers, each at its time. Run one."""
    from rq.cron import CronScheduler

    cron = CronScheduler(connection=connect(current_app.extensions["settings"].redis_url), logging_level="WARNING")
    for entry in jobs.periodic_list():
        cron.register(
            jobs.run_periodic,
            queue_name="periodic",
            args=(entry.name,),
            interval=entry.seconds,
            job_timeout=jobs.TIMEOUT,
            result_ttl=0,
            ttl=max(entry.seconds, 10),  # a worker that was away does not meet a heap of old turns
            failure_ttl=600,
        )
    cron.start()


@click.group("jobs")
def jobs_group() -> None:
    """Promised work."""


@jobs_group.command("run")
@with_appcontext
def jobs_run() -> None:
    """Run everything that is due, here."""
    click.echo(f"{jobs.run_pending()} jobs run")


@click.group("keys")
def keys_group() -> None:
    """What is made of SECRET_KEY."""


@keys_group.command("renew")
@with_appcontext
def keys_renew() -> None:
    """Seal and hash anew what was with an earlier key; exit code 1 and the rows when some could not be."""
    done = keys.renew()
    for fault in done.faults:
        click.echo(fault)
    click.echo(f"{done.rows} rows renewed, {len(done.faults)} could not be")
    sys.exit(1 if done.faults else 0)


def init_app(app: Flask) -> None:
    jobs.periodic(seconds=3600)(idempotency.purge)
    for command in (worker, scheduler, jobs_group, keys_group, demo.group):
        app.cli.add_command(command)

# The product in one image: web, sockets, worker and scheduler are the same image with another command.

FROM node:24-bookworm-slim AS pages
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci
COPY miniprogram/shared /src/miniprogram/shared
COPY web ./
RUN npm run build

FROM python:3.11-slim-bookworm AS packages
WORKDIR /src
COPY requirements.txt constraints.txt ./
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements.txt -c constraints.txt

FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONUTF8=1 \
    MODE=production \
    LOG_FORMAT=json \
    FLASK_APP=wsgi:app \
    GUNICORN_WORKER_CLASS=gevent
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin app \
 && install -d -o app -g app /data
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY wsgi.py ./
COPY deploy/gunicorn.py deploy/web.py deploy/
COPY migrations migrations
COPY backend backend
COPY --from=pages /src/web/dist web/dist
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["python", "-m", "deploy.web"]

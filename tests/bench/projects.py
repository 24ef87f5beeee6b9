"""Compose files of any size, shaped like those that people write.

Services come in groups: an app, its database, its worker.  Each group has a
network and a volume of its own; all share settings through anchors.
"""

from __future__ import annotations

_HEAD = """\
name: bench

x-logging: &logging
  driver: json-file
  options:
    max-size: 10m
    max-file: "3"

x-environment: &environment
  TZ: Europe/Vienna
  LOG_LEVEL: ${LOG_LEVEL:-info}

services:
"""

_APP = """\
  app-{n}:
    image: registry.example.com/shop/app-{n}:${{TAG:-1.4.2}}
    restart: unless-stopped
    logging: *logging
    command: ["gunicorn", "--bind", "0.0.0.0:8000", "--workers", "4", "shop.wsgi"]
    environment:
      <<: *environment
      DATABASE_URL: postgres://shop:${{DB_PASSWORD:-secret}}@db-{n}:5432/shop
      CACHE_URL: redis://worker-{n}:6379/0
      ALLOWED_HOSTS: shop-{n}.example.com,localhost
    ports:
      - "{port}:8000"
    volumes:
      - uploads-{n}:/srv/uploads
      - ./config/app.toml:/etc/shop/app.toml:ro
    depends_on:
      db-{n}:
        condition: service_healthy
    healthcheck:
      test: ["CMD", "curl", "-fsS", "http://localhost:8000/health"]
      interval: 15s
      timeout: 3s
      retries: 5
      start_period: 30s
    networks:
      - front
      - back-{n}
    labels:
      com.example.team: shop
      com.example.tier: web
"""

_DB = """\
  db-{n}:
    image: postgres:16-alpine
    restart: unless-stopped
    logging: *logging
    environment:
      <<: *environment
      POSTGRES_USER: shop
      POSTGRES_PASSWORD: ${{DB_PASSWORD:-secret}}
      POSTGRES_DB: shop
    volumes:
      - data-{n}:/var/lib/postgresql/data
    healthcheck:
      test: ["CMD-SHELL", "pg_isready -U shop"]
      interval: 10s
      timeout: 5s
      retries: 5
    networks:
      - back-{n}
    stop_grace_period: 30s
"""

_WORKER = """\
  worker-{n}:
    image: registry.example.com/shop/worker-{n}:${{TAG:-1.4.2}}
    restart: on-failure
    logging: *logging
    command: celery -A shop worker --concurrency 2
    environment:
      - DATABASE_URL=postgres://shop:${{DB_PASSWORD:-secret}}@db-{n}:5432/shop
      - LOG_LEVEL=${{LOG_LEVEL:-info}}
      - QUEUE=default
    volumes:
      - uploads-{n}:/srv/uploads
    depends_on:
      - db-{n}
    networks:
      - back-{n}
    deploy:
      resources:
        limits:
          cpus: "0.50"
          memory: 256M
"""


def compose_file(services: int) -> str:
    """Return the text of a valid file with so many services."""
    groups = range(1, -(-services // 3) + 1)
    each = (kind.format(n=n, port=10000 + n) for n in groups for kind in _kinds(n, services))
    networks = "".join(f"  back-{n}: {{}}\n" for n in groups)
    volumes = "".join(f"  {kind}-{n}:\n" for n in groups for kind in ("data", "uploads"))
    return f"{_HEAD}{''.join(each)}\nnetworks:\n  front: {{}}\n{networks}\nvolumes:\n{volumes}"


def _kinds(group: int, services: int) -> list[str]:
    """Return the members of a group: the last one may have fewer, the database first."""
    return [_DB, _APP, _WORKER][: services - 3 * (group - 1)]

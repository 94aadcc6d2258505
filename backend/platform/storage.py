"""Files by key: local disk or an S3-compatible store, chosen by STORAGE_URL."""

import os
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast
from urllib.parse import parse_qs, urlsplit

from flask import Flask, current_app
from werkzeug.local import LocalProxy

from backend.config import Settings
from backend.platform.ids import new_id


class Storage(Protocol):
    """Keys are our own (never a client's file name): letters, digits, `/`, `-`, `.`."""

    def put(self, key: str, data: bytes | BinaryIO) -> None:
        """Store durably; when this returns the bytes survive a crash."""

    def open(self, key: str) -> BinaryIO:
        """Raises FileNotFoundError."""

    def delete(self, key: str) -> None: ...

    def exists(self, key: str) -> bool: ...

    def keys(self, prefix: str = "") -> list[str]: ...


class LocalStorage:
    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.root.mkdir(parents=True, exist_ok=True)

    def _path(self, key: str) -> Path:
        path = (self.root / key).resolve()
        if not path.is_relative_to(self.root):
            raise ValueError("key leaves the store")
        return path

    def put(self, key: str, data: bytes | BinaryIO) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{new_id()}.part")
        try:
            with part.open("wb") as file:
                shutil.copyfileobj(BytesIO(data) if isinstance(data, bytes) else data, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            _sync_folder(path.parent)  # the name too must survive a crash
        finally:
            part.unlink(missing_ok=True)

    def open(self, key: str) -> BinaryIO:
        return self._path(key).open("rb")

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def keys(self, prefix: str = "") -> list[str]:
        found = (p.relative_to(self.root).as_posix() for p in self.root.rglob("*") if p.is_file())
        return sorted(k for k in found if k.startswith(prefix) and not k.endswith(".part"))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class S3Storage:
    """Any S3-compatible store. URL: s3://bucket/prefix?endpoint=https://host; keys from the usual AWS_* variables."""

    def __init__(self, url: str) -> None:
        import boto3  # loaded only where it is used: it is heavy

        parts = urlsplit(url)
        query = parse_qs(parts.query)
        self.bucket, self.prefix = parts.netloc, parts.path.strip("/")
        self.client: Any = boto3.client("s3", endpoint_url=query.get("endpoint", [None])[0])

    def _key(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    def put(self, key: str, data: bytes | BinaryIO) -> None:
        self.client.put_object(Bucket=self.bucket, Key=self._key(key), Body=data)

    def open(self, key: str) -> BinaryIO:
        try:
            return BytesIO(self.client.get_object(Bucket=self.bucket, Key=self._key(key))["Body"].read())
        except self.client.exceptions.NoSuchKey as gone:
            raise FileNotFoundError(key) from gone

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=self._key(key))

    def exists(self, key: str) -> bool:
        return key in self.keys(key)

    def keys(self, prefix: str = "") -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self._key(prefix))
        cut = len(self.prefix) + 1 if self.prefix else 0
        return [o["Key"][cut:] for page in pages for o in page.get("Contents", [])]


def make(url: str) -> Storage:
    """Raises ValueError for a scheme that is none of file, s3."""
    if url.startswith("file://"):
        return LocalStorage(Path(url.removeprefix("file://")))
    if url.startswith("s3://"):
        return S3Storage(url)
    raise ValueError(f"STORAGE_URL: unknown scheme {url.split(':', 1)[0]}")


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["storage"] = make(settings.storage_url)


storage = cast(Storage, LocalProxy(lambda: current_app.extensions["storage"]))

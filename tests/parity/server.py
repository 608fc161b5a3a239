"""A PostgreSQL server of the suite's own: a free port of this machine, a folder of its own, gone afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNPRIVILEGED = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; then it runs as the first of these."""

PASSWORD = "only-for-this-run"  # of a server that nobody else reaches
QUICK = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_wal_size=512MB")


def binaries() -> Path | None:
    """Find the newest server of Debian's packages, or the one on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    path = found[-1] if found else shutil.which("initdb")
    return Path(path).parent if path else None


@contextmanager
def postgres(binaries: Path) -> Iterator[str]:
    """Start a server and give the URL of its superuser; it is stopped and its folder removed, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="icans-postgres-"))
    server = None
    try:
        start = _as_unprivileged(folder)
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        initdb = [binaries / "initdb", "--pgdata", folder / "data", "--username=owner", "--auth=scram-sha-256"]
        initdb += [f"--pwfile={folder / 'password'}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        made = subprocess.run([*start, *initdb], capture_output=True, text=True, cwd=folder, check=False)
        assert made.returncode == 0, f"initdb: {made.stderr}"
        port = _free_port()
        run = [binaries / "postgres", "-D", folder / "data", "-h", "127.0.0.1", "-p", str(port), "-k", folder, *QUICK]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen([*start, *run], stdout=log, stderr=log, cwd=folder)
        ready = [binaries / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "30"]
        _wait(server, ready, folder / "log")
        yield f"postgresql://owner:{PASSWORD}@127.0.0.1:{port}/postgres"
    finally:
        if server:
            _stop(server, folder / "data" / "postmaster.pid")
        shutil.rmtree(folder, ignore_errors=True)


def _as_unprivileged(folder: Path) -> list[str]:
    if os.geteuid() != 0:
        return []
    for name in UNPRIVILEGED:
        known = subprocess.run(["id", "-u", name], capture_output=True, check=False)
        if known.returncode == 0:
            shutil.chown(folder, name)
            return ["setpriv", f"--reuid={name}", "--clear-groups", "--"]
    raise AssertionError("PostgreSQL does not run as root, and there is no user postgres or nobody")


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], ready: list[object], log: Path) -> None:
    for _ in range(300):
        assert server.poll() is None, f"the server ended: {log.read_text()}"
        if subprocess.run(ready, capture_output=True, check=False).returncode == 0:
            return
        try:
            server.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(f"the server did not answer: {log.read_text()}")


def _stop(server: subprocess.Popen[bytes], pid_file: Path) -> None:
    """Ask the server itself to end at once; the process that we started has become it."""
    server.send_signal(3)  # SIGQUIT: immediate shutdown
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    assert not pid_file.exists() or server.poll() is not None

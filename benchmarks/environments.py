"""One environment per peer, made on demand in a cache folder: what is installed in it is pinned here.

Its rule: nothing of a peer enters the project's own environment, and an environment is made again when its pins change.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

INSTALL_LIMIT_S = 600.0  # for the slowest mirror; an installation takes seconds

ASGI_SERVER = ("uvicorn==0.54.0", "uvloop==0.23.0", "httptools==0.9.0", "websockets==17.4")
PYDANTIC = ("pydantic==2.14.3",)
STARLETTE = ("starlette==1.10.0",)

PINS: dict[str, tuple[str, ...]] = {
    "vivace": (
        *STARLETTE,
        *PYDANTIC,
        *ASGI_SERVER,
        "wsproto==1.3.2",
        "python-multipart==0.0.34",
        "typing-extensions==4.16.0",
        "openapi-ui-bundles",
    ),
    "fastapi": ("fastapi==0.165.0", *STARLETTE, *PYDANTIC, *ASGI_SERVER, "python-multipart==0.0.34"),
    "starlette": (*STARLETTE, *PYDANTIC, *ASGI_SERVER),
    "litestar": ("litestar==2.25.0", "msgspec==0.22.0", *ASGI_SERVER),
    "blacksheep": ("blacksheep==2.6.4", "granian==2.8.7", *PYDANTIC, *ASGI_SERVER),
    "falcon": ("falcon==4.4.0", *PYDANTIC, *ASGI_SERVER, "gunicorn==27.0.1"),
    "sanic": ("sanic==25.12.1", "sanic-ext==25.12.0", "uvloop==0.23.0", *PYDANTIC),
    "aiohttp": ("aiohttp[speedups]==3.14.5", "uvloop==0.23.0", *PYDANTIC),
    "robyn": ("robyn==0.88.0", *PYDANTIC),
    "granian": ("granian==2.8.7", "uvloop==0.23.0"),
    "socketify": ("socketify==0.0.31", "uvloop==0.23.0", *PYDANTIC),
    "flask": ("flask==3.1.3", "gunicorn==27.0.1", *PYDANTIC),
    "django": ("django==5.2.19", "gunicorn==27.0.1", *ASGI_SERVER, *PYDANTIC),
    "uvicorn": (*ASGI_SERVER, "wsproto==1.3.2"),
}

FLOOR_SOURCE = Path(__file__).resolve().parent / "floor.c"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where a peer's programs are found.

    Attributes:
        folder: A virtual environment, or the folder of a compiled program.
    """

    folder: Path

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    @property
    def versions(self) -> dict[str, str]:
        """What is installed, by distribution, as the folders of the metadata say."""
        found = (path.stem.rsplit("-", 1) for path in self.folder.glob("lib/python*/site-packages/*.dist-info"))
        return {name.lower().replace("_", "-"): version for name, version in sorted(found)}


def default_folder() -> Path:
    """Return the folder of the environments under the user's cache folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "vivace-benchmarks"


def make_environment(name: str, folder: Path) -> Environment:
    """Make the environment called `name`, or take the one that is there if its pins are the same.

    Raises:
        RuntimeError: It cannot be installed; the message has the last line of pip.
    """
    stamp = hashlib.sha256("\n".join((sys.version, *PINS[name])).encode()).hexdigest()[:12]
    target = folder / f"{name}-{stamp}"
    ready = target / "ready"
    if not ready.exists():
        shutil.rmtree(target, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        run([sys.executable, "-m", "venv", str(target)], f"The environment of {name} cannot be made")
        pip = [str(target / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, *PINS[name]], f"{name} cannot be installed")
        ready.touch()
    return Environment(folder=target)


def compile_floor(folder: Path) -> Environment:
    """Compile the C floor into `folder/floor-.../floor`.

    Raises:
        RuntimeError: There is no C compiler, or it failed.
    """
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        raise RuntimeError("There is no C compiler (cc, gcc or clang) on PATH.")
    stamp = hashlib.sha256(FLOOR_SOURCE.read_bytes()).hexdigest()[:12]
    target = folder / f"floor-{stamp}"
    if not (target / "floor").exists():
        target.mkdir(parents=True, exist_ok=True)
        made = target / "floor.new"
        run([compiler, "-O2", "-Wall", "-o", str(made), str(FLOOR_SOURCE)], "The C floor cannot be compiled")
        made.rename(target / "floor")
    return Environment(folder=target)


def run(command: list[str], failure: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{failure}: it took more than {INSTALL_LIMIT_S:g} s.") from None
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise RuntimeError(f"{failure}: {last}")

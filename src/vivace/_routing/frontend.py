"""Frontends: directories with the build of a web page, served where no route answers.

The one rule: a frontend is asked last. It stands in no match table and costs a request that has a route nothing. How a
file becomes a response is Starlette's `StaticFiles`; which file it is, and what answers when there is none, is here.
"""

from __future__ import annotations

import copy
import errno
import os
import stat
import warnings
from collections.abc import Iterable, Sequence
from email.message import Message
from typing import Any, Final, Literal, NamedTuple, NoReturn, Self

from starlette._utils import get_route_path
from starlette.datastructures import URL, Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles

from vivace._deps.markers import Depends
from vivace._params.refusals import refused
from vivace._routing.routes import APIRoute
from vivace.concurrency import run_in_threadpool
from vivace.options import RouteConfig
from vivace.types import ASGIApp, Receive, Scope, Send

__all__ = ["CheckDir", "Directory", "Fallback", "Frontend", "by_precedence", "frontend_prefix", "resolve_check_dir"]

Directory = str | os.PathLike[str]
Fallback = Literal["auto", "index.html", "404.html"] | None
CheckDir = bool | Literal["auto"]

# The media types of pages: who accepts one of them by name is a browser that goes to an address.
PAGE_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})
# What a hostile path makes the file system say, and means that there is no such file.
NO_SUCH_FILE: Final = frozenset({errno.ENAMETOOLONG, errno.ELOOP})


def frontend_prefix(path: str) -> str:
    """Return the path of a frontend as a prefix: without the slash at its end, so empty for "/".

    Raises:
        AssertionError: it is empty, or does not begin with a slash.
    """
    if not path:
        raise refused("A frontend path cannot be empty", "write '/' for everything that no route answers.")
    if not path.startswith("/"):
        raise refused("A frontend path must start with '/'", f"write {'/' + path!r}.")
    prefix = path.rstrip("/")
    if not prefix and path != "/":
        raise refused("A frontend path cannot be empty", "write '/' for everything that no route answers.")
    return prefix


def resolve_check_dir(directory: Directory, check_dir: CheckDir) -> bool:
    """Return whether to check the directory. The warning in its place belongs to the caller of the caller."""
    if check_dir != "auto":
        return bool(check_dir)
    if os.environ.get("FASTAPI_ENV") != "development":
        return True
    # The build may still be running beside the server.
    if not os.path.isdir(directory):
        warnings.warn(_missing_directory(directory), stacklevel=3)
    return False


def _missing_directory(directory: Directory) -> str:
    return f"Frontend directory '{directory}' does not exist. Resolved absolute path: '{os.path.realpath(directory)}'"


class Found(NamedTuple):
    """A file in the directory."""

    path: str
    status: os.stat_result
    is_index: bool


class FrontendFiles(StaticFiles):
    """The directory of a frontend.

    Raises:
        AssertionError: there is no such `fallback`.
        RuntimeError: the directory or the fallback file is not there, and `check_dir` says to look.
    """

    def __init__(self, directory: Directory, *, fallback: Fallback, check_dir: bool) -> None:
        if isinstance(fallback, bool) or fallback not in ("auto", "index.html", "404.html", None):
            raise refused(
                "fallback must be 'auto', 'index.html', '404.html', or None", f"choose one of them, not {fallback!r}."
            )
        if check_dir and not os.path.isdir(directory):
            error = RuntimeError(_missing_directory(directory))
            error.add_note("To mend it: build the page first, or say `check_dir=False` if it is built later.")
            raise error
        super().__init__(directory=os.fsdecode(directory), check_dir=False)
        self.shown_directory = directory
        self.fallback = fallback
        if check_dir and fallback in ("index.html", "404.html"):
            self._file(fallback)

    async def find(self, path: str) -> Found | None:
        """Return the file for a path below the prefix: the path itself, or the index of the directory that it names.

        Raises:
            HTTPException: the file system refuses the path.
            RuntimeError: the directory itself is not there.
        """
        if not self.config_checked:
            await self.check_config()
            self.config_checked = True
        try:
            return await run_in_threadpool(self._look_up, self.get_path({"path": path}))
        except PermissionError:
            raise HTTPException(401) from None
        except OSError as exc:
            if exc.errno not in NO_SUCH_FILE:
                raise
            raise HTTPException(404) from None
        except ValueError:  # a NUL in the path
            raise HTTPException(404) from None

    async def respond(self, path: str, scope: Scope) -> Response:
        """Answer a GET or HEAD request.

        Raises:
            HTTPException: there is nothing to answer it with.
        """
        found = await self.find(path)
        if found is None:
            return await self._fall_back(scope)
        if found.is_index and not scope["path"].endswith("/"):
            url = URL(scope=scope)
            return RedirectResponse(url.replace(path=url.path + "/"))
        return self.file_response(found.path, found.status, scope)

    async def _fall_back(self, scope: Scope) -> Response:
        if self.fallback is None:
            raise HTTPException(404)
        page = await run_in_threadpool(self._fallback_page, is_navigation=_is_navigation(scope))
        if page is None:
            raise HTTPException(404)
        found, status_code = page
        return self.file_response(found.path, found.status, scope, status_code)

    def _fallback_page(self, *, is_navigation: bool) -> tuple[Found, int] | None:
        if self.fallback == "404.html":
            return self._file("404.html"), 404
        if self.fallback == "index.html":
            return (self._file("index.html"), 200) if is_navigation else None
        if (found := self._look_up_file("404.html")) is not None:
            return found, 404
        if is_navigation and (found := self._look_up_file("index.html")) is not None:
            return found, 200
        return None

    def _look_up(self, path: str) -> Found | None:
        full_path, status = self.lookup_path(path)
        if status is not None and stat.S_ISDIR(status.st_mode):
            return self._look_up_file(os.path.join(path, "index.html"), is_index=True)
        return Found(full_path, status, False) if status is not None and stat.S_ISREG(status.st_mode) else None

    def _look_up_file(self, path: str, *, is_index: bool = False) -> Found | None:
        full_path, status = self.lookup_path(path)
        return Found(full_path, status, is_index) if status is not None and stat.S_ISREG(status.st_mode) else None

    def _file(self, name: str) -> Found:
        found = self._look_up_file(name)
        if found is None:
            directory = self.shown_directory
            raise RuntimeError(
                f"Frontend fallback file '{name}' does not exist in directory '{directory}'. "
                f"Resolved absolute directory: '{os.path.realpath(directory)}'"
            )
        return found


def _is_navigation(scope: Scope) -> bool:
    """Whether a browser goes to an address, and does not fetch a part of a page: it names the type of pages."""
    for item in Headers(scope=scope).get("accept", "").split(","):
        media_type = Message()
        media_type["content-type"] = item.strip()
        if media_type.get_content_type() in PAGE_TYPES and not _is_zero(media_type.get_param("q")):
            return True
    return False


def _is_zero(quality: object) -> bool:
    try:
        return isinstance(quality, str) and float(quality) == 0
    except ValueError:
        return False


class FrontendEndpoint:
    """Answers GET and HEAD with files, for the route that solves the dependencies.

    An object, not a function: an error text that named it as the handler would lead nobody anywhere.
    """

    def __init__(self, frontend: Frontend) -> None:
        self._frontend = frontend

    async def __call__(self, request: Request, response: Response) -> Response:
        """Return the file, with the headers that dependencies have set."""
        answer = await self._frontend.files.respond(self._frontend.path_of(request.scope), request.scope)
        answer.raw_headers.extend(response.raw_headers)
        return answer


class Frontend(BaseRoute):
    """A directory served under a prefix. It is in a list of its own, not among the routes.

    Args:
        prefix: The path before the paths of files, without a slash at its end. Braces in it are no parameters.
        files: The directory.
        dependencies: What is solved before a file is sent.
        dependency_overrides_provider: The app whose overrides hold.
    """

    def __init__(
        self,
        prefix: str,
        files: FrontendFiles,
        *,
        dependencies: Sequence[Depends] = (),
        dependency_overrides_provider: Any = None,
    ) -> None:
        self.files = files
        self.is_included = False
        self._place(prefix, dependencies, dependency_overrides_provider)

    def included(self, *, prefix: str, outer: RouteConfig, dependency_overrides_provider: Any) -> Self:
        """Return the frontend as it appears in a router that includes its own."""
        twin = copy.copy(self)
        twin.is_included = True
        twin._place(prefix + self.prefix, [*outer.dependencies, *self.dependencies], dependency_overrides_provider)
        return twin

    def _place(self, prefix: str, dependencies: Sequence[Depends], dependency_overrides_provider: Any) -> None:
        self.prefix = prefix
        self.path_format = prefix + "/{path}"  # what telemetry calls it
        self.dependencies = list(dependencies)
        # Its path is empty, as a frontend has no path parameters.
        self._route = APIRoute(
            "",
            FrontendEndpoint(self),
            dependencies=self.dependencies,
            dependency_overrides_provider=dependency_overrides_provider,
        )

    def covers(self, path: str) -> bool:
        """Whether a path lies under the prefix."""
        return not self.prefix or path == self.prefix or path.startswith(self.prefix + "/")

    def path_of(self, scope: Scope) -> str:
        """Return what is left of the path below the prefix."""
        return get_route_path(scope)[len(self.prefix) :]

    def enter(self, scope: Scope) -> ASGIApp:
        """Return the app that answers, with the scope made ready for it. It notes the start of its response."""
        scope.setdefault("path_params", {})  # those of a mount around are there
        return self._route.app if scope["method"] in ("GET", "HEAD") else self._refuse

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> NoReturn:
        # As the reference does: dependencies do not run, and a path without a file is unknown rather than read-only.
        found = await self.files.find(self.path_of(scope))
        raise HTTPException(404 if found is None else 405)


def by_precedence(frontends: Iterable[BaseRoute]) -> list[Frontend]:
    """Return frontends in the order in which they are asked: the longest prefix first, else as they come."""
    known = [each for each in frontends if isinstance(each, Frontend)]
    return sorted(known, key=lambda frontend: len(frontend.prefix), reverse=True)

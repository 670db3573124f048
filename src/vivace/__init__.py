"""Vivace: HTTP APIs from type hints, at a fraction of the time per request."""

from starlette import status as status

from vivace.applications import FastAPI, Vivace
from vivace.background import BackgroundTasks
from vivace.datastructures import UploadFile
from vivace.exceptions import HTTPException, WebSocketException
from vivace.param_functions import Body, Cookie, Depends, File, Form, Header, Path, Query, Security
from vivace.requests import Request
from vivace.responses import Response
from vivace.routing import APIRouter
from vivace.websockets import WebSocket, WebSocketDisconnect

__version__ = "0.1.0"

__all__ = [
    "APIRouter",
    "BackgroundTasks",
    "Body",
    "Cookie",
    "Depends",
    "FastAPI",
    "File",
    "Form",
    "HTTPException",
    "Header",
    "Path",
    "Query",
    "Request",
    "Response",
    "Security",
    "UploadFile",
    "Vivace",
    "WebSocket",
    "WebSocketDisconnect",
    "WebSocketException",
    "status",
]

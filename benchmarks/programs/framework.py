"""The framework under measurement, under the names that the programs use.

The environment variable FRAMEWORK names it, so one text runs on every framework with FastAPI's interface. Type
checkers see Vivace.
"""

import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vivace import (
        APIRouter,
        Depends,
        FastAPI,
        Form,
        Header,
        Query,
        Request,
        Response,
        UploadFile,
        WebSocket,
        WebSocketDisconnect,
    )
    from vivace.responses import EventSourceResponse, StreamingResponse
    from vivace.security import OAuth2PasswordBearer
else:
    _framework = importlib.import_module(os.environ.get("FRAMEWORK", "vivace"))
    APIRouter = _framework.APIRouter
    Depends = _framework.Depends
    FastAPI = _framework.FastAPI
    Form = _framework.Form
    Header = _framework.Header
    Query = _framework.Query
    Request = _framework.Request
    Response = _framework.Response
    UploadFile = _framework.UploadFile
    WebSocket = _framework.WebSocket
    WebSocketDisconnect = _framework.WebSocketDisconnect
    OAuth2PasswordBearer = importlib.import_module(f"{_framework.__name__}.security").OAuth2PasswordBearer
    _responses = importlib.import_module(f"{_framework.__name__}.responses")
    EventSourceResponse = _responses.EventSourceResponse
    StreamingResponse = _responses.StreamingResponse

__all__ = [
    "APIRouter",
    "Depends",
    "EventSourceResponse",
    "FastAPI",
    "Form",
    "Header",
    "OAuth2PasswordBearer",
    "Query",
    "Request",
    "Response",
    "StreamingResponse",
    "UploadFile",
    "WebSocket",
    "WebSocketDisconnect",
]

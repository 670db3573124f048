"""A body of 10 MiB sent as a stream of 160 chunks."""

from collections.abc import AsyncIterator

from programs.framework import FastAPI, StreamingResponse

CHUNK = b"x" * 65_536
CHUNKS = 160

app = FastAPI()


async def make_chunks() -> AsyncIterator[bytes]:
    for _ in range(CHUNKS):
        yield CHUNK


@app.get("/download", response_class=StreamingResponse)
async def download() -> StreamingResponse:
    return StreamingResponse(make_chunks(), media_type="application/octet-stream")

"""One small file and a field in a multipart form."""

from typing import Annotated

from programs.framework import FastAPI, Form, UploadFile

app = FastAPI()


@app.post("/files")
async def upload(file: UploadFile, note: Annotated[str, Form()]) -> dict[str, object]:
    content = await file.read()
    return {"name": file.filename, "size": len(content), "note": note}

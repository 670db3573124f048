"""One dependency on a bearer token, as behind most handlers that are not public."""

# A return type would make the answer a response model.
# mypy: disable-error-code="no-untyped-def"

from typing import Annotated

from programs.framework import Depends, FastAPI, OAuth2PasswordBearer

app = FastAPI()
oauth2 = OAuth2PasswordBearer(tokenUrl="token")


@app.get("/me")
async def read_me(token: Annotated[str, Depends(oauth2)]):
    return {"token": token}

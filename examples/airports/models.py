"""What goes in and out, as models. Types and limits are said here, once; the documentation is made from them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.json_schema import SkipJsonSchema

from airports.cursors import MAX_CURSOR_LENGTH
from airports.geography import FARTHEST_KM

IataCode = Annotated[
    str,
    StringConstraints(pattern="^[A-Za-z]{3}$", to_upper=True),
    Field(description="IATA code: three letters.", examples=["ZRH"]),
]
# Landing strips without an official code have one that begins with an underscore.
IcaoCode = Annotated[
    str,
    StringConstraints(pattern="^[A-Za-z0-9_]{4}$", to_upper=True),
    Field(description="ICAO code, or the local one where there is none: four characters.", examples=["LSZH"]),
]
AirportCode = Annotated[
    str,
    StringConstraints(pattern="^[A-Za-z0-9_]{3,4}$", to_upper=True),
    Field(description="IATA or ICAO code.", examples=["ZRH", "LSZH"]),
]
CountryCode = Annotated[
    str,
    StringConstraints(pattern="^[A-Za-z]{2}$", to_upper=True),
    Field(description="ISO 3166-1 alpha-2 code.", examples=["CH"]),
]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, description="Degrees, north is positive.")]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, description="Degrees, east is positive.")]


class Service(BaseModel):
    """What this service is made of."""

    airports: int = Field(description="How many airports it knows.", examples=[28298])
    release: str = Field(description="The release of the airport data.", examples=["20260905"])
    docs: str = Field(description="Where its documentation is.", examples=["/docs"])
    live: str = Field(description="Where its page is.", examples=["/live"])


class Airport(BaseModel):
    """An airport or a landing strip."""

    icao: IcaoCode
    iata: IataCode | None
    name: str = Field(examples=["Zurich Airport"])
    city: str | None = Field(examples=["Zurich"])
    subdivision: str | None = Field(description="State, province or region.", examples=["Zurich"])
    country: CountryCode
    elevation_ft: int = Field(description="Feet above mean sea level.", examples=[1417])
    latitude: Latitude
    longitude: Longitude
    time_zone: str = Field(description="IANA name.", examples=["Europe/Zurich"])


class AirportSearch(BaseModel):
    """The query parameters of a search. What is given must hold, all of it; nothing given finds every airport."""

    model_config = ConfigDict(extra="forbid")  # a misspelt filter would silently find too much

    iata: IataCode | None = None
    icao: IcaoCode | None = None
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=80)] | None = Field(
        default=None, description="A part of the name. Accents and case make no difference.", examples=["zurich"]
    )
    country: CountryCode | None = None
    limit: int = Field(default=20, ge=1, le=100, description="The size of a page.")
    cursor: str | None = Field(
        default=None, max_length=MAX_CURSOR_LENGTH, description="`next_cursor` of the page before."
    )


class AirportPage(BaseModel):
    """One page of a search, by name."""

    items: list[Airport]
    next_cursor: str | None = Field(description="Gives the next page when sent as `cursor`; null on the last page.")


class NearestSearch(BaseModel):
    """The query parameters of a search around a position."""

    model_config = ConfigDict(extra="forbid")

    latitude: Latitude
    longitude: Longitude
    within_km: float = Field(
        default=FARTHEST_KM,
        gt=0,
        le=FARTHEST_KM,
        allow_inf_nan=False,
        description="The largest distance, on the ground.",
    )
    with_iata: bool = Field(default=False, description="Only airports with an IATA code: most have scheduled flights.")
    limit: int = Field(default=10, ge=1, le=100)


class NearbyAirport(Airport):
    """An airport, seen from a position."""

    distance_km: float = Field(ge=0, examples=[8.3])
    bearing_deg: float = Field(ge=0, lt=360, description="Clockwise from north.", examples=[12.5])


class Distance(BaseModel):
    """The shortest way between two airports, along a great circle."""

    origin: Airport
    destination: Airport
    kilometres: float = Field(ge=0, examples=[6325.1])
    nautical_miles: float = Field(ge=0, examples=[3415.3])
    initial_bearing_deg: float = Field(
        ge=0, lt=360, description="At departure, clockwise from north.", examples=[296.1]
    )


WatchlistName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
WatchlistNote = Annotated[str, StringConstraints(max_length=500)]
WatchedCodes = Annotated[list[AirportCode], Field(max_length=50)]


class WatchlistDraft(BaseModel):
    """A watch-list as a client writes it."""

    model_config = ConfigDict(extra="forbid")

    name: WatchlistName = Field(examples=["Ski trips"])
    note: WatchlistNote | None = Field(default=None, examples=["Snow from December on"])
    airports: WatchedCodes = Field(default=[], description="IATA or ICAO codes.", examples=[["GVA", "INN", "LSZS"]])


def _leave_out_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class WatchlistChange(BaseModel):
    """What to change of a watch-list. What is absent stays as it is; only the note can be cleared with null."""

    model_config = ConfigDict(extra="forbid")

    # Null stands for absent here, and is refused when it is sent: so the document doesn't speak of it.
    name: WatchlistName | SkipJsonSchema[None] = Field(default=None, json_schema_extra=_leave_out_default)
    note: WatchlistNote | None = None
    airports: WatchedCodes | SkipJsonSchema[None] = Field(default=None, json_schema_extra=_leave_out_default)

    @model_validator(mode="after")
    def refuse_null(self) -> Self:
        """Tell absent from null, which the types can't."""
        for field in ("name", "airports"):
            if field in self.model_fields_set and getattr(self, field) is None:
                raise ValueError(f"{field} can't be null; leave it out to keep it")
        return self


class Watchlist(BaseModel):
    """A watch-list as everyone may see it."""

    id: UUID
    name: str = Field(examples=["Ski trips"])
    note: str | None
    airports: list[Airport]
    created_at: datetime
    updated_at: datetime


class StoredWatchlist(Watchlist):
    """A watch-list as it is stored. Routes return it, and their response model keeps the digest inside."""

    edit_token_digest: str


class CreatedWatchlist(Watchlist):
    """A new watch-list, with the token that is needed to change it. The token is shown only here."""

    edit_token: str = Field(description="Send it as X-Edit-Token to change the watch-list. Stored nowhere: keep it.")


class ImportStatus(StrEnum):
    """How far an import is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Import(BaseModel):
    """An import. What its counts say is stored for good, also when it is cancelled or fails later."""

    id: UUID
    status: ImportStatus
    problem: str | None = Field(description="Why it failed.")
    file_name: str = Field(examples=["airports.csv"])
    account: str = Field(description="Who sent it.", examples=["editor"])
    percent: int = Field(ge=0, le=100, description="How much of the file has been read.", examples=[100])
    added: int = Field(ge=0, description="Airports that were new.")
    changed: int = Field(ge=0, description="Airports that were known, and different.")
    unchanged: int = Field(ge=0, description="Airports that were known, and the same.")
    rejected: int = Field(ge=0, description="Rows that are wrong.")
    created_at: datetime
    ended_at: datetime | None


class ImportRowError(BaseModel):
    """What is wrong with a row."""

    line: int = Field(ge=1, description="Of the file, where the row begins.", examples=[3])
    column: str | None = Field(description="Null where it is the row as a whole.", examples=["latitude"])
    message: str = Field(examples=["Input should be less than or equal to 90"])


class ImportReport(Import):
    """An import with what is wrong in its file."""

    errors: list[ImportRowError] = Field(description="The first thousand.")


class AirportChanged(BaseModel):
    """An airport is new or different."""

    type: Literal["airport"] = "airport"
    is_new: bool
    airport: Airport


class ImportMoved(BaseModel):
    """An import has come further."""

    type: Literal["import"] = "import"
    state: Import


class Token(BaseModel):
    """What a sign-in gives, in the words of RFC 6749."""

    access_token: str = Field(description="Send it as `Authorization: Bearer TOKEN`.")
    token_type: Literal["bearer"] = "bearer"
    expires_in: int = Field(description="Seconds.", examples=[3600])
    scope: str = Field(description="What it allows; can be less than what was asked for.", examples=["airports:read"])


class AccountRead(BaseModel):
    """Who a token speaks for."""

    name: str = Field(examples=["editor"])
    scopes: list[str] = Field(description="What the token allows.", examples=[["airports:read"]])
    expires_at: datetime = Field(description="When the token ends.")

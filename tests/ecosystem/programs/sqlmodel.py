"""sqlmodel: tables that are response models and bodies too, with relationships."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query
from sqlmodel import Field, Relationship, Session, SQLModel, create_engine, select
from sqlmodel.pool import StaticPool


class TeamBase(SQLModel):
    name: str = Field(index=True)
    headquarters: str


class Team(TeamBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    heroes: list["Hero"] = Relationship(back_populates="team")


class HeroBase(SQLModel):
    name: str = Field(index=True, min_length=2)
    age: int | None = Field(default=None, index=True, ge=0)
    team_id: int | None = Field(default=None, foreign_key="team.id")


class Hero(HeroBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    secret_name: str
    team: Team | None = Relationship(back_populates="heroes")


class HeroCreate(HeroBase):
    secret_name: str


class HeroPublic(HeroBase):
    id: int


class HeroUpdate(SQLModel):
    name: str | None = None
    age: int | None = None
    secret_name: str | None = None
    team_id: int | None = None


class TeamCreate(TeamBase): ...


class TeamPublic(TeamBase):
    id: int


class HeroWithTeam(HeroPublic):
    team: TeamPublic | None = None


class TeamWithHeroes(TeamPublic):
    heroes: list[HeroPublic] = []


engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)


def get_session():
    with Session(engine) as session:
        yield session


Database = Annotated[Session, Depends(get_session)]
app = FastAPI()


@app.on_event("startup")
def make_tables():
    SQLModel.metadata.create_all(engine)


def found(database: Session, table, key: int):
    row = database.get(table, key)
    if row is None:
        raise HTTPException(404, f"{table.__name__} not found")
    return row


@app.post("/heroes/", response_model=HeroPublic)
def create_hero(*, database: Database, hero: HeroCreate):
    row = Hero.model_validate(hero)
    database.add(row)
    database.commit()
    database.refresh(row)
    return row


@app.get("/heroes/", response_model=list[HeroPublic])
def read_heroes(*, database: Database, offset: int = 0, limit: Annotated[int, Query(le=100)] = 100):
    return database.exec(select(Hero).offset(offset).limit(limit)).all()


@app.get("/heroes/{hero_id}", response_model=HeroWithTeam)
def read_hero(*, database: Database, hero_id: int):
    return found(database, Hero, hero_id)


@app.get("/raw/heroes/{hero_id}")
def read_raw_hero(*, database: Database, hero_id: int) -> Hero:
    return found(database, Hero, hero_id)


@app.get("/untyped/heroes/{hero_id}")
def read_untyped_hero(*, database: Database, hero_id: int):
    return found(database, Hero, hero_id)


@app.patch("/heroes/{hero_id}", response_model=HeroPublic)
def update_hero(*, database: Database, hero_id: int, hero: HeroUpdate):
    row = found(database, Hero, hero_id)
    row.sqlmodel_update(hero.model_dump(exclude_unset=True))
    database.add(row)
    database.commit()
    database.refresh(row)
    return row


@app.delete("/heroes/{hero_id}")
def delete_hero(*, database: Database, hero_id: int):
    database.delete(found(database, Hero, hero_id))
    database.commit()
    return {"ok": True}


@app.post("/teams/", response_model=TeamPublic, status_code=201)
def create_team(*, database: Database, team: TeamCreate):
    row = Team.model_validate(team)
    database.add(row)
    database.commit()
    database.refresh(row)
    return row


@app.get("/teams/{team_id}", response_model=TeamWithHeroes)
def read_team(*, team_id: int, database: Database):
    return found(database, Team, team_id)


@app.post("/teams/check")
def check_team(team: Team) -> Team:
    return team


def drive(session) -> None:
    session.ask("POST", "/teams/", json={"name": "Preventers", "headquarters": "Sharp Tower"}, status=201)
    session.ask("POST", "/teams/check", json={"name": "Unsaved", "headquarters": "Nowhere", "id": 3})
    session.ask("POST", "/heroes/", json={"name": "Deadpond", "secret_name": "Dive Wilson", "team_id": 1})
    session.ask("POST", "/heroes/", json={"name": "Rusty-Man", "secret_name": "Tommy Sharp", "age": 48, "team_id": 1})
    session.ask("POST", "/heroes/", json={"name": "Spider-Boy", "secret_name": "Pedro Parqueador"})
    session.ask("POST", "/heroes/", json={"name": "X", "age": -1}, status=422)
    session.ask("GET", "/heroes/")
    session.ask("GET", "/heroes/?offset=1&limit=1")
    session.ask("GET", "/heroes/?limit=1000", status=422)
    session.ask("GET", "/heroes/1")
    session.ask("GET", "/heroes/3")
    session.ask("GET", "/heroes/99", status=404)
    # A row that was read has its columns in the order of a set.
    session.ask("GET", "/raw/heroes/2", ordered=False)
    session.ask("GET", "/untyped/heroes/2", ordered=False)
    session.ask("GET", "/teams/1")
    session.ask("PATCH", "/heroes/3", json={"team_id": 1})
    session.ask("DELETE", "/heroes/2")
    session.ask("GET", "/teams/1")
    session.ask("GET", "/openapi.json")

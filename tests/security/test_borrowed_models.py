"""Programs take the models of schemes from the modules of the schemes."""

import importlib

import pytest

from vivace.openapi import models

BORROWED = [
    ("base", "SecurityBaseModel", "SecurityBase"),
    ("http", "HTTPBaseModel", "HTTPBase"),
    ("http", "HTTPBearerModel", "HTTPBearer"),
    ("oauth2", "OAuth2Model", "OAuth2"),
    ("oauth2", "OAuthFlowsModel", "OAuthFlows"),
    ("open_id_connect_url", "OpenIdConnectModel", "OpenIdConnect"),
]


@pytest.mark.parametrize(("module", "name", "model"), BORROWED)
def test_a_model_is_found_under_the_name_that_programs_know(module: str, name: str, model: str) -> None:
    for package in ("fastapi", "vivace"):
        found = getattr(importlib.import_module(f"{package}.security.{module}"), name)
        assert found.__name__ == model
    assert found is getattr(models, model)


def test_another_name_is_none() -> None:
    with pytest.raises(AttributeError, match=r"module 'vivace\.security\.oauth2' has no attribute 'Nothing'"):
        importlib.import_module("vivace.security.oauth2").Nothing  # noqa: B018  looking is all

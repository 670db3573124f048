"""The document of a program is the one that the reference makes of the same program."""

import pytest
from openapi.comparison import (
    Program,
    differences,
    document_of_reference_routes,
    own_document,
    programs_of,
    reference_document,
)
from openapi.programs import bodies, head, later, parameters, responses, schemas, security

PROGRAMS = [
    program for module in (bodies, head, parameters, responses, schemas, security) for program in programs_of(module)
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_the_document_is_that_of_the_reference(program: Program) -> None:
    assert list(differences(reference_document(program), own_document(program))) == []


@pytest.mark.parametrize("program", programs_of(later), ids=lambda program: program.__name__)
def test_the_document_of_the_reference_routes_is_that_of_the_reference(program: Program) -> None:
    assert list(differences(reference_document(program), document_of_reference_routes(program))) == []

"""Published generators accept the document, and their code compiles and has the types that a caller expects."""

import copy
import importlib
import shutil
import sys
import typing

import pytest
import yaml

import generators
from conftest import HERE
from generators import Rejected, compile_go, compile_typescript, generate


def _is_typed(directory):
    shutil.copy(HERE / "testdata/typescript/types.ts", directory / "types.ts")
    compile_typescript(directory, "types.ts")


def test_openapi_typescript(generated):
    directory = generated("openapi-typescript")
    _is_typed(directory)


def test_openapi_generator_for_typescript(generated):
    directory = generated("openapi-generator typescript-fetch")
    compile_typescript(directory, "index.ts")
    text = "".join(file.read_text() for file in (directory / "models").glob("*.ts"))
    assert "Set<" not in text  # JSON.stringify makes {} of a Set
    assert "InlineObject" not in text
    change = (directory / "models/ProfileChange.ts").read_text()
    for member in ("idempotencyKey: string;", "email?: string;", "name?: string;", "metadata?: {", "metadataChanges?: {",
                   "externalId?: any", "userName?: any"):
        assert member in change
    assert "roles: Array<string>;" in (directory / "models/User.ts").read_text()


def test_openapi_generator_for_go(generated):
    directory = generated("openapi-generator go")
    compile_go(directory)
    assert "Roles []string `json:\"roles\"`" in (directory / "model_user.go").read_text()
    assert "Version int64 `json:\"version\"`" in (directory / "model_user.go").read_text()


def test_oapi_codegen(generated):
    directory = generated("oapi-codegen")
    shutil.copytree(HERE / "testdata/go", directory / "use", dirs_exist_ok=True)
    compile_go(directory)


@pytest.fixture
def python_models(generated, monkeypatch):
    """The two generated Python packages."""
    for name in ("openapi-python-client", "datamodel-code-generator"):
        monkeypatch.syspath_prepend(str(generated(name)))
    return importlib.import_module("users_client.models"), importlib.import_module("users_models")


def test_openapi_python_client(python_models):
    models, _ = python_models
    change = models.ProfileChange(idempotency_key="rename-1", name="Ada King")
    assert change.to_dict() == {"idempotencyKey": "rename-1", "name": "Ada King"}
    removal = models.ProfileChange(idempotency_key="remove-1", external_id=None)
    assert removal.to_dict() == {"idempotencyKey": "remove-1", "externalId": None}
    with pytest.raises(TypeError):
        models.ProfileChange(idempotency_key="rename-1", nmae="Ada King")
    assert typing.get_type_hints(models.RolesResult, vars(sys.modules["users_client.models.roles_result"]))[
        "roles"] == list[str]
    assert not [name for name in dir(models) if "Response200" in name or "Body" in name]


def test_datamodel_code_generator(python_models):
    _, models = python_models
    change = models.ProfileChange(idempotencyKey="rename-1", name="Ada King")
    assert set(models.ProfileChange.model_fields) == {
        "idempotencyKey", "email", "name", "metadata", "metadataChanges", "externalId", "userName"}
    assert change.model_dump(mode="json", exclude_none=True) == {"idempotencyKey": "rename-1", "name": "Ada King"}
    removal = models.ProfileChange(idempotencyKey="remove-1", externalId=None)
    assert removal.model_dump(mode="json", exclude_unset=True) == {"idempotencyKey": "remove-1", "externalId": None}
    with pytest.raises(ValueError):
        models.ProfileChange(idempotencyKey="two  spaces", name="Ada King")
    assert models.RolesResult(userId="01JD3Q9Z8YV6N4T2R0M8K6H4F2", roles=["viewer", "auditor"], version=2,
                              updatedAt="2026-11-22T21:09:35.123Z").model_dump(mode="json")["roles"] == [
        "viewer", "auditor"]


# Faults of earlier documents, and their effects. A test above must detect each.


def _any_of(document):
    change = document["components"]["schemas"]["ProfileChange"]
    del change["minProperties"]
    change["anyOf"] = [{"required": [name]} for name in ("email", "name", "metadata")]


def _schema_and_response_of_one_name(document):
    responses = document["components"]["responses"]
    responses["RoleNames"] = responses.pop("UserRoles")
    for path, method in (("/users/{userId}/roles", "post"), ("/users/{userId}/roles/{role}", "delete")):
        document["paths"][path][method]["responses"]["200"] = {"$ref": "#/components/responses/RoleNames"}


def _new_user(document):
    schemas = document["components"]["schemas"]
    schemas["NewUser"] = schemas.pop("UserRegistration")
    body = document["paths"]["/users"]["post"]["requestBody"]["content"]["application/json"]
    body["schema"] = {"$ref": "#/components/schemas/NewUser"}


def _unique_items(document):
    document["components"]["schemas"]["RoleNames"]["uniqueItems"] = True


def _has_sets(directory):
    if "Set<" in (directory / "models/User.ts").read_text():
        raise Rejected("Set<string>")


@pytest.mark.parametrize("fault, name, check, expected", [
    (_any_of, "openapi-typescript", _is_typed, "Unused '@ts-expect-error'"),
    (_schema_and_response_of_one_name, "oapi-codegen", compile_go, "duplicate typename 'RoleNames'"),
    (_new_user, "openapi-generator go", compile_go, "NewUser redeclared"),
    (_unique_items, "openapi-generator typescript-fetch", _has_sets, "Set<string>"),
], ids=lambda value: getattr(value, "__name__", None))
def test_faults_of_the_document_are_detected(document, tmp_path, fault, name, check, expected):
    changed = copy.deepcopy(document)
    fault(changed)
    file = tmp_path / "openapi.yaml"
    file.write_text(yaml.safe_dump(changed, sort_keys=False))
    with pytest.raises(Rejected, match=expected):
        check(generate(name, file, tmp_path / "generated"))


def test_there_are_at_least_four_generators():
    assert len({name.split()[0] for name in generators.GENERATORS}) >= 4

"""On AWS, the programs run on a system that they were not built on. A library of that system may be missing or
built for another C library, and a function that fails at its start takes the service down."""
from conftest import package_of
from events import EVENTS


def test_responds_and_looks_for_no_library(operation_package, engine, run_function):
    event, status = EVENTS[operation_package.stem]
    runtime, ended = run_function(operation_package, [event, event], AWS_ENDPOINT_URL=engine)
    assert [response["statusCode"] for response in runtime.responses] == [status] * 2, ended.output
    assert not runtime.failures and not runtime.init_errors and not runtime.rejected
    assert ended.libraries_looked_for() == []
    # The trace does record opened files.
    assert any('"/etc/hosts"' in call for call in ended.calls)


def test_requests_an_event_and_looks_for_no_library(package, run_function):
    """Covers every function with any kind of event."""
    runtime, ended = run_function(package, [], AWS_ENDPOINT_URL="http://engine.test:9")
    assert not runtime.init_errors, ended.output
    assert "runtime_gone" in ended.output and ended.code == 1
    assert ended.libraries_looked_for() == []


def test_missing_configuration_is_an_initialisation_error(operation_package, run_function):
    runtime, ended = run_function(operation_package, [], USERS_TABLE_NAME=None)
    assert [error["errorType"] for error in runtime.init_errors] == ["Function.ConfigurationInvalid"], ended.output
    assert runtime.init_errors[0]["errorMessage"] == "USERS_TABLE_NAME is missing"
    assert runtime.handed_out == 0 and ended.code == 1
    assert ended.libraries_looked_for() == []


def test_missing_role_catalogue_is_an_initialisation_error(run_function):
    def lose_it(root):
        (root / "var/task/roles.json").unlink()
    runtime, _ = run_function(package_of("users_profile_get"), [], spoil=lose_it)
    assert len(runtime.init_errors) == 1
    assert runtime.init_errors[0]["errorMessage"].startswith("ROLE_CATALOG_PATH /var/task/roles.json: ")

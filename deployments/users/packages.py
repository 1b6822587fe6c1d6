"""The functions' packages, which scripts/package builds."""
import pathlib

from aws_cdk import aws_lambda as lambda_


class MissingPackages(Exception):
    """Names the missing package and the command that builds it."""


class Packages:
    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder

    def code_of(self, operation: str) -> lambda_.Code:
        package = self._folder / f"{operation}.zip"
        if not package.is_file():
            raise MissingPackages(f"{package} is missing. Build the functions' packages first: scripts/package")
        return lambda_.Code.from_asset(str(package))

"""A view of a synthesised template, for tests."""
import dataclasses
import json


@dataclasses.dataclass(frozen=True)
class Resource:
    id: str
    type: str
    properties: dict
    attributes: dict  # DependsOn, DeletionPolicy and the like

    def __getitem__(self, name: str):
        return self.properties[name]

    def get(self, name: str, default=None):
        return self.properties.get(name, default)


class Template:
    def __init__(self, template: dict) -> None:
        self.outputs = template["Outputs"]
        self.text = json.dumps(template)
        self.resources = {
            name: Resource(name, resource["Type"], resource.get("Properties", {}), resource)
            for name, resource in template["Resources"].items()}

    def of_type(self, kind: str) -> list[Resource]:
        """All resources of a type, such as Lambda::Function."""
        return [resource for resource in self.resources.values() if resource.type == f"AWS::{kind}"]

    def only(self, kind: str, **properties) -> Resource:
        """The only resource of a type that has these properties."""
        found = [resource for resource in self.of_type(kind)
                 if all(resource.get(name) == value for name, value in properties.items())]
        assert len(found) == 1, f"{len(found)} of {kind} with {properties}"
        return found[0]

    def function(self, operation: str) -> Resource:
        """The function of an operation, with or without the suffix of its environment."""
        name = operation.replace("_", "-")
        found = [function for function in self.of_type("Lambda::Function")
                 if function["FunctionName"] in (name, f"{name}-staging", f"{name}-prod")]
        assert len(found) == 1, operation
        return found[0]

    def statements_of(self, function: Resource) -> list[dict]:
        """The statements of the function's role. Single actions and resources are converted to lists."""
        role = function["Role"]["Fn::GetAtt"][0]
        policies = [policy for policy in self.of_type("IAM::Policy") if {"Ref": role} in policy["Roles"]]
        return [with_lists(statement) for policy in policies for statement in policy["PolicyDocument"]["Statement"]]

    def text_of(self, value) -> str:
        """A value as one text. Parts that only AWS knows appear as ${Name.Attribute}."""
        if isinstance(value, str):
            return value
        (kind, argument), = value.items()
        if kind == "Ref":
            return f"${{{argument}}}"
        if kind == "Fn::GetAtt":
            return f"${{{'.'.join(argument)}}}"
        assert kind == "Fn::Join" and argument[0] == "", value
        return "".join(self.text_of(part) for part in argument[1])


def with_lists(statement: dict) -> dict:
    return {**statement, **{name: value if isinstance(value, list) else [value]
                            for name, value in statement.items() if name in ("Action", "Resource")}}

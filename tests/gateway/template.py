"""The parts of a synthesised template that the stand-in reads."""
import json
import re


class Template:
    def __init__(self, path):
        self.resources = json.loads(path.read_text())["Resources"]

    def of_type(self, kind):
        """{logical id: properties} of a type such as Lambda::Function."""
        return {name: resource.get("Properties", {}) for name, resource in self.resources.items()
                if resource["Type"] == "AWS::" + kind}

    def only(self, kind):
        (found,) = self.of_type(kind).values()
        return found

    def methods(self):
        """[(method, ["users", "{userId}"], properties)]"""
        parts = self.of_type("ApiGateway::Resource")

        def path(resource):
            if resource not in parts:
                return []  # the root is an attribute of the API
            parent = parts[resource]["ParentId"].get("Ref")
            return path(parent) + [parts[resource]["PathPart"]]
        return [(method["HttpMethod"], path(method["ResourceId"].get("Ref")), method)
                for method in self.of_type("ApiGateway::Method").values()]

    def operations(self):
        """{logical id of a function: its operation}"""
        return {name: function["FunctionName"].replace("-", "_")
                for name, function in self.of_type("Lambda::Function").items()}

    def statements_of(self, function):
        """The statements of the function's role. Members that may be a single text are lists."""
        role = self.resources[function]["Properties"]["Role"]["Fn::GetAtt"][0]
        policies = [policy for policy in self.of_type("IAM::Policy").values() if {"Ref": role} in policy["Roles"]]
        return [{**statement, "Action": listed(statement["Action"]), "Resource": listed(statement["Resource"])}
                for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def listed(value):
    return value if isinstance(value, list) else [value]


def references(value):
    """The logical ids that a value refers to."""
    return re.findall(r'"(?:Ref|Fn::GetAtt)": \[?"(\w+)"', json.dumps(value))


def matches(pattern, text):
    """Whether an IAM pattern matches: `*` is any run of characters, `?` any one."""
    translated = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(translated, text, re.DOTALL) is not None

"""Finds functions and constants in C++ source, and changes a few tokens in them.

This is no parser. It knows as much C++ as this project's style uses. White space, comments and line breaks do not
matter, and neither do string literals that are split over several lines.
"""
import bisect
import collections
import re

# `kind` is "function" or "constant". `name` is qualified: "users::service::UserService::ChangeUser".
# `first` and `end` are indexes into the tokens of the file.
Place = collections.namedtuple("Place", "kind name first end")
Token = collections.namedtuple("Token", "text begin end")

_SKIPPED = r'\s+|//(?:\\\n|[^\n])*|/\*.*?\*/|^[ \t]*\#(?:\\\n|[^\n])*'
_TOKEN = re.compile(
    "(?P<skipped>" + _SKIPPED + ")"
    r'|(?P<raw>(?:u8|[uUL])?R"(?P<mark>[^\s()\\]*)\(.*?\)(?P=mark)")'
    r'|(?P<string>(?:u8|[uUL])?"(?:\\.|[^"\\\n])*")'
    r"|(?P<character>(?:u8|[uUL])?'(?:\\.|[^'\\\n])*')"
    r"|(?P<number>\.?[0-9](?:[eEpP][+-]|'?[\w.])*)"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<sign><=>|\.\.\.|->\*|<<=|::|->|\+\+|--|<<|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\[\[|\]\]|.)",
    re.S | re.M)
_CLASSES = {"class", "struct", "union", "enum"}
_OPENING = {"(": ")", "[": "]", "{": "}", "[[": "]]"}


def tokens(text):
    """The tokens of the text. Adjacent string literals are one token."""
    found = []
    after_string = False
    for match in _TOKEN.finditer(text):
        if match["skipped"]:
            continue
        if match["string"] and after_string:
            last = found.pop()
            joined = last.text[:-1] + match["string"].partition('"')[2]
            found.append(Token(joined, last.begin, match.end()))
        else:
            found.append(Token(match[0], match.start(), match.end()))
        after_string = bool(match["string"])
    return found


def _is_word(text):
    return re.fullmatch(r"[A-Za-z_]\w*", text) is not None


def _is_attribute_macro(text):
    return re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", text) is not None


def _matching(words, at):
    """The index of the bracket that closes the one at `at`."""
    opening, closing = words[at], _OPENING[words[at]]
    depth = 0
    for index in range(at, len(words)):
        if words[index] == opening:
            depth += 1
        elif words[index] == closing:
            depth -= 1
            if depth == 0:
                return index
    return len(words) - 1


def _end_of_angles(words, at):
    depth = 0
    for index in range(at, len(words)):
        if words[index] in ("(", "["):
            depth += 100
        elif words[index] in (")", "]"):
            depth -= 100
        elif words[index] == "<":
            depth += 1
        elif words[index] == ">":
            depth -= 1
            if depth == 0:
                return index
    return at


def _without_template(head):
    while head[:1] == ["template"] and head[1:2] == ["<"]:
        head = head[_end_of_angles(head, 1) + 1:]
    return head


def _name_before(head, at):
    """The qualified name that ends before the index: "Owner::Name", "operator==", "~Owner"."""
    if "operator" in head[:at + 1]:
        begin = head.index("operator")
        if head[begin + 1:begin + 3] == ["(", ")"]:
            at = begin + 3
        name = "".join(head[begin:at])
    else:
        begin = at - 1
        if begin < 0 or not _is_word(head[begin]):
            return ""
        if begin > 0 and head[begin - 1] == "~":
            begin -= 1
        name = "".join(head[begin:at])
    while begin >= 2 and head[begin - 1] == "::":
        before = begin - 2
        if head[before] == ">":  # Owner<T>::
            while before > 0 and head[before] != "<":
                before -= 1
            before -= 1
        if not _is_word(head[before]):
            break
        name = head[before] + "::" + name
        begin = before
    return name


def _classify(head):
    """What a declaration is: ("namespace" | "class" | "function" | "constant" | "", its name)."""
    head = _without_template(head)
    while head[:1] in (["inline"], ["static"], ["constexpr"]) and head[1:2] == ["namespace"]:
        head = head[1:]
    if head[:1] == ["namespace"]:
        return "namespace", "".join(word for word in head[1:])
    if head[:1] == ["extern"] and len(head) == 2:
        return "namespace", ""
    if head and head[0] in _CLASSES:
        words, index = [], 1
        while index < len(head) and head[index] != ":":
            if head[index] in _OPENING:
                index = _matching(head, index)
                if words and words[-1] != "]":
                    words.pop() if head[index] == ")" else None
            elif head[index] == "<":
                index = _end_of_angles(head, index)
            elif _is_word(head[index]) and head[index] not in _CLASSES | {"final"}:
                words.append(head[index])
            index += 1
        return "class", words[-1] if words else ""
    index = 0
    while index < len(head):
        word = head[index]
        if word == "operator":
            opening = index + 3 if head[index + 1:index + 3] == ["(", ")"] else head.index("(", index)
            return "function", _name_before(head, opening)
        if word == "=" or word == "{":
            return "constant", _constant_name(head, index)
        if word == "<":
            index = _end_of_angles(head, index)
        elif word == "(":
            if index and _is_attribute_macro(head[index - 1]) or head[index - 1:index] == ["alignas"]:
                index = _matching(head, index)
            else:
                return "function", _name_before(head, index)
        elif word in ("[", "[["):
            index = _matching(head, index)
        index += 1
    return ("constant", _constant_name(head, len(head))) if head else ("", "")


def _constant_name(head, at):
    at -= 1
    while at >= 0 and not (_is_word(head[at]) and not _is_attribute_macro(head[at])):
        if head[at] == "]":
            while head[at] != "[":
                at -= 1
        elif head[at] == ")":
            while head[at] != "(":
                at -= 1
        at -= 1
    return _name_before(head, at + 1) if at >= 0 else ""


def _is_initialiser(head):
    """Whether the brace after this head initialises a member in a constructor's list: `: a_(a), b_{`."""
    if not (_is_word(head[-1]) or head[-1] == ">") or head[-1] in ("const", "noexcept", "override", "final", "mutable"):
        return False
    depth = 0
    for index, word in enumerate(head):
        if word in ("(", "["):
            depth += 1
        elif word in (")", "]"):
            depth -= 1
        elif word == ":" and depth == 0:
            return True
    return False


def places(text, found=None):
    """The functions and constants that the text defines."""
    found = tokens(text) if found is None else found
    words = [token.text for token in found]
    result = []
    scopes = []
    begin = index = 0  # of the current declaration, and the token that is looked at

    def add(kind, name, end):
        if name:
            result.append(Place(kind, "::".join([*filter(None, scopes), name]), begin, end))

    while index < len(words):
        word = words[index]
        if word in ("(", "[", "[["):
            index = _matching(words, index)
        elif word == ";":
            kind, name = _classify(words[begin:index])
            if kind == "constant":
                add(kind, name, index + 1)
            begin = index + 1
        elif word == ":" and words[begin:index] in (["public"], ["private"], ["protected"]):
            begin = index + 1
        elif word == "}":
            if scopes:
                scopes.pop()
            begin = index + 1
        elif word == "{":
            kind, name = _classify(words[begin:index])
            if kind in ("namespace", "class"):
                scopes.append(name)
                begin = index + 1
            elif kind == "function" and not _is_initialiser(words[begin:index]):
                index = _matching(words, index)
                add(kind, name, index + 1)
                begin = index + 1
            else:
                index = _matching(words, index)
        index += 1
    return result


class Source:
    """The text of one file, with its tokens and places."""

    def __init__(self, text):
        self.text = text
        self.tokens = tokens(text)
        self.words = [token.text for token in self.tokens]
        self.places = places(text, self.tokens)

    def named(self, kind, name):
        """The places of this kind whose qualified name is `name` or ends with it."""
        return [place for place in self.places
                if place.kind == kind and (place.name == name or place.name.endswith("::" + name))]

    def find(self, place, wanted):
        """The ranges of text, (begin, end), at which the tokens of `wanted` occur in the place."""
        wanted = [token.text for token in tokens(wanted)]
        return [(self.tokens[at].begin, self.tokens[at + len(wanted) - 1].end)
                for at in range(place.first, place.end - len(wanted) + 1)
                if self.words[at:at + len(wanted)] == wanted] if wanted else []

    def enclosing(self, position):
        """The place that contains the position of the text, or None."""
        at = bisect.bisect_right([token.begin for token in self.tokens], position) - 1
        containing = [place for place in self.places if place.first <= at < place.end]
        return containing[-1] if containing else None

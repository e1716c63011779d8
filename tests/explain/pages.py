"""Reading a report: its elements, and the data that it carries."""

import base64
import json
from html.parser import HTMLParser

import numpy as np

VOID = {"meta", "input", "br", "hr", "img", "link"}


class Page(HTMLParser):
    """The elements of a page as (tag, attributes, text inside), and a check that tags are closed in order."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self._open = [], []
        self.feed(html)
        self.close()
        assert not self._open, f"never closed: {[each[0] for each in self._open]}"

    def handle_starttag(self, tag, attributes):
        element = [tag, dict(attributes), ""]
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> closes nothing"
        opened = self._open.pop()
        assert opened[0] == tag, f"</{tag}> closes <{opened[0]}>"

    def handle_data(self, text):
        for element in self._open:
            element[2] += text

    def all(self, tag):
        return [element for element in self.elements if element[0] == tag]

    def by_id(self, name):
        (found,) = [element for element in self.elements if element[1].get("id") == name]
        return found

    def text(self, name):
        """The words of the element of that id, with single spaces, and x for the multiplication sign."""
        return " ".join(self.by_id(name)[2].split()).replace("\N{MULTIPLICATION SIGN}", "x")

    @property
    def ids(self):
        return [attributes["id"] for _, attributes, _ in self.elements if "id" in attributes]

    @property
    def data(self):
        return json.loads(self.by_id("data")[2])


def decoded(text, dtype):
    return np.frombuffer(base64.b64decode(text), dtype)

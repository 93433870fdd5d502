"""Initialisations that somebody has made by hand: the shipped one with another header or other tensors."""

import json
from collections.abc import Callable
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from maml.task_models.shipped_file import SHIPPED

Header = dict[str, Any]


def crafted(
    header: Callable[[Header], None] = lambda header: None,
    tensors: Callable[[dict[str, Tensor]], None] = lambda tensors: None,
    *,
    text: Callable[[str], str] = lambda text: text,
) -> bytes:
    """The shipped file after changes of its header in place, of the header's text, and of its tensors in place."""
    content = SHIPPED.read_bytes()
    known, values = (
        json.loads(json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]["warmtune"]),
        load(content),
    )
    header(known)
    tensors(values)
    return save(values, {"warmtune": text(json.dumps(known))})


def _facts(value: str) -> bytes:
    """The fact as it stands in the JSON."""
    return crafted(lambda h: h["facts"].update(algorithm="HERE"), text=lambda t: t.replace('"HERE"', value))


def _network(kind: str, **changes: object) -> bytes:
    return crafted(lambda h: h["kinds"][kind]["network"].update(changes))


def _fine_tuning(**changes: object) -> bytes:
    return crafted(lambda h: h["kinds"]["regression"]["fine_tuning"].update(changes))


def _tensors(change: Callable[[Tensor], Tensor], part: str = "") -> bytes:
    return crafted(tensors=lambda ts: ts.update({n: change(t) for n, t in ts.items() if n.startswith(part)}))


def _deep() -> bytes:
    """A consistent network whose answers overflow although each of its parameters is small enough."""

    def widen(values: dict[str, Tensor]) -> None:
        for layer in range(2, 30):
            values[f"regression.hidden.{layer}.weight"] = torch.full((64, 64), 1e3)
            values[f"regression.hidden.{layer}.bias"] = torch.zeros(64)

    return crafted(lambda h: h["kinds"]["regression"]["network"].update(hidden=[64] * 30), widen)


CRAFTED = {
    "facts NaN": (_facts("NaN"), "finite"),
    "facts Infinity": (_facts("-Infinity"), "finite"),
    "facts too large": (_facts("1e999"), "finite"),
    "facts half a pair": (_facts('"\\ud800"'), "surrogate"),
    "facts key half a pair": (_facts('{"\\udfff": 1}'), "surrogate"),
    "facts 400 levels": (_facts('{"a":' * 400 + "1" + "}" * 400), "nested too deeply"),
    "facts 31 levels": (_facts("[" * 31 + "]" * 31), "nested too deeply"),
    "facts no object": (crafted(lambda h: h.update(facts=[["a", 1]])), "objects"),
    "header 100,000 levels": (crafted(text=lambda t: "[" * 100_000), "recursion"),
    "header a list": (crafted(text=lambda t: "[1]"), "format"),
    "another format": (crafted(lambda h: h.update(format="other")), "format"),
    "other experts": (crafted(lambda h: h.update(experts=["one"])), "experts"),
    "kinds a list": (crafted(lambda h: h.update(kinds=[])), "objects"),
    "huge layers": (_network("classification", hidden=[1e9, 1e9]), "hidden"),
    "largest layers": (_network("classification", hidden=[65_536, 65_536]), "belong to the network"),
    "a million layers": (_network("classification", hidden=[1] * 1_000_000), "hidden"),
    "no layers": (_network("classification", hidden=[]), "hidden"),
    "layers of digits": (_network("classification", hidden=[10**30, 64]), "hidden"),
    "numbers for classes": (_network("classification", likelihood="squared_error"), "network"),
    "classes for numbers": (_network("regression", likelihood="classes"), "network"),
    "no likelihood": (_network("regression", likelihood="magic"), "magic"),
    "two outputs": (_network("regression", n_outputs=2), "network"),
    "unknown setting": (_network("regression", speed=2), "speed"),
    "steps of digits": (_fine_tuning(n_steps=10**400), "n_steps|large"),
    "a rate of no number": (_fine_tuning(rate="nan"), "rate"),
    "tensors 1e30": (_tensors(lambda t: t * 1e30), "not finite or too large"),
    "tensors NaN": (_tensors(lambda t: t * torch.nan, "regression.head"), "not finite or too large"),
    "tensors infinite": (_tensors(lambda t: t + torch.inf, "regression.power"), "not finite or too large"),
    "tensors at the limit": (_tensors(lambda t: t.sign() * 1e6), "outputs would be too large"),
    "tensors of whole numbers": (_tensors(lambda t: t.long()), "another type"),
    "deep": (_deep(), "outputs would be too large"),
    "other tensors": (_tensors(lambda t: t[:1]), "belong to the network"),
    "nothing": (b"nothing", "not an initialisation"),
}
"""By what is wrong: a file, and a part of what is to be said of it."""

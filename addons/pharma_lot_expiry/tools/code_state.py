"""Where a code may go from where it is (FA-53).

One table says everything: what happens to a pack (a *step*, after EPCIS), the states it
may happen in, and the state afterwards. A second "in" or "out" is not in the table.

>>> next_state("in_stock", "ship")
'out'
>>> obstacle("out", "ship"), obstacle("in_stock", "receive")
('already_out', 'already_in')
"""

STATES = (
    "announced",
    "in_transit",
    "in_stock",
    "reserved",
    "out",
    "returned",
    "destroyed",
    "recalled",
    "sample",
)

# {step: {state before: state after}}; "announced" is what nobody of us has seen yet.
TRANSITIONS = {
    "receive": {"announced": "in_stock", "in_transit": "in_stock"},
    "find": {"announced": "in_stock", "out": "in_stock"},
    "reserve": {"in_stock": "reserved"},
    "release": {"reserved": "in_stock"},
    "move": {
        "in_stock": "in_stock",
        "reserved": "reserved",
        "returned": "returned",
        "recalled": "recalled",
        "sample": "sample",
    },
    "depart": {"in_stock": "in_transit", "reserved": "in_transit"},
    "ship": {"in_stock": "out", "reserved": "out"},
    "pass_through": {"announced": "out", "in_transit": "out"},
    "take_back": {"out": "returned"},
    "accept": {"returned": "in_stock", "in_stock": "in_stock"},
    "give_back": {
        "in_stock": "out",
        "reserved": "out",
        "returned": "out",
        "recalled": "out",
    },
    "destroy": {
        "in_stock": "destroyed",
        "reserved": "destroyed",
        "returned": "destroyed",
        "recalled": "destroyed",
        "sample": "destroyed",
    },
    "lose": {"in_stock": "out", "reserved": "out"},
    "draw_sample": {"in_stock": "sample", "returned": "sample"},
    "recall": {
        "announced": "recalled",
        "in_transit": "recalled",
        "in_stock": "recalled",
        "reserved": "recalled",
        "out": "recalled",
        "returned": "recalled",
        "sample": "recalled",
    },
    "lift_recall": {"recalled": "in_stock"},
}
STEPS = tuple(TRANSITIONS)

# {step: (action, business step, disposition)} in the words of EPCIS and GS1's CBV.
EPCIS = {
    "announce": ("ADD", "packing", "in_progress"),
    "receive": ("OBSERVE", "receiving", "sellable_not_accessible"),
    "find": ("ADD", "cycle_counting", "sellable_not_accessible"),
    "reserve": ("OBSERVE", "reserving", "reserved"),
    "release": ("OBSERVE", "reserving", "sellable_not_accessible"),
    "move": ("OBSERVE", "storing", "sellable_not_accessible"),
    "depart": ("OBSERVE", "departing", "in_transit"),
    "ship": ("OBSERVE", "shipping", "in_transit"),
    "pass_through": ("OBSERVE", "shipping", "in_transit"),
    "take_back": ("OBSERVE", "receiving", "returned"),
    "accept": ("OBSERVE", "accepting", "sellable_not_accessible"),
    "give_back": ("OBSERVE", "shipping", "returned"),
    "destroy": ("DELETE", "destroying", "destroyed"),
    "lose": ("OBSERVE", "cycle_counting", "unknown"),
    "draw_sample": ("OBSERVE", "sampling", "non_sellable_other"),
    "recall": ("OBSERVE", "holding", "recalled"),
    "lift_recall": ("OBSERVE", "inspecting", "sellable_not_accessible"),
    "open": ("DELETE", "unpacking", "in_progress"),
    "refuse": ("OBSERVE", "inspecting", "non_sellable_other"),
}

# Goods on their way to somebody must be free of every doubt.
FREE_STEPS = frozenset({"receive", "find", "reserve", "depart", "ship", "pass_through"})

_OBSTACLES = {
    "announced": "not_received",
    "in_transit": "on_the_way",
    "in_stock": "already_in",
    "reserved": "already_in",
    "out": "already_out",
    "returned": "returned",
    "destroyed": "destroyed",
    "recalled": "recalled",
    "sample": "sample",
}
# Usages of the places goods come from and go to, as Odoo calls them.
_STEP_OF_USAGES = {
    ("supplier", "internal"): "receive",
    ("supplier", "transit"): "receive",
    ("supplier", "customer"): "pass_through",
    ("transit", "internal"): "receive",
    ("transit", "customer"): "pass_through",
    ("internal", "internal"): "move",
    ("internal", "transit"): "depart",
    ("internal", "customer"): "ship",
    ("customer", "internal"): "take_back",
    ("internal", "supplier"): "give_back",
    ("internal", "inventory"): "destroy",
    ("inventory", "internal"): "find",
}


class IllegalStep(ValueError):
    """That can't happen to a code in that state; ``kind`` is the obstacle."""

    def __init__(self, state, step):
        self.kind = obstacle(state, step)
        super().__init__(f"{step} from {state}: {self.kind}")


def next_state(state: str, step: str) -> str:
    """The state after a step.

    :raise IllegalStep: where the table has none
    """
    if state not in TRANSITIONS[step]:
        raise IllegalStep(state, step)
    return TRANSITIONS[step][state]


def obstacle(state: str, step: str) -> str | None:
    """Why a step can't happen in this state, in one word, or None if it can."""
    return None if state in TRANSITIONS[step] else _OBSTACLES[state]


def step_of(source: str, target: str, *, is_released: bool = False) -> str | None:
    """What a move of goods between two usages does to their codes, if anything.

    >>> step_of("customer", "internal"), step_of("view", "internal")
    ('take_back', None)

    :param is_released: goods come out of quarantine, so returned ones are accepted
    """
    if (source, target) == ("internal", "internal") and is_released:
        return "accept"
    return _STEP_OF_USAGES.get((source, target))

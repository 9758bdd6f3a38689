"""Who may do what with the records of this suite, as a table people can read.

The table is written by ``odoo shell``::

    from odoo.addons.pharma_gsp.tests.access_matrix import PATH, render
    PATH.write_text(render(env))
"""

from pathlib import Path

from .common import ROLES

PATH = Path(__file__).resolve().parents[3] / "docs" / "access-matrix.md"
OPERATIONS = (("create", "C"), ("read", "R"), ("write", "U"), ("unlink", "D"))
# What else the roles of this add-on are given, beside Odoo's own groups.
CORE_MODELS = (
    "tier.definition",
    "res.partner.bank",
    "product.template",
    "sale.order",
    "purchase.order",
    "stock.picking",
    "account.move",
    "account.payment",
)
HEAD = """# Who may do what

C create, R read, U update, D delete, – nothing. States, confirmations and decisions
move by buttons only, which ask for their role themselves: an update right alone
approves nothing. IT's rights on `tier.definition` are Odoo's own; the steps of a first
approval are set by the QA manager only. The table is checked against the database by
`pharma_gsp/tests/test_access.py`.
"""


def rights(env, model, groups):
    """The letters of what members of ``groups`` may do with a model."""
    lines = env["ir.model.access"].search(
        [("model_id.model", "=", model), ("group_id", "in", [False, *groups.ids])]
    )
    letters = [
        letter for name, letter in OPERATIONS if any(lines.mapped(f"perm_{name}"))
    ]
    return "".join(letters) or "–"


def models(env):
    """Every concrete model of the suite, then the core models it gives rights on."""
    own = sorted(
        name
        for name, model in env.registry.items()
        if name.startswith("pharma.") and not model._abstract
    )
    return [*own, *CORE_MODELS]


def render(env):
    """The whole table as Markdown."""
    groups = {
        role: env.ref(f"pharma_gsp.pharma_gsp_group_{role}").all_implied_ids
        for role in ROLES
    }
    rows = [
        [f"`{model}`", *(rights(env, model, groups[role]) for role in ROLES)]
        for model in models(env)
    ]
    head = ["Model", *(role.replace("_", " ") for role in ROLES)]
    table = [head, ["---"] * len(head), *rows]
    return HEAD + "\n" + "\n".join(f"| {' | '.join(row)} |" for row in table) + "\n"

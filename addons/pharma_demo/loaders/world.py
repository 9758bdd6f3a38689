"""What the loaders share: the day, the dice, the tables and what was made so far."""

import csv
import json
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from random import Random
from unittest.mock import patch

from odoo import fields
from odoo.tools import SQL

DATA = Path(__file__).parent.parent / "data"
CHINA_OFFSET = timedelta(hours=8)
# No mail, no notification, no history of the loading itself.
CONTEXT = {
    "lang": "zh_CN",
    "tz": "Asia/Shanghai",
    "tracking_disable": True,
    "mail_create_nosubscribe": True,
    "mail_create_nolog": True,
    "mail_notrack": True,
    "mail_activity_quick_update": True,
    "no_reset_password": True,
}


class World:
    """The demo company in the making.

    Everything is seeded and counted from ``today``: two loadings on one day are equal.
    """

    def __init__(self, env):
        self.env = env(context=dict(env.context, **CONTEXT))
        self.today = self.env["pharma.document"]._today()
        self.company = self.env.company
        self.users = {}  # login: res.users
        self.partners = {}  # code of suppliers.csv or buyers.csv: res.partner
        self.products = {}  # code of catalogue.csv: product.product
        self.zones = {}  # code of company.json: stock.location
        self.warehouses = {}  # code of company.json: stock.warehouse
        self.persons = {}  # (code, role): pharma.person
        self.stock = {}  # (warehouse code, product code): free quantity
        self.lot_names = set()  # (product code, lot name)
        self.dossiers = {}  # (code, kind): pharma.dossier
        self.near_lots = []  # (row, stock.lot), the shortest life first
        self.coded = {}  # what was sold by its trace codes
        self.true_ends = {}  # document id: when a paper of the past really ended

    @cached_property
    def profile(self):
        return json.loads((DATA / "company.json").read_text(encoding="utf-8"))

    @cached_property
    def suppliers(self):
        return _rows("suppliers.csv")

    @cached_property
    def buyers(self):
        return _rows("buyers.csv")

    @cached_property
    def catalogue(self):
        return _rows("catalogue.csv")

    @cached_property
    def staff(self):
        return _rows("users.csv")

    @cached_property
    def scopes(self):
        return {scope.code: scope for scope in self.env["pharma.scope"].search([])}

    @cached_property
    def states(self):
        """Provinces by their Chinese name."""
        states = self.env["res.country.state"].search([("country_id.code", "=", "CN")])
        return {state.name: state for state in states}

    def scope_ids(self, codes):
        return [self.scopes[code].id for code in codes.split()]

    def kind(self, code):
        return self.env.ref(f"pharma_gsp.pharma_partner_kind_{code.lower()}")

    def document_type(self, code):
        return self.env.ref(f"pharma_gsp.pharma_document_type_{code.lower()}")

    def acting(self, login, records):
        """The records in the hands of one of the staff."""
        return records.with_user(self.users[login])

    def model(self, name, login=None):
        model = self.env[name]
        return self.acting(login, model) if login else model

    def random(self, topic):
        return Random(f"pharma_demo/{topic}")

    def day(self, offset):
        return self.today + timedelta(days=offset)

    def moment(self, day, hour=9, minute=0):
        """A time of day in China, as Odoo stores it."""
        return datetime.combine(day, time(hour, minute)) - CHINA_OFFSET

    @contextmanager
    def at(self, moment):
        """Inside it is that time, for what our own models note."""
        with patch.object(fields.Datetime, "now", staticmethod(lambda: moment)):
            yield

    def backdate(self, records, **columns):
        """Write the past by SQL, as time would have: {record id: value} per column.

        A time of today that hasn't come yet becomes now.
        """
        self.env.flush_all()
        now = self.env.cr.now()
        for column, values in columns.items():
            field = records._fields[column]
            pairs = [(i, values[i]) for i in records.ids if values.get(i) is not None]
            if field.type == "datetime":
                pairs = [(i, min(value, now)) for i, value in pairs]
            if pairs:
                self.env.cr.execute(_update(records._table, field, pairs))
        records.invalidate_model(list(columns))


def _update(table, field, pairs):
    return SQL(
        "UPDATE %s t SET %s = v.value::%s FROM (VALUES %s) AS v (id, value)"
        " WHERE t.id = v.id",
        SQL.identifier(table),
        SQL.identifier(field.name),
        SQL(field.column_type[1]),
        SQL(", ").join(SQL("(%s, %s)", i, value) for i, value in pairs),
    )


def _rows(name):
    with (DATA / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))

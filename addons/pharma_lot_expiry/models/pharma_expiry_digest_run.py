from dataclasses import dataclass
from datetime import datetime
from typing import Any

from odoo import api, fields, models
from odoo.fields import Command, Domain

from ..tools import expiry_digest
from .pharma_expiry_tier import NOTIFIES


@dataclass(frozen=True)
class Stock:
    """A lot in a warehouse as the digest tells it."""

    lot: Any
    tier: Any
    is_expired: bool
    quantity: float

    @property
    def standing(self):
        """What has to change to be news."""
        return self.tier.id, self.is_expired


class PharmaExpiryDigest(models.Model):
    """The nightly look at what is near its end (ST-10)."""

    _inherit = "pharma.expiry.digest"

    @api.model
    def _cron_tell(self):
        """One warehouse after the other, the one looked at longest ago first.

        Whoever runs it twice tells nothing twice: only what changed since is news.
        """
        warehouses = self.env["stock.warehouse"].search([])
        never = datetime.min
        warehouses = warehouses.sorted(lambda place: place.expiry_told_date or never)
        for number, warehouse in enumerate(warehouses, 1):
            self.with_company(warehouse.company_id)._tell_of(warehouse)
            warehouse.expiry_told_date = fields.Datetime.now()
            left = len(warehouses) - number
            if not self.env["ir.cron"]._commit_progress(1, remaining=left):
                break

    @api.model
    def _tell_of(self, warehouse):
        """Tell each department what is new in a warehouse, or the week's whole list."""
        day = self.env["stock.lot"]._today()
        stock = self._stock_near_end(warehouse, day)
        weekly, told, still_open = self._told_of(warehouse)
        sent = self.browse()
        for department, notifies in NOTIFIES.items():
            rows = [row for row in stock if row.tier[notifies]]
            current = {row.lot.id: row.standing for row in rows}
            before = told.get(department, {})
            news = expiry_digest.changed(current, before)
            is_weekly = expiry_digest.is_weekly_due(weekly.get(department), day)
            if not rows or not (news or is_weekly):
                continue
            digest = still_open.get(department) or self.create(
                {"department": department, "warehouse_id": warehouse.id, "date": day}
            )
            digest._list(rows, news, before, day, is_weekly)
            sent |= digest
        for digest in sent:
            digest._send()
        return sent

    @api.model
    def _stock_near_end(self, warehouse, day):
        """Lots on hand that are in some tier, or expired and not yet gone."""
        tiers = self.env["pharma.expiry.tier"]
        rows = self.env["stock.quant"]._read_group(
            Domain("location_id.warehouse_id", "=", warehouse.id)
            & Domain("location_id.usage", "=", "internal")
            & Domain("product_id.pharma_controlled", "=", True)
            & Domain("expiry_date", "<=", tiers._horizon(day)),
            ["lot_id"],
            ["quantity:sum"],
            having=[("quantity:sum", ">", 0)],
        )
        # A lot that is over is told to whom it was told on its last day.
        pairs = [(lot.product_id, max(lot.expiry_date, day)) for lot, _qty in rows]
        return [
            Stock(lot, tier, lot.expiry_date < day, quantity)
            for (lot, quantity), tier in zip(
                rows, tiers._tiers_of_dates(pairs, day), strict=True
            )
            if tier
        ]

    @api.model
    def _told_of(self, warehouse):
        """What the departments know of a warehouse.

        The last whole list holds all there was; what changed was added since.

        :return: {department: day of the last whole list}, {department: {lot id:
            standing last told}}, {department: open task}
        """
        place = Domain("warehouse_id", "=", warehouse.id)
        weekly = dict(
            self._read_group(
                place & Domain("weekly_date", "!=", False),
                ["department"],
                ["weekly_date:max"],
            )
        )
        still_open = self.search(place & Domain("state", "=", "open"))
        lines = self.env["pharma.expiry.digest.line"].search(
            Domain("digest_id.warehouse_id", "=", warehouse.id)
            & Domain("told_date", ">=", min(weekly.values(), default=False)),
            order="told_date, id",
        )
        told = {}
        for line in lines if weekly else ():
            standing = (line.tier_id.id, line.is_expired)
            told.setdefault(line.digest_id.department, {})[line.lot_id.id] = standing
        return weekly, told, {digest.department: digest for digest in still_open}

    def _list(self, rows, news, before, day, is_weekly):
        """Bring the task's lots up to date: all of them once a week, else the news."""
        self.ensure_one()
        known = {line.lot_id.id: line for line in self.line_ids}
        current = {row.lot.id for row in rows}
        commands = [
            Command.delete(line.id) for lot, line in known.items() if lot not in current
        ]
        for row in rows:
            line = known.get(row.lot.id)
            is_new = row.lot.id in news
            if not (line or is_new or is_weekly):
                continue
            values = self._prepare_line_values(row, is_new)
            if is_new or is_weekly:
                values["told_date"] = day
            if is_new:
                values["previous_tier_id"] = before.get(row.lot.id, (False,))[0]
            commands.append(
                Command.update(line.id, values) if line else Command.create(values)
            )
        values = {"date": day, "line_ids": commands}
        self.write({**values, "weekly_date": day} if is_weekly else values)

    def _prepare_line_values(self, row, is_new):
        product = row.lot.product_id
        cost = (row.lot if product.lot_valuated else product).standard_price
        return {
            "lot_id": row.lot.id,
            "expiry_date": row.lot.expiry_date,
            "tier_id": row.tier.id,
            "is_expired": row.is_expired,
            "is_new": is_new,
            "quantity": row.quantity,
            "value": row.quantity * cost,
        }

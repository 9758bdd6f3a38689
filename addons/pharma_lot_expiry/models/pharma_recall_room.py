from odoo import api, fields, models

from ..tools import recall as rules

# Rows of the report that stay together on a page.
PIECE = 8


class PharmaRecall(models.Model):
    """What the recall room and the closing report show."""

    _inherit = "pharma.recall"

    room = fields.Json(compute="_compute_room")

    @api.depends_context("lang")
    @api.depends("state", "customer_ids.state", "notice_date", "class_id")
    def _compute_room(self):
        now = fields.Datetime.now()
        for recall in self:
            recall.room = {
                "now": fields.Datetime.to_string(now),
                "t0": fields.Datetime.to_string(recall.notice_date),
                "closed": fields.Datetime.to_string(recall.closed_date) or False,
                "state": recall.state,
                "is_drill": recall.is_drill,
                "clocks": recall._clocks(now),
                "stock": recall.locked_stock or [],
                "steps": recall._steps(),
                "customers": [
                    customer._room_row() for customer in recall._overdue_first()
                ],
            }

    def _clocks(self, now):
        """The four clocks in their order, as plain values for screen and paper."""
        self.ensure_one()
        if not self.notice_date or not self.class_id:
            return []
        # What is over stands as it was then.
        now = self.closed_date or now
        rows = (
            (
                "lock",
                self.env._("Stock locked"),
                self.lock_due,
                self.lock_done,
                self.lock_ms,
            ),
            (
                "list",
                self.env._("Customers listed"),
                self.list_due,
                self.list_done,
                self.list_ms,
            ),
            (
                "notify",
                self.env._("Customers notified"),
                self.notify_due,
                self.list_done
                and not self.customer_count
                and self.prepared_date
                or self.notify_done,
                self.notice_ms,
            ),
            ("progress", self.env._("Progress report"), self._report_due(), False, 0),
        )
        return [
            {
                "key": key,
                "label": label,
                "due": fields.Datetime.to_string(due) or False,
                "done": fields.Datetime.to_string(done) or False,
                "ms": milliseconds,
                "state": self._clock_state(due, done, now),
                "note": self._clock_note(key),
            }
            for key, label, due, done, milliseconds in rows
        ]

    def _clock_state(self, due, done, now):
        """As ``tools.recall.clock_state``; what ends undone runs no more."""
        if due and not done and self.state in ("closed", "cancelled"):
            return "unmet"
        return rules.clock_state(due or None, done or None, now)

    def _report_clocks(self):
        """The clocks for paper: real datetimes; progress has a part of its own."""
        to_datetime = fields.Datetime.to_datetime
        return [
            {
                **clock,
                "due": to_datetime(clock["due"]),
                "done": to_datetime(clock["done"]),
            }
            for clock in self._clocks(fields.Datetime.now())
            if clock["key"] != "progress"
        ]

    @api.model
    def _report_pieces(self, rows):
        """Cut a long list so that each piece stays on a page with its own head."""
        return [rows[i : i + PIECE] for i in range(0, len(rows), PIECE)] or [rows]

    @api.model
    def _report_piece(self):
        return PIECE

    def _report_due(self):
        if self.state == "running":
            return self.progress_due
        if self.state == "draft":
            return rules.next_report_due(self.notice_date, self.progress_days, None)
        return False

    def _clock_note(self, key):
        """What a clock counts, in words."""
        if key == "lock":
            rows = self.locked_stock or []
            return self.env._(
                "%(quantity)g in %(places)s places",
                quantity=sum(row["quantity"] for row in rows),
                places=len({row["location"] for row in rows}),
            )
        if key == "list":
            return self.env._("%s customers", self.customer_count)
        if key == "notify":
            return f"{self.notified_count} / {self.customer_count}"
        return self.env._("%s sent", len(self.progress_ids))

    def _steps(self):
        """[(state, label, customers in it)] for the bar."""
        labels = self.env["pharma.recall.customer"]._fields["state"]
        counts = self.customer_ids.grouped("state")
        return [
            {"state": state, "label": label, "count": len(counts.get(state, ()))}
            for state, label in labels._description_selection(self.env)
        ]

    def _overdue_first(self):
        """Customers in the order they are to be called."""
        order = [state for state, __ in self.customer_ids._fields["state"].selection]
        return self.customer_ids.sorted(
            lambda c: (not c.is_overdue, order.index(c.state), -c.balance_qty, c.id)
        )


class PharmaRecallCustomer(models.Model):
    _inherit = "pharma.recall.customer"

    def _room_row(self):
        """One line of the room's table as plain values."""
        to_string = fields.Datetime.to_string
        return {
            "id": self.id,
            "name": self.partner_id.name,
            "seller": self.seller_id.name or "",
            "state": self.state,
            "is_overdue": self.is_overdue,
            "overdue_since": to_string(self.overdue_since) or False,
            "level": self.escalation_level,
            "email": self.email or "",
            "failure": self.notify_failure or "",
            "queued": to_string(self.queued_date) or False,
            "notified": to_string(self.notified_date) or False,
            "channel": dict(
                self._fields["channel"]._description_selection(self.env)
            ).get(self.channel, ""),
            "read": to_string(self.read_date) or False,
            "replied": to_string(self.replied_date) or False,
            "due": self.due_qty,
            "on_hand": self.on_hand,
            "used": self.used,
            "sent_back": self.sent_back,
            "recovered": self.recovered,
            "balance": self.balance_qty,
            "rate": self.effectiveness,
        }

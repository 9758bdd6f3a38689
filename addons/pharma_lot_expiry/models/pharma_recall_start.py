from contextlib import contextmanager
from time import perf_counter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import frozendict

from ..tools import recall as rules

# Rows made by the hundred: no message and no follower for each.
QUIET = {
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "tracking_disable": True,
}


class PharmaRecall(models.Model):
    """The first minutes: lock, list, notify, each under a stopwatch (OB-40)."""

    _inherit = "pharma.recall"

    def _start(self):
        """Lock everything, build the list and send the notices, or nothing of it."""
        self.ensure_one()
        self._check_may_start()
        self._check_ready()
        # sudo: lots, stock and customers of every company, after the checks above.
        recall = self.sudo()
        recall._add_lots_of_codes()
        recall._compute_clocks()
        recall.write(
            {
                "state": "running",
                "started_by_id": self.env.uid,
                "started_date": fields.Datetime.now(),
            }
        )
        with recall._stopwatch("lock"):
            recall._lock()
        with recall._stopwatch("list"):
            recall._build_list()
        with recall._stopwatch("notice"):
            recall.customer_ids._send_notices()
        recall.message_post(body=recall._figures_sentence())

    @contextmanager
    def _stopwatch(self, clock):
        """Stamp when a step was done and how many milliseconds it took."""
        begun = perf_counter()
        yield
        self.env.flush_all()
        done = "prepared_date" if clock == "notice" else f"{clock}_done"
        self.write(
            {
                f"{clock}_ms": round((perf_counter() - begun) * 1000),
                done: fields.Datetime.now(),
            }
        )

    def _check_ready(self):
        if self.state != "draft":
            raise UserError(
                self.env._(
                    "%(recall)s was started by %(user)s already.",
                    recall=self.name,
                    user=self.started_by_id.name or self.closed_by_id.name,
                )
            )
        if not self.lot_ids and not rules.split_codes(self.trace_codes):
            raise UserError(
                self.env._("Choose the lots first: they are what is locked and listed.")
            )
        day = self._china_day(self.notice_date)
        if not self.class_id._is_in_force(day):
            raise UserError(
                self.env._(
                    "The clocks of «%(class)s» don't count on %(day)s. Choose those in "
                    "force on the day of the notice.",
                    **{"class": self.class_id.name, "day": day},
                )
            )
        for code in rules.split_codes(self.trace_codes):
            if len(code) > rules.CODE_LENGTH:
                raise UserError(
                    self.env._(
                        "«%s» is too long for a trace code: write one code on a line.",
                        code[: rules.CODE_LENGTH],
                    )
                )

    def _add_lots_of_codes(self):
        """Customers are found by lot, so a code brings its lot along."""
        texts = rules.split_codes(self.trace_codes)
        if not texts:
            return
        found = self.env["pharma.trace.code"]._find(texts).values()
        lots = self.env["stock.lot"].union(*(code.lot_id for code in found))
        if lots - self.lot_ids:
            self.write({"lot_ids": [Command.link(lot.id) for lot in lots]})

    def _same_lots(self):
        """These lots wherever they lie: by product and number, in every company."""
        return self._twins(self.lot_ids)

    @api.model
    def _twins(self, lots):
        """Lots of the same product and number, in every company; one query."""
        pairs = {(lot.product_id.id, lot.name) for lot in lots}
        # sudo: what is meant by a lot doesn't depend on who may see it.
        found = lots.sudo().search_fetch(
            [
                ("product_id", "in", lots.product_id.ids),
                ("name", "in", lots.mapped("name")),
            ],
            ["product_id", "name"],
        )
        return found.filtered(lambda lot: (lot.product_id.id, lot.name) in pairs)

    def _lock(self):
        """Hold each lot and code, and note what stock that locks and where."""
        self.locked_stock = self._stock_now()
        if self.is_drill:
            return
        named = {(lot.product_id.id, lot.name): lot for lot in self.lot_ids}
        reason = f"{self.name}: {self.reason}"
        shared = {"reason": reason, "recall_id": self.id}
        self.env["pharma.lot.hold"].with_context(**QUIET).create(
            [{"kind": "lot", "lot_id": lot.id, **shared} for lot in named.values()]
            + [
                {"kind": "code", "trace_code": code, **shared}
                for code in rules.split_codes(self.trace_codes)
            ]
        )
        self._mark_codes()

    def _mark_codes(self):
        """Packs of these lots on our shelves are recalled, code by code (FA-53).

        Those at customers stay «out»: they are to come back as returns, which a
        recalled code couldn't, and their lot is held when they do.
        """
        self.env["pharma.recall.code"]._take_step("recall", self._same_lots(), self)

    def _stock_now(self):
        """[{product, lot, location, company, quantity, unit}] of the goods here now."""
        groups = self.env["stock.quant"]._read_group(
            [
                ("lot_id", "in", self._same_lots().ids),
                ("location_id.usage", "in", ("internal", "transit")),
            ],
            ["lot_id", "location_id"],
            ["quantity:sum", "reserved_quantity:sum"],
        )
        return [
            {
                "product": lot.product_id.display_name,
                "lot": lot.name,
                "location": location.complete_name,
                "company": location.company_id.name or "",
                "quantity": quantity,
                "reserved": reserved,
                "unit": lot.product_id.uom_id.name,
            }
            for lot, location, quantity, reserved in groups
            if quantity
        ]

    def _build_list(self):
        """One row for each customer that ever got the lots, from any company."""
        shipments = self.env["pharma.lot.flow"]._shipped_by_customer(self.lot_ids)
        by_partner = {}
        for shipment in shipments:
            if shipment["shipped"] > 0 and shipment["partner"]:
                by_partner.setdefault(shipment["partner"], []).append(shipment)
        self.env["pharma.recall.customer"].with_context(**QUIET).create(
            [
                self._prepare_customer_values(partner, rows)
                for partner, rows in by_partner.items()
            ]
        )
        nameless = [s for s in shipments if not s["partner"] and s["net"] > 0]
        if nameless:
            self.message_post(
                body=self.env._(
                    "Left without an address, so nobody can be told: %s. Look at the "
                    "transfers.",
                    ", ".join(
                        f"{s['lot'].name} × {s['net']:g} "
                        f"({', '.join(s['pickings'].mapped('name'))})"
                        for s in nameless
                    ),
                )
            )

    def _prepare_customer_values(self, partner, shipments):
        addresses = [
            address.email
            for shipment in shipments
            for address in shipment["pickings"].partner_id
        ]
        return {
            "recall_id": self.id,
            "partner_id": partner.id,
            "seller_id": partner.user_id.id,
            "email": next(filter(None, [partner.email, *addresses]), False),
            "notify_due": self.notify_due,
            "reply_due": self.reply_due,
            "line_ids": [
                Command.create(
                    {
                        "lot_id": shipment["lot"].id,
                        "product_id": shipment["product"].id,
                        "shipped": shipment["shipped"],
                        "returned_before": shipment["returned"],
                        "first_date": shipment["first_date"],
                        "last_date": shipment["last_date"],
                    }
                )
                for shipment in shipments
            ],
        }

    def _figures_sentence(self):
        """How the recall stands, in one sentence for log and reports."""
        self.ensure_one()
        stock = sum(row["quantity"] for row in self.locked_stock or ())
        return self.env._(
            "%(stock)g in stock, %(customers)s customers, %(notified)s "
            "notified, %(replied)s answered, %(due)g out, %(recovered)g recovered, "
            "%(used)g used.",
            stock=stock,
            customers=self.customer_count,
            notified=self.notified_count,
            replied=self.replied_count,
            due=self.due_qty,
            recovered=self.recovered_qty,
            used=self.used_qty,
        )


class PharmaRecallCustomer(models.Model):
    """Notices: one template, one batch of queued mails, one secret link each."""

    _inherit = "pharma.recall.customer"

    def _send_notices(self):
        """Queue a notice for each customer with an address; a drill only prepares it.

        A customer counts as notified once the mail has left (see ``mail.mail``) or
        somebody spoke to it.
        """
        # sudo: mails and secrets aren't for who presses the button.
        customers = self.sudo().filtered("email")
        if not customers:
            return
        # Frozen: computed fields depend on it, and so does their cache.
        tokens = frozendict({customer.id: rules.new_token() for customer in customers})
        mails = customers.with_context(recall_tokens=tokens)._prepare_mails()
        now = fields.Datetime.now()
        drills = customers.filtered("is_drill")
        drills.with_context(**QUIET).write({"notified_date": now, "channel": "drill"})
        told = (customers - drills).with_context(**QUIET)
        for customer in told:
            customer.token_hash = rules.token_hash(tokens[customer.id])
            customer.token_expiry = fields.Datetime.add(
                now, days=customer.recall_id.link_days
            )
        told.write({"queued_date": now, "notify_failure": False})
        env = customers.env
        env["mail.mail"].create([mails[customer.id] for customer in told])
        if told:
            env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _prepare_mails(self):
        """{customer id: values of its mail}, rendered in the customers' languages."""
        template = self.env.ref("pharma_lot_expiry.mail_template_recall_notice")
        rendered = {
            name: template._render_field(name, self.ids, compute_lang=True)
            for name in ("subject", "body_html")
        }
        return {
            customer.id: {
                "recall_customer_id": customer.id,
                "subject": rendered["subject"][customer.id],
                "body_html": rendered["body_html"][customer.id],
                "email_to": customer.email,
                "email_from": customer.company_id.email_formatted
                or self.env.user.email_formatted,
                "auto_delete": True,
            }
            for customer in self
        }

    # Chasing who is overdue

    @api.model
    def _cron_chase(self):
        """Call seller and QA manager to overdue customers, once a level (TV-60)."""
        self._refresh_recovered()
        self._remind_of_reports()
        overdue = self.search(
            Domain("is_overdue", "=", True)
            & Domain("is_drill", "=", False)
            & Domain("escalation_level", "<", rules.LEVELS),
            order="id",
        )
        now = fields.Datetime.now()
        for start in range(0, len(overdue), 100):
            overdue[start : start + 100]._escalate(now)
            remaining = max(len(overdue) - start - 100, 0)
            if not self.env["ir.cron"]._commit_progress(
                min(100, len(overdue) - start), remaining=remaining
            ):
                break

    @api.model
    def _refresh_recovered(self):
        """Whatever changed a movement, by the next run it counts."""
        lines = self.env["pharma.recall.customer.line"].search(
            [("recall_id.state", "=", "running")]
        )
        lines._ask_anew()

    @api.model
    def _qa_managers(self, company):
        # sudo: who holds a role is readable by IT only.
        group = self.env.ref("pharma_gsp.pharma_gsp_group_qa_manager").sudo()
        return group.all_user_ids.filtered(
            lambda user: user.active and company in user.company_ids
        )

    def _escalate(self, now):
        """Activities for those that rose a level since the last run.

        :param now: naive UTC
        """
        for customer in self:
            level = rules.escalation_level(
                customer._due() or None, now, customer.recall_id.escalate_hours
            )
            if level <= customer.escalation_level:
                continue
            for user in customer.seller_id | self._qa_managers(customer.company_id):
                customer.activity_schedule(
                    "pharma_lot_expiry.mail_activity_type_recall",
                    user_id=user.id,
                    date_deadline=self.env["pharma.recall"]._china_day(now),
                    summary=customer._chase_sentence(level),
                )
            customer.write({"escalation_level": level, "escalated_date": now})

    def _chase_sentence(self, level):
        names = {"recall": self.recall_id.name, "customer": self.partner_id.name}
        if self.state == "pending" and level == 1:
            return self.env._(
                "%(recall)s: %(customer)s is not notified in time. Call it now.",
                **names,
            )
        if self.state == "pending":
            return self.env._(
                "%(recall)s, second call: %(customer)s is not notified. Go there.",
                **names,
            )
        if level == 1:
            return self.env._(
                "%(recall)s: %(customer)s has not answered in time. Call it now.",
                **names,
            )
        return self.env._(
            "%(recall)s, second call: %(customer)s still gives no answer.", **names
        )

    @api.model
    def _remind_of_reports(self):
        """Tell the QA managers once for each progress report that is late."""
        now = fields.Datetime.now()
        for recall in self.env["pharma.recall"].search(
            [("state", "=", "running"), ("is_drill", "=", False)]
        ):
            if now <= recall.progress_due or recall.reminded_due == recall.progress_due:
                continue
            for user in recall.started_by_id | self._qa_managers(recall.company_id):
                recall.activity_schedule(
                    "pharma_lot_expiry.mail_activity_type_recall_report",
                    user_id=user.id,
                    date_deadline=recall._china_day(now),
                    summary=self.env._(
                        "%s: report progress to the authority", recall.name
                    ),
                )
            recall.reminded_due = recall.progress_due

from odoo import fields
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import CustomerPortal

from ..tools import recall as rules

# Longer is no remark but a flood.
REMARK_LENGTH = 2000
# The largest number a record can have.
MOST_ID = 2**31 - 1


class PharmaRecallPortal(CustomerPortal):
    """Recall notices for customers: by their login, or by the link in the notice."""

    def _recalls(self):
        """Recalls of the visitor's own company, drills never among them."""
        # sudo: a customer has no rights on our tables; the domain is its own company.
        return (
            request.env["pharma.recall.customer"]
            .sudo()
            .search(
                [
                    (
                        "partner_id",
                        "=",
                        request.env.user.partner_id.commercial_partner_id.id,
                    ),
                    ("is_drill", "=", False),
                ]
            )
        )

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "recall_count" in counters:
            values["recall_count"] = len(self._recalls())
        return values

    @route("/my/recalls", type="http", auth="user", website=True)
    def my_recalls(self, **kwargs):
        return request.render(
            "pharma_lot_expiry.portal_my_recalls",
            {"customers": self._recalls(), "page_name": "recalls"},
        )

    @route("/my/recalls/<int:customer_id>", type="http", auth="public", website=True)
    def my_recall(self, customer_id, access_token=None, **kwargs):
        """The notice; opening it is the read receipt."""
        customer = self._open(customer_id, access_token)
        if not customer:
            return self._refused()
        if customer.recall_state == "running":
            customer._stamp_read(self._reader())
        return self._page(customer, access_token)

    @route(
        "/my/recalls/<int:customer_id>/answer",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def answer(self, customer_id, access_token=None, remark="", **texts):
        """Quantities on hand, used and sent back, lot by lot."""
        access_token, remark = self._text(access_token), self._text(remark)
        customer = self._open(customer_id, access_token)
        if not customer:
            return self._refused()
        if customer.recall_state != "running":
            return self._page(customer, access_token)
        typed = {
            line.id: {
                name: self._text(texts.get(f"{name}_{line.id}"))
                for name in customer._answer_labels()
            }
            for line in customer.line_ids
        }
        answers, problems = customer._read_answers(typed)
        if problems:
            return self._page(
                customer, access_token, problems=problems, typed=typed, remark=remark
            )
        remark = remark.strip()[:REMARK_LENGTH]
        customer._take_reply(answers, remark, self._reader())
        return self._page(customer, access_token, is_thanked=True)

    def _text(self, value):
        """What was typed, without what no database takes; a file is no text."""
        return value.replace("\0", "") if isinstance(value, str) else ""

    def _open(self, customer_id, token):
        """The row the visitor may see, None for strangers and wrong or ended links."""
        if customer_id > MOST_ID:
            return None
        # sudo: found first, then compared with who asks; drills stay inside.
        customer = request.env["pharma.recall.customer"].sudo().browse(customer_id)
        customer = customer.exists()
        if not customer or customer.is_drill:
            return None
        partner = request.env.user.partner_id.commercial_partner_id
        is_own = not request.env.user._is_public() and customer.partner_id == partner
        is_sent = rules.fits(
            token, customer.token_hash, customer.token_expiry, fields.Datetime.now()
        )
        return customer if is_own or is_sent else None

    def _refused(self):
        """One answer for all that is wrong: it doesn't tell what exists."""
        response = request.render("pharma_lot_expiry.portal_recall_refused", {})
        response.status_code = 403
        return response

    def _reader(self):
        if request.env.user._is_public():
            return request.env._("Link in the notice")
        return request.env.user.name

    def _page(self, customer, token, **values):
        response = request.render(
            "pharma_lot_expiry.portal_recall",
            {
                "customer": customer,
                "recall": customer.recall_id,
                "token": token,
                "labels": customer._answer_labels(),
                "problems": [],
                "typed": {},
                "remark": customer.remark or "",
                "is_thanked": False,
                "page_name": "recall",
                **values,
            },
        )
        # The address holds a secret: nobody keeps the page or learns where it was.
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

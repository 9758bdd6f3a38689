from odoo import models

from ..tools.gate import Finding


class PharmaGate(models.AbstractModel):
    """Checks that order, goods, invoice and money name one party (CS-30 … CS-33)."""

    _inherit = "pharma.gate"

    def _check_order_missing(self, code, subjects, standing):
        """No movement and no invoice of controlled goods without its order (RC-01)."""
        for subject in subjects:
            for line in subject.lines:
                if line.record in subject.extra.get("without_order", ()):
                    yield Finding(
                        code,
                        subject,
                        self.env._(
                            "%s is not on any confirmed order of this document.",
                            line.product.display_name,
                        ),
                        self.env._("Start from the purchase or sale order."),
                        line.product,
                        line=line.record,
                    )

    def _check_party_mismatch(self, code, subjects, standing):
        """Who is invoiced or ships is who is on the order (CS-30, CS-32)."""
        for subject in subjects:
            for order in subject.extra.get("orders", ()):
                partner = order.partner_id.commercial_partner_id
                if partner != subject.partner:
                    yield Finding(
                        code,
                        subject,
                        self.env._(
                            "%(document)s names %(partner)s, but order %(order)s is of "
                            "%(other)s.",
                            document=subject.record.display_name,
                            partner=subject.partner.display_name,
                            order=order.name,
                            other=partner.display_name,
                        ),
                        self.env._("Use the company on the order."),
                        order,
                    )

    def _check_bank_account(self, code, subjects, standing):
        """Suppliers are paid to the account in their file only (CS-33, TV-71)."""
        for subject in subjects:
            if subject.side != "purchase":
                continue
            bank = subject.extra.get("bank")
            if not bank:
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "The payment to %s names no bank account.",
                        subject.partner.display_name,
                    ),
                    self.env._("Choose the verified account of the supplier."),
                    subject.partner,
                )
            elif (
                bank.partner_id.commercial_partner_id != subject.partner
                or not bank.pharma_is_verified
            ):
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "Account %(account)s is not a verified account of %(partner)s.",
                        account=bank.acc_number,
                        partner=subject.partner.display_name,
                    ),
                    self.env._(
                        "Pay to the verified account, or have QA and finance confirm "
                        "this one against the proof of account."
                    ),
                    bank,
                )

    def _check_third_party_payer(self, code, subjects, standing):
        """Who pays is who bought, unless an agreement names the payer (CS-32)."""
        for subject in subjects:
            payer = subject.extra.get("payer")
            if not payer or payer == subject.partner:
                continue
            agreements = standing.documents(subject.partner, subject.company).filtered(
                lambda d, payer=payer, subject=subject: (
                    d.related_partner_id == payer and d.is_valid_on(subject.day)
                )
            )
            if not agreements:
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "%(payer)s pays for %(partner)s, but no agreement allows it.",
                        payer=payer.display_name,
                        partner=subject.partner.display_name,
                    ),
                    self.env._(
                        "Return the money, or file the third-party payment agreement."
                    ),
                    subject.partner,
                )

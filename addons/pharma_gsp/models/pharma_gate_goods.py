from odoo import models

from ..tools.gate import Finding


class PharmaGate(models.AbstractModel):
    """Checks about what is traded and how: products, special classes, address."""

    _inherit = "pharma.gate"

    def _check_product_dossier(self, code, subjects, standing):
        """Only approved products; one under change isn't bought (FA-13, FA-30)."""
        for subject in subjects:
            for line in subject.lines:
                dossier = standing.dossier(line.product, "product", subject.company)
                if not dossier:
                    yield Finding(
                        code,
                        subject,
                        self.env._(
                            "%s has no first-approval file.", line.product.display_name
                        ),
                        self.env._("Open one and have it approved."),
                        line.product,
                        line=line.record,
                    )
                elif not dossier.is_valid_for(subject.side):
                    yield Finding(
                        code,
                        subject,
                        self.env._(
                            "The first-approval file of %(product)s is in state "
                            "«%(state)s».",
                            product=line.product.display_name,
                            state=self._state_label(dossier),
                        ),
                        self.env._("Have the file approved or put back in force."),
                        dossier,
                        line=line.record,
                    )

    def _check_product_scope(self, code, subjects, standing):
        """A product without any scope couldn't be matched with a licence (FA-26)."""
        for subject in subjects:
            for line in subject.lines:
                scopes = line.product.pharma_scope_ids
                if all(scope.is_flag for scope in scopes):
                    yield Finding(
                        code,
                        subject,
                        self.env._(
                            "%s has no business scope, so no licence can cover it.",
                            line.product.display_name,
                        ),
                        self.env._("Enter its scope on the product's GSP tab."),
                        line.product,
                        line=line.record,
                    )

    def _check_product_document(self, code, subjects, standing):
        """Registration and the other papers of the product (FA-10, FA-11)."""
        for subject in subjects:
            for line in subject.lines:
                lacking = standing.product_papers_lacking(subject, line.product)
                yield from self._paper_findings(
                    code, subject, line.product, lacking, line.record
                )

    def _check_online_ban(self, code, subjects, standing):
        """Vaccines, blood products and controlled drugs aren't sold online (LAW-09)."""
        online = [subject for subject in subjects if subject.is_online]
        yield from self._banned_lines(
            code,
            online,
            lambda scope: scope.is_online_banned,
            self.env._("%(product)s (%(scope)s) may not be sold online."),
            self.env._("Have the sales desk take the order."),
        )

    def _check_scope_special(self, code, subjects, standing):
        """Some buyers may never receive some classes (FA-20, FA-22, TV-33, TV-36)."""
        for subject in subjects:
            kind = subject.partner.pharma_buyer_kind_id
            yield from self._banned_lines(
                code,
                [subject],
                lambda scope, kind=kind: kind in scope.banned_buyer_kind_ids,
                self.env._(
                    "%(product)s (%(scope)s) may not be sold to a buyer of the kind "
                    "%(kind)s."
                ),
                self.env._("Take the product off the order."),
            )

    def _check_vaccine_sale(self, code, subjects, standing):
        """Vaccines are distributed as a service, never sold (LAW-11, TV-37)."""
        for subject in subjects:
            kind = subject.partner.pharma_buyer_kind_id
            if subject.is_distribution_service and kind.is_vaccine_receiver:
                continue
            yield from self._banned_lines(
                code,
                [subject],
                lambda scope: scope.is_never_sold,
                self.env._(
                    "%(product)s (%(scope)s) may not be sold, only distributed for its "
                    "owner to a disease control centre or vaccination unit."
                ),
                self.env._("Use a distribution-service order for such a receiver."),
            )

    def _check_cash_ban(self, code, subjects, standing):
        """No cash for narcotics and the like (LAW-15, LAW-19, TV-72)."""
        yield from self._banned_lines(
            code,
            [subject for subject in subjects if subject.is_cash],
            lambda scope: scope.is_cash_banned,
            self.env._("%(product)s (%(scope)s) may not be paid in cash."),
            self.env._("Settle by bank transfer."),
        )

    def _check_pickup_ban(self, code, subjects, standing):
        """Buyers don't pick up narcotics themselves (LAW-15, TV-72)."""
        yield from self._banned_lines(
            code,
            [subject for subject in subjects if subject.is_pickup],
            lambda scope: scope.is_pickup_banned,
            self.env._("%(product)s (%(scope)s) may not be picked up by the buyer."),
            self.env._("Deliver it."),
        )

    def _check_delivery_address(self, code, subjects, standing):
        """Goods go to the licensed address or a warehouse QA confirmed (FA-24)."""
        for subject in subjects:
            address = subject.ship_to
            if not address or address == subject.partner:
                continue
            is_own = address.commercial_partner_id == subject.partner
            if not (is_own and address.is_pharma_address_licensed):
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "%(address)s is not a licensed receiving address of "
                        "%(partner)s.",
                        address=address.display_name,
                        partner=subject.partner.display_name,
                    ),
                    self.env._(
                        "Deliver to the licensed address, or let QA confirm this one "
                        "with proof."
                    ),
                    address,
                )

    def _banned_lines(self, code, subjects, is_banned, sentence, cure):
        for subject in subjects:
            for line in subject.lines:
                scopes = line.product.pharma_scope_ids.filtered(is_banned)
                if scopes:
                    yield Finding(
                        code,
                        subject,
                        sentence
                        % {
                            "product": line.product.display_name,
                            "scope": ", ".join(scopes.mapped("name")),
                            "kind": subject.partner.pharma_buyer_kind_id.name,
                        },
                        cure,
                        line.product,
                        line=line.record,
                    )

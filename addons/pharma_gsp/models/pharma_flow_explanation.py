from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PharmaFlowExplanation(models.Model):
    """Why a gap between the four flows stays as it is (CS-30).

    Asked for by whoever works on the order, granted by another person of QA or finance.
    It covers the gap as large as it was then: when the gap grows it shows again.
    """

    _name = "pharma.flow.explanation"
    _description = "Explained Gap"
    _inherit = ["pharma.granted"]
    _order = "id desc"
    _rec_name = "code_id"

    _decider_groups = (
        "pharma_gsp.pharma_gsp_group_qa",
        "pharma_gsp.pharma_gsp_group_finance",
    )
    _called_group = "pharma_gsp.pharma_gsp_group_finance"
    _decision_activity = "pharma_gsp.mail_activity_type_explanation"

    purchase_line_id = fields.Many2one(
        "purchase.order.line", ondelete="restrict", index="btree_not_null"
    )
    sale_line_id = fields.Many2one(
        "sale.order.line", ondelete="restrict", index="btree_not_null"
    )
    purchase_id = fields.Many2one(
        related="purchase_line_id.order_id", string="Purchase Order"
    )
    sale_id = fields.Many2one(related="sale_line_id.order_id", string="Sale Order")
    order_name = fields.Char("Order", compute="_compute_subject", compute_sudo=True)
    partner_id = fields.Many2one(
        "res.partner", compute="_compute_subject", compute_sudo=True
    )
    product_id = fields.Many2one(
        "product.product", compute="_compute_subject", compute_sudo=True
    )
    code_id = fields.Many2one(
        "pharma.flow.code", "Gap", required=True, ondelete="restrict", tracking=True
    )
    quantity = fields.Float("Quantity Explained", digits=(16, 6), readonly=True)
    amount = fields.Float("Amount Explained", digits=(16, 6), readonly=True)
    attachment_ids = fields.Many2many(help="Such as the supplier's confirmation.")
    company_id = fields.Many2one(
        "res.company", compute="_compute_company_id", store=True, index=True
    )

    _one_line = models.Constraint(
        "CHECK(num_nonnulls(purchase_line_id, sale_line_id) = 1)",
        "An explanation belongs to one order line.",
    )

    @api.depends("purchase_line_id", "sale_line_id")
    def _compute_subject(self):
        for note in self:
            line = note._line()
            note.order_name = line.order_id.name
            note.partner_id = line.order_id.partner_id.commercial_partner_id
            note.product_id = line.product_id

    @api.depends("purchase_line_id", "sale_line_id")
    def _compute_company_id(self):
        for note in self:
            # sudo: who explains needn't read the order line.
            note.company_id = note.sudo()._line().company_id

    @api.model_create_multi
    def create(self, vals_list):
        notes = super().create(vals_list)
        notes._measure()
        return notes

    def action_withdraw(self):
        """What was granted by mistake no longer covers its gap."""
        granted = self.filtered(lambda note: note.state == "granted")
        result = super().action_withdraw()
        granted._orders_reopen()
        return result

    def _decider_sentence(self):
        return self.env._("Only quality and finance decide on explained gaps.")

    def _decision_summary(self):
        return self.code_id.name

    def _measure(self):
        """Fill in how large each gap is now; what isn't a gap needs no explanation."""
        # sudo: the amounts that decide aren't shown to everybody who sees the line.
        rows = self.env["pharma.four.flow"].sudo()
        for lines, notes in self._by_line():
            verdicts = rows._of_lines(lines)._judge()
            found = {
                (flow[notes._line_field()].id, gap.code): gap
                for flow, verdict in verdicts.items()
                for gap in (*verdict.gaps, *verdict.explained)
            }
            for note in notes:
                gap = found.get((note._line().id, note.code_id.code))
                if not gap:
                    raise ValidationError(
                        self.env._(
                            "%(order)s, %(product)s has no gap «%(gap)s» today, so "
                            "there is nothing to explain.",
                            order=note.order_name,
                            product=note.product_id.display_name,
                            gap=note.code_id.name,
                        )
                    )
                # sudo: measured by us, never typed.
                note.sudo().write({"quantity": gap.quantity, "amount": gap.amount})

    def _by_line(self):
        """(order lines, their explanations) of each side."""
        # sudo: an explanation may be asked for wherever the row is seen.
        for notes in self.sudo().grouped(lambda n: bool(n.purchase_line_id)).values():
            yield notes[notes._line_field()], notes

    def _line_field(self):
        return "purchase_line_id" if self[:1].purchase_line_id else "sale_line_id"

    def _line(self):
        return self.purchase_line_id or self.sale_line_id

    def _orders_reopen(self):
        # sudo: deciding needs no right to write orders.
        self.sudo().purchase_id._pharma_flow_reopen()
        self.sudo().sale_id._pharma_flow_reopen()

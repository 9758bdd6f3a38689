from odoo import fields, models


class PharmaDeliveryReprint(models.TransientModel):
    """Why a delivery note is printed again (OB-13)."""

    _name = "pharma.delivery.reprint"
    _description = "Print Delivery Note Again"

    picking_ids = fields.Many2many("stock.picking", string="Deliveries", readonly=True)
    reason = fields.Char("Why Again", required=True)

    def action_print(self):
        """Number and print; the reason stays with the print."""
        self.ensure_one()
        return self.picking_ids._print_delivery_note(self.reason)

from odoo import api, models
from odoo.tools import SQL

# Step: states it takes a pack from, and to.
STEPS = {
    "recall": (("in_stock", "reserved"), "recalled"),
    "lift_recall": (("recalled",), "in_stock"),
}


class PharmaRecallCode(models.AbstractModel):
    """Trace codes of recalled lots: one statement, whatever their number (FA-53)."""

    _name = "pharma.recall.code"
    _description = "Codes of Recalled Lots"

    @api.model
    def _take_step(self, step, lots, document):
        """All codes of these lots take a step, and one event tells it.

        :param step: recall or lift_recall
        :param document: what made it happen
        """
        codes = self.env["pharma.trace.code"]
        codes.flush_model(["own_state", "lot_id"])
        before, after = STEPS[step]
        rows = self.env.execute_query(
            SQL(
                """UPDATE pharma_trace_code SET own_state = %s
                    WHERE lot_id = ANY(%s) AND own_state = ANY(%s) RETURNING id""",
                after,
                lots.ids,
                [*before],
            )
        )
        codes.invalidate_model()
        if rows:
            self.env["pharma.trace.event"]._tell(
                step, [number for (number,) in rows], document=document
            )

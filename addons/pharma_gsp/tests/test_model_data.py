from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PharmaCommon


@tagged("post_install", "-at_install")
class TestModelData(PharmaCommon):
    """Roles can't be taken over by renaming what the software knows them by (CS-05)."""

    def test_it_administrator_points_no_role_elsewhere(self):
        name = self.env["ir.model.data"].search(
            [("module", "=", "pharma_gsp"), ("name", "=", "pharma_gsp_group_qa")]
        )
        mine = self._as("it_admin", name)
        group = self.env.ref("pharma_gsp.pharma_gsp_group_it_admin")
        for attempt in (
            lambda: mine.write({"res_id": group.id}),
            lambda: mine.unlink(),
            lambda: mine.create(
                {
                    "module": "x",
                    "name": "y",
                    "model": "res.groups",
                    "res_id": group.id,
                }
            ),
        ):
            with self.assertRaises(UserError):
                attempt()
        self.assertEqual(name.res_id, self._role("qa").id)

    def test_other_names_stay_free(self):
        partner = self._create_partner("命名单位")
        name = self._as("it_admin", self.env["ir.model.data"]).create(
            {"module": "x", "name": "z", "model": partner._name, "res_id": partner.id}
        )
        self.assertTrue(name)

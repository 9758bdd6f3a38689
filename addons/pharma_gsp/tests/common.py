from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from unittest.mock import patch

from PIL import Image
from pypdf import PdfWriter

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import HttpCase, TransactionCase, freeze_time, new_test_user

from odoo.addons.pharma_gsp.exceptions import GateRefusal

ROLES = (
    "purchaser",
    "receiver",
    "inspector",
    "keeper",
    "storekeeper",
    "picker",
    "reviewer",
    "dispatcher",
    "seller",
    "finance",
    "qa",
    "qa_manager",
    "quality_head",
    "company_head",
    "it_admin",
    "auditor",
)


def blank_pdf():
    """The bytes of a document of one empty page."""
    writer, stream = PdfWriter(), BytesIO()
    writer.add_blank_page(9, 9)
    writer.write(stream)
    return stream.getvalue()


def picture(width=4, height=4, form="PNG"):
    """The bytes of a plain picture."""
    stream = BytesIO()
    Image.new("RGB", (width, height), "white").save(stream, form)
    return stream.getvalue()


PDF = blank_pdf()


class PharmaWorld:
    """A small licensed world: one supplier, one hospital, one drug, all approved.

    A mixin, because plain tests and tests over HTTP live in the same world.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.company = cls.env.company
        cls.today = cls.env["pharma.document"]._today()
        cls.users = {role: cls._create_user(role) for role in ROLES}
        cls._license_own_company("CHEM CPM BIO NARC PSY1 ANAB COLD BLOOD EPH")
        cls.supplier = cls._create_supplier(
            "CHEM CPM BIO NARC PSY1 ANAB COLD BLOOD EPH"
        )
        cls.hospital = cls._create_buyer(
            "HOSPITAL", "CHEM CPM BIO NARC PSY1 ANAB COLD BLOOD EPH"
        )
        cls.drug = cls._create_drug("CHEM")

    @classmethod
    def _create_user(cls, *roles, login=None, **values):
        """A user with just these roles; logins are made of them."""
        login = login or f"test_{'_'.join(roles)}"
        return new_test_user(
            cls.env,
            login,
            groups=",".join(f"pharma_gsp.pharma_gsp_group_{role}" for role in roles),
            context={"no_reset_password": True, "mail_create_nolog": True},
            name=f"Test {' '.join(roles)}",
            **values,
        )

    @classmethod
    def _role(cls, name):
        return cls.env.ref(f"pharma_gsp.pharma_gsp_group_{name}")

    @classmethod
    def _force_role(cls, user, role):
        """A role as SQL alone can give it: from before a pair was forbidden."""
        role = cls._role(role) if isinstance(role, str) else role
        cls.env.flush_all()
        cls.env.cr.execute(
            "INSERT INTO res_groups_users_rel (gid, uid) VALUES (%s, %s)",
            (role.id, user.id),
        )
        cls.env.invalidate_all()
        cls.env.registry.clear_cache()

    @classmethod
    def _as(cls, role, records):
        return records.with_user(cls.users[role])

    @classmethod
    def _scopes(cls, codes):
        return cls.env["pharma.scope"].search([("code", "in", codes.split())])

    @classmethod
    def _kind(cls, code):
        return cls.env.ref(f"pharma_gsp.pharma_partner_kind_{code.lower()}")

    @classmethod
    def _type(cls, code):
        return cls.env.ref(f"pharma_gsp.pharma_document_type_{code.lower()}")

    @classmethod
    def _file(cls, code, holder, scopes="", verify=True, **values):
        """One paper of a holder, verified unless asked otherwise."""
        doc_type = cls._type(code)
        field = {
            "res.partner": "partner_id",
            "product.template": "product_tmpl_id",
            "pharma.person": "person_id",
        }[holder._name]
        if doc_type.expiry_policy != "none" and "expiry_date" not in values:
            values["expiry_date"] = cls.today + timedelta(days=300)
        if doc_type.number_format == "uscc":
            values.setdefault("number", "91350100M000100Y43")
        elif doc_type.is_number_required:
            values.setdefault("number", f"{code}-{holder.id}")
        document = cls.env["pharma.document"].create(
            {
                "type_id": doc_type.id,
                field: holder.id,
                "scope_ids": [Command.set(cls._scopes(scopes).ids)],
                **values,
            }
        )
        if verify:
            document._verify()
        return document

    @classmethod
    def _file_required(cls, dossier, scopes):
        """Every mandatory paper of a dossier, and the person who acts."""
        types = cls.env["pharma.document.type"]
        for rule in dossier._required_rules():
            doc_type = types.browse(rule.id)
            carried = scopes if rule.carries_scopes else ""
            if doc_type.any_scope_ids:  # a purchase card covers its classes only
                own = set(doc_type.any_scope_ids.mapped("code"))
                carried = " ".join(own & set(carried.split()))
            cls._file(doc_type.code, dossier._subject(), carried)
        if dossier.kind != "product":
            role = "sales" if dossier.kind == "supplier" else "purchase"
            cls._create_person(dossier.partner_id, role)

    @classmethod
    def _create_person(cls, partner, role, **values):
        person = cls.env["pharma.person"].create(
            {"name": "王芳", "partner_id": partner.id, "role": role, **values}
        )
        cls._file("LETTER", person)
        cls._file("ID_COPY", person)
        return person

    @classmethod
    def _activate(cls, dossier):
        """Put a file in force without its steps; those have tests of their own."""
        dossier._activate()
        return dossier

    @classmethod
    def _license_own_company(cls, scopes):
        partner = cls.company.partner_id
        for code in ("DIST_LICENCE", "BUSINESS_LICENCE", "ANNUAL_REPORT"):
            cls._file(code, partner, scopes if code == "DIST_LICENCE" else "")

    @classmethod
    def _create_partner(cls, name, **values):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "uscc": "91110000101623741K",
                "street": "解放大道 1 号",
                "city": "武汉市",
                "country_id": cls.env.ref("base.cn").id,
                **values,
            }
        )

    @classmethod
    def _create_dossier(cls, kind, scopes="", **values):
        return cls.env["pharma.dossier"].create(
            {
                "kind": kind,
                "scope_ids": [Command.set(cls._scopes(scopes).ids)],
                **values,
            }
        )

    @classmethod
    def _create_supplier(cls, scopes, kind="WHOLESALER", active=True, **values):
        supplier = cls._create_partner(
            "江南医药有限公司", pharma_supplier_kind_id=cls._kind(kind).id, **values
        )
        dossier = cls._create_dossier("supplier", scopes, partner_id=supplier.id)
        if active:
            cls._file_required(dossier, scopes)
            cls._activate(dossier)
        return supplier

    @classmethod
    def _create_buyer(cls, kind, scopes, active=True, **values):
        buyer = cls._create_partner(
            f"{kind} 示范单位", pharma_buyer_kind_id=cls._kind(kind).id, **values
        )
        dossier = cls._create_dossier("buyer", scopes, partner_id=buyer.id)
        if active:
            cls._file_required(dossier, scopes)
            cls._activate(dossier)
        return buyer

    @classmethod
    def _prepare_drug_values(cls, scopes, **values):
        maker = cls.env["res.partner"].search([("name", "=", "示范制药")], limit=1)
        maker = maker or cls._create_partner("示范制药")
        return {
            "name": "阿莫西林胶囊",
            "type": "consu",
            "is_storable": True,
            "generic_name": "阿莫西林胶囊",
            "dosage_form": "胶囊剂",
            "strength": "0.25g",
            "pack_spec": "24粒/盒",
            "mah_id": maker.id,
            "manufacturer_id": maker.id,
            "approval_number": "国药准字H20210039",
            "shelf_life_months": 24,
            "storage_text": "密封，置阴凉干燥处",
            "storage_class": "cool",
            "rx_class": "rx",
            "pharma_scope_ids": [Command.set(cls._scopes(scopes).ids)],
            "list_price": 12.5,
            "standard_price": 10.0,
            "taxes_id": False,
            "supplier_taxes_id": False,
            "invoice_policy": "order",
            "purchase_method": "receive",
            **values,
        }

    @classmethod
    def _create_drug(cls, scopes, active=True, **values):
        drug = cls.env["product.template"].create(
            cls._prepare_drug_values(scopes, **values)
        )
        dossier = cls._create_dossier("product", product_tmpl_id=drug.id)
        if active:
            cls._file_required(dossier, scopes)
            cls._activate(dossier)
        return drug

    @classmethod
    def _create_sale(cls, drugs=None, partner=None, quantity=5, **values):
        drugs = drugs or cls.drug
        return cls.env["sale.order"].create(
            {
                "partner_id": (partner or cls.hospital).id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": drug.product_variant_id.id,
                            "product_uom_qty": quantity,
                        }
                    )
                    for drug in drugs
                ],
                **values,
            }
        )

    @classmethod
    def _create_purchase(cls, drugs=None, partner=None, quantity=10, **values):
        drugs = drugs or cls.drug
        return cls.env["purchase.order"].create(
            {
                "partner_id": (partner or cls.supplier).id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": drug.product_variant_id.id,
                            "product_qty": quantity,
                            "price_unit": 10.0,
                        }
                    )
                    for drug in drugs
                ],
                **values,
            }
        )

    @classmethod
    def _stock(cls, drug, quantity=100):
        """Put goods on the shelf the way an inventory does."""
        cls.env["stock.quant"]._update_available_quantity(
            drug.product_variant_id,
            cls.env["stock.warehouse"]
            .search([("company_id", "=", cls.company.id)], limit=1)
            .lot_stock_id,
            quantity,
        )

    @classmethod
    def _expire(cls, document, last_day=None):
        """Let a verified paper end on a day, as time does (not as a user could)."""
        document.env.cr.execute(
            "UPDATE pharma_document SET issue_date = NULL, expiry_date = %s"
            " WHERE id = %s",
            (last_day or cls.today - timedelta(days=1), document.id),
        )
        document.invalidate_recordset()

    @classmethod
    def _paper(cls, holder, code):
        """The paper in force of a holder."""
        return holder.pharma_document_ids.filtered(
            lambda d: d.type_id == cls._type(code) and d.state == "verified"
        )

    def _findings(self, document, operation):
        """{check code: [sentences]} the gate has against a document now."""
        found = {}
        for finding in document._gate_findings(operation):
            found.setdefault(finding.code, []).append(finding.sentence)
        return found

    def assertRefused(self, call, *codes):
        """The call is refused by the gate for exactly these checks.

        The event is written when the transaction ends, so it is looked at through
        the refusal's own data here; ``test_gate`` follows it to the database.
        """
        with self.assertRaises(GateRefusal) as caught:
            call()
        found = {f["code"] for f in caught.exception.context["findings"]}
        self.assertEqual(found, set(codes), str(caught.exception))
        return caught.exception

    @contextmanager
    def assertTold(self, regex, error=UserError):
        """The user is told so, and nothing of what she tried remains."""
        with self.assertRaises(error) as caught:
            yield
        self.assertRegex(str(caught.exception), regex)

    @contextmanager
    def _in_china(self, moment):
        """Live at a moment of China's clock: the database's and Python's at once."""
        utc = fields.Datetime.to_datetime(moment) - timedelta(hours=8)
        # The gate reads the clock of the transaction, which freezing doesn't reach.
        with patch.object(self.env.cr, "_now", utc), freeze_time(utc):
            yield

    @classmethod
    def _page(cls, name="page.pdf", raw=PDF, **values):
        """A page as the upload widget leaves it: before its document is saved."""
        return cls.env["ir.attachment"].create(
            {"name": name, "raw": raw, "res_model": "pharma.document", **values}
        )

    def _validate(self, picking, role):
        """Move all of a transfer, as its least role does."""
        picking = self._as(role, picking)
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty
            move.picked = True
        picking.button_validate()
        return picking

    def _ordered(self, **values):
        """A confirmed purchase; its receipt waits."""
        order = self._as("purchaser", self._create_purchase(**values))
        order.button_confirm()
        return order

    def _sold(self, **values):
        """A confirmed sale with goods on the shelf; its delivery waits."""
        for drug in values.get("drugs") or self.drug:
            self._stock(drug)
        order = self._as("seller", self._create_sale(**values))
        order.action_confirm()
        return order

    def _correct(self, document, row, role, **texts):
        """Change a posted record the only way there is: asked for, approved (CS-20)."""
        requests = self._as(role, self.env["pharma.change.request"])
        request = requests._ask(
            self._as(role, document),
            [(self._as(role, row), name, text) for name, text in texts.items()],
            "录入错误",
        )
        self._as("qa", request).action_approve()
        self.assertEqual(request.state, "executed")
        self.env.invalidate_all()


class PharmaCommon(PharmaWorld, TransactionCase):
    """Tests of the models, in one transaction."""


class PharmaHttpCommon(PharmaWorld, HttpCase):
    """Tests through the server's own doors."""

    def _json2(self, user, model, method, **arguments):
        """POST /json/2 with a key of the user, as an integration does."""
        # sudo: a user of no special group couldn't make a key without an end.
        keys = self.env["res.users.apikeys"].with_user(user).sudo()
        return self.url_open(
            f"/json/2/{model}/{method}",
            json=arguments or {"ids": []},
            headers={"Authorization": f"bearer {keys._generate('rpc', 'test', None)}"},
        )

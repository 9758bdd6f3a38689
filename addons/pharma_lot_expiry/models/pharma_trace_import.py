import zipfile
import zlib
from io import BytesIO
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import aggregation
from ..tools.expiry import UnreadableDate, expiry_from_printed

IMPORTERS = (
    "pharma_gsp.pharma_gsp_group_receiver",
    "pharma_gsp.pharma_gsp_group_qa",
)
MEGABYTE = 1 << 20
DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, EOFError)
# What only the button moves, as it is on a new import.
BUTTON_FIELDS = {
    "state": "draft",
    "code_count": 0,
    "top_count": 0,
    "pack_count": 0,
    "batch_count": 0,
    "problem_count": 0,
    "file_problem": False,
    "imported_by_id": False,
    "imported_date": False,
}
# Identification codes of each batch, the most frequent first.
BATCHES = """
SELECT batch, drug_id FROM pharma_trace_stage WHERE drug_id IS NOT NULL
 GROUP BY batch, drug_id ORDER BY batch, count(*) DESC
"""
TOPS = """
SELECT COALESCE(array_agg(code.id), '{}'), COALESCE(sum(code.packs), 0)
  FROM pharma_trace_stage stage JOIN pharma_trace_code code ON code.id = stage.id
 WHERE stage.parent IS NULL
"""


class PharmaTraceImport(models.Model):
    """A maker's file of which pack lies in which, announced before the goods (FA-54).

    All of it is taken, or nothing, with a list of what is wrong in which line.
    """

    _name = "pharma.trace.import"
    _description = "Aggregation File"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _rec_name = "filename"
    _mail_post_access = "read"

    filename = fields.Char(default="aggregation.xml", required=True)
    file = fields.Binary(attachment=True, required=True)
    partner_id = fields.Many2one("res.partner", "Supplier")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    batch_count = fields.Integer("Lots", readonly=True)
    code_count = fields.Integer("Codes", readonly=True)
    top_count = fields.Integer("Packs on Top", readonly=True)
    pack_count = fields.Integer("Smallest Packs", readonly=True)
    problem_count = fields.Integer("Problems", readonly=True)
    file_problem = fields.Char(readonly=True)
    problem_ids = fields.One2many(
        "pharma.trace.import.problem", "import_id", "What Is Wrong", readonly=True
    )
    imported_by_id = fields.Many2one("res.users", readonly=True)
    imported_date = fields.Datetime(readonly=True)
    state = fields.Selection(
        [("draft", "To import"), ("done", "Imported"), ("failed", "Refused")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:  # spelled out, or default_… in the context would count
            for vals in vals_list:
                vals.update(BUTTON_FIELDS)
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            if vals.keys() & BUTTON_FIELDS.keys():
                raise UserError(
                    self.env._(
                        "The result of an import comes from the button «Import»."
                    )
                )
            if "file" in vals and any(each.state == "done" for each in self):
                raise UserError(
                    self.env._("This file is imported. Upload another as a new import.")
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_open(self):
        if any(each.state == "done" for each in self):
            raise UserError(
                self.env._("What was imported is kept: its codes refer to it.")
            )

    def action_import(self):
        """Read the file and announce its codes, or list what is wrong with it."""
        self.ensure_one()
        if not any(map(self.env.user.has_group, IMPORTERS)):
            raise UserError(
                self.env._("The receiver or the quality department imports codes.")
            )
        self.check_access("write")
        # sudo: codes are written by imports, receipts and scans only.
        own = self.sudo()
        if own.state == "done":
            raise UserError(self.env._("This file is imported already."))
        own._lock_once()
        own.problem_ids.unlink()
        with own._open() as stream:
            own._read(stream)
        return True

    def _lock_once(self):
        """Two people pressing at once import once."""
        self.lock_for_update()
        self.invalidate_recordset(["state"])

    def _open(self):
        """The file as a stream, from where attachments lie; out of its zip if any.

        :raise UserError: if it is larger than the company's limit
        """
        attachment = self.env["ir.attachment"].search(
            [
                ("res_model", "=", self._name),
                ("res_field", "=", "file"),
                ("res_id", "=", self.id),
            ],
            limit=1,
        )
        limit = self.company_id.pharma_aggregation_limit
        if attachment.file_size > limit * MEGABYTE:
            raise UserError(self._size_sentence())
        if attachment.store_fname:
            path = Path(attachment._full_path(attachment.store_fname))
            stream = path.open("rb")  # closed by action_import
        else:
            stream = BytesIO(attachment.raw or b"")
        if stream.read(4) == b"PK\x03\x04":
            return self._unzip(stream)
        stream.seek(0)
        return stream

    def _unzip(self, stream):
        """The one XML file in a zip, still unread."""
        try:
            archive = zipfile.ZipFile(stream)
            names = [n for n in archive.namelist() if n.lower().endswith(".xml")]
            if len(names) == 1:
                return archive.open(names[0])
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise UserError(self._zip_sentence()) from error
        raise UserError(self.env._("Put exactly one XML file into the zip."))

    def _zip_sentence(self):
        return self.env._("The zip file is damaged or locked. Pack it again.")

    def _size_sentence(self):
        return self.env._(
            "The file is larger than %s MB. Ask the maker for one file per lot, or "
            "have the limit raised in the company's settings.",
            self.company_id.pharma_aggregation_limit,
        )

    def _read(self, stream):
        """Stage, check and keep what the file says."""
        codes = self.env["pharma.trace.code"]
        limit = self.company_id.pharma_aggregation_limit * MEGABYTE
        reader = aggregation.Reader(stream, limit)
        try:
            count = codes._stage(_sound(reader))
        except aggregation.AggregationError as error:
            return self._fail([], self._file_sentence(error))
        except DAMAGED_ZIP:  # in the middle, which only reading it tells
            return self._fail([], self._zip_sentence())
        problems = reader.problems or codes._stage_problems() or codes._known_problems()
        if problems:
            return self._fail(problems)
        goods = codes._staged_goods()
        products = self._products(goods, len(reader.batches))
        problems = [
            *codes._goods_problems(goods, products),
            *self._batch_problems(reader.batches, products),
        ]
        if problems:
            return self._fail(problems)
        lots = self._lots(reader.batches, products)
        codes._insert_staged([*zip(products, lots, strict=True)], self.company_id)
        return self._succeed(count, len(reader.batches))

    def _products(self, goods, count):
        """The product id of each batch, by most of its codes; None where none tells."""
        rows = self.env.execute_query(SQL(BATCHES))
        products = [None] * count
        for batch, drug_id in rows:
            if products[batch] is None and goods[drug_id]:
                products[batch] = goods[drug_id][0].id
        return products

    def _batch_problems(self, batches, products):
        """Lots without product, and lots known with other dates (FA-55)."""
        known = self._known_lots(batches, products)
        previous = self.company_id.pharma_month_expiry == "previous"
        problems = []
        for batch, product in zip(batches, products, strict=True):
            lot = known.get((product, batch.lot))
            if not product:
                problems.append(
                    aggregation.Problem("no_product", batch.line, batch.lot)
                )
            elif lot and _contradicts(lot, batch, previous):
                problems.append(aggregation.Problem("lot_dates", batch.line, batch.lot))
        return problems

    def _known_lots(self, batches, products):
        """{(product id, lot number): lot}; one query."""
        lots = self.env["stock.lot"].search_fetch(
            [
                ("product_id", "in", [*filter(None, products)]),
                ("name", "in", [batch.lot for batch in batches]),
                ("company_id", "in", [False, self.company_id.id]),
            ],
            ["product_id", "name", "expiry_date", "production_date"],
        )
        return {(lot.product_id.id, lot.name): lot for lot in lots}

    def _lots(self, batches, products):
        """The lot id of each batch; lots not met before are made, with their dates."""
        known = self._known_lots(batches, products)
        missing = {}
        for batch, product in zip(batches, products, strict=True):
            if (product, batch.lot) not in known:
                missing.setdefault(
                    (product, batch.lot),
                    {
                        "name": batch.lot,
                        "product_id": product,
                        "expiry_label": batch.expiry_label,
                        "production_date": batch.made,
                    },
                )
        made = self.env["stock.lot"].create([*missing.values()])
        known |= dict(zip(missing, made, strict=True))
        return [
            known[product, batch.lot].id
            for batch, product in zip(batches, products, strict=True)
        ]

    def _succeed(self, count, batch_count):
        (row,) = self.env.execute_query(SQL(TOPS))
        top_ids, packs = row
        self.write(
            {
                "state": "done",
                "code_count": count,
                "batch_count": batch_count,
                "top_count": len(top_ids),
                "pack_count": packs,
                "problem_count": 0,
                "file_problem": False,
                "imported_by_id": self.env.uid,
                "imported_date": fields.Datetime.now(),
            }
        )
        codes = self.env["pharma.trace.code"]
        codes.invalidate_model()
        self.env["pharma.trace.event"]._tell(
            "announce",
            top_ids,
            document=self,
            partner_id=self.partner_id.id,
            pack_count=packs,
        )

    def _fail(self, problems, file_problem=False):
        """Nothing is kept but what is wrong."""
        codes = self.env["pharma.trace.code"]
        self.write(
            {
                "state": "failed",
                "problem_count": len(problems) or 1,
                "file_problem": file_problem,
                "problem_ids": [
                    fields.Command.create(
                        {
                            "line": problem.line,
                            "kind": problem.kind,
                            "sentence": codes._problem_sentence(
                                aggregation.Problem(problem.kind, 0, problem.value)
                            ),
                        }
                    )
                    for problem in problems
                ],
            }
        )

    def _file_sentence(self, error):
        """Why a file can't be used at all, for people."""
        sentences = {
            "empty": self.env._("The file is empty."),
            "size": self._size_sentence(),
            "encoding": self.env._(
                "The file isn't written in the encoding it claims. Ask the maker for "
                "it in UTF-8."
            ),
            "doctype": self.env._(
                "The file carries a document type, which such files never do. It was "
                "not opened."
            ),
            "root": self.env._(
                "This is no aggregation file of the platform: it begins with «%s».",
                error.detail,
            ),
            "xml": self.env._(
                "The file is damaged or cut off in line %s. Fetch it again.", error.line
            ),
            "codes": self.env._("There is no code in the file."),
        }
        return sentences[error.kind]


class PharmaTraceImportProblem(models.Model):
    """One thing that is wrong with a file, and the line it stands on."""

    _name = "pharma.trace.import.problem"
    _description = "Aggregation File Problem"
    _order = "line, id"
    _rec_name = "sentence"

    import_id = fields.Many2one(
        "pharma.trace.import", required=True, index=True, ondelete="cascade"
    )
    line = fields.Integer()
    kind = fields.Char(required=True)
    sentence = fields.Text("What Is Wrong", required=True)


def _sound(reader):
    """The rows up to the first problem; afterwards only the reading goes on."""
    for row in reader:
        if not reader.problems:
            yield row


def _contradicts(lot, batch, month_means_previous):
    try:
        expiry = expiry_from_printed(batch.expiry_label, month_means_previous)
    except UnreadableDate:
        return True
    return bool(
        lot.expiry_date
        and lot.expiry_date != expiry
        or lot.production_date
        and batch.made
        and lot.production_date != batch.made
    )

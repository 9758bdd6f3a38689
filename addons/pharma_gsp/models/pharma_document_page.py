from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import upload

UPLOAD_LIMIT_MIB = 20


class PharmaDocument(models.Model):
    """The scanned pages: told by their content, kept bit for bit, noticed twice."""

    _inherit = "pharma.document"

    attachment_ids = fields.Many2many(
        "ir.attachment", string="Pages", help="PDF, PNG, JPEG or WebP."
    )
    page_count = fields.Integer(compute="_compute_page_count")
    duplicate_ids = fields.Many2many(
        "pharma.document",
        string="Same File Elsewhere",
        compute="_compute_duplicate_ids",
        compute_sudo=True,
    )
    duplicate_reason = fields.Char(
        tracking=True,
        help="Why the same file rightly stands in another document too.",
    )

    @api.depends("attachment_ids")
    def _compute_page_count(self):
        for document in self:
            document.page_count = len(document.attachment_ids)

    @api.depends("attachment_ids.checksum")
    def _compute_duplicate_ids(self):
        """Documents of another holder or type that hold the same file (SHA-1)."""
        digests = [d for d in self.attachment_ids.mapped("checksum") if d]
        others = self.search([("attachment_ids.checksum", "in", digests)])
        by_digest = defaultdict(self.browse)
        for other in others:
            for digest in other.attachment_ids.mapped("checksum"):
                by_digest[digest] |= other
        for document in self:
            same = self.browse()
            for digest in document.attachment_ids.mapped("checksum"):
                same |= by_digest[digest]
            document.duplicate_ids = same.filtered(
                lambda other, document=document: (
                    other != document._origin and not document._is_version_of(other)
                )
            )

    @api.constrains("attachment_ids")
    def _check_attachments(self):
        limit_mib = self._upload_limit_mib()
        for page in self.sudo().attachment_ids:
            self._check_page(page, limit_mib)

    @api.model
    def _upload_limit_mib(self):
        param = self.env["ir.config_parameter"].sudo()
        return int(param.get_param("pharma_gsp.upload_limit_mib", UPLOAD_LIMIT_MIB))

    def _check_page(self, page, limit_mib):
        try:
            upload.check(page.raw or b"", limit_mib * 1024 * 1024)
        except upload.FileTooLarge as error:
            raise ValidationError(
                self.env._(
                    "%(name)s has %(size).1f MiB; %(limit)s MiB is the limit. Scan it "
                    "in grey at 200 dpi or split it into pages.",
                    name=page.name,
                    size=error.size / 1024 / 1024,
                    limit=limit_mib,
                )
            ) from error
        except upload.FileEmpty as error:
            raise ValidationError(
                self.env._("%s is empty. Scan the page again.", page.name)
            ) from error
        except upload.FileTypeNotAllowed as error:
            raise ValidationError(
                self.env._(
                    "%(name)s is not a PDF or picture inside, whatever its name says. "
                    "Only PDF, PNG, JPEG and WebP are accepted.",
                    name=page.name,
                )
            ) from error
        except upload.FileCorrupt as error:
            raise ValidationError(
                self.env._(
                    "%s can't be opened: it is damaged or locked by a password. Scan "
                    "or export the page again.",
                    page.name,
                )
            ) from error

    def _adopt_attachments(self):
        """Tie uploaded pages to their document, so that its access rules hold."""
        for document in self:
            # sudo: pages uploaded before the first save belong to nobody yet.
            loose = document.sudo().attachment_ids.filtered(
                lambda page, document=document: (
                    page.res_model != document._name or page.res_id != document.id
                )
            )
            # Or any file of the database could be drawn in by its number.
            loose.with_env(self.env).check_access("write")
            loose.write({"res_model": document._name, "res_id": document.id})

    def _check_pages_open(self):
        """What a verified document shows stays as well as what it says."""
        locked = self.filtered(lambda document: document.state != "draft")
        if locked:
            raise UserError(
                self.env._(
                    "This page belongs to %s, which is verified: it can be neither "
                    "replaced nor deleted. A new paper is a new version: use Renew.",
                    locked[0].display_name,
                )
            )

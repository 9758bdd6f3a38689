from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..tools.scan import lot_key
from .scan_ledger import OPEN_STATES, Ledger

ROLE = "pharma_gsp.pharma_gsp_group_%s"
# Who works in which mode; look up is for all staff.
ROLES = {
    "receive": ("receiver", "inspector"),
    "putaway": ("storekeeper", "keeper"),
    "pick": ("picker",),
    "review": ("reviewer",),
    "return": ("receiver", "inspector"),
    "count": ("storekeeper", "keeper"),
}
STAFF = ROLE % "user"
# A device sends what it gathered without a network in slices of this many.
BATCH = 50
SHOWN_TRANSFERS = 40
# The largest number a record can have.
MOST_ID = 2**31 - 1
# How long a delivery that left can still be compared.
REVIEW_DAYS = 2


class PharmaScanStation(models.AbstractModel):
    """What a scanner asks of the server (OB-12).

    Each scan is answered by itself and kept as a ``pharma.scan.entry``; a scan that is
    sent twice is answered twice and counted once. The methods without an underscore
    are those the screen calls.
    """

    _name = "pharma.scan.station"
    _description = "Scan Station"
    _inherit = [
        "pharma.scan.reading",
        "pharma.scan.decision",
        "pharma.scan.code",
        "pharma.scan.putaway",
        "pharma.scan.count",
        "pharma.scan.lookup",
    ]

    @api.model
    @api.readonly
    def get_modes(self):
        """The modes of this user, each with how many transfers wait for it."""
        self._check_staff()
        names = dict(
            self.env["pharma.scan.entry"]
            ._fields["mode"]
            ._description_selection(self.env)
        )
        return [
            {
                "mode": mode,
                "name": names[mode],
                "count": self.env["stock.picking"].search_count(domain)
                if (domain := self._transfer_domain(mode)) is not None
                else None,
            }
            for mode in ROLES
            if self._may(mode)
        ]

    @api.model
    @api.readonly
    def get_transfers(self, mode):
        """Open transfers of a mode, the most urgent first."""
        self._check_mode(mode)
        domain = self._transfer_domain(mode)
        if domain is None:
            return []
        pickings = self.env["stock.picking"].search(
            domain, limit=SHOWN_TRANSFERS, order="priority desc, scheduled_date, id"
        )
        scanned = self._scanned_by_picking(pickings, mode)
        return [
            {
                "id": picking.id,
                "name": picking.name,
                "partner": picking.partner_id.commercial_partner_id.name or "",
                "origin": picking.origin or "",
                "date": fields.Datetime.to_string(picking.scheduled_date),
                "lines": len(picking.move_ids),
                "expected": sum(picking.move_ids.mapped("product_qty")),
                "scanned": scanned.get(picking, 0),
                "is_waiting": picking.state != "assigned",
                "is_done": picking.state == "done",
            }
            for picking in pickings
        ]

    @api.model
    @api.readonly
    def get_transfer(self, mode, picking_id):
        """A transfer with its lines and how far they are scanned."""
        self._check_mode(mode)
        return Ledger(self._transfer(mode, picking_id), mode).payload()

    @api.model
    @api.readonly
    def find_document(self, text, mode=""):
        """The transfer a scanned number names, and the mode to open it in.

        :param mode: the one preferred
        :return: ``{mode, picking_id}``, or ``{sentence}`` that says why there is none
        """
        self._check_staff()
        (reading,) = self._read([text], self.env["product.product"])
        if not reading.picking:
            return {
                "sentence": reading.sentence
                or self.env._("Choose what you want to do first, then scan goods.")
            }
        modes = self._modes_of(reading.picking)
        if not modes:
            return {
                "sentence": self.env._(
                    "%s is finished, cancelled, not yet due, or not your work.",
                    reading.picking.name,
                )
            }
        return {
            "mode": mode if mode in modes else modes[0],
            "picking_id": reading.picking.id,
        }

    @api.model
    def submit(self, scans):
        """Answer scans, in their order.

        :param scans: list of ``{uid, text, mode, picking_id, at, answer}``, or of
            ``{uid, undo, mode, picking_id}`` to take back the scan of that number
        :return: ``{"results": [answer], "transfer": payload or None}``, one answer per
            scan, the same one whenever a scan is sent again
        """
        self._check_staff()
        scans = [self._checked_scan(scan) for scan in scans[:BATCH]]
        known = self._known_answers(scans)
        for (mode, picking_id), group in self._groups(scans, known):
            self._submit_group(mode, picking_id, group, known)
        return {
            "results": [known[scan["uid"]] for scan in scans],
            "transfer": self._payload_of(scans[-1]) if scans else None,
        }

    @api.model
    def _payload_of(self, scan):
        """The transfer a scan was for as it stands now, if it is still open to her."""
        mode = scan["mode"]
        if not scan["picking_id"] or not self._may(mode):
            return None
        picking = self._readable(scan["picking_id"])
        domain = self._transfer_domain(mode)
        if domain is None or not picking.filtered_domain(domain):
            return None
        return Ledger(picking, mode).payload()

    @api.model
    def finish(self, mode, picking_id, rest=None):
        """Validate a transfer with what was scanned.

        :param rest: what becomes of packs not scanned: None to be told what is
            missing first, "backorder" or "cancel"
        :return: ``{done, missing, action}``; ``action`` where core asks something more
        """
        self._check_mode(mode)
        ledger = Ledger(self._transfer(mode, picking_id), mode)
        missing = [
            line
            for line in ledger.payload()["lines"]
            if line["scanned"] < line["expected"]
        ]
        if mode == "review":
            return self._finish_review(ledger, missing)
        if not any(ledger.scanned.values()):
            raise UserError(
                self.env._("Nothing of %s was scanned yet.", ledger.picking.name)
            )
        if missing and rest not in ("backorder", "cancel"):
            return {"done": False, "missing": missing, "action": False}
        if ledger.mode == "putaway" and any(self._pending(ledger)):
            raise UserError(
                self.env._("Scan the shelf you put the last goods on, then finish.")
            )
        action = self._validate(ledger, rest)
        return {
            "done": ledger.picking.state == "done",
            "missing": [],
            "action": action if isinstance(action, dict) else False,
        }

    # Who may do what with which transfer.

    @api.model
    def _check_staff(self):
        if not self.env.user.has_group(STAFF):
            raise AccessError(self.env._("The scan station is for the staff."))

    @api.model
    def _may(self, mode):
        return any(self.env.user.has_group(ROLE % role) for role in ROLES.get(mode, ()))

    @api.model
    def _check_mode(self, mode):
        """:raise AccessError: naming the roles that may"""
        if self._may(mode):
            return
        # sudo: the names of roles are no secret.
        roles = [self.env.ref(ROLE % role).sudo().name for role in ROLES.get(mode, ())]
        raise AccessError(
            self.env._(
                "This is the work of: %s. Your roles don't include it.",
                ", ".join(roles) or mode,
            )
        )

    @api.model
    def _transfer_domain(self, mode):
        """Transfers that wait in a mode; None where a mode works without any."""
        if mode == "count":
            return None
        is_open = Domain("state", "in", OPEN_STATES)
        incoming = is_open & Domain("picking_type_code", "=", "incoming")
        is_return = Domain("location_id.usage", "=", "customer")
        steps = self.env["stock.warehouse"].search(
            [("company_id", "in", self.env.companies.ids)]
        )
        steps = (steps.pick_type_id | steps.pack_type_id).ids
        is_pick = Domain("picking_type_code", "=", "outgoing") | Domain(
            "picking_type_id", "in", steps
        )
        recent = Domain("state", "=", "done") & Domain(
            "date_done",
            ">=",
            fields.Datetime.subtract(fields.Datetime.now(), days=REVIEW_DAYS),
        )
        company = Domain("company_id", "in", self.env.companies.ids)
        return (
            company
            & {
                "receive": incoming & ~is_return,
                "return": incoming & is_return,
                "putaway": is_open
                & Domain("picking_type_code", "=", "internal")
                & ~is_pick,
                "pick": is_open & is_pick,
                "review": Domain("picking_type_code", "=", "outgoing")
                & ((is_open & Domain("move_line_ids.picked", "=", True)) | recent),
            }[mode]
        )

    @api.model
    def _transfer(self, mode, picking_id):
        """The transfer, if it belongs to the mode.

        :raise UserError: in words, if it doesn't or is over
        """
        domain = self._transfer_domain(mode)
        picking = self._readable(picking_id)
        if picking and domain is not None and picking.filtered_domain(domain):
            return picking
        if not picking:
            raise UserError(self.env._("This transfer doesn't exist any more."))
        if picking.state in ("done", "cancel"):
            raise UserError(
                self.env._(
                    "%s is finished or cancelled already: nothing more is counted "
                    "on it.",
                    picking.name,
                )
            )
        raise UserError(
            self.env._(
                "%s is no transfer of this kind. Go back and choose what you want to "
                "do with it.",
                picking.name,
            )
        )

    @api.model
    def _readable(self, picking_id):
        """The transfer, empty if there is none or it isn't for this user to read."""
        picking = self.env["stock.picking"].browse(picking_id or []).exists()
        return picking if picking.has_access("read") else picking.browse()

    @api.model
    def _modes_of(self, picking):
        """Modes in which this user can work on a transfer."""
        return [
            mode
            for mode in ROLES
            if self._may(mode)
            and (domain := self._transfer_domain(mode)) is not None
            and picking.filtered_domain(domain)
        ]

    @api.model
    def _scanned_by_picking(self, pickings, mode):
        Entry = self.env["pharma.scan.entry"]
        domain = Entry._counted_domain() & Domain("picking_id", "in", pickings.ids)
        return dict(
            # sudo: what a colleague scanned counts too.
            Entry.sudo()._read_group(
                domain & Domain("mode", "=", mode), ["picking_id"], ["packs:sum"]
            )
        )

    # A batch of scans.

    @api.model
    def _checked_scan(self, scan):
        """A scan as a device may send it, nothing more."""
        scan = self._clean_texts(scan)
        uid = scan.get("uid")
        if not isinstance(uid, str) or not 8 <= len(uid) <= 64:
            raise UserError(self.env._("The device sent a scan without its number."))
        answer = self._clean_texts(scan.get("answer"))
        for name in ("lot_id", "source_id"):
            answer[name] = self._checked_id(answer.get(name))
        return {
            "uid": uid,
            "undo": str(scan.get("undo") or ""),
            "text": str(scan.get("text") or "")[:1000],
            "mode": str(scan.get("mode") or ""),
            "picking_id": self._checked_id(scan.get("picking_id")),
            "at": self._device_time(scan.get("at")),
            "answer": answer,
        }

    @api.model
    def _clean_texts(self, values):
        """What a device sent by name, without what no database takes as text."""
        if not isinstance(values, dict):
            return {}
        return {
            key: value.replace("\0", "").encode(errors="ignore").decode()
            if isinstance(value, str)
            else value
            for key, value in values.items()
        }

    @api.model
    def _checked_id(self, value):
        """The number of a record, 0 for none.

        :raise UserError: for what can be no such number
        """
        try:
            number = int(value or 0)
        except (TypeError, ValueError, OverflowError):
            number = -1
        if not 0 <= number <= MOST_ID:
            raise UserError(
                self.env._(
                    "The device sent a number that no record has. Load the page again."
                )
            )
        return number

    @api.model
    def _device_time(self, text):
        try:
            return fields.Datetime.to_datetime(str(text)[:19].replace("T", " "))
        except ValueError:
            return fields.Datetime.now()

    @api.model
    def _known_answers(self, scans):
        """{uid: answer} of scans that came before; of others' only a refusal."""
        # sudo: to know the numbers in use; what others scanned is told nobody.
        entries = (
            self.env["pharma.scan.entry"]
            .sudo()
            .search([("uid", "in", [scan["uid"] for scan in scans])])
        )
        return {
            entry.uid: entry._answer()
            if entry.user_id.id == self.env.uid
            else self._stranger_answer(entry.uid)
            for entry in entries
        }

    @api.model
    def _stranger_answer(self, uid):
        """The answer to a number that somebody else's scan carries; nothing is kept."""
        sentence = self.env._(
            "Somebody else's scan carries this number: it isn't counted. Scan again."
        )
        return {
            "uid": uid,
            "text": "",
            "verdict": "refused",
            "reason": "stranger",
            "sentence": sentence,
            "packs": 0,
            "undone": False,
            "counted": False,
            "picking_id": False,
        }

    @api.model
    def _groups(self, scans, known):
        """Runs of new scans for the same transfer, in the order of scanning."""
        groups = []
        seen = set(known)
        for scan in scans:
            if scan["uid"] in seen:
                continue
            seen.add(scan["uid"])
            key = scan["mode"], scan["picking_id"]
            if not groups or groups[-1][0] != key:
                groups.append((key, []))
            groups[-1][1].append(scan)
        return groups

    @api.model
    def _submit_group(self, mode, picking_id, scans, known):
        """Answer and keep the scans of one transfer."""
        # A transfer she may not read, such as another company's, stays untouched.
        picking = self._readable(picking_id)
        try:
            self._check_mode(mode)
            if mode != "count" and (picking_id or mode != "putaway"):
                picking = self._transfer(mode, picking_id)
        except (AccessError, UserError) as error:
            # Kept all the same: nothing a device sends is lost.
            ledger = Ledger(picking, mode if mode in ROLES else "count")
            values = [self._refused(scan, "closed", str(error)) for scan in scans]
            self._keep(ledger, scans, values, known)
            return
        ledger = Ledger(picking, mode)
        readings = self._read([scan["text"] for scan in scans], ledger.products)
        for scan, reading in zip(scans, readings, strict=True):
            values = self._answered(ledger, scan, reading)
            self._keep(ledger, [scan], [values], known, later=True)
        self._flush(ledger, known)

    @api.model
    def _answered(self, ledger, scan, reading):
        """The answer to one scan; what core refuses on the way is an answer too."""
        try:
            with self.env.cr.savepoint():
                if scan["undo"]:
                    return self._undo(ledger, scan)
                return self._decide(ledger, scan, reading)
        except (UserError, AccessError) as error:
            return self._refused(scan, "refused", str(error))

    @api.model
    def _keep(self, ledger, scans, values_list, known, later=False):
        """Note answers in the ledger; ``_flush`` writes them."""
        for scan, values in zip(scans, values_list, strict=True):
            options = values.pop("options", None)
            extra = values.pop("extra", {})
            values.update(
                uid=scan["uid"],
                text=scan["text"] or scan["undo"],
                mode=ledger.mode,
                picking_id=values.get("picking_id") or ledger.picking.id,
                scanned_date=scan["at"],
                user_id=self.env.uid,
                company_id=(ledger.picking.company_id or self.env.company).id,
                sequence=ledger.next_sequence(),
            )
            values["_told"] = {**extra, **({"options": options} if options else {})}
            ledger.add(values)
        if not later:
            self._flush(ledger, known)

    @api.model
    def _flush(self, ledger, known):
        told = [values.pop("_told", {}) for values in ledger.added]
        entries = self.env["pharma.scan.entry"]._record(ledger.added)
        for entry, extra in zip(entries, told, strict=True):
            known[entry.uid] = {**entry._answer(), **extra}
        ledger.added = []

    @api.model
    def _refused(self, scan, reason, sentence, **values):
        return {
            "verdict": "refused",
            "reason": reason,
            "sentence": sentence,
            "packs": 0,
            **values,
        }

    @api.model
    def _undo(self, ledger, scan):
        """Take back one's own scan; what it counted is expected again."""
        # sudo: found by the number only its device knows, and checked below.
        entry = (
            self.env["pharma.scan.entry"]
            .sudo()
            .search([("uid", "=", scan["undo"])], limit=1)
        )
        pending = next((v for v in ledger.added if v["uid"] == scan["undo"]), None)
        told = pending or (
            entry._answer() | {"user_id": entry.user_id.id} if entry else None
        )
        if not told or told["user_id"] != self.env.uid:
            return self._refused(
                scan, "undo", self.env._("This scan isn't yours to take back.")
            )
        if entry.finished or entry.undone or (pending or {}).get("undone"):
            return self._refused(
                scan,
                "undo",
                self.env._("This scan was finished or taken back already."),
            )
        return self._take_back(ledger, entry, pending)

    @api.model
    def _take_back(self, ledger, entry, pending):
        now = fields.Datetime.now()
        if pending:
            pending.update(undone=True, undone_date=now)
            what = pending
        else:
            entry.write({"undone": True, "undone_date": now})
            what = {
                "uid": entry.uid,
                "verdict": entry.verdict,
                "product_id": entry.product_id.id,
                "lot_name": entry.lot_name,
                "packs": entry.packs,
                "code": entry.code,
                "text": entry.text,
            }
        if what["verdict"] in ("ok", "warn") and what.get("product_id"):
            ledger.undo(
                what["product_id"],
                what.get("lot_name"),
                what["packs"],
                what.get("code"),
            )
            if what.get("code"):
                self.env["pharma.trace.scan"]._undo(what["uid"])
        return {
            "verdict": "info",
            "reason": "undone",
            "sentence": self.env._("Taken back: %s", what["text"]),
            "packs": 0,
        }

    # Finishing.

    @api.model
    def _finish_review(self, ledger, missing):
        """Compare only; who may review whom is for the review itself (OB-10)."""
        if missing:
            return {"done": False, "missing": missing, "action": False}
        action = False
        if ledger.picking.state != "done":
            action = ledger.picking.button_validate()
        self._close(ledger)
        return {
            "done": True,
            "missing": [],
            "action": action if isinstance(action, dict) else False,
        }

    @api.model
    def _validate(self, ledger, rest):
        """Put what was scanned on the lines, and validate by the usual button."""
        if ledger.mode in ("receive", "return"):
            self._apply_received(ledger)
        else:
            self._apply_lines(ledger)
        picking = ledger.picking.with_context(skip_backorder=True)
        if rest == "cancel":
            picking = picking.with_context(picking_ids_not_to_backorder=picking.ids)
        action = picking.button_validate()
        self._close(ledger)
        return action

    @api.model
    def _close(self, ledger):
        """Scans of a finished transfer can't be taken back any more."""
        if ledger.picking.state == "done":
            ledger.entries.write({"finished": True})

    @api.model
    def _apply_lines(self, ledger):
        """Detailed lines get what was scanned of them, split by shelf."""
        filled = ledger.filled
        shelves = self._shelves(ledger)
        untouched = ledger.lines.filtered(lambda line: not filled[line.id])
        untouched.write({"picked": False})
        for line in ledger.lines - untouched:
            self._apply_line(line, filled[line.id], shelves)

    @api.model
    def _apply_line(self, line, lots, shelves):
        """One line of so many packs of these lots, by where they were put."""
        parts = []
        for key, packs in lots.items():
            lot = line.lot_id or self._known_lot(line.product_id, key)
            parts += [
                {
                    "lot_id": lot.id,
                    # In packs: of a line in cases one pack would be rounded up.
                    "product_uom_id": line.product_id.uom_id.id,
                    "quantity": part,
                    "location_dest_id": shelf or line.location_dest_id.id,
                    "picked": True,
                }
                for shelf, part in self._take(shelves, line.product_id.id, key, packs)
            ]
        line.write(parts[0])
        for part in parts[1:]:
            line.copy(part)

    @api.model
    def _shelves(self, ledger):
        """{(product id, lot key): [[location id or False, packs]]} as put away."""
        shelves = {}
        for entry in ledger.entries:
            key = entry.product_id.id, lot_key(entry.lot_name)
            shelves.setdefault(key, []).append([entry.location_id.id, entry.packs])
        return shelves

    @api.model
    def _take(self, shelves, product_id, key, packs):
        """So many packs off what was put on shelves: {shelf: packs} as pairs."""
        taken = {}
        for heap in shelves.get((product_id, key), []):
            part = min(heap[1], packs)
            if part > 0:
                taken[heap[0]] = taken.get(heap[0], 0) + part
                heap[1] -= part
                packs -= part
        return list(taken.items())

    @api.model
    def _apply_received(self, ledger):
        """Lines of what came: one per lot, with the dates read from the packs."""
        filled = ledger.filled
        moves = ledger.moves.filtered(lambda move: filled[move.id])
        (ledger.moves - moves).move_line_ids.write({"picked": False})
        moves.move_line_ids.unlink()
        self.env["stock.move.line"].create(
            [
                self._received_values(ledger, move, key, packs)
                for move in moves
                for key, packs in filled[move.id].items()
            ]
        )
        self._tie_codes(ledger)

    @api.model
    def _received_values(self, ledger, move, key, packs):
        product = move.product_id
        told = ledger.lot_values(product, key) or {}
        lot = self._known_lot(product, key)
        named = next(
            (
                entry.lot_name
                for entry in ledger.entries
                if entry.product_id == product and lot_key(entry.lot_name) == key
            ),
            False,
        )
        return {
            "move_id": move.id,
            "picking_id": move.picking_id.id,
            "product_id": product.id,
            "product_uom_id": product.uom_id.id,
            "quantity": packs,
            "location_id": move.location_id.id,
            "location_dest_id": move.location_dest_id.id,
            "lot_id": lot.id,
            "lot_name": False if lot else named,
            "expiry_date": lot.expiry_date or told.get("expiry_date"),
            "expiry_label": False if lot else told.get("expiry_label"),
            "production_date": lot.production_date or told.get("production_date"),
            "picked": True,
        }

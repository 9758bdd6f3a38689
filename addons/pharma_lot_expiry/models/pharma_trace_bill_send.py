import logging
import random
import time
from datetime import timedelta

import psycopg2

from odoo import api, fields, models

from ..tools import mashangfangxin, trace_bill
from .pharma_trace_bill import QA

_logger = logging.getLogger(__name__)

IT = "pharma_gsp.pharma_gsp_group_it_admin"
SLICE = 200
# A worker that was killed while sending: longer than any time-out.
STALE = timedelta(minutes=10)


class PharmaTraceBill(models.Model):
    """The sender: takes a bill, lets go of the database, calls, notes what came."""

    _inherit = "pharma.trace.bill"

    @api.model
    def _cron_send(self):
        """Check what waits, hand in what is ready, ask for what was handed in.

        Each bill's outcome is committed for itself. A bill is marked as being sent,
        and that is committed, before anything leaves: two workers never send one bill.
        """
        progress = self.env["ir.cron"]._commit_progress
        self._release_stale()
        due = [*self._search_unchecked(), *self._search_due()]
        progress(remaining=len(due))
        stopped = set()
        for bill in due:
            if bill.company_id.id not in stopped and bill._work() == "setup":
                # No bill of this company will pass before IT acts.
                stopped.add(bill.company_id.id)
            if not progress(1):
                return

    @api.model
    def _search_unchecked(self):
        return self.search(
            [("state", "=", "waiting"), ("checked_date", "=", False)],
            order="id",
            limit=SLICE,
        )

    @api.model
    def _search_due(self):
        return self.search(
            [
                ("state", "in", ("ready", "sent")),
                ("company_id.trace_upload", "=", True),
                ("next_try", "<=", fields.Datetime.now()),
            ],
            order="next_try, id",
            limit=SLICE,
        )

    @api.model
    def _release_stale(self):
        """What a killed worker left half done goes again: the number stays the same."""
        limit = fields.Datetime.now() - STALE
        stale = self.search([("state", "=", "sending"), ("sending_since", "<", limit)])
        stale.try_lock_for_update(allow_referencing=True).write(
            {"state": "ready", "next_try": fields.Datetime.now()}
        )

    def _work(self):
        """The next step of one bill, if it is still to be done.

        :return: how a call ended, None without one
        """
        step = self._take()
        if step == "check":
            self._check_bills()
        if step not in ("upload", "query"):
            return None
        # Seen by all before anything leaves.
        self.env["ir.cron"]._commit_progress()
        answer = self._call(step)
        values = {
            "upload": self._values_after_upload,
            "query": self._values_after_query,
        }[step]
        self.write(values(answer))
        self._tell(answer)
        return answer.outcome

    def _take(self):
        """Lock the bill, see what is due, and mark it as being done.

        :return: the step to do; None if another worker or a user was faster
        """
        try:
            with self.env.cr.savepoint(flush=False):
                locked = self.try_lock_for_update(allow_referencing=True)
                locked.invalidate_recordset()
                step = locked and locked._due_step()
                if step:
                    locked.write(locked._values_of_step(step))
                    locked.flush_recordset()
                return step or None
        except psycopg2.errors.SerializationFailure:
            # Taken and committed by another worker since this one looked.
            self.invalidate_recordset()
            return None

    def _due_step(self):
        """What the job has to do on this bill now."""
        if self.state == "waiting":
            return not self.checked_date and "check"
        if self.state not in ("ready", "sent") or not self.company_id.trace_upload:
            return False
        if not self.next_try or self.next_try > fields.Datetime.now():
            return False
        return "upload" if self.state == "ready" else "query"

    def _values_of_step(self, step):
        now = fields.Datetime.now()
        if step == "upload":
            return {
                "state": "sending",
                "sending_since": now,
                "attempts": self.attempts + 1,
            }
        if step == "query":
            # Put off first: no second worker asks at the same time.
            return {"next_try": now + STALE, "polls": self.polls + 1}
        return {}

    def _call(self, operation):
        """Call the platform and keep both sides' words, whatever comes."""
        gateway = self.env["pharma.trace.gateway"]._of(self.company_id)
        call = {"upload": gateway._upload_bill, "query": gateway._query_result}
        began = time.monotonic()
        try:
            answer = call[operation](self.company_id, self._bill_file())
        except Exception as error:  # pylint: disable=broad-except
            # A bill that can't even be written must not stop those behind it.
            _logger.warning(
                "upload bill %s could not be sent", self.name, exc_info=True
            )
            answer = mashangfangxin.Answer(
                mashangfangxin.RETRY, "internal", type(error).__name__
            )
        self.env["pharma.trace.bill.try"].create(
            {
                "bill_id": self.id,
                "company_id": self.company_id.id,
                "date": fields.Datetime.now(),
                "operation": operation,
                "number": self.name,
                "outcome": answer.outcome,
                "status": answer.status,
                "code": answer.code,
                "message": answer.message,
                "milliseconds": round((time.monotonic() - began) * 1000),
                "request": answer.request,
                "answer": answer.answer,
            }
        )
        return answer

    def _values_after_upload(self, answer):
        now = fields.Datetime.now()
        values = self._values_of(answer) | {"sending_since": False}
        if answer.outcome in (mashangfangxin.RECEIVED, mashangfangxin.ACCEPTED):
            # What it had before is probably decided: ask at once.
            wait = now if answer.is_duplicate else self._next_try(1)
            return values | {
                "state": "sent",
                "sent_date": self.sent_date or now,
                "polls": 0,
                "next_try": wait,
            }
        if answer.outcome == mashangfangxin.REJECTED:
            return values | {"state": "rejected", "closed_date": now}
        if answer.outcome == mashangfangxin.SETUP:
            # Not the bill's fault: its tries are not used up.
            return values | {
                "state": "ready",
                "attempts": self.attempts - 1,
                "next_try": now + trace_bill.LONGEST_WAIT / 4,
            }
        # sudo: the limit is IT's setting.
        if self.attempts >= self.company_id.sudo().trace_max_attempts:
            return values | {"state": "failed", "closed_date": now}
        return values | {"state": "ready", "next_try": self._next_try(self.attempts)}

    def _values_after_query(self, answer):
        now = fields.Datetime.now()
        values = self._values_of(answer)
        if answer.outcome == mashangfangxin.ACCEPTED:
            return values | {"state": "accepted", "closed_date": now}
        if answer.outcome == mashangfangxin.REJECTED and answer.code == "4":
            return values | {"state": "rejected", "closed_date": now}
        return values | {"next_try": self._next_try(self.polls)}

    def _values_of(self, answer):
        return {
            "receipt": answer.receipt or self.receipt,
            "answer_code": answer.code,
            "answer_message": self._sentence_of(answer),
        }

    def _sentence_of(self, answer):
        """The last answer in words a storekeeper understands."""
        sentences = {
            "timeout": self.env._("The platform didn't answer in time."),
            "network": self.env._("The platform can't be reached."),
            "unreadable": self.env._("The platform sent something unreadable."),
            "not_listed": self.env._("The platform doesn't list the bill yet."),
            "internal": self.env._("The bill could not be written; ask IT."),
        }
        if answer.outcome == mashangfangxin.SETUP:
            return self.env._(
                "The platform doesn't let us in (%s). The IT administrator checks "
                "session key and address in the upload settings.",
                answer.message or answer.code,
            )
        return sentences.get(answer.code) or answer.message or answer.code

    def _next_try(self, attempts):
        return trace_bill.next_try(
            attempts,
            fields.Datetime.now(),
            random.random(),  # noqa: S311 spreads load, guards nothing
        )

    def _tell(self, answer):
        """Problems on the bill, and people called where only people help."""
        if self.state == "rejected":
            found = answer.problems or (trace_bill.Problem("platform"),)
            self._note_problems(found, "platform", answer.message)
        if self.state in ("rejected", "failed"):
            self._call_to(
                QA,
                "pharma_lot_expiry.mail_activity_type_trace_bill",
                self.env._("Bill %s was not taken by the platform", self.name),
            )
        elif answer.outcome == mashangfangxin.SETUP:
            self._call_it()
        elif self.state == "accepted":
            self._close_activities()

    def _call_it(self):
        """One task for IT per company, however many bills wait."""
        kind = "pharma_lot_expiry.mail_activity_type_trace_setup"
        waiting = self.search_count(
            [
                ("company_id", "=", self.company_id.id),
                ("activity_ids.activity_type_id", "=", self.env.ref(kind).id),
            ],
            limit=1,
        )
        if not waiting:
            self._call_to(IT, kind, self.env._("The trace platform doesn't let us in"))

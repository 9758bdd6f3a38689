from odoo.exceptions import UserError


class GateRefusal(UserError):
    """The gate said no.

    The message lists every finding as text, for RPC, imports and logs. ``context``
    carries the same findings as data, so that the web client can show one dialog
    with a button to the record that cures each of them.
    """

    def __init__(self, message, payload):
        super().__init__(message)
        self.context = payload

from odoo.tools import SQL


def uninstall_hook(env):
    """Take the triggers off other add-ons' tables, or those could not be written.

    The trail itself goes with its model; who uninstalls it was told so by Odoo.
    """
    env["pharma.audit.table"]._drop_triggers()
    env.cr.execute(SQL("DROP TABLE IF EXISTS pharma_audit_entry CASCADE"))

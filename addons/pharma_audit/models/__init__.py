# What others inherit comes first.
from . import pharma_append_only

# isort: split
from . import (
    base,
    ir_cron,
    ir_http,
    pharma_audit_archive,
    pharma_audit_entry,
    pharma_audit_history,
    pharma_audit_seal,
    pharma_audit_table,
    pharma_audit_target,
    pharma_audit_verification,
    res_config_settings,
    res_users,
)

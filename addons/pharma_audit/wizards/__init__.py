from . import pharma_audit_verify

from . import (
    test_append_only,
    test_archive,
    test_audit_access,
    test_events,
    test_history,
    test_seal,
    test_table,
    test_target,
    test_trail,
    test_verification,
)

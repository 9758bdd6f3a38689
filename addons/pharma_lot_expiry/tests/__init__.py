from . import (
    test_trace_bulk,
    test_trace_code,
    test_trace_import,
    test_trace_tree,
    test_upload_gap,
    test_upload_queue,
    test_upload_sender,
    test_upload_settings,
)

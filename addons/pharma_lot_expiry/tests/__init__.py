from . import (
    test_trace_code,
    test_upload_gap,
    test_upload_queue,
    test_upload_sender,
    test_upload_settings,
)

from . import (
    test_lot_flow,
    test_lot_trace,
    test_trace_code,
    test_trace_import,
    test_trace_tree,
)

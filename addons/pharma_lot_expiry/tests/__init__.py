from . import test_trace_bulk, test_trace_code, test_trace_import, test_trace_tree

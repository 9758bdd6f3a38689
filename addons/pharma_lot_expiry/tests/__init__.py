from . import test_trace_code

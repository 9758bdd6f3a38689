from . import test_scan_station, test_trace_code, test_trace_import

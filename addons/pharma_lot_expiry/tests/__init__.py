from . import test_scan_station

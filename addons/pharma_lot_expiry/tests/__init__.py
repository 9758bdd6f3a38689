from . import test_lot_flow, test_lot_trace

from . import test_lot_flow

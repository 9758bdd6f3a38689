from . import test_lot_flow, test_recall, test_recall_portal

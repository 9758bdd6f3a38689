from . import pharma_lot_hold_lift, pharma_recall_contact, pharma_recall_finish

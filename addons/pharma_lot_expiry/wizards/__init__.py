from . import pharma_lot_hold_lift

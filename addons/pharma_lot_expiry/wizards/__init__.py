from . import pharma_lot_hold_lift, pharma_trace_bill_cancel

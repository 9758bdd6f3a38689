from . import pharma_lot_trace

from . import pharma_labels, pharma_lot_trace, pharma_recall_portal

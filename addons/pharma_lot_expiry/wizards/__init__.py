from . import (
    pharma_delivery_reprint,
    pharma_label_print,
    pharma_lot_hold_lift,
    pharma_outbound_seal,
    pharma_recall_contact,
    pharma_recall_finish,
    pharma_trace_bill_cancel,
)

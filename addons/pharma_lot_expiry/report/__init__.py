from . import pharma_delivery_note

from . import pharma_recall_portal

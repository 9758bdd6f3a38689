from . import pharma_labels

from . import pharma_inspection

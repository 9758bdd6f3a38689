"""What the demo company is made of, one module for each topic, in order of loading."""

from . import (
    aftermath,
    audit,
    company,
    corrections,
    documents,
    dossiers,
    opening_stock,
    overrides,
    partners,
    products,
    purchases,
    refusals,
    roles,
    sales,
    users,
    worklists,
)

TOPICS = (
    company,
    users,
    partners,
    products,
    documents,
    dossiers,
    overrides,
    opening_stock,
    purchases,
    sales,
    corrections,
    aftermath,
    refusals,
    roles,
    worklists,
    audit,
)

"""What the demo company is made of, one module for each topic, in order of loading."""

from . import (
    aftermath,
    company,
    documents,
    dossiers,
    four_flows,
    opening_stock,
    overrides,
    partners,
    products,
    purchases,
    refusals,
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
    four_flows,
    aftermath,
    refusals,
    worklists,
)

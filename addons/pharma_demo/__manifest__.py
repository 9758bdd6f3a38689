{
    "name": "Pharma Demo Company",
    "summary": "One believable drug wholesaler: people, papers and six months of trade",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Pharma",
    "author": "Pharma Odoo Founders",
    "license": "AGPL-3",
    "depends": ["pharma_lot_expiry"],
    "external_dependencies": {"python": ["reportlab"]},
    "post_init_hook": "post_init_hook",
}

{
    "name": "Pharma Lots and Expiry",
    "summary": "Every pack has a lot, a date and a history; the wrong one cannot move",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Pharma",
    "author": "Pharma Odoo Founders",
    "license": "AGPL-3",
    "depends": [
        "barcodes_gs1_nomenclature",
        "pharma_gsp",
        "product_expiry",
    ],
    "external_dependencies": {
        "python": ["python-stdnum", "xlsxwriter"],
    },
    "data": [
        "security/ir.model.access.csv",
        "security/pharma_lot_expiry_security.xml",
        "data/pharma_gate_check_data.xml",
        "data/pharma_audit_table_data.xml",
        "data/ir_sequence_data.xml",
        "wizards/pharma_lot_hold_lift_views.xml",
        "views/pharma_freed_reservation_views.xml",
        "views/pharma_lot_hold_views.xml",
        "views/pharma_scan_entry_views.xml",
        "views/pharma_scan_station_views.xml",
        "views/product_template_views.xml",
        "views/res_company_views.xml",
        "views/stock_lot_views.xml",
        "views/stock_move_line_views.xml",
        "views/pharma_lot_expiry_menus.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "pharma_lot_expiry/static/src/**/*",
        ],
    },
    "post_init_hook": "post_init_hook",
}

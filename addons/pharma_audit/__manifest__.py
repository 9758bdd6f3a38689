{
    "name": "Pharma Audit",
    "summary": "Who changed what: a sealed trail nobody can quietly change",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Pharma",
    "author": "Pharma Odoo Founders",
    "license": "AGPL-3",
    "depends": [
        "mail",
    ],
    "external_dependencies": {
        "python": ["cryptography", "qrcode"],
    },
    "data": [
        "security/pharma_audit_groups.xml",
        "security/ir.model.access.csv",
        "security/pharma_audit_security.xml",
        "data/ir_config_parameter_data.xml",
        "data/ir_cron_data.xml",
        "data/mail_template_data.xml",
        "data/pharma_audit_table_data.xml",
        "report/pharma_audit_seal_report.xml",
        "wizards/pharma_audit_verify_views.xml",
        "views/pharma_audit_archive_views.xml",
        "views/pharma_audit_entry_views.xml",
        "views/pharma_audit_seal_views.xml",
        "views/pharma_audit_table_views.xml",
        "views/pharma_audit_target_views.xml",
        "views/pharma_audit_verification_views.xml",
        "views/res_config_settings_views.xml",
        "views/pharma_audit_menus.xml",
    ],
    "assets": {
        "web.assets_backend": [
            # The Debian build of Odoo lacks this file that mail declares.
            (
                "remove",
                "mail/static/lib/selfie_segmentation/selfie_segmentation.js",
            ),
            "pharma_audit/static/src/**/*",
        ],
    },
    "uninstall_hook": "uninstall_hook",
    "application": True,
}

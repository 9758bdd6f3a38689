"""Pure rules of lots, dates and codes; nothing here imports Odoo."""

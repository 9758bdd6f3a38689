def post_init_hook(env):
    """Give every warehouse that exists already its quarantine location."""
    env["stock.warehouse"].search([])._create_missing_quarantine_locations()

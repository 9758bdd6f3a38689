def post_init_hook(env):
    """Drugs that never moved get their lots and dates from now on."""
    env["product.template"].search(
        [("pharma_controlled", "=", True)]
    )._ask_for_lots_where_possible()

def post_init_hook(env):
    """Drugs that never moved get their lots from now on; what moved is noted."""
    env["product.template"].search(
        [("pharma_controlled", "=", True)]
    )._ask_for_lots_where_possible()
    env["pharma.lot.flow"]._backfill()

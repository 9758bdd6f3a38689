from . import (
    pharma_expiry_tier,
    pharma_freed_reservation,
    pharma_life_consent,
    pharma_lot_hold,
    product_template,
    res_company,
    stock_lot,
    stock_lot_tier,
    stock_move,
    stock_move_line,
    stock_quant,
)

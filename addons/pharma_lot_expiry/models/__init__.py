from . import (
    pharma_expiry_loss,
    pharma_freed_reservation,
    pharma_lot_hold,
    pharma_stock_age,
    product_template,
    res_company,
    stock_lot,
    stock_move,
    stock_move_line,
    stock_quant,
)

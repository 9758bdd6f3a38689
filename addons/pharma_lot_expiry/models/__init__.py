from . import (
    pharma_freed_reservation,
    pharma_lot_hold,
    product_template,
    res_company,
    stock_lot,
    stock_move,
    stock_move_line,
    stock_quant,
)

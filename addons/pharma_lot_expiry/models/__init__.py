from . import (
    pharma_freed_reservation,
    pharma_lot_flow,
    pharma_lot_hold,
    product_template,
    res_company,
    stock_location,
    stock_lot,
    stock_move,
    stock_move_line,
    stock_picking,
    stock_quant,
)

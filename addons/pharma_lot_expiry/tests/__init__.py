from . import (
    test_delivery_note,
    test_expiry_loss,
    test_expiry_tier,
    test_labels,
    test_stock_age,
)

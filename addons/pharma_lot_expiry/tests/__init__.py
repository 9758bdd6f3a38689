from . import (
    test_allocation,
    test_allocators,
    test_expiry_lock,
    test_lot_dates,
    test_lot_hold,
    test_promise,
)

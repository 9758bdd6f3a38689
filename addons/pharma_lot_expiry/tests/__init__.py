from . import (
    test_allocation,
    test_allocators,
    test_expiry_digest,
    test_expiry_lock,
    test_expiry_tier,
    test_life_consent,
    test_lot_clearance,
    test_lot_dates,
    test_lot_hold,
    test_promise,
)

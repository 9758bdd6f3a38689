from . import (
    test_expiry_digest,
    test_expiry_tier,
    test_life_consent,
    test_lot_clearance,
)

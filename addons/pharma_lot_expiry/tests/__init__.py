from . import test_expiry_tier

from . import (
    test_demo_audit,
    test_demo_company,
    test_demo_four_flows,
    test_demo_lots,
    test_demo_trade,
)

from . import test_demo_company, test_demo_trade

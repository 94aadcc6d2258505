"""填写预约取件信息: the pick-up form and the courier's order (guide rows S31, S32)."""

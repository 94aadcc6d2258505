"""The WeChat platform behind one port."""

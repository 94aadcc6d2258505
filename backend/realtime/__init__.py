"""Sockets, the bus between processes, presence and signalling."""

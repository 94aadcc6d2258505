"""A service session, from the waiting line to the rating invitation: the heart of the product.

How a session lives (read in this order, ten minutes):

1. `machine.py`  the states of a session, one table.  `duty.py`  the states of an agent, one table.
2. `models.py`   what is stored: ServiceSession, TimelineEvent, Consent, AgentDuty; the rules the database itself keeps.
3. `timeline.py` every verb moves the machine and appends one numbered, hash-chained event in the same transaction;
                 the event is published after commit. Reload, reconnect, second device: replay after seq N.
4. `gate.py`     what must be read and ticked before the line.  `queue.py`  who is next, how many are ahead, how long.
5. `service.py`  the verbs: join, leave, accept, answer, decline, complete.  `pause.py`  suspend, reconnect, lost lines.
6. `chat.py`, `call.py`, `handover.py`  what the two do together while the session is active.
7. `channel.py`  the socket: presence.  `jobs.py`  what time does to a session: rings, grace, expiry.
8. `view.py`     what one person may see and do now; clients draw their buttons from it and from nothing else.
9. `hooks.py`    how materials, commitments, pick-up and rating join in: a session knows none of them.
"""

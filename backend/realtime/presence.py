"""Who is connected to a room, in Redis with an expiry; and signals parked for an endpoint that is still joining.

Presence is a hint for people ("对方已离线"), never the state of a session. Every write is one script, so that two
processes agree on who holds an endpoint; a flush is healed by the next touch.
"""

from typing import Any

from redis import Redis

TTL = 50  # seconds without a touch after which an endpoint counts as gone
TOUCH_EVERY = 20
PARK_SECONDS = 15
PARK_FRAMES = 64
PARK_BYTES = 32 * 1024  # a larger signal is not parked

# ARGV: verb, endpoint, owner, ttl. Returns {changed, owner now, live endpoints, parked signals}.
_MOVE = """
local now = tonumber(redis.call('TIME')[1])
local verb, endpoint, owner, ttl = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local held, changed, live, parked = nil, 0, {}, {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local who, till = string.match(all[i + 1], '^(.*)|(%d+)$')
  if tonumber(till) < now then
    redis.call('HDEL', KEYS[1], all[i]); changed = 1
  elseif all[i] == endpoint then
    held = who
  else
    live[#live + 1] = all[i]
  end
end
local mine = (held == owner)
if verb == 'claim' or (verb == 'touch' and (mine or not held)) then
  if not mine then changed = 1 end
  redis.call('HSET', KEYS[1], endpoint, owner .. '|' .. (now + ttl)); redis.call('EXPIRE', KEYS[1], ttl * 4)
  held = owner; live[#live + 1] = endpoint
elseif verb == 'release' and mine then
  redis.call('HDEL', KEYS[1], endpoint); changed = 1; held = ''
elseif held and verb ~= 'list' then
  live[#live + 1] = endpoint
end
if verb == 'claim' then
  parked = redis.call('LRANGE', KEYS[2], 0, -1); redis.call('DEL', KEYS[2])
end
table.sort(live)
return {changed, held or '', live, parked}
"""

# ARGV: endpoint, pub/sub channel, payload, may be parked. Publishes to an endpoint that is there, else parks.
_RELAY = """
local now = tonumber(redis.call('TIME')[1])
local till = string.match(redis.call('HGET', KEYS[1], ARGV[1]) or '', '|(%d+)$')
if till and tonumber(till) >= now then return redis.call('PUBLISH', ARGV[2], ARGV[3]) end
if ARGV[4] == '1' then
  redis.call('RPUSH', KEYS[2], ARGV[3]); redis.call('LTRIM', KEYS[2], -tonumber(ARGV[5]), -1)
  redis.call('EXPIRE', KEYS[2], ARGV[6])
end
return 0
"""


class Presence:
    """The scripts, bound to a client. Raises redis.exceptions.RedisError when Redis is away."""

    def __init__(self, redis: Redis) -> None:
        self._move = redis.register_script(_MOVE)
        self._relay = redis.register_script(_RELAY)

    @staticmethod
    def _keys(room: str, endpoint: str) -> list[str]:
        return [f"presence:{{{room}}}", f"parked:{{{room}}}:{endpoint}"]  # one hash slot in a cluster

    def _do(self, verb: str, room: str, endpoint: str, owner: str) -> tuple[bool, str, list[str], list[bytes]]:
        reply: Any = self._move(keys=self._keys(room, endpoint), args=[verb, endpoint, owner, TTL])
        changed, holder, live, parked = reply
        return bool(changed), holder.decode(), [e.decode() for e in live], parked

    def claim(self, room: str, endpoint: str, owner: str) -> tuple[list[str], list[bytes]]:
        """Take the endpoint, whoever held it; returns the live endpoints and the signals parked for this one."""
        _, _, live, parked = self._do("claim", room, endpoint, owner)
        return live, parked

    def touch(self, room: str, endpoint: str, owner: str) -> tuple[bool, list[str] | None]:
        """Still here. Returns whether the endpoint is still ours, and the live endpoints if they changed."""
        changed, holder, live, _ = self._do("touch", room, endpoint, owner)
        return holder == owner, live if changed else None

    def release(self, room: str, endpoint: str, owner: str) -> tuple[bool, list[str]]:
        """Gone. Returns whether the endpoint was still ours, and the live endpoints."""
        changed, holder, live, _ = self._do("release", room, endpoint, owner)
        return changed and holder == "", live

    def list(self, room: str) -> list[str]:
        return self._do("list", room, "", "")[2]

    def relay(self, room: str, endpoint: str, channel: str, payload: bytes) -> bool:
        """Publish to wherever the endpoint is connected; else park for a moment. True when somebody got it."""
        may_park = "1" if len(payload) <= PARK_BYTES else "0"
        args: list[Any] = [endpoint, channel, payload, may_park, PARK_FRAMES, PARK_SECONDS]
        return bool(self._relay(keys=self._keys(room, endpoint), args=args))

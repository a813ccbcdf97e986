-- sample (format 1): looks at the whole of a partition at one moment, so that its figures may be held against each other.
-- Changes nothing.
--
-- KEYS[1] events stream   KEYS[2] counters hash   KEYS[3] due   KEYS[4] parked   KEYS[5] dead
-- KEYS[6] queued   KEYS[7] outbox stream
-- ARGV[1] group
--
-- Replies names and values: length, entries in the stream; backlog, as it is counted; accepted, events since the stream began; pending; oldest, the lowest pending
-- id or ''; lag, entries that nobody has read, or '' where Redis cannot tell; trimmed, entries removed before anybody read
-- them; retrying; parked; queued; departing, what is to go on in other partitions; departing-since, the id of the
-- oldest of it or ''; dead; due and expired, of those two whose time has come; now in ms.

local pending = redis.call('XPENDING', KEYS[1], ARGV[1])

local function to_table(flat)
  local named = {}
  for i = 1, #flat, 2 do
    named[flat[i]] = flat[i + 1]
  end
  return named
end

local added = to_table(redis.call('XINFO', 'STREAM', KEYS[1]))['entries-added']
local lag, trimmed = '', 0
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = to_table(info)
  if group.name == ARGV[1] and group.lag then
    lag = tostring(group.lag)
    -- What was added and is neither read nor to be read.
    local read = group['entries-read'] or (group['last-delivered-id'] == '0-0' and 0)
    if read then trimmed = math.max(0, added - read - group.lag) end
  end
end
local first = redis.call('XRANGE', KEYS[7], '-', '+', 'COUNT', 1)[1]
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
return {
  'length', redis.call('XLEN', KEYS[1]),
  'backlog', redis.call('HGET', KEYS[2], 'backlog') or '0',
  'accepted', redis.call('HGET', KEYS[2], 'seq') or '0',
  'pending', pending[1],
  'oldest', pending[2] or '',
  'lag', lag,
  'trimmed', trimmed,
  'retrying', redis.call('ZCARD', KEYS[3]),
  'parked', redis.call('ZCARD', KEYS[4]),
  'queued', redis.call('ZCARD', KEYS[6]),
  'departing', redis.call('XLEN', KEYS[7]),
  'departing-since', first and first[1] or '',
  'dead', redis.call('ZCARD', KEYS[5]),
  'due', redis.call('ZCOUNT', KEYS[3], '-inf', now),
  'expired', redis.call('ZCOUNT', KEYS[4], '-inf', now),
  'now', now,
}

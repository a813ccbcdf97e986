#!lua flags=allow-oom
-- begin-effects (format 1): records that effects are about to be sent, each only while the caller holds its entry. Once
-- this is answered, whoever holds the entry after a crash knows that the effect may have happened. Repeating the call
-- changes nothing more.
--
-- KEYS[1] events stream   KEYS[2..] record, one per effect
-- ARGV[1] group   ARGV[2] consumer
-- ARGV[3..] per effect: entry id, delivery count, route, step path, the effect as JSON
--
-- Replies one word per effect, in order: begun, not-owned

local events, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local replies = {}

for n = 2, #KEYS do
  local at = 3 + (n - 2) * 5
  local id, count, route, step, effect = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local pending = redis.call('XPENDING', events, group, id, id, 1)[1]
  if pending and pending[2] == consumer and tostring(pending[4]) == count then
    local state = redis.call('HGET', KEYS[n], 'state:' .. route)
    local attempts, starts = string.match(state or 'waiting 0 0', '^%S+ (%d+) (%d+)')
    redis.call('HSET', KEYS[n], 'effect:' .. route .. ':' .. step, effect,
      'state:' .. route, table.concat({ 'running', attempts, starts, now, '' }, ' '))
    replies[n - 1] = 'begun'
  else
    replies[n - 1] = 'not-owned'
  end
end

return replies

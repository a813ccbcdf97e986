#!lua flags=allow-oom
-- heartbeat (format 1): shows that the caller is alive, keeps its entries from being claimed, and notes in their records
-- that they are being worked on. An entry that another consumer has claimed meanwhile is left alone and named in the reply.
--
-- KEYS[1] events stream   KEYS[2..] record, one per entry
-- ARGV[1] group   ARGV[2] consumer
-- ARGV[3..] per entry: id, delivery count, number of routes at work, and for each of them: route, attempt
--
-- Replies the ids that the caller no longer holds.

local events, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local lost, at = {}, 3

-- Redis 7.0 does not count a read that found nothing as a sign of life, nor does it register the reader. Reading the own
-- pending entries from beyond the last possible one finds nothing, changes nothing, and does both.
local beyond = '18446744073709551615-18446744073709551614'
redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', 1, 'STREAMS', events, beyond)

local function note_running(record, route, attempt)
  local field = 'state:' .. route
  local stored = redis.call('HGET', record, field)
  local state, attempts, starts = string.match(stored or 'waiting 0 0', '^(%S+) (%d+) (%d+)')
  if tonumber(attempts) < attempt and state ~= 'running' then
    redis.call('HSET', record, field, table.concat({ 'running', attempts, starts, now, '' }, ' '))
  end
end

for n = 2, #KEYS do
  local id, count, routes = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  at = at + 3
  local pending = redis.call('XPENDING', events, group, id, id, 1)[1]
  local held = pending and pending[2] == consumer and tostring(pending[4]) == count
  if held then
    -- Claiming an entry whose body is gone would drop it without a word; the sweep is to find and report it.
    if #redis.call('XRANGE', events, id, id) > 0 then redis.call('XCLAIM', events, group, consumer, 0, id, 'JUSTID') end
  else
    lost[#lost + 1] = id
  end
  for _ = 1, routes do
    if held then note_running(KEYS[n], ARGV[at], tonumber(ARGV[at + 1])) end
    at = at + 2
  end
end

return lost

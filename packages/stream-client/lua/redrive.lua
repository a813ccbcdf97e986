-- redrive (format 1): sends a dead delivery round again, as an entry of its own. Attempts go on counting, but the retry
-- policy counts afresh from here. The event is open again. One that holds its lane goes on holding it.
--
-- KEYS[1] events stream   KEYS[2] counters hash   KEYS[3] dead   KEYS[4] record
-- ARGV[1] ref   ARGV[2] route
--
-- Replies redriven, not-found (no such dead letter: perhaps somebody was faster), or not-redrivable (the entry could
-- not be decoded, and would not be the second time either).
--
-- include: put-back
-- include: record

local events, counters, dead, record = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local ref, route = ARGV[1], ARGV[2]
local member = ref .. ' ' .. route

if not redis.call('ZSCORE', dead, member) then return 'not-found' end
spell_out(record)
local copy = redis.call('HMGET', record, 'entry:format', 'entry:seq', 'entry:kind', 'entry:event', 'entry:data',
  'state:' .. route)
if not (copy[1] and copy[2] and copy[3] and copy[4] and copy[5]) or route == '-' then return 'not-redrivable' end

local attempts, starts = string.match(copy[6], '^%S+ (%d+) (%d+)')
local time = redis.call('TIME')
local id = redis.call('XADD', events, '*', 'format', copy[1], 'seq', copy[2], 'kind', copy[3], 'event', copy[4], 'data', copy[5],
  'ref', ref, 'route', route, 'attempt', attempts + 1, 'redriven', attempts, 'unsent', '0')
if redis.call('HGET', record, 'turn:' .. route) then redis.call('HSET', record, 'turn:' .. route, 'woken') end
redis.call('HSET', record, 'redriven:' .. route, attempts, 'put-back:' .. route, id, 'state:' .. route,
  table.concat({ 'waiting', attempts, starts, string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), '' }, ' '))
note_put_back(counters, copy[2], id)
redis.call('HINCRBY', record, 'open', 1)
redis.call('HINCRBY', record, 'dead', -1)
redis.call('HINCRBY', record, 'kept', -1)
redis.call('HDEL', record, 'finished', 'unsent:' .. route)
redis.call('HINCRBY', counters, 'backlog', 1)
redis.call('ZREM', dead, member)
return 'redriven'

#!lua flags=allow-oom
-- answer-parked (format 1): hands somebody's answer to a parked delivery, and sends it on as an entry of its own, in one
-- step. Only the delivery that is still parked by the attempt that the caller saw; of two who answer at once, one does.
--
-- KEYS[1] events stream   KEYS[2] parked   KEYS[3] record   KEYS[4] counters hash
-- ARGV[1] ref   ARGV[2] route   ARGV[3] attempt that parked it   ARGV[4] answer as JSON
-- ARGV[5] channel that tells of changed records
--
-- Replies answered, or not-found. The backlog stays as it was, since a parked delivery counts like an entry.
--
-- include: put-back
-- include: record

local events, parked, record = KEYS[1], KEYS[2], KEYS[3]
local ref, route = ARGV[1], ARGV[2]
spell_out(record)
local copy = redis.call('HMGET', record, 'entry:format', 'entry:seq', 'entry:kind', 'entry:event', 'entry:data',
  'state:' .. route, 'redriven:' .. route, 'unsent:' .. route)
local is_whole = copy[1] and copy[2] and copy[3] and copy[4] and copy[5] and copy[6]
local state, attempts, starts = string.match(copy[6] or '', '^(%S+) (%d+) (%d+)')
if not is_whole or state ~= 'parked' or attempts ~= ARGV[3] then return 'not-found' end

local time = redis.call('TIME')
local id = redis.call('XADD', events, '*', 'format', copy[1], 'seq', copy[2], 'kind', copy[3], 'event', copy[4], 'data', copy[5],
  'ref', ref, 'route', route, 'attempt', attempts + 1, 'redriven', copy[7] or '0', 'unsent', copy[8] or '0')
redis.call('HSET', record, 'answer:' .. route, ARGV[4], 'put-back:' .. route, id, 'state:' .. route,
  table.concat({ 'waiting', attempts, starts, string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), '' }, ' '))
note_put_back(KEYS[4], copy[2], id)
redis.call('ZREM', parked, ref .. ' ' .. route)
redis.call('SPUBLISH', ARGV[5], ref)
return 'answered'

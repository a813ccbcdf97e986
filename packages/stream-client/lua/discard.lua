#!lua flags=allow-oom
-- discard (format 1): gives a dead letter up. The delivery stays dead in its record; the record gets its lifetime when
-- this was the last dead letter that kept it.
--
-- KEYS[1] dead   KEYS[2] record   KEYS[3] identity key   KEYS[4] events stream
-- KEYS[5] counters hash   KEYS[6] set of lanes   KEYS[7] queued
-- ARGV[1] ref   ARGV[2] route   ARGV[3] identity lifetime, ms   ARGV[4] record lifetime, ms
-- ARGV[5] front of the record keys
--
-- Replies discarded or not-found.
--
-- include: lanes

local dead, record, identity = KEYS[1], KEYS[2], KEYS[3]
if redis.call('ZREM', dead, ARGV[1] .. ' ' .. ARGV[2]) == 0 then return 'not-found' end
spell_out(record)
leave_lane({ events = KEYS[4], counters = KEYS[5], lanes = KEYS[6], queued = KEYS[7], records = ARGV[5] }, ARGV[1],
  ARGV[2])
local kept = redis.call('HINCRBY', record, 'kept', -1)
local open = tonumber(redis.call('HGET', record, 'open') or '0')
if kept <= 0 and open <= 0 then
  redis.call('PEXPIRE', record, ARGV[4])
  redis.call('PEXPIRE', identity, ARGV[3])
end
return 'discarded'

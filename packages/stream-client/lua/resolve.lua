#!lua flags=allow-oom
-- resolve (format 1): turns a dead delivery into a done one, by a person's word. The dead letter goes in the same step.
-- The record gets its lifetime when nothing of the event is open or kept any more.
--
-- KEYS[1] dead   KEYS[2] record   KEYS[3] identity key   KEYS[4] events stream
-- KEYS[5] counters hash   KEYS[6] set of lanes   KEYS[7] queued
-- ARGV[1] ref   ARGV[2] route   ARGV[3] when it died, ms   ARGV[4] detail as JSON
-- ARGV[5] identity lifetime, ms   ARGV[6] record lifetime, ms   ARGV[7] channel that tells of changed records
-- ARGV[8] front of the record keys
--
-- Replies resolved, or not-found: there is no such dead letter, or it has died again since.
--
-- include: lanes

local dead, record, identity = KEYS[1], KEYS[2], KEYS[3]
local ref, route = ARGV[1], ARGV[2]
local member = ref .. ' ' .. route
if tonumber(redis.call('ZSCORE', dead, member) or '-1') ~= tonumber(ARGV[3]) then return 'not-found' end

local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
spell_out(record)
local stored = redis.call('HMGET', record, 'state:' .. route, 'open')
local attempts, starts = string.match(stored[1] or 'dead 0 0', '^%S+ (%d+) (%d+)')
redis.call('HSET', record, 'detail:' .. route, ARGV[4],
  'state:' .. route, table.concat({ 'done', attempts, starts, now, '' }, ' '))
redis.call('HINCRBY', record, 'dead', -1)
local kept = redis.call('HINCRBY', record, 'kept', -1)
if tonumber(stored[2] or '0') <= 0 then
  redis.call('HSET', record, 'finished', now)
  if kept <= 0 then
    redis.call('PEXPIRE', record, ARGV[6])
    redis.call('PEXPIRE', identity, ARGV[5])
  end
end
redis.call('ZREM', dead, member)
leave_lane({ events = KEYS[4], counters = KEYS[5], lanes = KEYS[6], queued = KEYS[7], records = ARGV[8] }, ref, route)
redis.call('SPUBLISH', ARGV[7], ref)
return 'resolved'

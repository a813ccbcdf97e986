#!lua flags=allow-oom
-- expire-parked (format 1): ends a parked delivery that nobody has answered in time. It is expired, which is not the same
-- as denied: nobody has decided. One that was answered, cancelled or parked again meanwhile is left alone.
--
-- KEYS[1] counters hash   KEYS[2] parked   KEYS[3] record   KEYS[4] identity key   KEYS[5] events stream
-- KEYS[6] set of lanes   KEYS[7] queued
-- ARGV[1] ref   ARGV[2] route   ARGV[3] the state that the caller saw   ARGV[4] detail as JSON
-- ARGV[5] identity lifetime, ms   ARGV[6] record lifetime, ms   ARGV[7] channel that tells of changed records
-- ARGV[8] front of the record keys
--
-- Replies expired, or not-found.
--
-- include: lanes

local counters, parked, record, identity = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local ref, route = ARGV[1], ARGV[2]
local member, field = ref .. ' ' .. route, 'state:' .. route
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local expires_at = redis.call('ZSCORE', parked, member)
if not expires_at or tonumber(expires_at) > now then return 'not-found' end
spell_out(record)
if redis.call('HGET', record, field) ~= ARGV[3] then return 'not-found' end

local now_ms = string.format('%.0f', now)
local attempts, starts = string.match(ARGV[3], '^%S+ (%d+) (%d+)')
redis.call('HSET', record, 'detail:' .. route, ARGV[4], field,
  table.concat({ 'expired', attempts, starts, now_ms, '' }, ' '))
redis.call('ZREM', parked, member)
redis.call('HINCRBY', counters, 'backlog', -1)
if redis.call('HINCRBY', record, 'open', -1) <= 0 then
  redis.call('HSET', record, 'finished', now_ms)
  if tonumber(redis.call('HGET', record, 'kept') or '0') <= 0 then
    redis.call('PEXPIRE', record, ARGV[6])
    redis.call('PEXPIRE', identity, ARGV[5])
  end
end
leave_lane({ events = KEYS[5], counters = counters, lanes = KEYS[6], queued = KEYS[7], records = ARGV[8] }, ref, route)
redis.call('SPUBLISH', ARGV[7], ref)
return 'expired'

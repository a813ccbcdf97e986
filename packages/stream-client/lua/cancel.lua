#!lua flags=allow-oom
-- cancel (format 1): ends deliveries that wait for their time, for their turn, or for somebody's answer. Each is dead, and no dead letter is kept of it. One whose
-- state has changed since the caller looked, because its time has come, is left alone. An event that waits as a whole has
-- the one delivery *.
--
-- KEYS[1] counters hash   KEYS[2] due   KEYS[3] record   KEYS[4] identity key   KEYS[5] parked   KEYS[6] events stream
-- KEYS[7] set of lanes   KEYS[8] queued
-- ARGV[1] ref   ARGV[2] identity lifetime, ms   ARGV[3] record lifetime, ms   ARGV[4] channel that tells of changed records
-- ARGV[5] front of the record keys
-- ARGV[6..] per delivery: route, the state that the caller saw (empty: none yet), detail as JSON
--
-- Replies the routes whose deliveries were cancelled.
--
-- include: lanes

local counters, due, record, identity, parked = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local at = { events = KEYS[6], counters = counters, lanes = KEYS[7], queued = KEYS[8], records = ARGV[5] }
local ref = ARGV[1]
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local cancelled = {}
spell_out(record)

for n = 6, #ARGV, 3 do
  local route, state, detail = ARGV[n], ARGV[n + 1], ARGV[n + 2]
  local field = 'state:' .. route
  local member = ref .. ' ' .. route
  local is_waiting = redis.call('ZSCORE', due, member) or redis.call('ZSCORE', parked, member)
    or redis.call('ZSCORE', at.queued, member)
  if is_waiting and (redis.call('HGET', record, field) or '') == state then
    redis.call('ZREM', due, member)
    redis.call('ZREM', parked, member)
    local attempts, starts = string.match(state, '^%S+ (%d+) (%d+)')
    redis.call('HSET', record, 'detail:' .. route, detail,
      field, table.concat({ 'dead', attempts or '0', starts or '0', now, '' }, ' '))
    if route == '*' then
      redis.call('HDEL', record, 'scheduled')
      redis.call('HSETNX', record, 'open', 1)
    end
    leave_lane(at, ref, route)
    cancelled[#cancelled + 1] = route
  end
end
if #cancelled == 0 then return cancelled end

redis.call('HINCRBY', counters, 'backlog', -#cancelled)
redis.call('HINCRBY', record, 'dead', #cancelled)
local open = redis.call('HINCRBY', record, 'open', -#cancelled)
if open <= 0 then
  redis.call('HSET', record, 'finished', now)
  if tonumber(redis.call('HGET', record, 'kept') or '0') <= 0 then
    redis.call('PEXPIRE', record, ARGV[3])
    redis.call('PEXPIRE', identity, ARGV[2])
  end
end
redis.call('SPUBLISH', ARGV[4], ref)
return cancelled

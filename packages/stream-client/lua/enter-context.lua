#!lua flags=allow-oom
-- enter-context (format 1): lets one delivery at a time into a context, of those that wait the one whose event was accepted
-- first. Whoever is in stays in until its outcome is final, through retries and parking and whatever consumer has it;
-- settling the outcome lets it out. One that was ended in another way (cancelled, expired) is found out about here.
--
-- KEYS[1] context hash   KEYS[2] queue, sorted by acceptance   KEYS[3] record   KEYS[4] due, sorted by ms
-- ARGV[1] ref   ARGV[2] route   ARGV[3] acceptance sequence   ARGV[4] front of the record keys
-- ARGV[5] how long a context is kept while somebody is in it or waits, ms   ARGV[6] name of the context, for people
--
-- Replies entered and what is remembered as JSON (empty: nothing), or waiting and how many others wait, 0 for
-- the one that is next.
--
-- include: record

local context, queue, record, due = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local ref, route, seq, record_front, ttl, name = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local member = ref .. ' ' .. route

local function is_over(other)
  local other_ref, other_route = string.match(other, '^(%S+) (.+)$')
  local other_record = record_front .. other_ref
  spell_out(other_record)
  local found = redis.call('HMGET', other_record, 'state:' .. other_route, 'context:' .. other_route)
  if not found[2] then return true end
  local state = string.match(found[1] or '', '^%S+')
  return state == 'done' or state == 'dead' or state == 'expired' or state == 'moved'
end

local function wait()
  redis.call('PEXPIRE', context, ttl)
  redis.call('PEXPIRE', queue, ttl)
  local is_next = redis.call('ZRANGE', queue, 0, 0)[1] == member
  return { 'waiting', is_next and '0' or tostring(redis.call('ZCARD', queue) - 1) }
end

spell_out(record)
redis.call('HSET', record, 'context:' .. route, name)
local holder = redis.call('HGET', context, 'holder')
if holder ~= member then
  redis.call('ZADD', queue, seq, member)
  if holder and not is_over(holder) then return wait() end
  local first = redis.call('ZRANGE', queue, 0, 0)[1]
  while first ~= member and is_over(first) do
    redis.call('ZREM', queue, first)
    first = redis.call('ZRANGE', queue, 0, 0)[1]
  end
  if first ~= member then
    local time = redis.call('TIME')
    if redis.call('ZSCORE', due, first) then
      redis.call('ZADD', due, string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), first)
    end
    return wait()
  end
  redis.call('ZREM', queue, member)
end
redis.call('HSET', context, 'format', '1', 'holder', member, 'name', name, 'route', route)
redis.call('PEXPIRE', context, ttl)
return { 'entered', redis.call('HGET', context, 'memory') or '' }

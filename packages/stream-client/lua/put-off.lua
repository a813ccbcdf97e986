#!lua flags=allow-oom
-- put-off (format 1): makes deliveries whose time has come wait for longer, since they are paused. By Redis' clock; what
-- is not due, or gone, is left as it is.
--
-- KEYS[1] due   KEYS[2..] record, one per member
-- ARGV[1] for how long, ms   ARGV[2..] per member: "REF ROUTE", what is paused ("KIND NAME")
--
-- Replies how many were put off.
--
-- include: record

local due = KEYS[1]
local changed = 0
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local next_at = string.format('%.0f', now + tonumber(ARGV[1]))

for at = 2, #ARGV, 2 do
  local member, what = ARGV[at], ARGV[at + 1]
  local score = redis.call('ZSCORE', due, member)
  if score and tonumber(score) <= now then
    local route = string.match(member, '^%S+ (.+)$')
    local record, field = KEYS[1 + at / 2], 'state:' .. route
    spell_out(record)
    local state = redis.call('HGET', record, field)
    redis.call('ZADD', due, next_at, member)
    changed = changed + 1
    -- A record that is gone is found out about when its delivery is moved.
    if state then
      redis.call('HSET', record, 'paused:' .. route, what, field, (string.gsub(state, '%d+$', next_at)))
    end
  end
end
return changed

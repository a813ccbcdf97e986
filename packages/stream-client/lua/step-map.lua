#!lua flags=allow-oom
-- step-map (format 1): takes an epoch of the map from one state to the next, if it is in the one that it is to leave. When one
-- becomes active, the one that was begins to drain, in the same step: there is never none, and never two.
--
-- KEYS[1] map hash, epoch by epoch
-- ARGV[1] epoch   ARGV[2] its state (preparing, draining)   ARGV[3] its next one (active, past)
--
-- Replies the map, as open-map does.

local map, epoch, from, to = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local partitions, state, since = string.match(redis.call('HGET', map, epoch) or '', '^(%d+) (%a+) (%d+)$')
if state == from then
  if to == 'active' then
    local stored = redis.call('HGETALL', map)
    for i = 1, #stored, 2 do
      redis.call('HSET', map, stored[i], (string.gsub(stored[i + 1], ' active ', ' draining ')))
    end
    local time = redis.call('TIME')
    since = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
  end
  redis.call('HSET', map, epoch, partitions .. ' ' .. to .. ' ' .. since)
end
return redis.call('HGETALL', map)

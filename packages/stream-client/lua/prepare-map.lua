#!lua flags=allow-oom
-- prepare-map (format 1): writes down that the number of partitions is to be changed. Nothing goes by it yet. Of two who
-- begin at once, one does; the same change begun again is the same.
--
-- KEYS[1] map hash, epoch by epoch
-- ARGV[1] partitions wanted   ARGV[2] the epoch that is active, as the caller knows it
--
-- Replies {prepared, or busy: another change is under way or has been made meanwhile; then the map as open-map replies it}.

local map, wanted, expected = KEYS[1], ARGV[1], ARGV[2]
local newest, active, preparing = 0, nil, nil
local stored = redis.call('HGETALL', map)
for i = 1, #stored, 2 do
  local epoch = tonumber(stored[i])
  local partitions, state = string.match(stored[i + 1], '^(%d+) (%a+) ')
  newest = math.max(newest, epoch)
  if state == 'active' then active = stored[i] end
  if state == 'preparing' then preparing = partitions end
end

local word = 'busy'
if preparing then
  if preparing == wanted then word = 'prepared' end
elseif active == expected then
  local time = redis.call('TIME')
  local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
  redis.call('HSET', map, string.format('%d', newest + 1), wanted .. ' preparing ' .. now)
  word = 'prepared'
end
local reply = redis.call('HGETALL', map)
table.insert(reply, 1, word)
return reply

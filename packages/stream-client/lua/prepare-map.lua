#!lua flags=allow-oom
-- prepare-map (format 1): writes down that the number of partitions is to be changed. Nothing goes by it yet. Of two who
-- begin at once, one does; the same change begun again is the same, and is written once more, so that whoever waits for
-- replicas waits for it: the first time may have been lost on its way to them.
--
-- KEYS[1] map hash, epoch by epoch   KEYS[2] names of configurations, by the ms at which they were announced last
-- ARGV[1] partitions wanted   ARGV[2] the epoch that is active, as the caller knows it
-- ARGV[3] for how many ms an announcement counts   ARGV[4..] names that are not in its way, as the caller has found
--
-- Replies {prepared, busy: another change is under way or has been made meanwhile, or unseen: somebody works under a
-- configuration that the caller has not looked at; then the map as open-map replies it}.

local map, wanted, expected = KEYS[1], ARGV[1], ARGV[2]
local newest, active, preparing = 0, nil, nil
local stored = redis.call('HGETALL', map)
for i = 1, #stored, 2 do
  local epoch = tonumber(stored[i])
  local partitions, state = string.match(stored[i + 1], '^(%d+) (%a+) ')
  newest = math.max(newest, epoch)
  if state == 'active' then active = stored[i] end
  if state == 'preparing' then
    preparing = partitions
    if partitions == wanted then redis.call('HSET', map, stored[i], stored[i + 1]) end
  end
end

local word = 'busy'
if preparing then
  if preparing == wanted then word = 'prepared' end
elseif active == expected then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  word = 'prepared'
  local seen = {}
  for n = 4, #ARGV do
    seen[ARGV[n]] = true
  end
  for _, name in ipairs(redis.call('ZRANGE', KEYS[2], string.format('%.0f', now - ARGV[3]), '+inf', 'BYSCORE')) do
    if not seen[name] then word = 'unseen' end
  end
  if word == 'prepared' then
    redis.call('HSET', map, string.format('%d', newest + 1), string.format('%s preparing %.0f', wanted, now))
  end
end
local reply = redis.call('HGETALL', map)
table.insert(reply, 1, word)
return reply

#!lua flags=allow-oom
-- fence (format 1): closes a partition to appends by maps older than an epoch, and notes where in its stream that was. What is
-- there stays and is worked on. Fenced again by the same epoch, it stays as it is.
--
-- KEYS[1] events stream   KEYS[2] counters hash
-- ARGV[1] epoch
--
-- Replies fenced.

local events, counters, epoch = KEYS[1], KEYS[2], ARGV[1]
if tonumber(redis.call('HGET', counters, 'epoch') or '0') >= tonumber(epoch) then return 'fenced' end

local last, added = '0-0', '0'
if redis.call('EXISTS', events) == 1 then
  local info = redis.call('XINFO', 'STREAM', events)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
    if info[i] == 'entries-added' then added = info[i + 1] end
  end
end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', counters, 'epoch', epoch, 'fence', last, 'fence-added', added, 'fenced-at', now)
return 'fenced'

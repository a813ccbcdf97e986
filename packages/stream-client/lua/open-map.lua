-- open-map (format 1): makes sure that it is written down how many partitions there are, and tells it. Of processes that
-- start at the same time with different numbers, one writes; what stands there stays. A deployment that is older than the
-- map has one partition.
--
-- KEYS[1] map hash, epoch by epoch   KEYS[2] counters hash of partition 0
-- ARGV[1] partitions of a new deployment
--
-- Replies the map: epoch, "PARTITIONS STATE SINCE" with the ms since when, and so on.

local map = redis.call('HGETALL', KEYS[1])
if #map > 0 then return map end

local count = redis.call('HGET', KEYS[2], 'seq') and '1' or ARGV[1]
local time = redis.call('TIME')
local since = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', KEYS[1], '1', count .. ' active ' .. since)
return redis.call('HGETALL', KEYS[1])

#!lua flags=allow-oom
-- announce (format 1): notes what a configuration has, and that somebody works under it now. Only the configurations that
-- were announced last are kept.
--
-- KEYS[1] configurations hash, by name   KEYS[2] their names, by the ms at which they were announced last
-- KEYS[3] map hash, epoch by epoch
-- ARGV[1] name: the version, and what consumers of its release do otherwise   ARGV[2] the configuration as JSON   ARGV[3] how many are kept
--
-- Replies the most partitions that any epoch of the map has, one that is being prepared as well; 0 where there is no map. A change
-- that is begun later sees what was announced; a change that was begun before is seen here.

local configurations, seen, name = KEYS[1], KEYS[2], ARGV[1]
local time = redis.call('TIME')
redis.call('HSET', configurations, name, ARGV[2])
redis.call('ZADD', seen, string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), name)
for _, old in ipairs(redis.call('ZRANGE', seen, 0, -1 - tonumber(ARGV[3]))) do
  redis.call('HDEL', configurations, old)
  redis.call('ZREM', seen, old)
end
local most = 0
local map = redis.call('HGETALL', KEYS[3])
for i = 2, #map, 2 do
  most = math.max(most, tonumber(string.match(map[i], '^%d+')))
end
return most

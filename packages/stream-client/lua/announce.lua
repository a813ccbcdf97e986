#!lua flags=allow-oom
-- announce (format 1): notes what a configuration has, and that somebody works under it now. Only the configurations that
-- were announced last are kept.
--
-- KEYS[1] configurations hash, by version   KEYS[2] their versions, by the ms at which they were announced last
-- ARGV[1] version   ARGV[2] the configuration as JSON   ARGV[3] how many are kept
--
-- Replies announced.

local configurations, seen, version = KEYS[1], KEYS[2], ARGV[1]
local time = redis.call('TIME')
redis.call('HSET', configurations, version, ARGV[2])
redis.call('ZADD', seen, string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), version)
for _, old in ipairs(redis.call('ZRANGE', seen, 0, -1 - tonumber(ARGV[3]))) do
  redis.call('HDEL', configurations, old)
  redis.call('ZREM', seen, old)
end
return 'announced'

#!lua flags=allow-oom
-- pause (format 1): notes that something is paused, or replaces what was said about it before. There is a bound to how
-- many can be.
--
-- KEYS[1] paused hash
-- ARGV[1] what, "KIND NAME"   ARGV[2] who and why, as JSON   ARGV[3] most there may be
--
-- Replies the ms at which it was paused, by Redis' clock, or full.

local paused, what = KEYS[1], ARGV[1]
if redis.call('HEXISTS', paused, what) == 0 and redis.call('HLEN', paused) >= tonumber(ARGV[3]) then return 'full' end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', paused, what, now .. ' ' .. ARGV[2])
return now

#!lua
-- note-calls (format 1): adds calls to the two logs of one server, and drops from them what is too old or too much. Without
-- memory to spare it fails, and nothing depends on it.
--
-- KEYS[1] log of calls that succeeded   KEYS[2] log of calls that did not
-- ARGV[1] how many calls a log keeps   ARGV[2] for how long, in ms   ARGV[3] how many of the calls that follow succeeded
-- ARGV[4…] per call, those that succeeded first: the ms at which it ended, the call as JSON
--
-- Replies noted.

local max_kept, max_age, done = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
for i = 4, #ARGV, 2 do
  local log = (i - 4) / 2 < done and KEYS[1] or KEYS[2]
  redis.call('ZADD', log, ARGV[i], ARGV[i + 1])
end
local time = redis.call('TIME')
local oldest = string.format('(%.0f', time[1] * 1000 + math.floor(time[2] / 1000) - max_age)
for _, log in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', log, '-inf', oldest)
  redis.call('ZREMRANGEBYRANK', log, 0, -1 - max_kept)
  redis.call('PEXPIRE', log, max_age)
end
return 'noted'

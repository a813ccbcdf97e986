-- start-job (format 1): starts a job over dead letters, unless one is running. Nobody runs it yet: whoever holds it
-- first does. The list keeps the latest jobs; those that fell off it stay readable for their lifetime.
--
-- KEYS[1] running job   KEYS[2] job   KEYS[3] jobs, sorted by ms
-- ARGV[1] job id   ARGV[2] most jobs in the list   ARGV[3..] fields of the job and their values
--
-- Replies {started} or {busy, id of the job that is running}.

local running, job, jobs, id = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local other = redis.call('GET', running)
if other then return { 'busy', other } end

local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', job, 'format', '1', 'state', 'running', 'startedAt', now, 'beatAt', '0', unpack(ARGV, 3))
redis.call('SET', running, id)
redis.call('ZADD', jobs, now, id)
redis.call('ZREMRANGEBYRANK', jobs, 0, -1 - tonumber(ARGV[2]))
return { 'started' }

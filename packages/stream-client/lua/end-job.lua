#!lua flags=allow-oom
-- end-job (format 1): ends a running job. From then on no step of it is taken, whoever runs it, and another may start.
--
-- KEYS[1] running job   KEYS[2] job
-- ARGV[1] job id   ARGV[2] state: done, cancelled or failed   ARGV[3] the runner that must hold it; empty: any
-- ARGV[4] why it failed; empty: it did not   ARGV[5] how long it can be read from now on, ms
--
-- Replies ended, or not-running, having changed nothing.

local running, job = KEYS[1], KEYS[2]
local stored = redis.call('HMGET', job, 'state', 'runner')
if stored[1] ~= 'running' or (ARGV[3] ~= '' and stored[2] ~= ARGV[3]) then return 'not-running' end

local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', job, 'state', ARGV[2], 'finishedAt', now)
if ARGV[4] ~= '' then redis.call('HSET', job, 'error', ARGV[4]) end
redis.call('PEXPIRE', job, ARGV[5])
if redis.call('GET', running) == ARGV[1] then redis.call('DEL', running) end
return 'ended'

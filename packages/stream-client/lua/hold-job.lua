#!lua flags=allow-oom
-- hold-job (format 1): renews a runner's hold of a job and keeps how far it has come; takes the job over when nobody has
-- renewed it for too long, or when it was given back; or gives it back. By Redis' clock.
--
-- KEYS[1] job
-- ARGV[1] runner   ARGV[2] time without renewal after which it may be taken over, ms   ARGV[3] cursor; empty: as it was
-- ARGV[4] keep, or give-back for others to take over at once   ARGV[5] what it waits for; empty: it goes on
--
-- Replies held, or stopped: it is not running, or another runner has it.

local job, runner, stale_ms, cursor = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stored = redis.call('HMGET', job, 'state', 'runner', 'beatAt')
if stored[1] ~= 'running' then return 'stopped' end
-- A beat from the future is one before the clock was set back: it says nothing.
local silent_ms = math.abs(now - tonumber(stored[3]))
if stored[2] ~= runner and silent_ms < stale_ms then return 'stopped' end

local beat_at = ARGV[4] == 'keep' and string.format('%.0f', now) or '0'
redis.call('HSET', job, 'runner', runner, 'beatAt', beat_at, 'waitsFor', ARGV[5])
if cursor ~= '' then redis.call('HSET', job, 'cursor', cursor) end
return 'held'

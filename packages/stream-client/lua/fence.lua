#!lua flags=allow-oom
-- fence (format 1): closes a partition to appends by maps older than an epoch, and notes where in its stream that was. What is
-- there stays and is worked on. Fenced again by the same epoch, it stays as it is.
--
-- KEYS[1] events stream   KEYS[2] counters hash
-- ARGV[1] epoch
--
-- Replies fenced, or was-fenced.
--
-- include: set-fence

local events, counters, epoch = KEYS[1], KEYS[2], ARGV[1]
if tonumber(redis.call('HGET', counters, 'epoch') or '0') >= tonumber(epoch) then return 'was-fenced' end
set_fence(events, counters, epoch)
return 'fenced'

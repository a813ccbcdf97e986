#!lua flags=allow-oom
-- fence (format 1): closes a partition to appends by maps older than an epoch, and notes where in its stream that was. What is
-- there stays and is worked on. Fenced again by the same epoch, it stays as it is; the epoch is written once more, so that
-- whoever waits for replicas waits for it.
--
-- KEYS[1] events stream   KEYS[2] counters hash
-- ARGV[1] epoch
--
-- Replies fenced, or was-fenced.
--
-- include: set-fence

local events, counters, epoch = KEYS[1], KEYS[2], ARGV[1]
local known = redis.call('HGET', counters, 'epoch')
if known and tonumber(known) >= tonumber(epoch) then
  redis.call('HSET', counters, 'epoch', known)
  return 'was-fenced'
end
set_fence(events, counters, epoch)
return 'fenced'

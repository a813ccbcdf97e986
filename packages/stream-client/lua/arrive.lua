#!lua flags=allow-oom
-- arrive (format 1): appends what comes out of the outbox of another partition, once per identity, in the order of the call.
-- It was accepted long ago: so no limit of the backlog refuses it, and no Redis that is full.
--
-- KEYS[1] events stream   KEYS[2] counters hash   KEYS[3..] identity key, one per event
-- ARGV[1] partition   ARGV[2] channel that wakes readers   ARGV[3] epoch of the map by which the caller chose this partition
-- ARGV[4..] per event: content hash, the entry behind its sequence number as append has it
--
-- Replies the refs in order, of what was there already its first one; or {moved}: this partition was closed to the caller's
-- map, and nothing was written.
--
-- include: append-event
-- include: write-anew

local events, counters, partition = KEYS[1], KEYS[2], ARGV[1]
local epoch = redis.call('HGET', counters, 'epoch')
if epoch and tonumber(epoch) > tonumber(ARGV[3]) then return { 'moved' } end

local refs, arrived = {}, 0
for n = 3, #KEYS do
  local at = 4 + (n - 3) * 2
  local known = redis.call('GET', KEYS[n])
  if known then
    refs[n - 2] = string.match(known, '^(%S+)')
  else
    local seq = redis.call('HINCRBY', counters, 'seq', 1)
    refs[n - 2] = append_event(events, KEYS[n], partition, seq, ARGV[at + 1], ARGV[at])
    arrived = arrived + 1
  end
end
if arrived > 0 then
  redis.call('HINCRBY', counters, 'backlog', arrived)
  redis.call('SPUBLISH', ARGV[2], 'new')
else
  write_anew(counters)
end
return refs

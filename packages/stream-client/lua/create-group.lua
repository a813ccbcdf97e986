#!lua flags=allow-oom
-- create-group (format 1): makes sure that the stream and its group exist. The group starts at the very first entry. Where
-- it had to be made, whatever the stream holds, and whatever waits beside it, is open work from now on, and the backlog says
-- so: what it counted beyond that is lost.
--
-- KEYS[1] events stream   KEYS[2] counters hash   KEYS[3] due   KEYS[4] parked   KEYS[5] queued   KEYS[6] outbox stream
-- ARGV[1] group
--
-- Replies {there}, or {made, entries and waiting deliveries that were counted and are gone}.

local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
if made.err then
  if string.find(made.err, 'BUSYGROUP', 1, true) then return { 'there' } end
  return made
end

local counted = tonumber(redis.call('HGET', KEYS[2], 'backlog') or '0')
local found = redis.call('XLEN', KEYS[1])
for n = 3, 5 do
  found = found + redis.call('ZCARD', KEYS[n])
end
found = found + redis.call('XLEN', KEYS[6])
redis.call('HSET', KEYS[2], 'backlog', found)
return { 'made', math.max(0, counted - found) }

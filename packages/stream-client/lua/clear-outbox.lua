#!lua flags=allow-oom
-- clear-outbox (format 1): takes out of the outbox what has arrived in other partitions, and notes in the records where. What
-- somebody else has taken out already is left alone.
--
-- KEYS[1] outbox stream   KEYS[2] counters hash   KEYS[3..] record of the event that it comes from, one per entry
-- ARGV[1] channel that tells of changed records
-- ARGV[2..] per entry: id, the delivery that it comes from ("REF ROUTE"), the ref under which it has arrived
--
-- Replies how many were taken out.
--
-- include: record

local outbox, counters = KEYS[1], KEYS[2]
local refs = {}

local function note(record, route, arrived)
  local field = 'follow-ups:' .. route
  spell_out(record)
  local known = redis.call('HGET', record, field)
  if not known then
    redis.call('HSET', record, field, arrived)
  elseif not string.find(' ' .. known .. ' ', ' ' .. arrived .. ' ', 1, true) then
    redis.call('HSET', record, field, known .. ' ' .. arrived)
  end
end

for n = 3, #KEYS do
  local at = 2 + (n - 3) * 3
  if redis.call('XDEL', outbox, ARGV[at]) == 1 then
    local ref, route = string.match(ARGV[at + 1], '^(%S+) (.+)$')
    refs[#refs + 1] = ref
    -- It may have had its time.
    if redis.call('EXISTS', KEYS[n]) == 1 then note(KEYS[n], route, ARGV[at + 2]) end
  end
end
if #refs == 0 then return 0 end
redis.call('HINCRBY', counters, 'backlog', -#refs)
-- An empty stream is a key as well, and would be looked into for ever. It expires at once.
if redis.call('XLEN', outbox) == 0 then redis.call('PEXPIRE', outbox, 0) end
redis.call('SPUBLISH', ARGV[1], table.concat(refs, ' '))
return #refs
